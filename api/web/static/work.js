// Letters for whoever works by keyboard. Each one opens what its heading shows, or follows a link; none of them decides.
// They rest while somebody types, with Ctrl, Alt or Meta, and where they were switched off on this device.

const KEPT = "vaxseal-keys";
const page = document.documentElement;
const overlay = document.getElementById("keys");
const help = document.querySelector(".help");

const wanted = () => {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true; // a browser that keeps nothing
  }
};

const keep = (on) => {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // it holds for this page
  }
  page.classList.toggle("keys", on);
};

const keyed = (letter) => [...document.querySelectorAll(`[data-key="${letter}"]`)].find((one) => one.checkVisibility());

const typing = (target) =>
  target.isContentEditable || target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");

const begin = (details) => {
  details.open = true;
  const any = "input:not([type=hidden]), select, textarea, button";
  const field = ["[aria-invalid]", "[data-begin]", any].map((one) => details.querySelector(one)).find((one) => one);
  field?.focus();
  field?.select?.();
};

const follow = (one) => {
  if (one.matches("summary")) {
    if (one.parentElement.open) one.parentElement.open = false;
    else begin(one.parentElement);
    one.scrollIntoView({ block: "nearest" });
  } else {
    one.click();
  }
};

const show = () => {
  const list = overlay.querySelector("dl");
  list.replaceChildren();
  for (const one of document.querySelectorAll("[data-key]")) {
    if (!one.checkVisibility() && !one.closest("dialog")) continue;
    const key = document.createElement("dt");
    const told = document.createElement("dd");
    const letter = document.createElement("kbd");
    letter.textContent = one.dataset.key.toUpperCase();
    key.append(letter);
    told.textContent = one.dataset.label ?? one.firstChild.textContent.trim();
    list.append(key, told);
  }
  overlay.showModal();
};

const letterOf = (event) => {
  if (event.key.length === 1) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : ""; // an input method holds the letter back
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return;
  if (event.key === "Escape" && !overlay.open) {
    const open = event.target.closest("details.decision[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    return;
  }
  if (overlay.open || typing(event.target) || !page.classList.contains("keys")) return;
  if (event.key === "?") {
    event.preventDefault();
    show();
    return;
  }
  const one = keyed(letterOf(event));
  if (one) {
    event.preventDefault();
    follow(one);
  }
});

help.hidden = false;
help.addEventListener("click", show);
document.getElementById("keys-close").addEventListener("click", () => overlay.close());
const box = document.getElementById("keys-on");
box.checked = wanted();
box.addEventListener("change", () => keep(box.checked));
page.classList.toggle("keys", wanted());

for (const button of document.querySelectorAll(".take")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const form = document.querySelector("input[name=do][value=correct]").form;
    const entry = button.closest(".entry");
    for (const shown of entry.querySelectorAll("[data-registered]")) {
      form.elements[shown.dataset.registered].value = shown.dataset.value;
    }
    begin(form.closest("details"));
  });
}

for (const button of document.querySelectorAll(".print")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Where something is wrong or new, the keyboard begins there; else in the field for which the page is opened.
const begins = ["details[open] [aria-invalid], form.card [aria-invalid]", "[data-first], [data-done]", "form.card [data-begin]"];
begins.map((one) => document.querySelector(one)).find((one) => one)?.focus();
