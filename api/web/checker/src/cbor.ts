/**
 * Reading CBOR that comes from outside (RFC 8949), strictly, as `certificates.cbor` does: no bytes after the item, no
 * duplicate keys, no indefinite lengths, no deep nesting, no tag but the two for dates.
 */
import { type Bytes, hex } from "./bytes.ts";

const MAX_DEPTH = 16;
const MAX_ITEMS = 10_000;
const SHORT = 2048; // bytes; what is longer is counted
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class CborError extends Error {}

/** A number that was written as a float: CBOR tells 1 and 1.0 apart. */
export class Float {
  constructor(readonly value: number) {}
}

/** The text of a date with tag 0. */
export class DateText {
  constructor(readonly text: string) {}
}

/** A map; keys may be anything, and are found by what `keyOf` says. */
export class CborMap {
  readonly #entries = new Map<string, [CborValue, CborValue]>();

  get(key: number | string): CborValue | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  has(key: number | string): boolean {
    return this.#entries.has(keyOf(key));
  }

  entries(): IterableIterator<[CborValue, CborValue]> {
    return this.#entries.values();
  }

  /** Raises CborError for a key that is there already. */
  add(key: CborValue, value: CborValue): void {
    const name = keyOf(key);
    if (this.#entries.has(name)) throw new CborError("a key stands there twice");
    this.#entries.set(name, [key, value]);
  }
}

/** What has no meaning here, CBOR's undefined among it: it stands there. JavaScript's undefined is what is absent. */
export class Simple {
  constructor(readonly code: number) {}
}
export type CborValue =
  | number | bigint | Float | string | Bytes | boolean | null | undefined | Simple | DateText | CborMap | CborValue[];

function keyOf(key: CborValue): string {
  if (typeof key === "boolean") return `n${Number(key)}`; // equal in Python, and so told to be the same there
  if (typeof key === "number" || typeof key === "bigint") return `n${key}`;
  if (key instanceof Float) return `n${Object.is(key.value, -0) ? 0 : key.value}`;
  if (typeof key === "string") return `s${key}`;
  if (key instanceof Uint8Array) return `b${hex(key)}`;
  if (key instanceof Simple) return `simple${key.code}`;
  if (key instanceof DateText) return `d${key.text}`;
  if (Array.isArray(key)) return `[${key.map(keyOf).join()}]`;
  if (key instanceof CborMap) {
    return `{${[...key.entries()].map(([name, value]) => `${keyOf(name)}:${keyOf(value)}`).sort().join()}}`;
  }
  return String(key);
}

/** The single item in `data`. Raises CborError. */
export function decodeItem(data: Bytes, most = MAX_ITEMS): CborValue {
  const [item, end] = decodeFirst(data, data.length > SHORT ? most : Infinity);
  if (end !== data.length) throw new CborError("bytes follow the CBOR item");
  return item;
}

/** The item at the beginning, and where it ends. Raises CborError. */
export function decodeFirst(data: Bytes, most = Infinity): [CborValue, number] {
  const reader = new Reader(data, most);
  const item = reader.item(0, false);
  return [item, reader.at];
}

class Reader {
  at = 0;
  readonly #data: Bytes;
  readonly #view: DataView;
  #left: number;

