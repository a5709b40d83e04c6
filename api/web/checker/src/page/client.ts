/** The page's end of the worker. One worker a page: whoever imports this gets the same. */
import { Trouble } from "./camera.ts";
import type { Answer, Ask, Frame } from "./engine.ts";
import type { ListState } from "./lists.ts";
import type { Setup } from "./setup.ts";
import type { Mode } from "./shown.ts";

/** The only addresses of scripts that this page ever makes. */
const scripts = ["/scan/engine.js", "/scan/sw.js"] as const;
type Script = (typeof scripts)[number];
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): typeof rules;
}
const { trustedTypes } = window as Window & { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy("vaxseal", {
  createScriptURL(address: string): string {
    if (!(scripts as readonly string[]).includes(address)) throw new TypeError("not a script of this page");
    return address;
  },
});

export function scriptUrl(address: Script): string {
  return policy?.createScriptURL(address) ?? address;
}

class Engine {
  readonly #worker = new Worker(scriptUrl("/scan/engine.js"), { type: "module" });
  readonly #waiting = new Map<number, { done: (said: never) => void; failed: (error: Error) => void }>();
  #last = 0;

  constructor() {
    this.#worker.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.failed === undefined) waiting?.done(data.said as never);
      else waiting?.failed(new Error(data.failed));
    };
  }

  /** Opens what this device has; nothing is fetched. Everything else waits for it. */
  start(setup: Setup): Promise<ListState> {
    return this.#ask({ kind: "start", setup });
  }

  refresh(): Promise<ListState> {
    return this.#ask({ kind: "refresh" });
  }

  /** The texts of the QR codes in a picture, which is gone then. @throws Trouble */
  read(frame: Frame, inverted: boolean): Promise<string[]> {
    return this.#ask<string[]>({ kind: "read", frame, inverted }, [frame.data.buffer]).catch(() => {
      throw new Trouble("no-reader");
    });
  }

  /**
   * @param at the time to decide for, milliseconds
   * @param mode null: no rules are asked
   * @param note whether to remember for minutes that it was here
   */
  decide(text: string, at: number, mode: Mode | null, note = true): Promise<Answer> {
    return this.#ask({ kind: "decide", text, at, mode, note });
  }

  forget(): Promise<null> {
    return this.#ask({ kind: "forget" });
  }

  #ask<T>(asked: Ask, moved: Transferable[] = []): Promise<T> {
    const id = ++this.#last;
    return new Promise<T>((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#worker.postMessage({ id, asked }, moved);
    });
  }
}

export const engine = new Engine();
