/** The lists that this device decides by: kept, renewed, never older than what was accepted before. */
import { type Bundle, MANIFEST, openBundle } from "../bundle.ts";
import { type Bytes, equal, hex, sha256 } from "../bytes.ts";
import { ListError } from "../reasons.ts";
import { type Certificate, readCertificate } from "../x509.ts";
import { rootsOf, type Setup } from "./setup.ts";
import { type Head, lowestOf, type Store } from "./store.ts";

const LISTS = "/v1/lists/";
const MAX_MANIFEST = 65_536;
export const ASK_AGAIN = 15 * 60_000; // milliseconds between two looks for newer lists
const PATIENCE = 30_000; // milliseconds until an answer begins: a network may lead nowhere

/** What the page shows of its lists. Times are milliseconds. */
export interface ListState {
  readonly version: number | null; // null: there are none
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly askedAt: number;
  readonly due: boolean; // whether it is time to look for newer ones
  readonly signers: number;
  readonly revoked: number;
  /** The occasions that the rules of this country tell apart; null where there are no rules for it. */
  readonly policies: readonly string[] | null;
  /** Why what was kept or fetched is not used: a code of a ListError, "offline", or "no-root": nobody said whom to believe. */
  readonly trouble: string | null;
  /** How far this device's clock is ahead of the server's; null where nobody said. */
  readonly ahead: number | null;
  readonly roots: readonly string[]; // fingerprints
}

export class Lists {
  #bundle: Bundle | null = null;
  #head: Head | null = null;
  #trouble: string | null = null;
  #ahead: number | null = null;

  private constructor(
    private readonly setup: Setup,
    private readonly store: Store,
    private readonly roots: readonly Certificate[],
    private readonly fingerprints: readonly string[],
  ) {}

  /** What is kept on this device, verified anew. Nothing is fetched. */
  static async open(setup: Setup, store: Store): Promise<Lists> {
    const ders = rootsOf(setup);
    const fingerprints = await Promise.all(ders.map(async (der) => hex(await sha256(der))));
    const lists = new Lists(setup, store, ders.map(readCertificate), fingerprints);
    await lists.#openKept();
    return lists;
  }

  get state(): ListState {
    const [bundle, country] = [this.#bundle, this.setup.country];
    const age = Date.now() - (this.#head?.askedAt ?? 0);
    return {
      version: bundle?.version ?? null,
      issuedAt: bundle?.issuedAt ?? 0,
      expiresAt: bundle?.expiresAt ?? 0,
      askedAt: this.#head?.askedAt ?? 0,
      due: !bundle || age > ASK_AGAIN || age < 0,
      signers: bundle?.trust.size ?? 0,
      revoked: bundle?.revocation.size ?? 0,
      policies: bundle?.rules?.countries.has(country) ? bundle.rules.policies(country) : null,
      trouble: this.#trouble,
      ahead: this.#ahead,
      roots: this.fingerprints,
    };
  }

  /** The lists, if they may be used now. Throws ListError. */
  usable(): Bundle {
    const [bundle, at] = [this.#bundle, Date.now()];
    if (!bundle) throw new ListError(this.#trouble ?? "list-missing");
    if (at < bundle.issuedAt) throw new ListError("list-future");
    if (at > bundle.expiresAt) throw new ListError("list-expired");
    if (at - bundle.issuedAt > this.setup.limits.refuse) throw new ListError("list-age");
    return bundle;
  }

  /** Look for newer ones. What cannot be used changes nothing but `trouble`. */
  async refresh(): Promise<void> {
    if (!this.roots.length) {
      this.#trouble = "no-root";
      return;
    }
    try {
      const manifest = await this.#fetchManifest();
      const changed = !this.#head || !equal(manifest, this.#head.manifest);
      if (changed || !this.#bundle) await this.#take(manifest);
      else await this.#keep({ ...this.#head!, askedAt: Date.now() }, new Map(), this.#bundle.paths);
      this.#trouble = null;
    } catch (error) {
      this.#trouble = error instanceof ListError ? error.code : "offline";
    }
  }

  async #openKept(): Promise<void> {
    this.#head = await this.store.head();
    if (!this.#head) return;
    const get = async (path: string): Promise<Bytes> => {
      const part = await this.store.part(path);
      if (!part) throw new ListError("list-missing");
      return part;
    };
    try {
      this.#bundle = await this.#openBundle(this.#head.manifest, get);
    } catch (error) {
      if (!(error instanceof ListError)) throw error;
      this.#trouble = error.code;
    }
  }

  async #take(manifest: Bytes): Promise<void> {
    const fetched = new Map<string, Bytes>();
    const get = async (path: string, size: number): Promise<Bytes> => {
      const kept = await this.store.part(path);
      if (kept && path.endsWith(hex(await sha256(kept)))) return kept;
      const data = await bounded(await ask(path, { cache: "default" }), size);
      fetched.set(path, data);
      return data;
    };
    const bundle = await this.#openBundle(manifest, get);
    const head = { manifest, version: bundle.version, askedAt: Date.now(), roots: this.fingerprints };
    await this.#keep(head, fetched, bundle.paths);
    this.#bundle = bundle;
  }

  async #keep(head: Head, parts: ReadonlyMap<string, Bytes>, paths: readonly string[]): Promise<void> {
    await this.store.keep(head, parts, paths).catch(() => undefined); // a full device: they last as long as the page
    this.#head = head;
  }

  #openBundle(manifest: Bytes, get: (path: string, size: number) => Promise<Bytes>): Promise<Bundle> {
    const seen = lowestOf(this.#head, this.fingerprints);
    return openBundle(manifest, get, this.roots, { at: Date.now(), seen, limits: this.setup.limits });
  }

  async #fetchManifest(): Promise<Bytes> {
    const before = Date.now();
    const answer = await ask(MANIFEST, { cache: "no-cache" }); // the browser asks with If-None-Match
    const date = Date.parse(answer.headers.get("Date") ?? "");
    this.#ahead = Number.isNaN(date) ? null : (before + Date.now()) / 2 - date;
    return bounded(answer, MAX_MANIFEST);
  }
}

async function ask(path: string, how: RequestInit): Promise<Response> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const answer = await fetch(LISTS + path, { ...how, credentials: "omit", signal: patience.signal });
  clearTimeout(timer);
  if (!answer.ok) throw new ListError("list-missing");
  return answer;
}

/** At most so many bytes; what is longer is cut off, and found to be another one by its digest. */
async function bounded(answer: Response, size: number): Promise<Bytes> {
  const reader = answer.body!.getReader();
  const data = new Uint8Array(size + 1);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    data.set(value.subarray(0, data.length - length), length);
    length += Math.min(value.length, data.length - length);
    if (length > size) await reader.cancel();
  }
  return data.slice(0, length);
}
