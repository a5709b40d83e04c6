"""Which mechanism of a token makes which signature, and what has to be done to the message before."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pkcs11 import MGF, Mechanism

from hsm import pss
from hsm.errors import MechanismMissing

Algorithm = Literal["ES256", "PS256"]
Prepare = Callable[[bytes, int], bytes]

# Parameters as the bytes of their C structure: python-pkcs11 passes bytes through, and does not look at its long list
# of parameter types for each signature (5 us of 65 on a software token).
_NO_PARAMETERS: Final = b""
_PSS_PARAMETERS: Final = struct.pack("LLL", Mechanism.SHA256, MGF.SHA256, pss.SALT_SIZE)  # CK_RSA_PKCS_PSS_PARAMS


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningMechanism:
    """One way to a signature.

    Attributes:
        name: as in the standard, without ``CKM_``.
        parameters: the C structure that goes with the mechanism, empty for none.
        prepare: (message, bits of the key) to what the token is given.
    """

    name: str
    algorithm: Algorithm
    mechanism: Mechanism
    parameters: bytes
    prepare: Prepare


def _whole(message: bytes, _bits: int) -> bytes:
    return message


def _sha256(message: bytes, _bits: int) -> bytes:
    return hashlib.sha256(message).digest()


def _row(algorithm: Algorithm, mechanism: Mechanism, parameters: bytes, prepare: Prepare) -> SigningMechanism:
    return SigningMechanism(
        name=mechanism.name, algorithm=algorithm, mechanism=mechanism, parameters=parameters, prepare=prepare
    )


# In order of preference: what the token hashes itself comes first, padding in software last.
MECHANISMS: Final[tuple[SigningMechanism, ...]] = (
    _row("ES256", Mechanism.ECDSA_SHA256, _NO_PARAMETERS, _whole),
    _row("ES256", Mechanism.ECDSA, _NO_PARAMETERS, _sha256),
    _row("PS256", Mechanism.SHA256_RSA_PKCS_PSS, _PSS_PARAMETERS, _whole),
    _row("PS256", Mechanism.RSA_PKCS_PSS, _PSS_PARAMETERS, _sha256),
    _row("PS256", Mechanism.RSA_X_509, _NO_PARAMETERS, pss.encode),
)


def ways_to_sign(offered: frozenset[int], algorithm: Algorithm) -> tuple[SigningMechanism, ...]:
    """Those of `MECHANISMS` for ``algorithm`` that the token offers, the best first. At least one.

    Raises:
        MechanismMissing: none. A token with PKCS#1 v1.5 alone cannot make PS256.
    """
    ways = tuple(row for row in MECHANISMS if row.algorithm == algorithm and row.mechanism in offered)
    if ways:
        return ways
    if algorithm == "PS256" and has_old_padding(offered):
        raise MechanismMissing(
            "this token signs RSA with PKCS#1 v1.5 padding only; health passports need PSS: use another token"
        )
    raise MechanismMissing(f"this token has no mechanism for {algorithm}: use another token")


def has_old_padding(offered: frozenset[int]) -> bool:
    """Whether the token signs RSA with PKCS#1 v1.5 padding, which is of no use here."""
    return Mechanism.RSA_PKCS in offered or Mechanism.SHA256_RSA_PKCS in offered
