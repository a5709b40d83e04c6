/** Hand-held scanners type what they read, quickly, and end it with Enter. */

const PAUSE = 2000; // milliseconds after which typing begins anew: no scanner waits so long, not even for a slow device
const SHORTEST = 8; // characters; fewer are a person at the keys
const MOST = 8_000;

/** @param spoiled an input method changed what was typed */
export type Typed = (text: string, spoiled: boolean) => void;

export function listen(target: Document, take: Typed): void {
  let letters: string[] = [];
  let spoiled = false;
  let last = 0;
  target.addEventListener(
    "keydown",
    (event) => {
      if (isField(event.target)) return;
      if (event.timeStamp - last > PAUSE && event.key !== "Enter") [letters, spoiled] = [[], false];
      last = event.timeStamp;
      if (event.key === "Enter" && letters.length >= SHORTEST) {
        event.preventDefault(); // no button is meant
        event.stopImmediatePropagation();
        const text = letters.join("");
        take(text, spoiled || isSpoiled(text));
        letters = [];
      } else if (event.isComposing || event.key === "Process" || event.key === "Unidentified") {
        spoiled = true;
      } else if (event.key === "Backspace") {
        if (letters.length) [spoiled] = [true, letters.pop()];
      } else if ([...event.key].length === 1 && !event.ctrlKey && !event.metaKey && letters.length < MOST) {
        if (letters.length && event.key === " ") event.preventDefault(); // a blank in a code scrolls no page
        letters.push(event.key);
      }
    },
    { capture: true },
  );
  target.addEventListener("paste", (event) => {
    if (isField(event.target)) return;
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (text) take(text.slice(0, MOST), isSpoiled(text));
  });
}

/** Whether Telex, VNI or the like was at work: a code is ASCII. Codes of other systems may be anything. */
export function isSpoiled(text: string): boolean {
  return /^.?.?HC1/i.test(text.normalize("NFD")) && /[^\x20-\x7e]/.test(text);
}

/** Where letters belong to something else: a box or a choice that has the focus takes none. */
function isField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "file"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
