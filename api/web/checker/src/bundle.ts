/** The checker's bundle: whom to trust, what is revoked, which rules apply; see `certificates.bundle`. */
import { type Bytes, compare, equal, hex, sha256 } from "./bytes.ts";
import type { CborValue } from "./cbor.ts";
import { ListError } from "./reasons.ts";
import { Revocations, readChunk, readRevocationList } from "./revocation.ts";
import { RuleSet } from "./rules.ts";
import { type Kind, KINDS } from "./schema.ts";
import {
  AGE_LIMITS, type AgeLimits, checkUsable, instant, malformed, natural, rows, type SignedList, verifyList,
} from "./signed_list.ts";
import { Signer, TrustStore } from "./trust.ts";
import type { Certificate } from "./x509.ts";

export const MANIFEST = "bundle.cbor";
const BUNDLE = { name: "bundle", purpose: "vaxseal/bundle/1", maxSize: 65_536 };
const TRUST_LIST = { name: "trust-list", purpose: "vaxseal/trust-list/1", maxSize: 16 * 1024 * 1024 };
const RULES = { name: "rules", purpose: "vaxseal/rules/1", maxSize: 16 * 1024 * 1024 };
const REVOCATION_SIZE = 16 * 1024 * 1024;
const LARGEST: Readonly<Record<string, number>> = {
  "revocation-list": REVOCATION_SIZE,
  rules: RULES.maxSize,
  "trust-list": TRUST_LIST.maxSize,
};

export interface Part {
  readonly sha256: Bytes;
  readonly size: number;
}

/** Gives a part by its path in the bundle, and at most so many bytes of it. */
export type Get = (path: string, size: number) => Promise<Bytes>;

export interface Bundle {
  readonly version: number;
  readonly issuedAt: number; // milliseconds
  readonly expiresAt: number;
  readonly trust: TrustStore;
  readonly revocation: Revocations;
  readonly rules: RuleSet | null;
  /** What the bundle is made of: whatever else is kept is of no use any more. */
  readonly paths: readonly string[];
}

/**
 * The bundle of a manifest, if it may be used.
 *
 * @param roots the pinned roots: one, or two while the root changes
 * @param at the time, milliseconds
 * @param seen the highest version that was ever accepted; 0 where there is none
 * @throws ListError
 */
export async function openBundle(
  manifest: Bytes,
  get: Get,
  roots: readonly Certificate[],
  { at, seen, limits = AGE_LIMITS }: { at: number; seen: number; limits?: AgeLimits },
): Promise<Bundle> {
  const head = await verifyList(manifest, roots, BUNDLE);
  const parts = readParts(head);
  checkUsable(head, at, seen, limits);
  const trusted = await verifyList(await read(parts, "trust-list", get), roots, TRUST_LIST);
  const list = await readRevocationList(await read(parts, "revocation-list", get), roots);
  const rules = parts.has("rules") ? await verifyList(await read(parts, "rules", get), roots, RULES) : null;
  const revocation = new Revocations();
  for (const name of list) revocation.add(await readChunk(await readPart(name, name.size, get), name, roots));
  return {
    version: head.version,
    issuedAt: head.issuedAt,
    expiresAt: head.expiresAt,
    trust: await trustStore(trusted),
    revocation,
    rules: rules && readRules(rules.body),
    paths: [...parts.values(), ...list].map(pathOf),
  };
}

export function pathOf(part: Part): string {
  return `parts/${hex(part.sha256)}`;
}

function readParts(head: SignedList): Map<string, Part> {
  const parts = new Map<string, Part>();
  let last = "";
  for (const row of rows(head.body)) {
    if (!Array.isArray(row) || row.length !== 3) throw malformed("the name of a part is broken");
    const [role, digest, size] = row;
    if (typeof role !== "string" || !(digest instanceof Uint8Array)) throw malformed("the name of a part is broken");
    if (!(role in LARGEST) || digest.length !== 32) throw malformed("a part is not known");
    if (role <= last) throw malformed("the parts are not in order");
    last = role;
    parts.set(role, { sha256: digest, size: natural(size) });
  }
  if (!parts.has("trust-list") || !parts.has("revocation-list")) throw malformed("it names no trust or revocation list");
  return parts;
}

function read(parts: Map<string, Part>, role: string, get: Get): Promise<Bytes> {
  return readPart(parts.get(role)!, LARGEST[role]!, get);
}

async function readPart(part: Part, largest: number, get: Get): Promise<Bytes> {
  if (part.size > largest) throw malformed("a part is too large");
  const data = await get(pathOf(part), part.size);
  if (data.length !== part.size || !equal(await sha256(data), part.sha256)) throw new ListError("list-differs");
  return data;
}

async function trustStore(list: SignedList): Promise<TrustStore> {
  const entries = rows(list.body);
  if (!entries.length) throw malformed("an empty trust list");
  const signers = await Promise.all(entries.map(signerOf));
  const sorted = signers.every((one, at) => {
    const before = signers[at - 1];
    if (!before) return true;
    return before.country < one.country || (before.country === one.country && compare(before.digest, one.digest) < 0);
  });
  if (!sorted) throw malformed("the entries are not in order");
  return new TrustStore(signers);
}

async function signerOf(row: CborValue): Promise<Signer> {
  if (!Array.isArray(row) || row.length !== 6) throw malformed("an entry is broken");
  const [der, country, usage, , notAfter, useFrom] = row;
  if (!(der instanceof Uint8Array) || typeof country !== "string" || typeof usage !== "string") {
    throw malformed("an entry is broken");
  }
  const kinds = KINDS.filter((kind) => usage.includes(kind));
  if (!kinds.length || kinds.join("") !== usage) throw malformed("an entry's usage is broken");
  try {
    return await Signer.of(der as Bytes, {
      country,
      kinds: new Set<Kind>(kinds),
      notBefore: instant(useFrom),
      notAfter: instant(notAfter),
    });
  } catch {
    throw malformed("an entry's certificate cannot be read");
  }
}

function readRules(body: CborValue): RuleSet {
  if (typeof body !== "string") throw malformed("the rules are not a text");
  try {
    return RuleSet.fromJson(JSON.parse(body));
  } catch {
    throw malformed("the rules cannot be read");
  }
}
