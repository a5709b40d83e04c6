// The page: asks for news, shows the screen that fits, and sends what the buttons say.
import { ask, pair, practice } from "/door.js";
import { button, byId, h } from "/dom.js";
import { historyPage, notReadyPage, reportPage } from "/pages.js";
import { left, pinForm } from "/pin.js";
import { emptyScreen, isOdd, listScreen, logInScreen, receiptScreen, tokenScreen, waitScreen, workScreen } from "/screens.js";
import { announce, current, load, say, sayOr, swap } from "/words.js";

const VIEWS = ["sign", "not-ready", "history", "report"];
const BESIDE = { "not-ready": notReadyPage, history: historyPage, report: reportPage };
const DOING = { asking: "login.asking", "log-in": "login.doing", taking: "list.again-doing", returning: "list.returning" };
const FINAL = { "pin-incorrect-final-try": "pin.left-one", "pin-locked": "pin.left-none" };
let view = "sign";
let news = null;
let batch = null;
let chosen = new Set();
let beside = null;
let drawn = "";
let update = () => {};
let told = { number: 0, left: "" }; // the newest trouble, and what was said of the tries that are left

function explain(error) {
  if (error.words?.[current()]) return error.words[current()];
  return sayOr(`refused.${error.code}`, "refused.other", { code: error.code });
}

function trouble(text, detail = "") {
  const note = text && h("div", { class: "note bad" }, h("p", {}, text, detail && h("b", {}, detail)),
    button(say("app.close"), () => trouble("")));
  byId("trouble").replaceChildren(...(note ? [note] : []));
}

async function act(path, body) {
  trouble("");
  try {
    await ask(path, body);
  } catch (error) {
    trouble(explain(error));
  }
}

function frame() {
  document.documentElement.lang = current();
  document.title = `${say("app.name")} – vaxseal`;
  byId("skip").textContent = say("app.skip");
  byId("name").textContent = say("app.name");
  byId("language").textContent = say("app.language");
  byId("language").lang = current() === "vi" ? "en" : "vi";
  byId("leave").textContent = say("app.leave");
  byId("practice").textContent = say("app.practice", { pin: practice() });
  byId("practice").hidden = !practice();
  const views = byId("views");
  views.setAttribute("aria-label", say("view.label"));
  views.replaceChildren(...VIEWS.map((name, at) => button(say(`view.${name}`), () => go(name),
    { "aria-current": name === view ? "page" : null, "aria-keyshortcuts": `Alt+${at + 1}`, title: `Alt+${at + 1}` })));
}

async function go(name) {
  view = name;
  beside = null;
  frame();
  draw();
  if (name in BESIDE) {
    try {
      if (name !== "not-ready" || news?.person) beside = await ask(`/api/${name}`);
    } catch (error) {
      trouble(explain(error));
    }
    if (view === name) draw();
  }
}

function screenOf() {
  if (view !== "sign") return `${view}:${beside !== null}:${view === "not-ready" && !news.person}`;
  if (DOING[news.doing]) return `doing:${news.doing}`;
  if (news.stage === "log-in") return news.token.count === 1 ? `log-in:${news.token.serial}:${news.token.pin}:${news.asks}` : `token:${news.token.count > 1}:${news.token.looked}:${news.token.trouble}`;
  if (news.stage === "list") return news.batch ? `list:${news.batch.number}:${batch?.number}` : "empty";
  return news.stage;
}

function build() {
  if (view !== "sign") {
    if (view === "not-ready" && !news.person) return h("section", { class: "center card middle" }, h("h1", { tabindex: "-1" }, say("not-ready.login")));
    return beside ? BESIDE[view](beside) : waitScreen(say(view === "report" ? "report.doing" : "app.wait"));
  }
  if (DOING[news.doing]) return waitScreen(say(DOING[news.doing]));
  if (news.stage === "log-in") return news.token.count === 1 ? logInScreen(news, act) : tokenScreen(news);
  if (news.stage === "signing") return workScreen(news, act);
  if (news.stage === "receipt") return receiptScreen(news, act);
  if (!news.batch) return emptyScreen(news, act);
  return batch?.number === news.batch.number ? listScreen(news, batch, chosen, { act, sign: askToSign }) : waitScreen(say("list.again-doing"));
}

