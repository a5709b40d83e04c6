/** COSE_Sign1 (RFC 9052) as the EU DCC uses it; see `certificates.cose`. */
import { ascii, type Bytes, concat, equal } from "./bytes.ts";
import { CborError, CborMap, type CborValue, decodeFirst, decodeItem, encodeBytes, readBytes } from "./cbor.ts";
import { CheckError } from "./reasons.ts";

export const KID_SIZE = 8;
export type Algorithm = "ES256" | "PS256";

const ALG = 1;
const CRIT = 2;
const KID = 4;
const ALGORITHMS: ReadonlyMap<CborValue, Algorithm> = new Map<CborValue, Algorithm>([[-7, "ES256"], [-37, "PS256"]]);
const OPENINGS = [[0xd2, 0x84], [0xd8, 61, 0xd2, 0x84], [0x84]].map((bytes) => new Uint8Array(bytes));
const SIGNATURE1 = concat(new Uint8Array([0x84, 0x6a]), ascii("Signature1"));
const EMPTY_MAP = 0xa0;
const MAX_HEADER = 4096;

export interface CoseSign1 {
  readonly protected: Bytes;
  readonly payload: Bytes;
  readonly signature: Bytes;
  readonly unprotectedKid: Bytes | null;
  readonly unprotectedAlg: CborValue;
}

/** What a COSE_Sign1 signature covers (RFC 9052, 4.4). */
export function sigStructure(cose: CoseSign1, externalAad: string): Bytes {
  return concat(SIGNATURE1, encodeBytes(cose.protected), encodeBytes(ascii(externalAad)), encodeBytes(cose.payload));
}

/** Untagged, with tag 18, or with tag 61 around it. Raises CheckError COSE. */
export function decodeCose(data: Bytes): CoseSign1 {
  const opening = OPENINGS.find((one) => equal(data.subarray(0, one.length), one));
  if (!opening) throw refused("this is no COSE_Sign1");
  const first = readBytes(data, opening.length);
  if (!first) throw refused("a part is missing or not a byte string");
  const [unprotectedMap, begin] = unprotectedAt(data, first[1]);
  const payload = readBytes(data, begin);
  const signature = payload && readBytes(data, payload[1]);
  if (!payload || !signature) throw refused("a part is missing or not a byte string");
  if (signature[1] !== data.length) throw refused("bytes follow the COSE_Sign1");
  if (unprotectedMap.has(CRIT)) throw refused("crit stands outside the protected header");
  const kid = unprotectedMap.get(KID);
  const alg = unprotectedMap.get(ALG);
  return {
    protected: first[0].length === 1 && first[0][0] === EMPTY_MAP ? first[0].subarray(1) : first[0],
    payload: payload[0],
    signature: signature[0],
    unprotectedKid: kid instanceof Uint8Array ? kid : null,
    unprotectedAlg: typeof alg === "number" ? alg : null,
  };
}

function unprotectedAt(data: Bytes, start: number): [CborMap, number] {
  if (data[start] === EMPTY_MAP) return [new CborMap(), start + 1];
  try {
    const [item, size] = decodeFirst(data.subarray(start, start + MAX_HEADER));
    if (item instanceof CborMap) return [item, start + size];
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
  }
  throw refused("the unprotected header is not a map");
}

/** Algorithm and kid; a label in the protected header wins, right or wrong. Raises CheckError COSE. */
export function readHeaders(cose: CoseSign1): { algorithm: Algorithm; kid: Bytes | null } {
  if (cose.protected.length > MAX_HEADER) throw refused("the protected header is too long");
  const header = protectedMap(cose.protected);
  checkCrit(header);
  const algorithm = ALGORITHMS.get(header.has(ALG) ? header.get(ALG) : cose.unprotectedAlg);
  if (!algorithm) throw refused("the algorithm is neither ES256 nor PS256");
  const kid = header.has(KID) ? header.get(KID) : cose.unprotectedKid;
  return { algorithm, kid: kid instanceof Uint8Array && kid.length === KID_SIZE ? kid : null };
}

function protectedMap(data: Bytes): CborMap {
  if (!data.length) return new CborMap();
  try {
    const item = decodeItem(data);
    if (item instanceof CborMap) return item;
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
  }
  throw refused("the protected header is not a map");
}

function checkCrit(header: CborMap): void {
  if (!header.has(CRIT)) return;
  const crit = header.get(CRIT);
  if (!Array.isArray(crit) || !crit.length) throw refused("crit is not a list of labels");
  for (const label of crit) {
    if ((label !== ALG && label !== KID) || !header.has(label)) throw refused("crit names what is not understood");
  }
}

function refused(detail: string): CheckError {
  return new CheckError("COSE", detail);
}