  constructor(data: Bytes, most: number) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.length);
    this.#left = most;
  }

  item(depth: number, isKey: boolean): CborValue {
    if (--this.#left < 0) throw new CborError("too many items");
    const head = this.#byte();
    const major = head >> 5;
    if (major === 7) return this.#simple(head & 0x1f);
    const argument = this.#argument(head & 0x1f);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return typeof argument === "bigint" || argument === Number.MAX_SAFE_INTEGER
          ? -1n - BigInt(argument)
          : -1 - argument;
      case 2:
        return this.#take(argument);
      case 3:
        return this.#text(this.#take(argument));
      case 4:
        return this.#list(this.#count(argument, 1), this.#deeper(depth, isKey));
      case 5:
        return this.#map(this.#count(argument, 2), this.#deeper(depth, isKey));
      default:
        return this.#tagged(argument, this.#deeper(depth, false));
    }
  }

  #deeper(depth: number, isKey: boolean): number {
    if (depth >= MAX_DEPTH) throw new CborError(`deeper than ${MAX_DEPTH}`);
    if (isKey && this.#data.length > SHORT) throw new CborError("a key is a list or a map");
    return depth + 1;
  }

  #list(count: number, depth: number): CborValue[] {
    const items: CborValue[] = [];
    for (let number = 0; number < count; number++) items.push(this.item(depth, false));
    return items;
  }

  #map(count: number, depth: number): CborMap {
    const map = new CborMap();
    for (let number = 0; number < count; number++) map.add(this.item(depth, true), this.item(depth, false));
    return map;
  }

  #tagged(tag: number | bigint, depth: number): CborValue {
    const value = this.item(depth, false);
    if (tag === 0 && typeof value === "string") return new DateText(value);
    if (tag === 1 && (isInteger(value) || value instanceof Float)) return value;
    throw new CborError("a tag that has no place here");
  }

  #simple(argument: number): CborValue {
    switch (argument) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 24: {
        const code = this.#byte();
        if (code < 32) throw new CborError("a simple value in two bytes");
        return new Simple(code);
      }
      case 25:
        return new Float(half(this.#number(2, (at) => this.#view.getUint16(at))));
      case 26:
        return new Float(this.#number(4, (at) => this.#view.getFloat32(at)));
      case 27:
        return new Float(this.#number(8, (at) => this.#view.getFloat64(at)));
      default:
        if (argument > 24) throw new CborError("the CBOR is broken");
        return new Simple(argument);
    }
  }

  #argument(argument: number): number | bigint {
    if (argument < 24) return argument;
    switch (argument) {
      case 24:
        return this.#byte();
      case 25:
        return this.#number(2, (at) => this.#view.getUint16(at));
      case 26:
        return this.#number(4, (at) => this.#view.getUint32(at));
      case 27: {
        const long = this.#number(8, (at) => this.#view.getBigUint64(at));
        return long <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(long) : long;
      }
      default:
        throw new CborError("a length that is not said, or a reserved one");
    }
  }

  #count(argument: number | bigint, each: number): number {
    const room = this.#data.length - this.at;
    if (typeof argument === "bigint" || argument * each > room) throw new CborError("the CBOR is cut off");
    return argument;
  }

  #take(size: number | bigint): Bytes {
    const end = this.at + this.#count(size, 1);
    const part = this.#data.subarray(this.at, end);
    this.at = end;
    return part;
  }

  #text(data: Bytes): string {
    try {
      return UTF8.decode(data);
    } catch {
      throw new CborError("a text that is no UTF-8");
    }
  }

  #byte(): number {
    const byte = this.#data[this.at++];
    if (byte === undefined) throw new CborError("the CBOR is cut off");
    return byte;
  }

  #number<T>(size: number, read: (at: number) => T): T {
    if (this.at + size > this.#data.length) throw new CborError("the CBOR is cut off");
    const value = read(this.at);
    this.at += size;
    return value;
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

export function isInteger(value: CborValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** One byte string with its shortest head. */
export function encodeBytes(data: Uint8Array): Bytes {
  const size = data.length;
  const head =
    size < 24
      ? [0x40 | size]
      : size < 0x100
        ? [0x58, size]
        : size < 0x10000
          ? [0x59, size >> 8, size & 0xff]
          : [0x5a, size >>> 24, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff];
  const all = new Uint8Array(head.length + size);
  all.set(head);
  all.set(data, head.length);
  return all;
}

/** The byte string at `start`, and where it ends; null where there is none. */
export function readBytes(data: Bytes, start: number): [Bytes, number] | null {
  if (start >= data.length || data[start]! >> 5 !== 2) return null;
  try {
    const [item, size] = decodeFirst(data.subarray(start));
    return item instanceof Uint8Array ? [item, start + size] : null;
  } catch {
    return null;
  }
}
