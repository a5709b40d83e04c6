/** The settings: sound, time, camera; the lists that this device decides by; a text by hand. */
import type { Camera } from "./camera.ts";
import { byId, element } from "./dom.ts";
import type { ListState } from "./lists.ts";
import type { Language } from "./setup.ts";
import type { Choices } from "./settings.ts";
import { fill, type Words } from "./words.ts";

export interface Does {
  changed(): void;
  refresh(): void;
  text(text: string): void;
  reset(): void;
  camera(): void;
}

const STAYS = [5, 8, 15, 30, 0];

export class Panel {
  readonly #dialog = byId<HTMLDialogElement>("settings");
  readonly #stay = byId<HTMLSelectElement>("stay");
  readonly #cameras = byId<HTMLSelectElement>("camera");

  constructor(
    private readonly choices: Choices,
    private readonly camera: Camera,
    does: Does,
  ) {
    byId("settings-open").onclick = () => void this.#open();
    byId("settings-close").onclick = () => this.close();
    byId("update").onclick = () => does.refresh();
    byId("reset").onclick = () => does.reset();
    for (const name of ["sound", "vibration"] as const) {
      const box = byId<HTMLInputElement>(name);
      box.checked = choices[name];
      box.onchange = () => {
        choices[name] = box.checked;
        does.changed();
      };
    }
    this.#stay.onchange = () => {
      choices.stay = Number(this.#stay.value);
      does.changed();
    };
    this.#cameras.onchange = () => {
      choices.camera = this.#cameras.value;
      does.changed();
      does.camera();
    };
    byId("by-hand").onsubmit = (event) => {
      event.preventDefault();
      const field = byId<HTMLTextAreaElement>("text");
      const text = field.value.trim();
      field.value = "";
      if (text) does.text(text);
    };
  }

  close(): void {
    this.#dialog.close();
  }

  render(words: Words, lists: ListState | null, language: Language): void {
    const stays = STAYS.map((n) => new Option(n ? fill(words.seconds, { n }) : words.untilNext, String(n)));
    this.#stay.replaceChildren(...stays);
    this.#stay.value = String(this.choices.stay);
    this.#cameras.dataset["auto"] = words.cameraAuto;
    byId("facts").replaceChildren(...facts(words, lists, language));
  }

  async #open(): Promise<void> {
    this.#dialog.showModal();
    const cameras = await this.camera.cameras().catch(() => []);
    byId("camera-row").hidden = cameras.length < 2;
    const automatic = new Option(this.#cameras.dataset["auto"] ?? "", "");
    this.#cameras.replaceChildren(automatic, ...cameras.map(({ id, label }) => new Option(label, id)));
    this.#cameras.value = this.choices.camera;
  }
}

function facts(words: Words, lists: ListState | null, language: Language): Node[] {
  if (!lists || lists.version === null) return [element("dt", "", words.lists), element("dd", "", words.listNone)];
  const when = (at: number) =>
    new Date(at).toLocaleString(language === "vi" ? "vi-VN" : "en-GB", { dateStyle: "short", timeStyle: "short" });
  const number = (count: number) => count.toLocaleString(language === "vi" ? "vi-VN" : "en-GB");
  const rows: [string, string, string?][] = [
    [words.lists, String(lists.version)],
    [words.issued, when(lists.issuedAt)],
    [words.expires, when(lists.expiresAt)],
    [words.asked, when(lists.askedAt)],
    [words.signers, number(lists.signers)],
    [words.revoked, number(lists.revoked)],
    ...lists.roots.map((root): [string, string, string] => [words.root, root.match(/.{8}/g)!.join(" "), "fingerprint"]),
  ];
  return rows.flatMap(([label, value, name]) => [element("dt", "", label), element("dd", name ?? "", value)]);
}
