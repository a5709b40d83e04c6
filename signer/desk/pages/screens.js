// What stands in the middle of the page: one function a screen. Each gives its element and, where it changes by itself,
// a function that is called with each piece of news.
import { button, day, h, moment } from "/dom.js";
import { personFields, pinForm } from "/pin.js";
import { announce, say, sayOr } from "/words.js";

const WARNED = 60 * 24 * 3600 * 1000; // ms: a new certificate takes weeks

export function tokenScreen(news) {
  const { token } = news;
  const several = token.count > 1;
  const title = several ? say("token.several-title") : say("token.title");
  const text = several ? say("token.several") : say(token.looked ? "token.waiting" : "token.looking");
  announce(title);
  return h("section", { class: "center card stack", "data-screen": "token" },
    h("img", { class: "hero waiting", src: "/token.svg", alt: "", width: "240", height: "120" }),
    h("h1", { class: "middle", tabindex: "-1" }, title),
    h("p", { class: "middle soft" }, text),
    token.trouble && h("div", { class: "note warn" }, h("p", {}, say("token.trouble"))),
    h("details", {}, h("summary", {}, say("token.help-title")),
      h("ol", {}, ["1", "2", "3"].map((number) => h("li", {}, say(`token.help-${number}`))))));
}

export function logInScreen(news, act) {
  const { token } = news;
  announce(say("token.seen", { label: token.label }));
  const text = h("div", { class: "stack" }, h("h1", { tabindex: "-1" }, say("login.title")),
    h("p", { class: "soft" }, say("login.text", { label: token.label })));
  const person = news.asks ? personFields(news.account, () => form.requestSubmit()) : null;
  const { form } = pinForm(token.pin, { button: say("login.button"), text: !person && text, person, send: (typed) => act("/api/log-in", typed) });
  return h("section", { class: "center card stack", "data-screen": "log-in" }, person && [text, person.element], form);
}

export function waitScreen(words) {
  announce(words);
  return h("section", { class: "center card stack middle", "data-screen": "wait" },
    h("h1", { tabindex: "-1" }, words), h("progress", { "aria-label": words }));
}

export function emptyScreen(news, act) {
  return h("section", { class: "center card stack middle", "data-screen": "empty" },
    h("img", { class: "hero", src: "/done.svg", alt: "", width: "88", height: "88" }),
    h("h1", { tabindex: "-1" }, say("list.empty-title")),
    h("p", { class: "soft" }, say("list.empty")),
    h("div", {}, button(say("list.again"), () => act("/api/take"), { kind: "main" })));
}

function marks(job) {
  return job.oddities.length > 0 && h("ul", { class: "marks" }, job.oddities.map((oddity) =>
    h("li", { class: oddity.weight > 1 ? "heavy" : "" }, sayOr(`odd.${oddity.code}`, "odd.look"))));
}

// A long code breaks where its parts end.
const parts = (code) => code.split(/(?<=VN:)/).flatMap((part) => [part, h("wbr")]);

export const isOdd = (job) => job.oddities.some((oddity) => oddity.weight > 1);

const ending = (person) => person?.signs_until && new Date(person.signs_until) - Date.now() < WARNED;

export function listScreen(news, batch, chosen, { act, sign }) {
  const head = news.batch;
  const count = h("p", { class: "count", "aria-live": "polite" });
  const signButton = button("", sign, { kind: "main", id: "sign" });
  const all = button("", () => choose(chosen.size < batch.jobs.length), { keys: "F4", id: "all" });
  const ticks = batch.jobs.map((job) => h("input", {
    type: "checkbox", "aria-label": say("list.choose-one", { name: `${job.surname} ${job.given_name}` }),
    onchange: (event) => { event.target.checked ? chosen.add(job.job_id) : chosen.delete(job.job_id); show(); },
  }));
  function choose(everything) {
    chosen.clear();
    if (everything) batch.jobs.forEach((job) => chosen.add(job.job_id));
    show();
  }
  function show() {
    batch.jobs.forEach((job, at) => { ticks[at].checked = chosen.has(job.job_id); });
    count.textContent = say("list.chosen", { n: chosen.size, all: batch.jobs.length });
    signButton.replaceChildren(say("list.sign", { n: chosen.size }), h("kbd", { "aria-hidden": "true" }, "F2"));
    signButton.disabled = chosen.size === 0;
    all.firstChild.textContent = say(chosen.size < batch.jobs.length ? "list.all" : "list.none");
  }
  const columns = ["name", "born", "dose", "given", "product", "code", "until"];
  const rows = batch.jobs.map((job, at) => h("tr", { class: isOdd(job) ? "odd" : "" },
    h("td", { class: "pick" }, h("label", {}, ticks[at])),
    h("td", {}, h("div", { class: "person" }, `${job.surname} ${job.given_name}`.trim()), marks(job)),
    h("td", { class: "fixed" }, day(job.date_of_birth)),
    h("td", { class: "fixed" }, job.dose),
    h("td", { class: "fixed" }, day(job.given_on)),
    h("td", {}, job.product),
    h("td", { class: "code" }, parts(job.certificate_code)),
    h("td", { class: "fixed" }, day(job.expires_on))));
  const odd = batch.jobs.filter(isOdd).length;
  const element = h("section", { class: "stack", "data-screen": "list", "aria-labelledby": "title" },
    h("div", {}, h("div", { class: "head" }, h("h1", { id: "title", tabindex: "-1" }, say("list.title", { n: batch.jobs.length })),
      h("div", { class: "facts" },
        odd > 0 && h("span", {}, say("list.odd", { n: odd })),
        batch.jobs.length > 0 && h("span", {}, say("list.until", { time: moment(head.deadline) })),
        head.waiting > 0 && h("span", {}, say("list.waiting", { n: head.waiting })))),
      h("p", { class: "soft" }, say("list.sub"))),
    ending(news.person) && h("div", { class: "note warn" }, h("p", {}, say("list.ending", { date: moment(news.person.signs_until).slice(6) }))),
    head.resumed && h("div", { class: "note good" }, h("p", {}, say("list.resumed", { n: batch.jobs.length }),
      head.doubtful > 0 ? ` ${say("list.doubtful", { n: head.doubtful })}` : "")),
    batch.refusals.length > 0 && h("div", { class: "note warn" }, h("div", {}, h("b", {}, say("list.refused", { n: batch.refusals.length })),
      say("list.refused-text"), reasons(countOf(batch.refusals.map((one) => one.reason))))),
    batch.jobs.length > 0 && h("div", { class: "frame" }, h("table", {},
      h("caption", { class: "unseen" }, say("list.table")),
      h("thead", {}, h("tr", {}, h("th", { class: "pick", scope: "col" }, h("span", { class: "unseen" }, say("col.choose"))),
        columns.map((name) => h("th", { scope: "col" }, say(`col.${name}`))))),
      h("tbody", {}, rows))),
    h("div", { class: "bar" }, count,
      button(say("list.put-back"), () => act("/api/put-back"), { kind: "quiet", title: say("list.put-back-long") }), all, signButton));
  show();
  announce(say("list.title", { n: batch.jobs.length }));
  return element;
}

