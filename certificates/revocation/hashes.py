"""The hashes by which a certificate is revoked: the first 128 bits of SHA-256, over bytes just as they were signed."""

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from certificates.signing import Algorithm

if TYPE_CHECKING:
    from certificates.checking import CheckedCertificate

HASH_SIZE: Final = 16  # bytes
_R_SIZE: Final = 32  # bytes of r in an ES256 signature


class HashType(StrEnum):
    """What is hashed, in the words of the EU gateway."""

    SIGNATURE = "SIGNATURE"
    UCI = "UCI"
    COUNTRYCODEUCI = "COUNTRYCODEUCI"


def signature_hash(signature: bytes, algorithm: Algorithm) -> bytes:
    """Over r alone for ES256, since r,s and r,n-s both verify; over the whole signature for PS256."""
    return _truncated(signature[:_R_SIZE] if algorithm == "ES256" else signature)


def uci_hash(uci: str) -> bytes:
    """Over ``ci`` as it was signed, case and check character kept."""
    return _truncated(uci.encode())


def country_uci_hash(country: str, uci: str) -> bytes:
    """Over ``iss`` followed by ``ci``."""
    return _truncated((country + uci).encode())


def hashes_of(checked: "CheckedCertificate", hash_type: HashType) -> tuple[bytes, ...]:
    """The certificate's hashes of this type: one, or one for each entry where a certificate has several.

    Where it names no issuer, the country of its signer stands for ``iss``.
    """
    if hash_type is HashType.SIGNATURE:
        return (signature_hash(checked.cose.signature, checked.algorithm),)
    ucis = tuple(entry["ci"] for kind in "vtr" for entry in checked.payload.get(kind) or ())
    if hash_type is HashType.UCI:
        return tuple(map(uci_hash, ucis))
    country = checked.issuer or checked.signer.country or ""
    return tuple(country_uci_hash(country, uci) for uci in ucis)


def _truncated(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:HASH_SIZE]
