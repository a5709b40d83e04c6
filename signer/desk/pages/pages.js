// The pages beside the signing: what is not ready, what was signed, what is wrong.
import { button, h, moment, day } from "/dom.js";
import { current, say } from "/words.js";

function table(caption, columns, rows) {
  return h("div", { class: "frame" }, h("table", {}, h("caption", { class: "unseen" }, caption),
    h("thead", {}, h("tr", {}, columns.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, rows)));
}

function page(name, title, sub, ...rest) {
  return h("section", { class: "stack", "data-screen": name }, h("div", {}, h("h1", { tabindex: "-1" }, title), h("p", { class: "soft" }, sub)), ...rest);
}

export function notReadyPage(answer) {
  const side = current();
  const columns = ["record", "person", "since", "why", "next"].map((name) => say(`not-ready.col-${name}`));
  const rows = answer.records.map((one) => h("tr", {},
    h("td", { class: "code whole" }, one.record_id),
    h("td", {}, `${one.initials}, ${one.birth_year}`),
    h("td", { class: "fixed" }, day(one.since.slice(0, 10))),
    h("td", {}, one.why[side]),
    h("td", {}, one.next[side])));
  return page("not-ready", say("not-ready.title"), say("not-ready.sub"),
    answer.records.length === 0 ? h("div", { class: "note good" }, h("p", {}, say("not-ready.none"))) : table(say("not-ready.title"), columns, rows),
    answer.total > answer.records.length && h("p", { class: "soft" }, say("not-ready.more", { n: answer.records.length, all: answer.total })));
}

export function historyPage(answer) {
  const columns = [say("history.at"), say("history.unit"), say("history.task"), say("receipt.signed"), say("receipt.unsent"), say("receipt.refused"), say("receipt.left")];
  const rows = answer.receipts.map((one) => h("tr", {},
    h("td", { class: "fixed" }, moment(one.at)), h("td", {}, one.practice ? say("history.practice") : one.unit),
    h("td", {}, say(one.task === "issue" ? "history.issue" : "history.confirm")),
    [one.signed, one.unsent, one.refused, one.left].map((count) => h("td", { class: "fixed" }, String(count)))));
  return page("history", say("history.title"), say("history.sub"),
    rows.length === 0 ? h("p", {}, say("history.none")) : table(say("history.title"), columns, rows));
}

export function reportPage(answer) {
  const text = JSON.stringify(answer, null, 2);
  const area = h("textarea", { id: "report", readonly: true, spellcheck: "false" }, text);
  const findings = answer.findings.map((one) => h("div", { class: `note ${one.severity === "problem" ? "bad" : "warn"}` },
    h("p", {}, current() === "vi" ? one.detail_vi : one.detail)));
  function save() {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "vaxseal-desk.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }
  return page("report", say("report.title"), say("report.sub"),
    findings.length === 0 ? h("div", { class: "note good" }, h("p", {}, say("report.good"))) : findings,
    h("div", { class: "field" }, h("label", { for: "report" }, say("report.text")), area),
    h("div", { class: "row end" }, button(say("report.copy"), () => { area.focus(); area.select(); }), button(say("report.save"), save, { kind: "main" })));
}
