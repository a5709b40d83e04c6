/** What the checker needs to know of a certificate, and how signatures are verified with its key. */
import { type Bytes, concat, equal } from "./bytes.ts";
import { type Algorithm } from "./cose.ts";
import {
  BIT_STRING, BOOLEAN, DerError, type Element, elements, INTEGER, OCTET_STRING, oidOf, SEQUENCE, sequence, single,
} from "./der.ts";

const RSA = "1.2.840.113549.1.1.1";
const RSA_PSS = "1.2.840.113549.1.1.10";
const EC = "1.2.840.10045.2.1";
const CURVES: Readonly<Record<string, [name: string, size: number]>> = {
  "1.2.840.10045.3.1.7": ["P-256", 32],
  "1.3.132.0.34": ["P-384", 48],
  "1.3.132.0.35": ["P-521", 66],
};
const RSA_ALGORITHM = sequence(new Uint8Array([6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), new Uint8Array([5, 0]));
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SHA_OF: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
  "1.2.840.10045.4.3.4": "SHA-512",
  "1.2.840.113549.1.1.11": "SHA-256",
  "1.2.840.113549.1.1.12": "SHA-384",
  "1.2.840.113549.1.1.13": "SHA-512",
};
const SALT = 32; // RFC 8230, 2

export interface Certificate {
  readonly der: Bytes;
  readonly tbs: Bytes;
  readonly signature: Bytes;
  readonly signatureAlgorithm: string;
  readonly issuer: Bytes;
  readonly subject: Bytes;
  readonly notBefore: number; // milliseconds
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  readonly extendedKeyUsages: ReadonlySet<string>;
  readonly isCa: boolean;
}

/** A public key as its certificate has it; `bits` of RSA. */
export interface PublicKey {
  readonly spki: Bytes;
  readonly type: "RSA" | "P-256" | "P-384" | "P-521";
  readonly bits: number;
}

/** Raises DerError. */
export function readCertificate(der: Bytes): Certificate {
  const [tbs, algorithm, signature] = elements(single(der, SEQUENCE).content);
  if (!tbs || !algorithm || !signature) throw new DerError("no certificate");
  const fields = elements(tbs.content);
  if (fields[0]?.tag === 0xa0) fields.shift(); // version
  const [, , issuer, validity, subject, key, ...more] = fields;
  if (!issuer || !validity || !subject || !key) throw new DerError("no certificate");
  const [begin, end] = elements(validity.content);
  return {
    der,
    tbs: tbs.whole,
    signature: signature.content.subarray(1),
    signatureAlgorithm: oidOf(elements(algorithm.content)[0]!),
    issuer: issuer.whole,
    subject: subject.whole,
    notBefore: timeOf(begin),
    notAfter: timeOf(end),
    publicKey: readPublicKey(key),
    ...readExtensions(more.find((one) => one.tag === 0xa3)),
  };
}

/** The key of a certificate whose other parts do not matter. Raises DerError. */
export function publicKeyOf(der: Bytes): PublicKey {
  return readCertificate(der).publicKey;
}

/** With which algorithm a key signs health certificates; null: with none that they know. */
export function algorithmOf(key: PublicKey): Algorithm | null {
  if (key.type === "P-256") return "ES256";
  return key.type === "RSA" && key.bits >= 2048 && key.bits <= 4096 ? "PS256" : null;
}

/** Whether a signature (r||s, or PSS; of exactly the size that it must have) is by this key. */
export async function verifies(key: PublicKey, message: Bytes, signature: Bytes): Promise<boolean> {
  if (algorithmOf(key) === "ES256") {
    if (signature.length !== 64) return false;
    const imported = await importKey(key, { name: "ECDSA", namedCurve: "P-256" });
    return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, signature, message);
  }
  if (signature.length !== Math.ceil(key.bits / 8)) return false;
  const imported = await importKey(key, { name: "RSA-PSS", hash: "SHA-256" });
  return crypto.subtle.verify({ name: "RSA-PSS", saltLength: SALT }, imported, signature, message);
}

