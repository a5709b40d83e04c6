/** Revocation lists, and looking up a certificate's hashes in them; see `certificates.revocation`. */
import { ascii, type Bytes, compare, hex, sha256 } from "./bytes.ts";
import type { CborValue } from "./cbor.ts";
import type { Algorithm } from "./cose.ts";
import { isCountry } from "./countries.ts";
import { ListError } from "./reasons.ts";
import { instant, malformed, natural, rows, verifyList } from "./signed_list.ts";
import type { Certificate } from "./x509.ts";

const PURPOSE = "vaxseal/revocation-list/1";
const LIST = { name: "revocation-list", purpose: PURPOSE, maxSize: 16 * 1024 * 1024 };
const CHUNK = { name: "revocation-chunk", purpose: PURPOSE, maxSize: 4 * 1024 * 1024 };
const CHUNK_ENTRIES = 65_536;
const KID_SIZE = 8;
const HASH_SIZE = 16;
const SIGNATURE = 1;
const UCI = 2;
const COUNTRYCODEUCI = 3;
const TYPES = [SIGNATURE, UCI, COUNTRYCODEUCI];

export interface ChunkName {
  readonly number: number;
  readonly sha256: Bytes;
  readonly size: number;
  readonly entries: number;
  readonly expiresAt: number;
}

interface Group {
  readonly key: string; // of a table: the scope and the type
  readonly added: Bytes;
  readonly removed: Bytes;
}

/** Raises ListError. */
export async function readRevocationList(data: Bytes, roots: readonly Certificate[]): Promise<ChunkName[]> {
  const list = await verifyList(data, roots, LIST);
  const names = rows(list.body).map(chunkName);
  if (names.some((name, at) => at > 0 && names[at - 1]!.number >= name.number)) throw malformed("chunks out of order");
  return names;
}

/** Raises ListError. */
export async function readChunk(data: Bytes, name: ChunkName, roots: readonly Certificate[]): Promise<Group[]> {
  const chunk = await verifyList(data, roots, CHUNK);
  const groups = rows(chunk.body).map(groupOf);
  const entries = groups.reduce((sum, { added, removed }) => sum + (added.length + removed.length) / HASH_SIZE, 0);
  if (entries > CHUNK_ENTRIES) throw malformed("a chunk is too large");
  if (chunk.version !== name.number || entries !== name.entries || chunk.expiresAt !== name.expiresAt) {
    throw new ListError("list-differs", "the list says something else of this chunk");
  }
  return groups;
}

/** What is in force, exactly. */
export class Revocations {
  readonly #tables = new Map<string, Set<string>>();

  /** A later chunk has the last word on a hash. */
  add(groups: readonly Group[]): void {
    for (const { key, added, removed } of groups) {
      const table = this.#tables.get(key) ?? new Set();
      this.#tables.set(key, table);
      for (const hash of split(added)) table.add(hash);
      for (const hash of split(removed)) table.delete(hash);
    }
  }

  get size(): number {
    return [...this.#tables.values()].reduce((sum, table) => sum + table.size, 0);
  }

  /** Whether one of the certificate's hashes is here, for one of these kids or this country. */
  async holds(
    kids: readonly Bytes[],
    country: string | null,
    certificate: { signature: Bytes; algorithm: Algorithm; issuer: string | null; signerCountry: string; codes: string[] },
  ): Promise<boolean> {
    const scopes = [...kids.map(hex), ...(country === null ? [] : [country])];
    for (const type of TYPES) {
      const tables = scopes.flatMap((scope) => this.#tables.get(`${scope} ${type}`) ?? []);
      if (!tables.length) continue;
      for (const source of hashed(type, certificate)) {
        const hash = keyOf((await sha256(source)).subarray(0, HASH_SIZE));
        if (tables.some((table) => table.has(hash))) return true;
      }
    }
    return false;
  }
}

function hashed(
  type: number,
  { signature, algorithm, issuer, signerCountry, codes }: Parameters<Revocations["holds"]>[2],
): Uint8Array[] {
  if (type === SIGNATURE) return [algorithm === "ES256" ? signature.subarray(0, 32) : signature];
  const before = type === COUNTRYCODEUCI ? issuer || signerCountry : "";
  return codes.map((code) => ascii(before + code));
}

function chunkName(row: CborValue): ChunkName {
  if (!Array.isArray(row) || row.length !== 5) throw malformed("the name of a chunk is broken");
  const [number, digest, size, entries, expiresAt] = row;
  if (!(digest instanceof Uint8Array) || digest.length !== 32) throw malformed("the name of a chunk is broken");
  const whole = { number: natural(number), size: natural(size), entries: natural(entries) };
  return { ...whole, sha256: digest, expiresAt: instant(expiresAt) };
}

function groupOf(row: CborValue): Group {
  if (!Array.isArray(row) || row.length !== 4) throw malformed("a group is broken");
  const [scope, type, added, removed] = row;
  if (!(scope instanceof Uint8Array && added instanceof Uint8Array && removed instanceof Uint8Array)) {
    throw malformed("a group is broken");
  }
  if (typeof type !== "number" || !TYPES.includes(type)) throw malformed("a hash type is not known");
  const country = String.fromCharCode(...scope);
  if (scope.length !== KID_SIZE && !isCountry(country)) throw malformed("a scope is neither a kid nor a country");
  for (const hashes of [added, removed]) checkOrder(hashes);
  const gone = new Set(split(removed));
  if (!added.length && !removed.length) throw malformed("a group is empty");
  if (gone.size && [...split(added)].some((hash) => gone.has(hash))) throw malformed("it adds what it removes");
  return { key: `${scope.length === KID_SIZE ? hex(scope) : country} ${type}`, added, removed };
}

function checkOrder(hashes: Bytes): void {
  if (hashes.length % HASH_SIZE) throw malformed("hashes are not 16 bytes each");
  for (let at = HASH_SIZE; at < hashes.length; at += HASH_SIZE) {
    if (compare(hashes.subarray(at - HASH_SIZE, at), hashes.subarray(at, at + HASH_SIZE)) >= 0) {
      throw malformed("hashes are not in order");
    }
  }
}

function* split(hashes: Bytes): Generator<string> {
  for (let at = 0; at < hashes.length; at += HASH_SIZE) yield keyOf(hashes.subarray(at, at + HASH_SIZE));
}

/** A hash as a short text: 16 letters of one byte each. */
function keyOf(hash: Bytes): string {
  return String.fromCharCode(...hash);
}
