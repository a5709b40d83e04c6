/** The form that all signed lists share; see `certificates.signed_list` and `certificates.list_signing`. */
import type { Bytes } from "./bytes.ts";
import { CborError, type CborValue, decodeItem, readBytes } from "./cbor.ts";
import { type CoseSign1, decodeCose, readHeaders, sigStructure } from "./cose.ts";
import { equal, sha256 } from "./bytes.ts";
import { ListError } from "./reasons.ts";
import { algorithmOf, type Certificate, isIssuedBy, readCertificate, verifies } from "./x509.ts";

const EKU_LIST_SIGNER = "2.25.7146244675212715986531656230285252460";
const FORMAT = 1;
const MAX_ITEMS = 2_000_000;
const MAX_CERTIFICATE = 8192;
export const HOUR = 3_600_000;

export interface ListKind {
  readonly name: string;
  readonly purpose: string;
  readonly maxSize: number; // bytes
}

/** A list whose signature was verified up to a pinned root. Times are milliseconds. */
export interface SignedList {
  readonly version: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly signerEnds: number;
  readonly body: CborValue;
}

/** From which age a list is told to be old, and beyond which it is refused; milliseconds. */
export interface AgeLimits {
  readonly warn: number;
  readonly refuse: number;
}
export const AGE_LIMITS: AgeLimits = { warn: 24 * HOUR, refuse: 7 * 24 * HOUR };

/** Raises ListError. */
export async function verifyList(data: Bytes, roots: readonly Certificate[], kind: ListKind): Promise<SignedList> {
  if (data.length > kind.maxSize) throw malformed("it is too large");
  const certificate = data[0] === 0x82 ? readBytes(data, 1) : null;
  const sealed = certificate && readBytes(data, certificate[1]);
  if (!certificate || !sealed || sealed[1] !== data.length || certificate[0].length > MAX_CERTIFICATE) {
    throw malformed("this is no signed list");
  }
  const signer = await checkChain(certificate[0], roots);
  const payload = await unseal(sealed[0], signer, kind.purpose);
  const item = decoded(payload);
  if (!Array.isArray(item) || item.length !== 6 || item[0] !== kind.name) throw malformed(`this is no ${kind.name}`);
  if (item[1] !== FORMAT) throw malformed("the version of the format is not known");
  const issuedAt = instant(item[3]);
  const expiresAt = instant(item[4]);
  if (expiresAt <= issuedAt) throw malformed("it ends before it begins");
  if (issuedAt < signer.notBefore || issuedAt > signer.notAfter) {
    throw new ListError("list-expired", "the list's signer was not valid when it was issued");
  }
  return { version: natural(item[2]), issuedAt, expiresAt, signerEnds: signer.notAfter, body: item[5] };
}

/** Raises ListError `list-rollback`, `list-future`, `list-expired` or `list-age`. */
export function checkUsable(list: SignedList, at: number, seen: number, limits: AgeLimits): void {
  if (list.version < seen) throw new ListError("list-rollback", `version ${list.version}, but ${seen} was seen`);
  if (at < list.issuedAt) throw new ListError("list-future");
  if (at > list.expiresAt || at > list.signerEnds) throw new ListError("list-expired");
  if (at - list.issuedAt > limits.refuse) throw new ListError("list-age");
}

async function checkChain(der: Bytes, roots: readonly Certificate[]): Promise<Certificate> {
  let signer: Certificate;
  try {
    signer = readCertificate(der);
  } catch {
    throw malformed("its signer's certificate cannot be read");
  }
  if (!signer.extendedKeyUsages.has(EKU_LIST_SIGNER) || signer.isCa) {
    throw new ListError("list-chain", "its signer's certificate is not for signing lists");
  }
  for (const root of roots) {
    const within = root.notBefore <= signer.notBefore && signer.notAfter <= root.notAfter;
    if (within && (await isIssuedBy(signer, root))) return signer;
  }
  throw new ListError("list-chain", "its signer was not certified by a pinned root");
}

async function unseal(sealed: Bytes, signer: Certificate, purpose: string): Promise<Bytes> {
  let cose: CoseSign1;
  let kid: Bytes | null;
  let fits: boolean;
  try {
    cose = decodeCose(sealed);
    const headers = readHeaders(cose);
    kid = headers.kid;
    fits = headers.algorithm === algorithmOf(signer.publicKey);
  } catch {
    throw malformed("this is no signed list");
  }
  const own = (await sha256(signer.der)).subarray(0, 8);
  if (!kid || !equal(kid, own)) throw new ListError("list-signer", "it names another signer");
  if (!fits || !(await verifies(signer.publicKey, sigStructure(cose, purpose), cose.signature))) {
    throw new ListError("list-signature");
  }
  return cose.payload;
}

function decoded(payload: Bytes): CborValue {
  try {
    return decodeItem(payload, MAX_ITEMS);
  } catch (error) {
    if (error instanceof CborError) throw malformed(error.message);
    throw error;
  }
}

/** A positive integer of at most 53 bits. Raises ListError `list-form`. */
export function natural(value: CborValue): number {
  if (typeof value !== "number" || value < 1) throw malformed("a number is not positive, or too large");
  return value;
}

/** Milliseconds of whole seconds. Raises ListError `list-form`. */
export function instant(value: CborValue): number {
  if (typeof value !== "number" || value < 0 || value >= 253402300800) throw malformed("a time is out of range");
  return value * 1000;
}

export function rows(body: CborValue): CborValue[] {
  if (!Array.isArray(body)) throw malformed("the body is not a list");
  return body;
}

export function malformed(detail: string): ListError {
  return new ListError("list-form", detail);
}
