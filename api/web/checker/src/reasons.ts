/** Why a certificate is refused: the same closed set as `certificates.errors.CheckReason`. */
export const REASONS = [
  "CONTEXT", "B45", "ZLIB", "COSE", "KID", "SIG", "CWT", "TIME", "DSCTIME", "KEYUSAGE", "SCHEMA", "REVOKED", "PDF", "RULE",
  "TRUST",
] as const;
export type Reason = (typeof REASONS)[number];

/** The answer "invalid". `other` names a code of another system, where it is known. */
export class CheckError extends Error {
  constructor(
    readonly reason: Reason,
    readonly detail = "",
    readonly other: string | null = null,
  ) {
    super(detail ? `${reason}: ${detail}` : reason);
  }
}

/** Why a list cannot be used: one of `certificates.signed_list.CODES`. */
export class ListError extends Error {
  constructor(
    readonly code: string,
    readonly detail = "",
  ) {
    super(detail ? `${code}: ${detail}` : code);
  }
}
