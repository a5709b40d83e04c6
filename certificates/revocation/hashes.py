"""The hashes by which a certificate is revoked: the first 128 bits of SHA-256, over bytes just as they were signed."""

from enum import StrEnum
from hashlib import sha256
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


# Members of an enumeration are slow to reach; a look-up takes two microseconds.
_SIGNATURE: Final = HashType.SIGNATURE
_UCI: Final = HashType.UCI


def signature_hash(signature: bytes, algorithm: Algorithm) -> bytes:
    """Over r alone for ES256, since r,s and r,n-s both verify; over the whole signature for PS256."""
    return sha256(signature[:_R_SIZE] if algorithm == "ES256" else signature).digest()[:HASH_SIZE]


def uci_hash(uci: str) -> bytes:
    """Over ``ci`` as it was signed, case and check character kept."""
    return sha256(uci.encode()).digest()[:HASH_SIZE]


def country_uci_hash(country: str, uci: str) -> bytes:
    """Over ``iss`` followed by ``ci``."""
    return uci_hash(country + uci)


def hashes_of(checked: "CheckedCertificate", hash_type: HashType) -> list[bytes]:
    """The certificate's hashes of this type: one, or one for each entry where a certificate has several.

    Where it names no issuer, the country of its signer stands for ``iss``.
    """
    if hash_type is _SIGNATURE:
        return [signature_hash(checked.cose.signature, checked.algorithm)]
    dcc = checked.claims.dcc
    entries = dcc.get("v") or dcc.get("t") or dcc["r"]  # exactly one of them holds entries
    if hash_type is _UCI:
        return [uci_hash(entry["ci"]) for entry in entries]
    country = checked.issuer or checked.signer.country or ""
    return [country_uci_hash(country, entry["ci"]) for entry in entries]
