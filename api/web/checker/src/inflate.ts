/**
 * zlib (RFC 1950, 1951), strictly: one whole stream, its check sum, and nothing behind it.
 *
 * Browsers have DecompressionStream, but not all of them say where the stream ended and that something follows it. This is
 * the same everywhere, and for some hundred bytes as quick.
 */
import type { Bytes } from "./bytes.ts";
import { CheckError } from "./reasons.ts";

export const MAX_COSE = 65_536; // bytes, as `certificates.hc1`

const MAX_BITS = 15;
const END = 256;
const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
  12289, 16385, 24577,
];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Raises CheckError ZLIB. */
export function inflate(packed: Bytes): Bytes {
  const [head, flags] = [packed[0] ?? 0, packed[1] ?? 0];
  if ((head & 0x0f) !== 8 || head >> 4 > 7 || (head * 256 + flags) % 31 || flags & 0x20) throw broken();
  const inflater = new Inflater(packed, 2);
  const data = inflater.run();
  const told = inflater.checkSum();
  if (adler32(data) !== told) throw broken();
  if (inflater.at !== packed.length) throw new CheckError("ZLIB", "bytes follow the compressed data");
  return data;
}

function broken(): CheckError {
  return new CheckError("ZLIB", "the compressed data is broken or cut off");
}

/** A canonical Huffman code (RFC 1951, 3.2.2): how many codes of each length, and what they stand for in order. */
class Huffman {
  readonly #counts = new Uint16Array(MAX_BITS + 1);
  readonly #symbols: Uint16Array;

  /** Every row of bits means something, but for a code of one symbol or none, where that is allowed. */
  constructor(lengths: readonly number[], mayBeSmall: boolean) {
    for (const length of lengths) this.#counts[length]!++;
    this.#counts[0] = 0;
    const used = lengths.filter((length) => length > 0).length;
    let left = 1;
    for (let bits = 1; bits <= MAX_BITS; bits++) {
      left = 2 * left - this.#counts[bits]!;
      if (left < 0) throw broken();
    }
    if (left > 0 && !(mayBeSmall && used <= 1 && this.#counts[1] === used)) throw broken();
    const places = new Uint16Array(MAX_BITS + 2);
    for (let bits = 1; bits <= MAX_BITS; bits++) places[bits + 1] = places[bits]! + this.#counts[bits]!;
    this.#symbols = new Uint16Array(used);
    for (const [symbol, length] of lengths.entries()) if (length) this.#symbols[places[length]!++] = symbol;
  }

  read(inflater: Inflater): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let bits = 1; bits <= MAX_BITS; bits++) {
      code |= inflater.bits(1);
      const count = this.#counts[bits]!;
      if (code - count < first) return this.#symbols[index + (code - first)]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw broken();
  }
}

const FIXED_LITERALS = new Huffman(Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8)), false);
const FIXED_DISTANCES = new Huffman(Array<number>(32).fill(5), false);

class Inflater {
  readonly #packed: Bytes;
  readonly #out = new Uint8Array(MAX_COSE);
  #size = 0;
  #held = 0;
  #count = 0;

  constructor(
    packed: Bytes,
    public at: number,
  ) {
    this.#packed = packed;
  }

  run(): Bytes {
    for (let last = 0; !last; ) {
      last = this.bits(1);
      const type = this.bits(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#codes(FIXED_LITERALS, FIXED_DISTANCES);
      else if (type === 2) this.#dynamic();
      else throw broken();
    }
    return this.#out.slice(0, this.#size);
  }

  /** The four bytes behind the last block. */
  checkSum(): number {
    this.#held = this.#count = 0;
    return ((this.#byte() << 24) | (this.#byte() << 16) | (this.#byte() << 8) | this.#byte()) >>> 0;
  }

  bits(wanted: number): number {
    while (this.#count < wanted) {
      this.#held |= this.#byte() << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << wanted) - 1);
    this.#held >>>= wanted;
    this.#count -= wanted;
    return value;
  }

  #byte(): number {
    const byte = this.#packed[this.at++];
    if (byte === undefined) throw broken();
    return byte;
  }

  #put(byte: number): void {
    if (this.#size === MAX_COSE) throw new CheckError("ZLIB", `more than ${MAX_COSE} bytes`);
    this.#out[this.#size++] = byte;
  }

  #stored(): void {
    this.#held = this.#count = 0;
    const size = this.#byte() | (this.#byte() << 8);
    const complement = this.#byte() | (this.#byte() << 8);
    if (size !== (~complement & 0xffff)) throw broken();
    for (let left = size; left; left--) this.#put(this.#byte());
  }

  #dynamic(): void {
    const [literals, distances, sizes] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4];
    if (literals > 286 || distances > 30) throw broken();
    const coding = Array<number>(19).fill(0);
    for (const place of ORDER.slice(0, sizes)) coding[place] = this.bits(3);
    const lengths = this.#lengths(new Huffman(coding, false), literals + distances);
    if (!lengths[END]) throw broken();
    this.#codes(new Huffman(lengths.slice(0, literals), true), new Huffman(lengths.slice(literals), true));
  }

  #lengths(code: Huffman, wanted: number): number[] {
    const lengths: number[] = [];
    while (lengths.length < wanted) {
      const symbol = code.read(this);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      const last = lengths.at(-1);
      if (symbol === 16 && last === undefined) throw broken();
      const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      for (let left = times; left; left--) lengths.push(symbol === 16 ? last! : 0);
    }
    if (lengths.length > wanted) throw broken();
    return lengths;
  }

  #codes(literals: Huffman, distances: Huffman): void {
    for (;;) {
      const symbol = literals.read(this);
      if (symbol < END) {
        this.#put(symbol);
      } else if (symbol === END) {
        return;
      } else {
        const length = LENGTHS[symbol - END - 1];
        if (length === undefined) throw broken();
        this.#repeat(length + this.bits(LENGTH_BITS[symbol - END - 1]!), distances.read(this));
      }
    }
  }

  #repeat(length: number, code: number): void {
    const base = DISTANCES[code];
    if (base === undefined) throw broken();
    const from = this.#size - base - this.bits(Math.max(0, (code >> 1) - 1));
    if (from < 0) throw broken();
    for (let at = from; at < from + length; at++) this.#put(this.#out[at]!);
  }
}

function adler32(data: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}