function countOf(codes) {
  const counts = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function reasons(counts) {
  return h("ul", {}, Object.entries(counts).map(([code, count]) =>
    h("li", {}, `${sayOr(`why.${code}`, "why.other", { code })}: ${count}`)));
}

export function workScreen(news, act) {
  const title = h("h1", { class: "middle", tabindex: "-1" });
  const text = h("p", { class: "middle soft" });
  const count = h("p", { class: "middle big" });
  const bar = h("progress", { "aria-label": say("work.bar") });
  const pause = button("", () => act("/api/pause", { paused: pause.dataset.paused !== "1" }), { keys: "F8", id: "pause" });
  const stop = button(say("work.stop"), () => act("/api/stop"), { keys: "F9", id: "stop" });
  const section = h("section", { class: "center card stack", "data-screen": "work" },
    title, text, bar, count, h("div", { class: "row mid" }, pause, stop), h("p", { class: "hint middle" }, say("work.stop-text")));
  function update(now) {
    const progress = now.progress;
    if (!progress) return;
    const { phase, done, total } = progress;
    const lost = phase === "lost";
    section.dataset.phase = phase;
    title.textContent = lost ? say("lost.title") : say(`work.${phase}`);
    text.textContent = lost ? `${say("lost.text", { done, total })} ${say("lost.wait")}` : say("work.keep");
    text.className = lost ? "note warn" : "middle soft";
    count.textContent = say("work.count", { done, total });
    bar.max = total;
    bar.value = done;
    const paused = phase === "paused";
    pause.dataset.paused = paused ? "1" : "0";
    pause.firstChild.textContent = say(paused ? "work.go-on" : "work.pause");
    pause.disabled = lost || phase === "opening" || phase === "stopping";
    stop.disabled = phase === "stopping";
    const tenth = Math.floor((done * 10) / Math.max(total, 1));
    announce(lost ? `${title.textContent}. ${say("lost.text", { done, total })}`
      : `${title.textContent} ${say("work.count", { done: Math.ceil((tenth * total) / 10), total })}`);
  }
  update(news);
  return [section, update];
}

export function receiptScreen(news, act) {
  const receipt = news.receipt;
  const made = receipt.signed + receipt.unsent;
  const title = made === 0 ? say("receipt.title-none")
    : receipt.left > 0 ? say("receipt.title-part", { n: made, left: receipt.left }) : say("receipt.title", { n: made });
  announce(title);
  const lines = ["signed", "held", "unsent", "returned", "refused", "left"].filter((name) => receipt[name] > 0 || name === "signed");
  return h("section", { class: "center card stack", "data-screen": "receipt" },
    made > 0 && h("img", { class: "hero", src: "/done.svg", alt: "", width: "80", height: "80" }),
    h("h1", { class: "middle", tabindex: "-1" }, title),
    receipt.signed > 0 && h("p", { class: "middle soft" }, say(receipt.task === "issue" ? "receipt.issue" : "receipt.confirm")),
    h("dl", { class: "counts" }, lines.map((name) => [h("dt", {}, say(`receipt.${name}`)), h("dd", {}, String(receipt[name]))]),
      h("dt", {}, say("receipt.seconds")), h("dd", {}, say("receipt.seconds-value", { n: receipt.seconds }))),
    Object.keys(receipt.reasons).length > 0 && h("div", { class: "note warn" }, h("div", {}, h("b", {}, say("receipt.reasons")), reasons(receipt.reasons))),
    receipt.left > 0 && h("p", { class: "soft" }, say("receipt.rest")),
    h("div", { class: "row end" }, button(say("receipt.next"), () => act("/api/take"), { kind: "main", id: "next" })));
}
