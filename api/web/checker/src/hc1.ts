/** The text inside the QR code: `HC1:` + Base45 of zlib of COSE (hcert-spec 1.0.8, 4.2). */
import { decodeBase45 } from "./base45.ts";
import type { Bytes } from "./bytes.ts";
import { inflate } from "./inflate.ts";
import { identify } from "./other_codes.ts";
import { CheckError } from "./reasons.ts";

const PREFIX = "HC1:";
export const MAX_TEXT = 4296;

/** The encoded COSE_Sign1. Nothing is trimmed or repaired. Raises CheckError CONTEXT, B45 or ZLIB. */
export function decodeHc1(text: string): Bytes {
  if (text.length > MAX_TEXT && [...text].length > MAX_TEXT) throw new CheckError("CONTEXT", "the text is too long");
  if (!text.startsWith(PREFIX)) throw new CheckError("CONTEXT", "the text does not start with HC1:", identify(text));
  const packed = decodeBase45(text.slice(PREFIX.length));
  if (!packed) throw new CheckError("B45", "this is no Base45");
  return inflate(packed);
}
