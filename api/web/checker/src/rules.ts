/** Acceptance rules: which of them apply to a certificate, and whether it meets them; see `certificates.rules`. */
import { CertLogicError, evaluate } from "./certlogic.ts";
import { parseRfc3339 } from "./cwt.ts";
import type { PlainMap } from "./plain.ts";
import { strip } from "./plain.ts";
import type { Kind } from "./schema.ts";

const SPECIFICATION = [1, 3];
const KIND_NAMES: Readonly<Record<Kind, string>> = { v: "Vaccination", t: "Test", r: "Recovery" };
const MAX_VERSION = 40;

export type Outcome = "passed" | "failed" | "open";

export interface Rule {
  readonly identifier: string;
  readonly type: "Acceptance" | "Invalidation";
  readonly country: string;
  readonly region: string | null;
  readonly version: readonly number[];
  readonly schemaVersion: readonly number[];
  readonly certificateType: string;
  readonly validFrom: number; // milliseconds
  readonly validTo: number;
  readonly policies: readonly string[];
  readonly descriptions: ReadonlyMap<string, string>;
  readonly logic: unknown; // undefined: another engine's
}

/** What became of one rule. Open: nobody can say; then it is not met. */
export interface RuleResult {
  readonly rule: Rule;
  readonly outcome: Outcome;
}

/** What rules look at beside the payload. */
export interface Subject {
  readonly payload: PlainMap;
  readonly kind: Kind;
  readonly issuer: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly kid: string; // base64
}

export class RuleSet {
  readonly #rules: readonly Rule[];
  readonly #valueSets: Readonly<Record<string, readonly string[]>>;

  private constructor(rules: readonly Rule[], valueSets: Readonly<Record<string, readonly string[]>>) {
    this.#rules = rules;
    this.#valueSets = valueSets;
  }

  /** `{"rules": [...], "valueSets": {...}}`, as the signed list has it. Throws where it is something else. */
  static fromJson(document: { rules: Record<string, unknown>[]; valueSets: Record<string, string[]> }): RuleSet {
    if (!document.rules.length) throw new Error("there is no rule in it");
    return new RuleSet(document.rules.map(ruleOf), document.valueSets);
  }

  get countries(): ReadonlySet<string> {
    return new Set(this.#rules.filter((rule) => rule.type === "Acceptance").map((rule) => rule.country));
  }

  /** The occasions that the rules of a country tell apart, in their order. */
  policies(country: string): string[] {
    const own = this.#rules.filter((rule) => rule.type === "Acceptance" && rule.country === country);
    return [...new Set(own.flatMap((rule) => rule.policies))];
  }

  /** Apply every rule that is in force. */
  evaluate(subject: Subject, at: number, country: string, policy: string | null): RuleResult[] {
    const version = parseVersion(strip(String(subject.payload["ver"])).slice(0, MAX_VERSION));
    const external = {
      validationClock: isoformat(at),
      valueSets: this.#valueSets,
      countryCode: country,
      issuerCountryCode: subject.issuer,
      exp: isoformat(subject.expiresAt),
      iat: isoformat(subject.issuedAt),
      kid: subject.kid,
      region: null,
    };
    const data = { payload: subject.payload, external };
    return this.#inForce(subject, at, country, policy).map((rule) => ({ rule, outcome: apply(rule, version, data) }));
  }

  #inForce(subject: Subject, at: number, country: string, policy: string | null): Rule[] {
    const newest = new Map<string, Rule>();
    for (const rule of this.#rules) {
      const place = rule.type === "Acceptance" ? country : subject.issuer;
      const fits =
        rule.country === place &&
        rule.region === null &&
        ["General", KIND_NAMES[subject.kind]].includes(rule.certificateType) &&
        (!rule.policies.length || (policy !== null && rule.policies.includes(policy)));
      if (!fits) continue;
      const name = `${rule.type} ${rule.identifier}`;
      if (!newest.has(name)) newest.set(name, rule); // keeps the order
      const known = newest.get(name)!;
      const valid = rule.validFrom <= at && at <= rule.validTo;
      const knownValid = known.validFrom <= at && at <= known.validTo;
      if (valid && (!knownValid || compareVersions(rule.version, known.version) > 0)) newest.set(name, rule);
    }
    return [...newest.values()].filter((rule) => rule.validFrom <= at && at <= rule.validTo);
  }
}

/** What a rule asks, in a language; else in English; else in whatever there is. */
export function describe(rule: Rule, language: string): string {
  return rule.descriptions.get(language) ?? rule.descriptions.get("en") ?? [...rule.descriptions.values()][0] ?? "";
}

function apply(rule: Rule, version: readonly number[], data: unknown): Outcome {
  if (rule.logic === undefined) return "open";
  if (compareVersions(version, rule.schemaVersion) < 0 || version[0] !== rule.schemaVersion[0]) return "open";
  try {
    const value = evaluate(rule.logic, data);
    return value === true ? "passed" : value === false ? "failed" : "open";
  } catch (error) {
    if (error instanceof CertLogicError) return "open";
    throw error;
  }
}

function ruleOf(data: Record<string, unknown>): Rule {
  const engine = parseVersion(String(data["EngineVersion"]));
  const known = data["Engine"] === "CERTLOGIC" && compareVersions(engine.slice(0, 2), SPECIFICATION) <= 0;
  const [validFrom, validTo] = [parseRfc3339(String(data["ValidFrom"])), parseRfc3339(String(data["ValidTo"]))];
  if (validFrom === null || validTo === null) throw new Error("a rule without its times");
  const descriptions = (data["Description"] as { lang: string; desc: string }[]).map(
    ({ lang, desc }) => [lang.toLowerCase(), desc] as const,
  );
  return {
    identifier: String(data["Identifier"]),
    type: data["Type"] as Rule["type"],
    country: String(data["Country"]),
    region: strip(String(data["Region"] ?? "")) || null,
    version: parseVersion(String(data["Version"])),
    schemaVersion: parseVersion(String(data["SchemaVersion"])),
    certificateType: String(data["CertificateType"]),
    validFrom,
    validTo,
    policies: (data["Policies"] as string[] | undefined) ?? [],
    descriptions: new Map(descriptions),
    logic: known ? data["Logic"] : undefined,
  };
}

function parseVersion(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

function compareVersions(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at]! - other[at]!;
  }
  return one.length - other.length;
}

/** As Python writes it: whole seconds without decimals. */
function isoformat(moment: number): string {
  const text = new Date(moment).toISOString();
  return text.replace(/(?:\.000)?Z$/, "+00:00");
}
