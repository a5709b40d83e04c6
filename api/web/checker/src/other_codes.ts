/** What a code is that is no EU health certificate; see `certificates.other_codes`. The names are the same. */
import { CborMap, type CborValue } from "./cbor.ts";

const BASE45 = "[0-9A-Z $%*+./:-]{100}";
const FORMS: readonly [RegExp, string][] = [
  [/^HC1:/i, "hc1-altered"],
  [new RegExp(`^(?:6BF|NCF|V7F|Y9F)${BASE45}`), "hc1-altered"],
  [/^HL[01]:/, "hc1-test"],
  [/^HC[0-9A-Z]:/, "hc1-version"],
  [/^(?:[A-Z]{2}[0-9]:|NZCP:\/)/, "national-pass"],
  [/^shc:\//i, "smart-health-card"],
  [/^(?:https?:\/\/\S*#)?(?:shlink|vhlink):\//i, "health-link"],
  [/^DC0[1-4][0-9A-Z]{8}/, "2d-doc"],
  [/^URN:UVCI:/i, "certificate-code"],
  [/^[0-9]{12}\|[^|]*\|/, "citizen-card"],
  [/^https?:\/\//i, "address"],
];
const CLAIMS: readonly [number, string][] = [[-6, "icvp"], [3, "who-ddcc"], [4, "who-ddcc"], [5, "health-link"]];
const MRZ = /^[0-9A-Z<]*<<[0-9A-Z<]*$/;
const MRZ_SIZES = [72, 88, 90];

/** What a text is that is no HC1 text; null where nobody can say. */
export function identify(text: string): string | null {
  const start = text.replace(/^[\ufeff \t\r\n]+/, "");
  for (const [form, kind] of FORMS) if (form.test(start)) return kind;
  if (start.startsWith("PK") && start.slice(0, 256).includes("certificate.json")) return "divoc";
  if (start.startsWith("{")) return identifyJson(start);
  const compact = start.replace(/\s+/g, "");
  return MRZ_SIZES.includes(compact.length) && MRZ.test(compact) ? "travel-document" : null;
}

/** What the health claim holds instead of an EU certificate. */
export function identifyClaim(hcert: CborValue): string | null {
  if (!(hcert instanceof CborMap)) return null;
  return CLAIMS.find(([label]) => hcert.has(label))?.[1] ?? null;
}

function identifyJson(text: string): string | null {
  let document: Record<string, unknown>;
  try {
    document = map(JSON.parse(text));
  } catch {
    return null;
  }
  const context = document["@context"];
  if (typeof map(map(document["data"])["hdr"])["t"] === "string") return "vds-nc";
  if (context === undefined || context === null) return "verifiableCredential" in document ? "smart-health-card" : null;
  const named = Array.isArray(context) ? context : [context];
  const divoc = named.some((each) => typeof each === "string" && /divoc|cowin/i.test(each));
  return divoc ? "divoc" : "verifiable-credential";
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
