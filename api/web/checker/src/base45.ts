/** Base45 (RFC 9285), strict: text is never trimmed, and any other letter is refused. */
import type { Bytes } from "./bytes.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** The bytes of a Base45 text; null where it is none. */
export function decodeBase45(text: string): Bytes | null {
  const rest = text.length % 3;
  if (rest === 1) return null;
  const whole = text.length - rest;
  const data = new Uint8Array((whole / 3) * 2 + (rest ? 1 : 0));
  let at = 0;
  for (let place = 0; place < whole; place += 3) {
    const word = value(text, place) + 45 * value(text, place + 1) + 2025 * value(text, place + 2);
    if (!(word <= 0xffff)) return null;
    data[at++] = word >> 8;
    data[at++] = word & 0xff;
  }
  if (rest) {
    const last = value(text, whole) + 45 * value(text, whole + 1);
    if (!(last <= 0xff)) return null;
    data[at] = last;
  }
  return data;
}

/** NaN for a letter outside the alphabet, which makes every sum NaN. */
function value(text: string, place: number): number {
  const found = VALUES[text.charCodeAt(place)];
  return found === undefined || found < 0 ? NaN : found;
}
