// The one form that takes a PIN. What was typed leaves the page in one request and is cleared at once.
import { h } from "/dom.js";
import { say } from "/words.js";

const SHUT = ["locked", "none", "expired"];

export function pinForm(state, { button, text, send, person = null }) {
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
    const open = person?.open();
    if (open) {
      wrong.textContent = say("person.empty");
      open.focus();
      return;
    }
    if (!pin) {
      wrong.textContent = say("pin.empty");
      field.focus();
      return;
    }
    wrong.textContent = "";
    send({ pin, last_try: final && sure.checked, ...(person ? { person: person.take() } : {}) });
  });
  return { form, field, submit };
}

// Who sits here: account, password and the telephone's digits, in a form of its own, which the one of the PIN sends along.
// Nothing is offered to the browser to keep: others sit here, too. Password and digits are cleared as they are taken.
export function personFields(account, next) {
  const named = h("input", { id: "account", type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: "64" });
  const password = h("input", { id: "password", type: "password", autocomplete: "off", maxlength: "128", "data-first": true });
  const code = h("input", { id: "code", type: "text", autocomplete: "off", inputmode: "numeric", maxlength: "8" });
  named.value = account;
  const field = (input, label) => h("div", { class: "field" }, h("label", { for: input.id }, label), input);
  return {
    element: h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); next(); } },
      h("fieldset", { class: "stack person-fields" }, h("legend", {}, say("person.title")), h("p", { class: "soft" }, say("person.text")),
        h("div", { class: "beside" }, field(named, say("person.account")), field(password, say("person.password")), field(code, say("person.code")))),
      h("button", { hidden: true })),
    open: () => [named, password, code].find((input) => !input.value.trim()),
    take() {
      const taken = { account: named.value.trim(), password: password.value, code: code.value.trim() };
      password.value = code.value = "";
      return taken;
    },
  };
}

const STATES = { low: "warn", final: "bad", locked: "bad", none: "bad", expired: "bad" };
export const left = { low: "pin.left-few", final: "pin.left-one", locked: "pin.left-none" };
