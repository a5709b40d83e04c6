/** Elements by their id, and new ones. Text only: no string of a code is ever read as markup. */

export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function element(tag: string, name = "", ...inside: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside);
  return made;
}

/** A drawing that the page's markup holds as a symbol. */
export function drawing(symbol: string, name: string): SVGElement {
  const [made, used] = ["svg", "use"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  used!.setAttribute("href", `#${symbol}`);
  made!.setAttribute("class", name);
  made!.setAttribute("aria-hidden", "true");
  made!.append(used!);
  return made as SVGElement;
}
