/** What stays on the device: the newest lists that were accepted, and how new they were. Nothing of whom was checked. */
import type { Bytes } from "../bytes.ts";

/** Beside the parts themselves. `roots`: fingerprints of the roots that were pinned then, in hexadecimal. */
export interface Head {
  readonly manifest: Bytes;
  readonly version: number;
  readonly askedAt: number; // milliseconds
  readonly roots: readonly string[];
}

export interface Store {
  head(): Promise<Head | null>;
  part(path: string): Promise<Bytes | null>;
  /** All of it at once, or nothing; parts of other paths go. Nothing older replaces what is kept. */
  keep(head: Head, parts: ReadonlyMap<string, Bytes>, paths: readonly string[]): Promise<void>;
}

/** The version below which nothing is taken. Roots that share none with those before begin anew: the old one was lost. */
export function lowestOf(before: Head | null | undefined, roots: readonly string[]): number {
  return before?.roots.some((root) => roots.includes(root)) ? before.version : 0;
}

const HEAD = "head";

/** The browser's database; where it gives none, memory, which lasts as long as the page. */
export async function openStore(): Promise<Store> {
  try {
    return new Database(await openDatabase());
  } catch {
    return new Memory();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("vaxseal-scan", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("head");
      opening.result.createObjectStore("parts");
    };
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => failed(opening.error);
  });
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

class Database implements Store {
  constructor(private readonly database: IDBDatabase) {}

  async head(): Promise<Head | null> {
    return (await answered(this.database.transaction("head").objectStore("head").get(HEAD))) ?? null;
  }

  async part(path: string): Promise<Bytes | null> {
    return (await answered(this.database.transaction("parts").objectStore("parts").get(path))) ?? null;
  }

  async keep(head: Head, parts: ReadonlyMap<string, Bytes>, paths: readonly string[]): Promise<void> {
    const turn = this.database.transaction(["head", "parts"], "readwrite", { durability: "strict" });
    const ended = new Promise<void>((done, failed) => {
      turn.oncomplete = () => done();
      turn.onabort = () => failed(turn.error);
    });
    const [heads, kept] = [turn.objectStore("head"), turn.objectStore("parts")];
    const before = (await answered(heads.get(HEAD))) as Head | undefined;
    if (head.version < lowestOf(before, head.roots)) {
      turn.abort(); // another page of this device was faster
      return ended.catch(() => undefined);
    }
    for (const path of await answered(kept.getAllKeys())) if (!paths.includes(String(path))) kept.delete(path);
    for (const [path, data] of parts) kept.put(data, path);
    heads.put(head, HEAD);
    return ended;
  }
}

class Memory implements Store {
  #head: Head | null = null;
  readonly #parts = new Map<string, Bytes>();

  async head(): Promise<Head | null> {
    return this.#head;
  }

  async part(path: string): Promise<Bytes | null> {
    return this.#parts.get(path) ?? null;
  }

  async keep(head: Head, parts: ReadonlyMap<string, Bytes>, paths: readonly string[]): Promise<void> {
    for (const path of this.#parts.keys()) if (!paths.includes(path)) this.#parts.delete(path);
    for (const [path, data] of parts) this.#parts.set(path, data);
    this.#head = head;
  }
}
