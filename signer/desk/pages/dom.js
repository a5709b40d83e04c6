// Elements, made of text and never of markup.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

// Vietnamese order in both languages: a partial date keeps what it has.
export const day = (text) => text.split("-").reverse().join("/");

export function moment(text) {
  const at = new Date(text);
  const two = (number) => String(number).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())} ${two(at.getDate())}/${two(at.getMonth() + 1)}/${at.getFullYear()}`;
}

export function button(text, press, { kind = "", keys = "", ...more } = {}) {
  const label = keys ? [text, h("kbd", { "aria-hidden": "true" }, keys)] : [text];
  return h("button", { type: "button", class: kind, "aria-keyshortcuts": keys || null, onclick: press, ...more }, label);
}
