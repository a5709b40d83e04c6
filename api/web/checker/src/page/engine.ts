/** The worker: reads pictures, decides on texts, keeps the lists. The page never sees more than it may show. */
import { prepareZXingModule, type ReaderOptions, readBarcodes } from "zxing-wasm/reader";
import { type Acceptance, RefusedByRules } from "../checking.ts";
import { decide, type Verdict } from "../core.ts";
import { type CheckError, ListError } from "../reasons.ts";
import { describe } from "../rules.ts";
import { Again } from "./again.ts";
import { Lists, type ListState } from "./lists.ts";
import type { Setup } from "./setup.ts";
import { type Mode, type Shown, shown } from "./shown.ts";
import { openStore } from "./store.ts";

export interface Frame {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface FailedRule {
  readonly identifier: string;
  readonly result: "failed" | "open";
  readonly says: { readonly vi: string; readonly en: string };
}

/** What the page is told of a text. `kid` and `issuer` only where the certificate was proved. */
export interface Answer {
  readonly verdict: "valid" | "invalid";
  readonly reason: string | null;
  readonly other: string | null;
  readonly issuer: string | null;
  readonly kid: string | null;
  readonly alg: string | null;
  readonly shown: Shown | null;
  readonly rules: readonly FailedRule[];
  /** Whether the rules of this occasion were asked. */
  readonly ruled: boolean;
  /** With reason TRUST: why the lists cannot be used. */
  readonly trouble: string | null;
  /** How long ago the same certificate was here, milliseconds. */
  readonly again: number | null;
}

export type Ask =
  | { readonly kind: "start"; readonly setup: Setup }
  | { readonly kind: "refresh" }
  | { readonly kind: "read"; readonly frame: Frame; readonly inverted: boolean }
  | { readonly kind: "decide"; readonly text: string; readonly at: number; readonly mode: Mode | null; readonly note: boolean }
  | { readonly kind: "forget" };

const OPTIONS: ReaderOptions = {
  formats: ["QRCode"],
  tryHarder: true,
  tryRotate: true,
  tryDownscale: true,
  tryInvert: false,
  maxNumberOfSymbols: 8,
  textMode: "Plain",
};
const again = new Again();
let opened: (lists: Lists) => void;
const lists = new Promise<Lists>((done) => (opened = done));
let country = "";

prepareZXingModule({ overrides: { locateFile: (name: string) => `/scan/${name}` }, fireImmediately: true });

async function answer(asked: Ask): Promise<ListState | string[] | Answer | null> {
  switch (asked.kind) {
    case "start":
      country = asked.setup.country;
      opened(await Lists.open(asked.setup, await openStore()));
      return (await lists).state;
    case "refresh":
      await (await lists).refresh();
      return (await lists).state;
    case "read":
      return read(asked.frame, asked.inverted);
    case "decide":
      return settle(await lists, asked);
    case "forget":
      again.forget();
      return null;
  }
}

async function read(frame: Frame, inverted: boolean): Promise<string[]> {
  const found = await readBarcodes(frame as ImageData, { ...OPTIONS, tryInvert: inverted });
  return [...new Set(found.filter((one) => one.isValid).map((one) => one.text))];
}

async function settle(lists: Lists, { text, at, mode, note }: Extract<Ask, { kind: "decide" }>): Promise<Answer> {
  const policies = lists.state.policies;
  const ruled = mode !== null && policies !== null && (!policies.length || policies.includes(mode));
  const acceptance: Acceptance | null = ruled ? { country, policy: policies.length ? mode : null } : null;
  let verdict: Verdict;
  try {
    verdict = await decide(text, lists.usable(), at, acceptance);
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    return { ...nothing, reason: "TRUST", trouble: error.code };
  }
  const { issuer, kid, alg, other, reason, payload } = verdict;
  return {
    ...nothing,
    verdict: verdict.verdict,
    reason,
    other,
    issuer,
    kid,
    alg,
    ruled,
    shown: payload && shown(payload, mode ?? "border"),
    rules: failed(verdict.error),
    again: note && payload ? await again.note(JSON.stringify(payload, whole), at) : null,
  };
}

const nothing: Answer = {
  verdict: "invalid",
  reason: null,
  other: null,
  issuer: null,
  kid: null,
  alg: null,
  shown: null,
  rules: [],
  ruled: false,
  trouble: null,
  again: null,
};

function failed(error: CheckError | null): FailedRule[] {
  if (!(error instanceof RefusedByRules)) return [];
  return error.notMet.map(({ rule, outcome }) => ({
    identifier: rule.identifier,
    result: outcome as FailedRule["result"],
    says: { vi: describe(rule, "vi"), en: describe(rule, "en") },
  }));
}

function whole(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

self.onmessage = ({ data }: MessageEvent<{ readonly id: number; readonly asked: Ask }>) => {
  void answer(data.asked).then(
    (said) => self.postMessage({ id: data.id, said }),
    (error: unknown) => self.postMessage({ id: data.id, failed: String(error) }),
  );
};
