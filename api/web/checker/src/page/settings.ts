/** What a checker chose, kept on this device. */
import type { Language } from "./setup.ts";
import type { Mode } from "./shown.ts";

export interface Choices {
  language: Language;
  mode: Mode;
  sound: boolean;
  vibration: boolean;
  stay: number; // seconds; 0: until the next
  camera: string; // empty: the one at the back
}

const PLACE = "vaxseal-scan";
const AT_FIRST: Choices = { language: "vi", mode: "venue", sound: true, vibration: true, stay: 8, camera: "" };

export function loadChoices(): Choices {
  const choices = { ...AT_FIRST, language: navigator.language.startsWith("en") ? "en" : AT_FIRST.language } as Choices;
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Record<string, unknown>;
    for (const name of Object.keys(AT_FIRST) as (keyof Choices)[]) {
      if (typeof kept[name] === typeof AT_FIRST[name]) Object.assign(choices, { [name]: kept[name] });
    }
  } catch {
    // a browser that keeps nothing: then it is chosen each time
  }
  return choices;
}

export function keepChoices(choices: Choices): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(choices));
  } catch {
    // as above
  }
}
