/** The claims of a passport (RFC 8392; hcert-spec 1.0.8, 3.3); see `certificates.cwt`. Times are milliseconds. */
import type { Bytes } from "./bytes.ts";
import { CborError, CborMap, type CborValue, DateText, decodeItem, Float } from "./cbor.ts";
import { identifyClaim } from "./other_codes.ts";
import { CheckError } from "./reasons.ts";

const ISS = 1;
const EXP = 4;
const IAT = 6;
const HCERT = -260;
const DCC = 1;
const END_OF_TIME = 253402300800; // seconds: year 10000
const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

export interface Claims {
  readonly issuer: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly dcc: CborMap;
}

/** Raises CheckError CWT. */
export function decodeClaims(payload: Bytes): Claims {
  const claims = mapOf(payload);
  const issuer = claims.get(ISS) ?? null;
  if (issuer !== null && typeof issuer !== "string") throw refused("iss is not a text");
  const hcert = claims.get(HCERT);
  const dcc = hcert instanceof CborMap ? hcert.get(DCC) : undefined;
  if (!(dcc instanceof CborMap)) {
    throw new CheckError("CWT", "there is no health certificate inside", identifyClaim(hcert));
  }
  return { issuer, issuedAt: instant(claims.get(IAT)), expiresAt: instant(claims.get(EXP)), dcc };
}

function mapOf(payload: Bytes): CborMap {
  try {
    const claims = decodeItem(payload);
    if (claims instanceof CborMap) return claims;
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
  }
  throw refused("the claims are not a map");
}

function instant(value: CborValue): number {
  if (value instanceof DateText) {
    const moment = parseRfc3339(value.text);
    if (moment !== null) return moment;
  } else {
    const seconds = value instanceof Float ? value.value : value;
    if (typeof seconds === "number" && seconds >= 0 && seconds < END_OF_TIME) return microsecond(seconds);
  }
  throw refused("a time is missing or no date");
}

/** Fractions as Python keeps them: to the microsecond. */
function microsecond(seconds: number): number {
  return Number.isInteger(seconds) ? seconds * 1000 : Math.round(seconds * 1e6) / 1e3;
}

/** Milliseconds since 1970 of an RFC 3339 time with its offset; null for any other text. */
export function parseRfc3339(text: string): number | null {
  const match = RFC3339.exec(text);
  if (!match) return null;
  const [, day, time, fraction, offset] = match as unknown as [string, string, string, string | undefined, string];
  const plain = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(plain) || new Date(plain).toISOString().slice(0, 19) !== `${day}T${time}` || day.startsWith("0000")) {
    return null;
  }
  const micro = Number((fraction ?? "").slice(0, 6).padEnd(6, "0")) / 1000;
  if (/[Zz]/.test(offset)) return plain + micro;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4, 6))];
  if (hours > 23 || minutes > 59) return null;
  const moved = plain + micro - (offset.startsWith("+") ? 1 : -1) * (hours * 60 + minutes) * 60_000;
  const year = new Date(moved).getUTCFullYear();
  return year >= 1 && year <= 9999 ? moved : null;
}

function refused(detail: string): CheckError {
  return new CheckError("CWT", detail);
}
