/** Which of the codes in sight is meant, and whether it is a new one. */

const OUT_OF_SIGHT = 1500; // milliseconds after which the same code counts as shown anew

export type Seen = { readonly kind: "none" | "several" | "held" } | { readonly kind: "new"; readonly text: string };

/** One passport among other codes is meant; of two nobody knows whose verdict it would be. */
export function meant(texts: readonly string[]): Seen {
  const passports = texts.filter((text) => text.startsWith("HC1:"));
  const [text, ...more] = passports.length ? passports : texts;
  if (text === undefined) return { kind: "none" };
  return more.length ? { kind: "several" } : { kind: "new", text };
}

export class Sight {
  #text = "";
  #at = -Infinity;

  /** @param now milliseconds; a code that stays before the camera is new once */
  see(texts: readonly string[], now: number): Seen {
    const seen = meant(texts);
    if (now - this.#at > OUT_OF_SIGHT) this.#text = "";
    if (seen.kind !== "new" || seen.text !== this.#text) return seen;
    this.#at = now;
    return { kind: "held" };
  }

  /** It was decided on. */
  note(text: string, now: number): void {
    [this.#text, this.#at] = [text, now];
  }

  get quiet(): boolean {
    return this.#text === "";
  }
}
