// The one form that takes a PIN. What was typed leaves the page in one request and is cleared at once.
import { h } from "/dom.js";
import { say } from "/words.js";

const SHUT = ["locked", "none", "expired"];

export function pinForm(state, { button, text, send }) {
  const shut = SHUT.includes(state);
  const final = state === "final";
  const field = h("input", {
    id: "pin", class: "pin", type: "password", autocomplete: "off", spellcheck: "false", inputmode: "text", maxlength: "64",
    disabled: shut, "aria-describedby": "pin-hint pin-state",
  });
  const sure = h("input", { id: "sure", type: "checkbox" });
  const submit = h("button", { class: "main", type: "submit", disabled: shut || final }, button);
  sure.addEventListener("change", () => { submit.disabled = !sure.checked; });
  const wrong = h("p", { id: "pin-wrong", class: "hint", role: "alert" });
  const form = h("form", { class: "stack", novalidate: true },
    text,
    h("div", { id: "pin-state" }, state in STATES && h("div", { class: `note ${STATES[state]}` }, h("p", {}, say(`pin.${state}`)))),
    h("div", { class: "field" }, h("label", { for: "pin" }, say("pin.label")), field, h("p", { id: "pin-hint", class: "hint" }, say("pin.hint")), wrong),
    final && h("label", { class: "tick" }, sure, say("pin.final-yes")),
    h("div", { class: "row end" }, submit));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pin = field.value;
    field.value = "";
    if (!pin) {
      wrong.textContent = say("pin.empty");
      field.focus();
      return;
    }
    wrong.textContent = "";
    send({ pin, last_try: final && sure.checked });
  });
  return { form, field, submit };
}

const STATES = { low: "warn", final: "bad", locked: "bad", none: "bad", expired: "bad" };
export const left = { low: "pin.left-few", final: "pin.left-one", locked: "pin.left-none" };
