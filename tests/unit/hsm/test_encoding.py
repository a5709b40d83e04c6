"""Public keys as tokens write them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.encoding import PublicKey, decode_ec_point, decode_rsa, public_key_of
from hsm.errors import KeyUnsuitable

_EC = ec.generate_private_key(ec.SECP256R1()).public_key()
_RSA = rsa.generate_private_key(65537, 2048).public_key()


def test_an_ec_point_comes_wrapped_or_raw() -> None:
    raw = public_key_of(_EC).point
    assert raw is not None
    assert len(raw) == 65
    assert decode_ec_point(raw) == raw
    assert decode_ec_point(b"\x04\x41" + raw) == raw


@pytest.mark.parametrize(
    "raw", [b"", b"\x04", bytes(65), b"\x02" + bytes(32), b"\x04" + bytes(96), b"\x04\x61" + bytes(97)]
)
def test_other_points_are_refused(raw: bytes) -> None:
    with pytest.raises(KeyUnsuitable):
        decode_ec_point(raw)


def test_a_point_off_the_curve_is_refused() -> None:
    with pytest.raises(KeyUnsuitable):
        PublicKey(point=b"\x04" + b"\x01" * 64).load()


def test_keys_survive_the_way_there_and_back() -> None:
    for key in (_EC, _RSA):
        ours = public_key_of(key)
        assert public_key_of(ours.load()) == ours
        assert public_key_of(load_der_public_key(ours.to_der())) == ours
    assert public_key_of(_EC).bits == 256
    assert public_key_of(_RSA).bits == 2048


def test_rsa_numbers_with_and_without_leading_zeros() -> None:
    numbers = _RSA.public_numbers()
    modulus = numbers.n.to_bytes(256)
    assert decode_rsa(modulus, b"\1\0\1") == decode_rsa(b"\0" + modulus, b"\0\0\1\0\1") == public_key_of(_RSA)


def test_other_keys_are_unsuitable() -> None:
    with pytest.raises(KeyUnsuitable, match="1024 bits"):
        decode_rsa(b"\xff" * 128, b"\1\0\1")
    others = (
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    )
    for key in others:
        with pytest.raises(KeyUnsuitable):
            public_key_of(key)
