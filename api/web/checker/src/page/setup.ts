/** What one deployment says to its page (`api.checkers.scanner`). */
import type { Bytes } from "../bytes.ts";
import { unbase64 } from "../bytes.ts";
import type { AgeLimits } from "../signed_list.ts";

export type Language = "vi" | "en";
export type Said = Readonly<Record<Language, string>>;

export interface Setup {
  readonly roots: readonly string[]; // DER in base64
  readonly country: string;
  readonly environment: "development" | "production";
  readonly limits: AgeLimits;
  readonly reasons: Readonly<Record<string, Said>>;
  readonly others: Readonly<Record<string, Said>>;
  readonly products: Readonly<Record<string, string>>; // names of vaccines by their code (mp)
}

export async function loadSetup(): Promise<Setup> {
  const answer = await fetch("/scan/setup.json");
  if (!answer.ok) throw new Error(`setup.json: ${answer.status}`);
  return (await answer.json()) as Setup;
}

export function rootsOf(setup: Setup): Bytes[] {
  return setup.roots.map(unbase64);
}
