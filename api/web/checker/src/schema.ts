/** Whether a document is a DCC as readers find them (eu-dcc-schema 1.3.3); see `certificates.schema`, tolerant. */
import { isDay, isMap, lengthOf, type Plain, type PlainMap, strip } from "./plain.ts";
import { CheckError } from "./reasons.ts";

export type Kind = "v" | "t" | "r";
export const KINDS: readonly Kind[] = ["v", "t", "r"];
const TEXT_LIMIT = 80;
const VERSION_LIMIT = 32;

type Test = (value: Plain) => boolean;
type Fields = readonly (readonly [name: string, required: boolean, test: Test])[];

const anyText: Test = (value) => typeof value === "string";
const text: Test = (value) => typeof value === "string" && lengthOf(value) <= TEXT_LIMIT;
const icao: Test = (value) => text(value) && /^[A-Z< -]*$/.test(strip(value as string));
const count: Test = (value) =>
  (typeof value === "bigint" && value >= 1n) || (typeof value === "number" && Number.isInteger(value) && value >= 1);
const country: Test = (value) => typeof value === "string" && /[A-Z]/.test(value);

function birth(value: Plain): boolean {
  if (typeof value !== "string") return false;
  const found = strip(value);
  const match = /^((?:19|20)\d\d)(?:-(\d\d)(?:-(\d\d))?)?$/.exec(found);
  if (!match) return found === "";
  const [, year, month = "00", day = "00"] = match;
  return isDay(Number(year), month === "00" ? 1 : Number(month), day === "00" ? 1 : Number(day));
}

function day(value: Plain): boolean {
  if (typeof value !== "string") return false;
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec([...strip(value)].slice(0, 10).join(""));
  return match !== null && isDay(Number(match[1]), Number(match[2]), Number(match[3]));
}

function version(value: Plain): boolean {
  if (typeof value !== "string") return false;
  const found = strip(value);
  return lengthOf(found) <= VERSION_LIMIT && /^\d+[^\n]\d+[^\n]\d+$/u.test(found);
}

const TOP: Fields = [["ver", true, version], ["nam", true, isMap], ["dob", true, birth]];
const NAME: Fields = [["fn", false, text], ["fnt", false, icao], ["gn", false, text], ["gnt", false, icao]];
const TAIL: Fields = [["co", true, country], ["is", true, text], ["ci", true, text]];
const ENTRIES: Record<Kind, Fields> = {
  v: [
    ["tg", true, anyText], ["vp", true, anyText], ["mp", true, anyText], ["ma", true, anyText], ["dn", true, count],
    ["sd", true, count], ["dt", true, day], ...TAIL,
  ],
  t: [
    ["tg", true, anyText], ["tt", true, anyText], ["nm", false, anyText], ["ma", false, anyText], ["sc", true, day],
    ["tr", true, anyText], ["tc", false, text], ...TAIL,
  ],
  r: [["tg", true, anyText], ["fr", true, day], ["df", true, day], ["du", true, day], ...TAIL],
};

/** The kind of its entries. Raises CheckError SCHEMA. */
export function checkDcc(data: PlainMap): Kind {
  checkFields(data, TOP, "");
  const names = data["nam"] as PlainMap;
  checkFields(names, NAME, "nam.");
  if (absent(names["fnt"]) && absent(names["gnt"])) throw refused("nam: neither fnt nor gnt");
  const kind = findKind(data);
  for (const [index, entry] of (data[kind] as Plain[]).entries()) {
    if (!isMap(entry)) throw refused(`${kind}[${index}]: not a map`);
    checkFields(entry, ENTRIES[kind], `${kind}[${index}].`);
  }
  return kind;
}

function findKind(data: PlainMap): Kind {
  const present = KINDS.filter((kind) => {
    const entries = data[kind];
    if (absent(entries)) return false;
    if (!Array.isArray(entries)) throw refused(`${kind}: not a list`);
    return entries.length > 0;
  });
  if (present.length !== 1) throw refused("exactly one of v, t and r must hold entries");
  return present[0]!;
}

function checkFields(data: PlainMap, fields: Fields, where: string): void {
  for (const [name, required, test] of fields) {
    const value = data[name];
    if (absent(value)) {
      if (required) throw refused(`${where}${name}: missing`);
    } else if (!test(value)) {
      throw refused(`${where}${name}: wrong form`);
    }
  }
}

function absent(value: Plain | undefined): value is null | undefined {
  return value === null || value === undefined;
}

function refused(detail: string): CheckError {
  return new CheckError("SCHEMA", detail);
}