function draw(again = false) {
  if (!news) return;
  const person = news.person;
  byId("who").textContent = person ? say(person.until === null ? "app.person-offline" : "app.person", person) : "";
  byId("leave").hidden = !person || news.stage === "signing";
  const screen = screenOf();
  if (screen === drawn && !again) {
    update(news);
    return;
  }
  drawn = screen;
  byId("dialog")?.remove();
  const made = build();
  const [element, more] = Array.isArray(made) ? made : [made, () => {}];
  update = more;
  byId("main").replaceChildren(element);
  const first = element.querySelector("[data-first]") ?? element.querySelector("#pin:enabled") ?? element.querySelector("h1");
  first?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function askToSign() {
  if (byId("dialog") || chosen.size === 0) return;
  const shown = batch.jobs.filter((job) => chosen.has(job.job_id));
  const odd = shown.filter(isOdd).length;
  const text = h("div", { class: "stack" }, h("h1", {}, say("sign.title", { n: shown.length })),
    h("p", { class: "soft" }, say("sign.text")), odd > 0 && h("div", { class: "note warn" }, h("p", {}, say("sign.odd", { n: odd }))));
  const { form, field, submit } = pinForm(news.token.pin ?? "good", {
    button: say("sign.button"), text,
    send: (typed) => {
      dialog.close();
      act("/api/sign", { ...typed, batch: batch.number, jobs: shown.map(({ job_id, digest }) => ({ job_id, digest })) });
    },
  });
  const dialog = h("dialog", { id: "dialog", "aria-label": say("sign.title", { n: shown.length }), onclose: () => dialog.remove() }, form);
  submit.before(button(say("app.cancel"), () => dialog.close(), { keys: "Esc" }));
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
}

function keys(event) {
  if (event.altKey && VIEWS[Number(event.key) - 1]) go(VIEWS[Number(event.key) - 1]);
  else if (event.key === "F2") byId("sign")?.click();
  else if (event.key === "F4") byId("all")?.click();
  else if (event.key === "F8") byId("pause")?.click();
  else if (event.key === "F9") byId("stop")?.click();
  else return;
  event.preventDefault();
}

// A wrong PIN is told with the tries that are left, as soon as the token says so.
function tell() {
  const { code, wrong } = news.trouble;
  const now = FINAL[code] ?? (code === "pin-incorrect" ? left[news.token.pin] ?? "pin.left-unknown" : "");
  if (told.left === now) return;
  told.left = now;
  trouble(news.trouble[current()], now ? say(now, { n: wrong }) : "");
}

async function hear(answer) {
  news = answer;
  if (!news.batch) batch = null;
  if (news.batch && news.batch.number !== batch?.number) {
    batch = await ask("/api/batch");
    chosen = new Set(batch.jobs.map((job) => job.job_id));
  }
  draw();
  if (!news.trouble) return;
  if (news.trouble.number !== told.number) told = { number: news.trouble.number };
  tell();
}

async function listen() {
  let after = 0;
  for (;;) {
    const answer = await ask("/api/news", { after });
    after = answer.number;
    await hear(answer);
  }
}

async function main() {
  await load();
  frame();
  byId("language").addEventListener("click", () => { swap(); frame(); draw(true); });
  byId("leave").addEventListener("click", () => act("/api/log-out"));
  document.addEventListener("keydown", keys);
  try {
    await pair();
    frame();
    await listen();
  } catch (error) {
    byId("main").replaceChildren(h("section", { class: "center card middle", "data-screen": "ended" }, h("h1", { tabindex: "-1" }, explain(error))));
    announce(explain(error));
  }
}

main();
