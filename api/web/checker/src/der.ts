/** As much of DER (X.690) as certificates need. */
import type { Bytes } from "./bytes.ts";

export class DerError extends Error {}

export interface Element {
  readonly tag: number;
  /** With its head. */
  readonly whole: Bytes;
  readonly content: Bytes;
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OID = 0x06;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const BOOLEAN = 0x01;

/** The elements that stand one after the other. Raises DerError. */
export function elements(data: Bytes): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at < data.length) {
    const element = elementAt(data, at);
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

/** The one element that this is, of this tag. Raises DerError. */
export function single(data: Bytes, tag: number): Element {
  const [element, ...others] = elements(data);
  if (!element || others.length || element.tag !== tag) throw new DerError("another form was expected");
  return element;
}

export function oidOf(element: Element): string {
  if (element.tag !== OID) throw new DerError("no object identifier");
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of element.content) {
    number = (number << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0n;
    }
  }
  const first = numbers.shift() ?? 0n;
  const arc = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [arc, first - arc * 40n, ...numbers].join(".");
}

/** A SEQUENCE of these. */
export function sequence(...parts: Uint8Array[]): Bytes {
  return wrap(SEQUENCE, ...parts);
}

export function wrap(tag: number, ...parts: Uint8Array[]): Bytes {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  const all = new Uint8Array(1 + length.length + size);
  all.set([tag, ...length]);
  let at = 1 + length.length;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function elementAt(data: Bytes, start: number): Element {
  const tag = data[start];
  let size = data[start + 1];
  if (tag === undefined || size === undefined || (tag & 0x1f) === 0x1f) throw new DerError("cut off, or a long tag");
  let begin = start + 2;
  if (size >= 0x80) {
    const octets = size & 0x7f;
    if (octets < 1 || octets > 4) throw new DerError("a length of another form");
    size = 0;
    for (let at = 0; at < octets; at++) size = size * 256 + (data[begin + at] ?? NaN);
    begin += octets;
  }
  const end = begin + size;
  if (!(end <= data.length)) throw new DerError("cut off");
  return { tag, whole: data.subarray(start, end), content: data.subarray(begin, end) };
}
