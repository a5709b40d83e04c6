/** What a checker may see of a certificate: in venue mode the name and the date of birth only. */
import { isMap, type Plain, type PlainMap } from "../plain.ts";

export type Mode = "venue" | "border";

export interface Row {
  readonly kind: "v" | "t" | "r";
  /** Texts as they stand in the certificate; what is empty is left out. */
  readonly facts: readonly (readonly [Fact, string])[];
}
export type Fact =
  | "product" | "dose" | "date" | "country" | "issuer" | "test" | "result" | "sampled" | "positive" | "from" | "until" | "code";

export interface Shown {
  readonly name: string;
  readonly latin: string;
  readonly born: string; // YYYY, YYYY-MM, YYYY-MM-DD or nothing
  readonly rows: readonly Row[];
}

const LONGEST = 120;
const FACTS: Readonly<Record<Row["kind"], readonly (readonly [Fact, string])[]>> = {
  v: [["product", "mp"], ["date", "dt"], ["country", "co"], ["issuer", "is"], ["code", "ci"]],
  t: [["test", "tt"], ["result", "tr"], ["sampled", "sc"], ["country", "co"], ["issuer", "is"], ["code", "ci"]],
  r: [["positive", "fr"], ["from", "df"], ["until", "du"], ["country", "co"], ["issuer", "is"], ["code", "ci"]],
};

export function shown(payload: PlainMap, mode: Mode): Shown {
  const names = isMap(payload["nam"]) ? payload["nam"] : {};
  const written = joined(names["fn"], names["gn"]);
  const latin = joined(names["fnt"], names["gnt"]).replace(/</g, " ").replace(/ +/g, " ").trim();
  return {
    name: written || latin,
    latin: written ? latin : "",
    born: text(payload["dob"]),
    rows: mode === "border" ? rows(payload) : [],
  };
}

function rows(payload: PlainMap): Row[] {
  const found: Row[] = [];
  for (const kind of ["v", "t", "r"] as const) {
    const entries = payload[kind];
    if (!Array.isArray(entries)) continue;
    for (const entry of entries) {
      if (!isMap(entry)) continue;
      const facts = FACTS[kind].map(([fact, field]) => [fact, text(entry[field])] as const);
      if (kind === "v") facts.splice(1, 0, ["dose", `${text(entry["dn"])}/${text(entry["sd"])}`]);
      found.push({ kind, facts: facts.filter(([, value]) => value) });
    }
  }
  return found;
}

function joined(...parts: (Plain | undefined)[]): string {
  return parts.map(text).filter(Boolean).join(" ");
}

/** Letters only that stay where they are: nothing that turns, hides or breaks the line. */
function text(value: Plain | undefined): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") return "";
  const plain = String(value).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]+/gu, " ").normalize("NFC").trim();
  const letters = [...plain];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : plain;
}
