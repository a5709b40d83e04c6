/** From the text of a QR code to a verdict, offline: the steps of `certificates.checking` and `certificates.grounds`. */
import { base64, type Bytes } from "./bytes.ts";
import type { Bundle } from "./bundle.ts";
import { CborMap, Float } from "./cbor.ts";
import { type Algorithm, type CoseSign1, decodeCose, readHeaders, sigStructure } from "./cose.ts";
import { issuerFits } from "./countries.ts";
import { type Claims, decodeClaims } from "./cwt.ts";
import { decodeHc1 } from "./hc1.ts";
import { type Plain, type PlainMap, plainMap } from "./plain.ts";
import { CheckError } from "./reasons.ts";
import type { RuleResult } from "./rules.ts";
import { checkDcc, type Kind, KINDS } from "./schema.ts";
import type { Signer } from "./trust.ts";

const PASSPORT = ""; // hcert-spec 1.0.8, 3.1: no external_aad

/** A certificate that is valid at the time it was checked for. Times are milliseconds. */
export interface Checked {
  readonly issuer: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly payload: PlainMap;
  readonly kind: Kind;
  readonly kid: Bytes;
  readonly algorithm: Algorithm;
}

/** What is asked beside the certificate itself. */
export interface Acceptance {
  readonly country: string;
  readonly policy: string | null;
}

/** Sound, but not accepted here. */
export class RefusedByRules extends CheckError {
  constructor(
    readonly certificate: Checked,
    readonly notMet: readonly RuleResult[],
  ) {
    super("RULE");
  }
}

/**
 * Decide on the text of a QR code.
 *
 * @param text as scanned
 * @param at the time to check for, milliseconds
 * @throws CheckError and nothing else
 */
export async function checkText(text: string, bundle: Bundle, at: number, acceptance: Acceptance | null): Promise<Checked> {
  const cose = decodeCose(decodeHc1(text));
  const headers = readHeaders(cose);
  const signers = await findSigners(cose, headers.kid, headers.algorithm, bundle);
  const claims = decodeClaims(cose.payload);
  if (at < claims.issuedAt || at > claims.expiresAt) throw new CheckError("TIME");
  const signer = chooseSigner(signers, claims, at);
  const payload = plainMap(claims.dcc);
  const kind = checkDcc(payload);
  const checked = {
    issuer: claims.issuer,
    issuedAt: claims.issuedAt,
    expiresAt: claims.expiresAt,
    payload,
    kind,
    kid: signer.kid,
    algorithm: signer.algorithm,
  };
  await refuseRevoked(checked, cose, signer, bundle);
  if (acceptance) applyRules(checked, bundle, at, acceptance);
  return checked;
}

async function findSigners(
  cose: CoseSign1,
  kid: Bytes | null,
  algorithm: Algorithm,
  bundle: Bundle,
): Promise<Signer[]> {
  const candidates = kid ? bundle.trust.signers(kid) : [];
  if (!candidates.length) throw new CheckError("KID");
  const message = sigStructure(cose, PASSPORT);
  const signers: Signer[] = [];
  for (const candidate of candidates) {
    if (candidate.algorithm === algorithm && (await candidate.verifies(message, cose.signature))) signers.push(candidate);
  }
  if (!signers.length) throw new CheckError("SIG");
  return signers;
}

/** The first signer whose certificate allows this; when none does, the reason of the last one. */
function chooseSigner(signers: Signer[], claims: Claims, at: number): Signer {
  const kinds = KINDS.filter((kind) => holds(claims.dcc.get(kind)));
  let refusal = new CheckError("SIG");
  for (const signer of signers) {
    if (!(signer.notBefore <= claims.issuedAt && claims.issuedAt <= at && at <= signer.notAfter)) {
      refusal = new CheckError("DSCTIME");
    } else if (!kinds.every((kind) => signer.kinds.has(kind)) || !issuerFits(claims.issuer, signer.country)) {
      refusal = new CheckError("KEYUSAGE");
    } else {
      return signer;
    }
  }
  throw refusal;
}

/** Whether Python would take it for true: what is there and not empty. */
function holds(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof CborMap) return !value.entries().next().done;
  return Boolean(value instanceof Float ? value.value : value);
}

async function refuseRevoked(checked: Checked, cose: CoseSign1, signer: Signer, bundle: Bundle): Promise<void> {
  // A kid that no signature covers can be changed to that of another certificate of the same key.
  const kids = cose.unprotectedKid === null ? [signer.kid] : bundle.trust.kidsOf(signer.key);
  const entries = checked.payload[checked.kind] as Plain[];
  const revoked = await bundle.revocation.holds(kids, signer.country, {
    signature: cose.signature,
    algorithm: checked.algorithm,
    issuer: checked.issuer,
    signerCountry: signer.country,
    codes: entries.map((entry) => String((entry as PlainMap)["ci"])),
  });
  if (revoked) throw new CheckError("REVOKED");
}

function applyRules(checked: Checked, bundle: Bundle, at: number, { country, policy }: Acceptance): void {
  const subject = { ...checked, kid: base64(checked.kid) };
  const results = bundle.rules?.evaluate(subject, at, country, policy) ?? [];
  const notMet = results.filter((result) => result.outcome !== "passed");
  if (!results.length || notMet.length) throw new RefusedByRules(checked, notMet);
}
