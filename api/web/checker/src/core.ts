/** The checker without its page: a bundle and a text in, a verdict out. */
import { type Bundle, openBundle } from "./bundle.ts";
import { hex } from "./bytes.ts";
import { evaluate } from "./certlogic.ts";
import { type Acceptance, type Checked, checkText, RefusedByRules } from "./checking.ts";
import type { PlainMap } from "./plain.ts";
import { CheckError, ListError } from "./reasons.ts";
import type { Outcome } from "./rules.ts";
import { readCertificate } from "./x509.ts";

export { type Acceptance, type Bundle, CheckError, evaluate, ListError, openBundle, readCertificate };

/** A verdict in the form that the command line and the service give (`certificates.verdicts.answer`), without words. */
export interface Verdict {
  readonly verdict: "valid" | "invalid";
  readonly reason: string | null;
  readonly other: string | null;
  readonly issuer: string | null;
  readonly kid: string | null;
  readonly alg: string | null;
  readonly payload: PlainMap | null;
  readonly rules: readonly { readonly identifier: string; readonly result: Outcome }[];
  readonly error: CheckError | null;
}

/** Never throws. */
export async function decide(text: string, bundle: Bundle, at: number, acceptance: Acceptance | null): Promise<Verdict> {
  try {
    return { ...nothing, verdict: "valid", ...proved(await checkText(text, bundle, at, acceptance)) };
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    const said = { ...nothing, reason: error.reason, other: error.other, error };
    if (!(error instanceof RefusedByRules)) return said;
    const rules = error.notMet.map(({ rule, outcome }) => ({ identifier: rule.identifier, result: outcome }));
    return { ...said, ...proved(error.certificate), rules };
  }
}

const nothing: Verdict = {
  verdict: "invalid",
  reason: null,
  other: null,
  issuer: null,
  kid: null,
  alg: null,
  payload: null,
  rules: [],
  error: null,
};

function proved(certificate: Checked): Pick<Verdict, "issuer" | "kid" | "alg" | "payload"> {
  const { issuer, kid, algorithm, payload } = certificate;
  return { issuer, kid: hex(kid), alg: algorithm, payload };
}
