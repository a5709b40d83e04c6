// Every sentence of the page, in both languages: words.json.
import { byId } from "/dom.js";

let sentences = {};
let language = localStorage.getItem("language") === "en" ? "en" : "vi";

export async function load() {
  sentences = await (await fetch("/words.json")).json();
}

export const current = () => language;
export const has = (key) => key in sentences;

export function say(key, values = {}) {
  const sentence = (sentences[key] ?? [key, key])[language === "vi" ? 0 : 1];
  return sentence.replace(/\{(\w+)\}/g, (_, name) => written(values[name] ?? ""));
}

// Numbers by the language: 0,1 and 1.200 in Vietnamese.
function written(value) {
  return typeof value === "number" ? value.toLocaleString(language) : value;
}

export const sayOr = (key, other, values = {}) => (has(key) ? say(key, values) : say(other, values));

export function swap() {
  language = language === "vi" ? "en" : "vi";
  localStorage.setItem("language", language);
}

// For who hears the page.
export function announce(text) {
  const live = byId("live");
  if (live.textContent !== text) live.textContent = text;
}
