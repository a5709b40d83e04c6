/** Whom a checker trusts: certificates of signers, found by their kid. */
import { type Bytes, equal, hex, sha256 } from "./bytes.ts";
import { type Algorithm, KID_SIZE } from "./cose.ts";
import type { Kind } from "./schema.ts";
import { algorithmOf, type PublicKey, publicKeyOf, verifies } from "./x509.ts";

/** A certificate as far as the list trusts it. Times are milliseconds. */
export interface Trusted {
  readonly country: string;
  readonly kinds: ReadonlySet<Kind>;
  readonly notBefore: number;
  readonly notAfter: number;
}

export class Signer {
  private constructor(
    readonly digest: Bytes, // SHA-256 of the DER; its first 8 bytes are the kid
    readonly algorithm: Algorithm,
    readonly key: PublicKey,
    readonly country: string,
    readonly kinds: ReadonlySet<Kind>,
    readonly notBefore: number,
    readonly notAfter: number,
  ) {}

  /** Throws where the certificate cannot be read, or its key signs no health certificates. */
  static async of(der: Bytes, said: Trusted): Promise<Signer> {
    const key = publicKeyOf(der);
    const algorithm = algorithmOf(key);
    if (!algorithm) throw new Error("a key that signs no health certificates");
    return new Signer(await sha256(der), algorithm, key, said.country, said.kinds, said.notBefore, said.notAfter);
  }

  get kid(): Bytes {
    return this.digest.subarray(0, KID_SIZE);
  }

  verifies(message: Bytes, signature: Bytes): Promise<boolean> {
    return verifies(this.key, message, signature);
  }
}

export class TrustStore {
  readonly #byKid = new Map<string, Signer[]>();
  readonly #all: readonly Signer[];

  constructor(signers: readonly Signer[]) {
    this.#all = signers;
    for (const signer of signers) {
      const kid = hex(signer.kid);
      this.#byKid.set(kid, [...(this.#byKid.get(kid) ?? []), signer]);
    }
  }

  get size(): number {
    return this.#all.length;
  }

  /** Two certificates may share a kid. */
  signers(kid: Bytes): readonly Signer[] {
    return this.#byKid.get(hex(kid)) ?? [];
  }

  /** Every kid under which this key is trusted. */
  kidsOf(key: PublicKey): Bytes[] {
    return this.#all.filter((one) => equal(one.key.spki, key.spki)).map((one) => one.kid);
  }
}
