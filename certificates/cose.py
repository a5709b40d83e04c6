"""COSE_Sign1 (RFC 9052), exactly as the EU DCC uses it (hcert-spec 1.0.8, section 3)."""

from dataclasses import dataclass
from typing import Final

import cbor2

from certificates.signing import Algorithm

HEADER_ALG: Final = 1  # RFC 9052, table 3
HEADER_CRIT: Final = 2
HEADER_KID: Final = 4
COSE_ALG: Final[dict[Algorithm, int]] = {"ES256": -7, "PS256": -37}  # RFC 9053 2.1, RFC 8230 2
TAG_COSE_SIGN1: Final = 18
TAG_CWT: Final = 61  # RFC 8392, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CoseSign1:
    """A complete COSE_Sign1 as bytes of its four parts. ``unprotected_kid`` is only ever read, never written by us."""

    protected: bytes
    payload: bytes
    signature: bytes
    unprotected_kid: bytes | None = None

    def encode(self) -> bytes:
        """Tag 18 around ``[protected, {}, payload, signature]``, deterministic CBOR."""
        return cbor2.dumps(cbor2.CBORTag(TAG_COSE_SIGN1, [self.protected, {}, self.payload, self.signature]))


def protected_header(algorithm: Algorithm, kid: bytes) -> bytes:
    """The serialised protected header ``{1: alg, 4: kid}``; kid is 8 bytes."""
    return cbor2.dumps({HEADER_ALG: COSE_ALG[algorithm], HEADER_KID: kid}, canonical=True)


def sig_structure(protected: bytes, payload: bytes, external_aad: bytes) -> bytes:
    """What a COSE_Sign1 signature covers (RFC 9052, 4.4). ``external_aad`` is one of `certificates.purposes`."""
    return cbor2.dumps(["Signature1", protected, external_aad, payload])