/** Whether `issuer` is a CA whose key signed the certificate, and whose name that names. */
export async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (!issuer.isCa || !equal(certificate.issuer, issuer.subject)) return false;
  const hash = SHA_OF[certificate.signatureAlgorithm];
  const { type } = issuer.publicKey;
  if (type === "RSA") {
    if (certificate.signatureAlgorithm === RSA_PSS) {
      return verifies(issuer.publicKey, certificate.tbs, certificate.signature);
    }
    if (!hash || !certificate.signatureAlgorithm.startsWith("1.2.840.113549")) return false;
    const key = await importKey(issuer.publicKey, { name: "RSASSA-PKCS1-v1_5", hash });
    return crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, certificate.signature, certificate.tbs);
  }
  if (!hash || !certificate.signatureAlgorithm.startsWith("1.2.840.10045")) return false;
  const size = Object.values(CURVES).find(([name]) => name === type)![1];
  const signature = rawSignature(certificate.signature, size);
  if (!signature) return false;
  const key = await importKey(issuer.publicKey, { name: "ECDSA", namedCurve: type });
  return crypto.subtle.verify({ name: "ECDSA", hash }, key, signature, certificate.tbs);
}

const imported = new WeakMap<PublicKey, Promise<CryptoKey>>();

function importKey(key: PublicKey, algorithm: EcKeyImportParams | RsaHashedImportParams): Promise<CryptoKey> {
  let found = imported.get(key);
  if (!found || algorithm.name === "RSASSA-PKCS1-v1_5") {
    found = crypto.subtle.importKey("spki", key.spki, algorithm, false, ["verify"]);
    imported.set(key, found);
  }
  return found;
}

function readPublicKey(info: Element): PublicKey {
  const [algorithm, bits] = elements(info.content);
  if (!algorithm || bits?.tag !== BIT_STRING) throw new DerError("no public key");
  const [name, parameters] = elements(algorithm.content);
  const oid = oidOf(name!);
  if (oid === EC) {
    const curve = parameters ? CURVES[oidOf(parameters)] : undefined;
    if (!curve) throw new DerError("a curve that is not known");
    return { spki: info.whole, type: curve[0] as PublicKey["type"], bits: 0 };
  }
  if (oid !== RSA && oid !== RSA_PSS) throw new DerError("a key that is not known");
  const [modulus] = elements(single(bits.content.subarray(1), SEQUENCE).content);
  if (modulus?.tag !== INTEGER) throw new DerError("no public key");
  const value = modulus.content[0] === 0 ? modulus.content.subarray(1) : modulus.content;
  const size = value.length * 8 - Math.clz32(value[0] ?? 0) + 24;
  // Web Crypto takes RSA keys under one name only, whatever they are for.
  return { spki: oid === RSA ? info.whole : sequence(RSA_ALGORITHM, bits.whole), type: "RSA", bits: size };
}

function readExtensions(wrapper: Element | undefined): Pick<Certificate, "extendedKeyUsages" | "isCa"> {
  const usages = new Set<string>();
  let isCa = false;
  let signsCertificates = false;
  let signsData = false;
  for (const extension of wrapper ? elements(single(wrapper.content, SEQUENCE).content) : []) {
    const parts = elements(extension.content);
    const value = parts.at(-1);
    const name = oidOf(parts[0]!);
    if (value?.tag !== OCTET_STRING) continue;
    if (name === EXTENDED_KEY_USAGE) {
      for (const usage of elements(single(value.content, SEQUENCE).content)) usages.add(oidOf(usage));
    } else if (name === BASIC_CONSTRAINTS) {
      const [first] = elements(single(value.content, SEQUENCE).content);
      isCa = first?.tag === BOOLEAN && first.content[0] !== 0;
    } else if (name === KEY_USAGE) {
      const first = single(value.content, BIT_STRING).content[1] ?? 0;
      signsData = (first & 0x80) !== 0;
      signsCertificates = (first & 0x04) !== 0;
    }
  }
  return { extendedKeyUsages: usages, isCa: isCa || (signsCertificates && !signsData) };
}

function timeOf(element: Element | undefined): number {
  const text = String.fromCharCode(...(element?.content ?? []));
  const match = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) throw new DerError("a time of another form");
  const [, century, year, ...rest] = match;
  const whole = century ? Number(century + year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  const [month, day, hour, minute, second] = rest.map(Number) as [number, number, number, number, number];
  return Date.UTC(whole, month - 1, day, hour, minute, second);
}

/** ECDSA-Sig-Value as r||s of this many bytes each; null where it is none. */
function rawSignature(der: Bytes, size: number): Bytes | null {
  const numbers = elements(single(der, SEQUENCE).content).map(({ content }) => {
    const start = content.findIndex((byte) => byte !== 0);
    return start < 0 ? new Uint8Array() : content.subarray(start);
  });
  if (numbers.length !== 2 || numbers.some((number) => number.length > size)) return null;
  return concat(...numbers.flatMap((number) => [new Uint8Array(size - number.length), number]));
}
