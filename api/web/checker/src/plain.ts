/** A DCC as plain values: what JSON can say, and nothing else. */
import { CborMap, type CborValue, DateText, Float } from "./cbor.ts";
import { CheckError } from "./reasons.ts";

export type Plain = string | number | bigint | boolean | null | Plain[] | PlainMap;
export interface PlainMap {
  [key: string]: Plain;
}

/** Raises CheckError SCHEMA. */
export function plainMap(map: CborMap): PlainMap {
  const made = Object.create(null) as PlainMap;
  for (const [key, value] of map.entries()) {
    if (typeof key !== "string") throw new CheckError("SCHEMA", "a name of a field is not a text");
    made[key] = plain(value);
  }
  return made;
}

function plain(value: CborValue): Plain {
  if (value instanceof CborMap) return plainMap(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof DateText) return value.text;
  if (value instanceof Float && Number.isFinite(value.value)) return value.value;
  if (value === null || ["string", "number", "bigint", "boolean"].includes(typeof value)) return value as Plain;
  throw new CheckError("SCHEMA", "a value is neither text, number, list nor map");
}

export function isMap(value: unknown): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Letters as people count them: code points. */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** Without the blanks around, as Python takes them off. */
export function strip(text: string): string {
  return text.replace(/^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g, "");
}

/** Whether this is a day of the calendar, in the years 1 to 9999. */
export function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
