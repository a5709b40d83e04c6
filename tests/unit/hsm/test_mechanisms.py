"""Which mechanism is chosen."""

import hashlib

import pytest
from pkcs11 import Mechanism

from hsm.errors import MechanismMissing
from hsm.mechanisms import MECHANISMS, Algorithm, ways_to_sign

_ALL = frozenset(int(row.mechanism) for row in MECHANISMS)


@pytest.mark.parametrize(
    ("algorithm", "order"),
    [
        ("ES256", ["ECDSA_SHA256", "ECDSA"]),
        ("PS256", ["SHA256_RSA_PKCS_PSS", "RSA_PKCS_PSS", "RSA_X_509"]),
    ],
)
def test_the_token_hashes_where_it_can(algorithm: Algorithm, order: list[str]) -> None:
    offered = set(_ALL)
    ways = ways_to_sign(frozenset(offered), algorithm)
    assert [way.name for way in ways] == order
    assert ways_to_sign(frozenset({ways[-1].mechanism}), algorithm) == ways[-1:]
    offered -= {way.mechanism for way in ways}
    with pytest.raises(MechanismMissing, match=algorithm):
        ways_to_sign(frozenset(offered), algorithm)


def test_old_padding_alone_is_refused_in_words() -> None:
    with pytest.raises(MechanismMissing, match=r"PKCS#1 v1\.5 padding only"):
        ways_to_sign(frozenset({Mechanism.RSA_PKCS, Mechanism.SHA256_RSA_PKCS}), "PS256")


def test_what_the_token_is_given() -> None:
    message = b"message"
    digest = hashlib.sha256(message).digest()
    given = {row.name: row.prepare(message, 2048) for row in MECHANISMS}
    assert given["ECDSA_SHA256"] == given["SHA256_RSA_PKCS_PSS"] == message
    assert given["ECDSA"] == given["RSA_PKCS_PSS"] == digest
    assert len(given["RSA_X_509"]) == 256
