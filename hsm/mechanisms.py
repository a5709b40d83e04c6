"""Which mechanism of a token makes which signature, and what has to be done to the message before."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from pkcs11 import MGF, Mechanism

from hsm import pss
from hsm.errors import MechanismMissing

Algorithm = Literal["ES256", "PS256"]

_PSS_PARAMETERS: Final = (Mechanism.SHA256, MGF.SHA256, pss.SALT_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningMechanism:
    """One way to a signature.

    Attributes:
        name: as in the standard, without ``CKM_``.
        parameters: what python-pkcs11 wants beside the mechanism.
        prepare: (message, bits of the key) to what the token is given.
    """

    name: str
    algorithm: Algorithm
    mechanism: Mechanism
    parameters: tuple[Any, ...] | None
    prepare: Callable[[bytes, int], bytes]


def _whole(message: bytes, _bits: int) -> bytes:
    return message


def _sha256(message: bytes, _bits: int) -> bytes:
    return hashlib.sha256(message).digest()


# In order of preference: what the token hashes itself comes first, padding in software last.
MECHANISMS: Final[tuple[SigningMechanism, ...]] = (
    SigningMechanism(
        name="ECDSA_SHA256",
        algorithm="ES256",
        mechanism=Mechanism.ECDSA_SHA256,
        parameters=None,
        prepare=_whole,
    ),
    SigningMechanism(name="ECDSA", algorithm="ES256", mechanism=Mechanism.ECDSA, parameters=None, prepare=_sha256),
    SigningMechanism(
        name="SHA256_RSA_PKCS_PSS",
        algorithm="PS256",
        mechanism=Mechanism.SHA256_RSA_PKCS_PSS,
        parameters=_PSS_PARAMETERS,
        prepare=_whole,
    ),
    SigningMechanism(
        name="RSA_PKCS_PSS",
        algorithm="PS256",
        mechanism=Mechanism.RSA_PKCS_PSS,
        parameters=_PSS_PARAMETERS,
        prepare=_sha256,
    ),
    SigningMechanism(
        name="RSA_X_509", algorithm="PS256", mechanism=Mechanism.RSA_X_509, parameters=None, prepare=pss.encode
    ),
)


def choose_mechanism(offered: frozenset[int], algorithm: Algorithm) -> SigningMechanism:
    """The first of `MECHANISMS` for ``algorithm`` that the token offers.

    Raises:
        MechanismMissing: none. A token with PKCS#1 v1.5 alone cannot make PS256.
    """
    for candidate in MECHANISMS:
        if candidate.algorithm == algorithm and candidate.mechanism in offered:
            return candidate
    if algorithm == "PS256" and Mechanism.RSA_PKCS in offered:
        raise MechanismMissing(
            "this token signs RSA with PKCS#1 v1.5 padding only; health passports need PSS: use another token"
        )
    raise MechanismMissing(f"this token has no mechanism for {algorithm}: use another token")
