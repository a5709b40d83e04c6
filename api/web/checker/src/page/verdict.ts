/** A verdict on the screen: by shape, word and colour; who; what failed; what to do. */
import { drawing, element } from "./dom.ts";
import type { Answer } from "./engine.ts";
import type { Language, Setup } from "./setup.ts";
import type { Fact, Row, Shown } from "./shown.ts";
import type { Signal } from "./signals.ts";
import { fill, span, type Words, WORDS } from "./words.ts";

export type Look = "valid" | "invalid" | "rules" | "unchecked" | "other";

const SHAPES: Readonly<Record<Look, string>> = {
  valid: "shape-valid",
  invalid: "shape-invalid",
  rules: "shape-rules",
  unchecked: "shape-unsure",
  other: "shape-unsure",
};
const LABELS: Readonly<Record<Fact, keyof Words>> = {
  product: "product", dose: "dose", date: "date", country: "country", issuer: "issuer", test: "testKind", result: "result",
  sampled: "sampled", positive: "positive", from: "from", until: "until", code: "code",
};
const TITLES: Readonly<Record<Row["kind"], keyof Words>> = { v: "vaccination", t: "testing", r: "recovery" };
const RESULTS: Readonly<Record<string, keyof Words>> = { "260373001": "detected", "260415000": "notDetected" };
const KEYBOARD = "hc1-altered";

export function lookOf(answer: Answer): Look {
  if (answer.verdict === "valid") return "valid";
  if (answer.reason === "RULE") return "rules";
  if (answer.reason === "TRUST") return "unchecked";
  if (answer.reason === "CONTEXT" || (answer.other !== null && answer.other !== KEYBOARD)) return "other";
  return "invalid";
}

export function signalOf(look: Look): Signal {
  return look === "valid" ? "good" : look === "invalid" || look === "rules" ? "bad" : "unsure";
}

/** What `spoiled` says: an input method was at work, and the text is not what the scanner read. */
export interface Said {
  readonly answer: Answer;
  readonly spoiled: boolean;
  readonly version: number | null;
  readonly issuedAt: number;
}

/** The parts of the screen: what is read first, and what stands below it. */
export function draw(said: Said, setup: Setup, language: Language, now: number): { head: Node[]; body: Node[] } {
  const [words, { answer }] = [WORDS[language], said];
  const look = lookOf(answer);
  const head: Node[] = [drawing(SHAPES[look], "shape"), element("h2", "word", words[look])];
  if (answer.reason) head.push(element("p", "sentence", setup.reasons[answer.reason]![language]));
  const body: Node[] = [];
  if (said.spoiled) body.push(note("warn", element("strong", "", words.spoiledTitle), element("p", "", words.spoiled)));
  if (answer.other) body.push(element("p", "other", fill(words.thisIs, { what: setup.others[answer.other]![language] })));
  if (look === "other" && !said.spoiled) body.push(element("p", "", words.askForCode));
  if (answer.trouble) body.push(element("p", "", words[answer.trouble as keyof Words] ?? words["list-missing"]));
  if (answer.rules.length) body.push(rules(answer, words, language));
  if (answer.shown) body.push(person(answer.shown, words));
  if (answer.again !== null) body.push(note("warn", fill(words.again, { ago: span(answer.again, words) })));
  if (look === "valid" || look === "rules") {
    const line = element("span", "", element("strong", "", words.checkId), element("span", "", words.checkIdText));
    body.push(element("p", "id", drawing("sign-id", "sign"), line));
  }
  if (answer.verdict === "valid" && !answer.ruled) body.push(element("p", "small", words.noRules));
  for (const row of answer.shown?.rows ?? []) body.push(doses(row, setup, words, language));
  if (said.version !== null) {
    const age = span(now - said.issuedAt, words);
    body.push(element("p", "small", fill(words.listFresh, { version: said.version, age })));
  }
  return { head, body };
}

function person({ name, latin, born }: Shown, words: Words): HTMLElement {
  const made = element("div", "person", element("p", "name", name));
  if (latin && latin.toLowerCase() !== name.toLowerCase()) made.append(element("p", "latin", latin));
  const day = element("span", "day", dayOf(born) || "—");
  made.append(element("p", "born", element("span", "label", words.born), day));
  return made;
}

function rules({ rules }: Answer, words: Words, language: Language): HTMLElement {
  const lines = rules.map(({ identifier, result, says }) => {
    return element("li", "", says[language], element("span", "small", `${identifier}: ${words[result]}`));
  });
  return element("ul", "failed", ...lines);
}

function doses(row: Row, setup: Setup, words: Words, language: Language): HTMLElement {
  const list = element("dl", "facts");
  for (const [fact, value] of row.facts) {
    list.append(element("dt", "", words[LABELS[fact]]), element("dd", "", inWords(fact, value, setup, words, language)));
  }
  return element("section", "row", element("h3", "", words[TITLES[row.kind]]), list);
}

function inWords(fact: Fact, value: string, setup: Setup, words: Words, language: Language): string {
  if (fact === "product") return setup.products[value] ?? value;
  if (fact === "country") return countryOf(value, language);
  if (fact === "result") return words[RESULTS[value] ?? "result"] === words.result ? value : words[RESULTS[value]!];
  return ["date", "sampled", "positive", "from", "until"].includes(fact) ? dayOf(value) : value;
}

function countryOf(code: string, language: Language): string {
  try {
    return new Intl.DisplayNames(language, { type: "region" }).of(code) ?? code;
  } catch {
    return code; // two letters that are no country, or more than two
  }
}

/** Day, month, year, as far as they are known. */
function dayOf(text: string): string {
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/.exec(text);
  return found ? [found[3], found[2], found[1]].filter(Boolean).join("/") : text;
}

function note(kind: string, ...inside: (Node | string)[]): HTMLElement {
  return element("div", `note ${kind}`, ...inside);
}
