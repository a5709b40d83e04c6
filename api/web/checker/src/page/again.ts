/** Who was here a moment ago: salted hashes, in memory, for minutes. Neither codes nor names can be had from them. */
import { concat, hex, sha256 } from "../bytes.ts";

const KEPT = 5 * 60_000; // milliseconds
const MOST = 5_000;

export class Again {
  readonly #salt = crypto.getRandomValues(new Uint8Array(32));
  readonly #seen = new Map<string, number>(); // in the order of time

  /** How long ago the same certificate was here, in milliseconds; null where it was not. It is noted. */
  async note(payload: string, at: number): Promise<number | null> {
    const hash = hex(await sha256(concat(this.#salt, new TextEncoder().encode(payload))));
    for (const [old, when] of this.#seen) {
      if (at - when <= KEPT && this.#seen.size <= MOST) break;
      this.#seen.delete(old);
    }
    const before = this.#seen.get(hash);
    this.#seen.delete(hash);
    this.#seen.set(hash, at);
    return before === undefined ? null : at - before;
  }

  forget(): void {
    this.#seen.clear();
  }
}
