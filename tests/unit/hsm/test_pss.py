"""EMSA-PSS in software, against the verification of `cryptography`."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm import pss

_KEYS = {bits: rsa.generate_private_key(65537, bits) for bits in (2048, 2054)}
_PADDING = padding.PSS(padding.MGF1(SHA256()), pss.SALT_SIZE)


def raw_sign(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    return pow(int.from_bytes(encoded), numbers.d, modulus).to_bytes((key.key_size + 7) // 8)


@pytest.mark.parametrize("bits", sorted(_KEYS))
@settings(max_examples=10)
@given(message=st.binary(max_size=300))
def test_signatures_verify(bits: int, message: bytes) -> None:
    key = _KEYS[bits]
    encoded = pss.encode(message, bits)
    assert len(encoded) == (bits + 7) // 8
    signature = raw_sign(key, encoded)
    key.public_key().verify(signature, message, _PADDING, SHA256())
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, message + b"x", _PADDING, SHA256())


def test_the_salt_is_random_unless_given() -> None:
    assert pss.encode(b"x", 2048) != pss.encode(b"x", 2048)
    salt = bytes(32)
    assert pss.encode(b"x", 2048, salt) == pss.encode(b"x", 2048, salt)
    assert pss.encode(b"x", 2048).endswith(b"\xbc")


def test_a_modulus_of_one_bit_over_a_byte_gets_a_leading_zero() -> None:
    encoded = pss.encode(b"x", 2049)
    assert len(encoded) == 257
    assert encoded[0] == 0
