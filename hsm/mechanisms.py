"""Which mechanism of a token makes which signature, and what has to be done to the message before."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from hsm import pss
from hsm.errors import MechanismMissing

Algorithm = Literal["ES256", "PS256"]

CKM_RSA_PKCS_KEY_PAIR_GEN: Final = 0x00
CKM_RSA_PKCS: Final = 0x01
CKM_RSA_X_509: Final = 0x03
CKM_RSA_PKCS_PSS: Final = 0x0D
CKM_SHA256_RSA_PKCS_PSS: Final = 0x43
CKM_SHA256: Final = 0x250
CKM_EC_KEY_PAIR_GEN: Final = 0x1040
CKM_ECDSA: Final = 0x1041
CKM_ECDSA_SHA256: Final = 0x1044
CKG_MGF1_SHA256: Final = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningMechanism:
    """One way to a signature.

    Attributes:
        name: as in the standard, without ``CKM_``.
        takes_pss_parameters: whether CK_RSA_PKCS_PSS_PARAMS goes with it.
        prepare: (message, bits of the key) to what the token is given.
    """

    name: str
    algorithm: Algorithm
    mechanism: int
    takes_pss_parameters: bool
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
        mechanism=CKM_ECDSA_SHA256,
        takes_pss_parameters=False,
        prepare=_whole,
    ),
    SigningMechanism(name="ECDSA", algorithm="ES256", mechanism=CKM_ECDSA, takes_pss_parameters=False, prepare=_sha256),
    SigningMechanism(
        name="SHA256_RSA_PKCS_PSS",
        algorithm="PS256",
        mechanism=CKM_SHA256_RSA_PKCS_PSS,
        takes_pss_parameters=True,
        prepare=_whole,
    ),
    SigningMechanism(
        name="RSA_PKCS_PSS",
        algorithm="PS256",
        mechanism=CKM_RSA_PKCS_PSS,
        takes_pss_parameters=True,
        prepare=_sha256,
    ),
    SigningMechanism(
        name="RSA_X_509", algorithm="PS256", mechanism=CKM_RSA_X_509, takes_pss_parameters=False, prepare=pss.encode
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
    if algorithm == "PS256" and CKM_RSA_PKCS in offered:
        raise MechanismMissing(
            "this token signs RSA with PKCS#1 v1.5 padding only; health passports need PSS: use another token"
        )
    raise MechanismMissing(f"this token has no mechanism for {algorithm}: use another token")
