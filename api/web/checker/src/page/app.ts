/** The page: what is in sight becomes a verdict, which goes after some seconds. */
import { Camera, Trouble } from "./camera.ts";
import { engine, scriptUrl } from "./client.ts";
import { byId, element } from "./dom.ts";
import { ASK_AGAIN, type ListState } from "./lists.ts";
import { framesOf } from "./picture.ts";
import { Panel } from "./panel.ts";
import { loadSetup, type Setup } from "./setup.ts";
import { type Choices, keepChoices, loadChoices } from "./settings.ts";
import type { Mode } from "./shown.ts";
import { meant, Sight } from "./sight.ts";
import { allowSound, signal } from "./signals.ts";
import { isSpoiled, listen } from "./typed.ts";
import { draw, lookOf, type Said, signalOf } from "./verdict.ts";
import { fill, span, type Words, WORDS } from "./words.ts";

const AT_LEAST = 1200; // milliseconds that a verdict stays before another code in sight takes its place
const CLOCK_TOLERANCE = 2 * 60_000;
const PACE = 60; // milliseconds between two pictures: a phone must last a shift

class Page {
  readonly #camera = new Camera(byId<HTMLVideoElement>("video"));
  readonly #panel: Panel;
  #lists: ListState | null = null;
  #said: Said | null = null;
  readonly #sight = new Sight();
  #shownAt = 0;
  #timer = 0;
  #counts = { all: 0, valid: 0 };
  #hint: keyof Words = "aim";
  #scanning = false;
  #stream = 0;
  #offline = false;

  constructor(
    private readonly setup: Setup,
    private readonly choices: Choices,
  ) {
    this.#panel = new Panel(choices, this.#camera, {
      changed: () => this.#changed(),
      refresh: () => this.#refresh(),
      text: (text) => void this.#decide(text, isSpoiled(text)),
      reset: () => this.#reset(),
      camera: () => void this.#openCamera(),
    });
    this.#bind();
    this.#render();
  }

  async begin(): Promise<void> {
    this.#lists = await engine.start(this.setup);
    this.#render();
    if (this.#lists.due) this.#refresh(); // beside everything else: a network may lead nowhere
    setInterval(() => this.#refresh(), ASK_AGAIN);
    setInterval(() => this.#render(), 60_000);
    window.addEventListener("online", () => this.#refresh());
    const allowed = await navigator.permissions?.query({ name: "camera" as PermissionName }).catch(() => null);
    if (allowed?.state === "granted") await this.#openCamera();
  }

  /** Everything that a language, a mode or the lists change. */
  #render(): void {
    const words = this.#words;
    document.documentElement.lang = this.choices.language;
    document.title = words.title;
    for (const one of document.querySelectorAll<HTMLElement>("[data-w]")) {
      one.textContent = words[one.dataset["w"] as keyof Words];
    }
    for (const one of document.querySelectorAll<HTMLElement>("[data-label]")) {
      one.setAttribute("aria-label", words[one.dataset["label"] as keyof Words]);
    }
    byId("language").lang = this.choices.language === "vi" ? "en" : "vi";
    for (const one of document.querySelectorAll<HTMLInputElement>("[name=mode]")) one.checked = one.value === this.choices.mode;
    byId("test").hidden = this.setup.environment === "production";
    byId("hint").textContent = words[this.#hint];
    byId("hint").classList.toggle("loud", this.#hint !== "aim");
    byId("counter").hidden = this.#counts.all === 0;
    byId("counter").textContent = fill(words.counter, this.#counts);
    byId("list").textContent = this.#listLine(words);
    byId("torch").hidden = !this.#camera.hasTorch;
    byId("torch").setAttribute("aria-pressed", String(this.#camera.torch));
    byId("troubles").replaceChildren(...this.#troubles(words).map((text) => element("p", "note warn", text)));
    this.#panel.render(words, this.#lists, this.choices.language);
    if (this.#said) this.#drawVerdict();
  }

  get #words(): Words {
    return WORDS[this.choices.language];
  }

  #listLine(words: Words): string {
    if (!this.#lists || this.#lists.version === null) return words.listNone;
    const age = span(Date.now() - this.#lists.issuedAt, words);
    const line = fill(words.listFresh, { version: this.#lists.version, age });
    return this.#offline ? `${line} · ${words.offlineReady}` : line;
  }

  #troubles(words: Words): string[] {
    const lists = this.#lists;
    if (!lists) return [];
    const found: string[] = [];
    const code = lists.trouble === "offline" && lists.version === null ? "list-missing" : lists.trouble;
    if (code && code !== "offline") found.push(words[code as keyof Words] ?? words["list-form"]);
    const age = Date.now() - lists.issuedAt;
    if (lists.version !== null && age > this.setup.limits.warn) found.push(fill(words.listOld, { age: span(age, words) }));
    if (lists.ahead !== null && Math.abs(lists.ahead) > CLOCK_TOLERANCE) {
      found.push(fill(words.clock, { by: span(lists.ahead, words) }));
    }
    return found;
  }

  #bind(): void {
    document.addEventListener("pointerdown", allowSound);
    document.addEventListener("keydown", allowSound);
    listen(document, (text, spoiled) => void this.#decide(text, spoiled));
    byId("language").onclick = () => this.#choose({ language: this.choices.language === "vi" ? "en" : "vi" });
    for (const one of document.querySelectorAll<HTMLInputElement>("[name=mode]")) {
      one.onchange = () => this.#choose({ mode: one.value as Mode });
    }
    byId("start").onclick = () => void this.#openCamera();
    byId("torch").onclick = () => void this.#camera.setTorch(!this.#camera.torch).finally(() => this.#render());
    byId("other-camera").onclick = () => void this.#otherCamera();
    for (const one of document.querySelectorAll<HTMLInputElement>("input[type=file]")) {
      one.onchange = () => void this.#readFile(one);
    }
    byId("next").onclick = () => this.#next();
    byId("hold").onclick = () => this.#hold();
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#said) this.#next();
    });
    document.addEventListener("visibilitychange", () => {
      if (!this.#scanning) return;
      if (document.hidden) this.#camera.stop();
      else void this.#openCamera();
    });
  }

  #choose(made: Partial<Choices>): void {
    Object.assign(this.choices, made);
    this.#changed();
  }

  #changed(): void {
    keepChoices(this.choices);
    this.#render();
  }

  #refresh(): void {
    byId("update").textContent = this.#words.updating;
    void engine.refresh().then((lists) => {
      this.#lists = lists;
      this.#render();
    });
    void navigator.serviceWorker?.getRegistration().then((kept) => kept?.update()).catch(() => undefined);
  }

  #reset(): void {
    this.#counts = { all: 0, valid: 0 };
    void engine.forget();
    this.#render();
  }

  async #openCamera(): Promise<void> {
    this.#scanning = true;
    this.#show("scan");
    this.#setHint("starting");
    byId("camera-trouble").hidden = true;
    try {
      await this.#camera.start(this.choices.camera);
    } catch (error) {
      return this.#giveUp(error);
    }
    void navigator.wakeLock?.request("screen").catch(() => undefined);
    byId("other-camera").hidden = (await this.#camera.cameras()).length < 2;
    this.#setHint("aim");
    this.#render();
    void this.#watch(++this.#stream).catch((error: unknown) => this.#giveUp(error));
  }

  /** Back to where it began, with what is wrong. */
  #giveUp(error: unknown): void {
    if (!(error instanceof Trouble)) throw error;
    this.#scanning = false;
    this.#camera.stop();
    this.#show("welcome");
    const said = byId("camera-trouble");
    said.hidden = false;
    said.textContent = this.#words[error.code];
    said.dataset["w"] = error.code; // in the other language, too
  }

  async #otherCamera(): Promise<void> {
    const cameras = await this.#camera.cameras();
    const at = cameras.findIndex(({ id }) => id === this.#camera.device);
    this.#choose({ camera: cameras[(at + 1) % cameras.length]?.id ?? "" });
    await this.#openCamera();
  }

  /** Picture after picture, for as long as this stream of the camera lasts. */
  async #watch(stream: number): Promise<void> {
    for (let number = 0; this.#camera.running && this.#stream === stream; number++) {
      const begun = performance.now();
      const frame = await this.#camera.next();
      if (frame) await this.#consider(await engine.read(frame, number % 4 === 3));
      const rest = PACE - (performance.now() - begun);
      if (rest > 0) await new Promise((done) => setTimeout(done, rest));
    }
  }

  async #consider(texts: readonly string[]): Promise<void> {
    const now = performance.now();
    const seen = this.#sight.see(texts, now);
    if (seen.kind !== "new") {
      if (seen.kind === "several") this.#setHint("several");
      else if (seen.kind === "held") this.#setHint(this.#said ? "aim" : "held");
      else if (this.#sight.quiet) this.#setHint("aim");
      return;
    }
    if (this.#said && now - this.#shownAt < AT_LEAST) return;
    this.#sight.note(seen.text, now);
    await this.#decide(seen.text, false);
  }

  async #readFile(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    input.value = ""; // the same file may be chosen again
    if (!file) return;
    try {
      for await (const frame of framesOf(file)) {
        const seen = meant(await engine.read(frame, true));
        if (seen.kind === "several") return this.#tell(this.#words.several);
        if (seen.kind === "new") return await this.#decide(seen.text, false);
      }
      this.#tell(this.#words.notText);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.#tell(this.#words[error.code]);
    }
  }

  async #decide(text: string, spoiled: boolean): Promise<void> {
    byId("message").hidden = true;
    const answer = await engine.decide(text, Date.now(), this.choices.mode);
    const { version, issuedAt } = this.#lists ?? { version: null, issuedAt: 0 };
    this.#said = { answer, spoiled: spoiled && answer.verdict !== "valid", version, issuedAt };
    this.#counts.all += 1;
    if (answer.verdict === "valid") this.#counts.valid += 1;
    this.#shownAt = performance.now();
    this.#panel.close();
    this.#render();
    this.#cover(true);
    byId("hold").hidden = this.choices.stay === 0;
    byId("next").focus({ preventScroll: true });
    byId("verdict").scrollTop = 0;
    signal(signalOf(lookOf(answer)), this.choices);
    this.#startTimer();
  }

  #drawVerdict(): void {
    const { head, body } = draw(this.#said!, this.setup, this.choices.language, Date.now());
    byId("verdict").dataset["look"] = lookOf(this.#said!.answer);
    byId("verdict-head").replaceChildren(...head);
    byId("verdict-body").replaceChildren(...body);
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    const bar = byId("time");
    bar.getAnimations().forEach((one) => one.cancel());
    bar.hidden = this.choices.stay === 0;
    if (this.choices.stay === 0) return;
    const duration = this.choices.stay * 1000;
    bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration, fill: "forwards" });
    this.#timer = window.setTimeout(() => this.#next(), duration);
  }

  #hold(): void {
    clearTimeout(this.#timer);
    byId("hold").hidden = true;
    byId("time").hidden = true;
    byId("next").focus();
  }

  /** The result goes, from the screen and from memory. */
  #next(): void {
    clearTimeout(this.#timer);
    this.#said = null;
    this.#cover(false);
    byId("verdict-head").replaceChildren();
    byId("verdict-body").replaceChildren();
    byId("main").focus({ preventScroll: true });
  }

  /** While a verdict is there nothing else can be reached. */
  #cover(covered: boolean): void {
    byId("verdict").hidden = !covered;
    for (const one of document.querySelectorAll<HTMLElement>("header, main, footer")) one.inert = covered;
  }

  #show(name: "welcome" | "scan"): void {
    byId("welcome").hidden = name !== "welcome";
    byId("scan").hidden = name !== "scan";
  }

  #setHint(hint: keyof Words): void {
    if (hint === this.#hint) return;
    this.#hint = hint;
    byId("hint").textContent = this.#words[hint];
    byId("hint").classList.toggle("loud", hint !== "aim");
  }

  #tell(text: string): void {
    byId("message").textContent = text;
    byId("message").hidden = false;
  }

  /** The page is kept, and it has lists to decide by. */
  keptForOffline(): void {
    this.#offline = true;
    this.#render();
  }
}

const setup = await loadSetup();
const page = new Page(setup, loadChoices());
await page.begin();
if ("serviceWorker" in navigator) {
  const how: RegistrationOptions = { scope: "/scan", updateViaCache: "all" };
  await navigator.serviceWorker.register(scriptUrl("/scan/sw.js"), how);
  await navigator.serviceWorker.ready;
  void navigator.storage?.persist?.();
  page.keptForOffline();
}
