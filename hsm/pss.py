"""EMSA-PSS (RFC 8017, 9.1.1) with SHA-256, MGF1-SHA-256 and a salt of 32 bytes, for tokens that only do raw RSA."""

import hashlib
import os
from typing import Final

SALT_SIZE: Final = 32  # RFC 8230, 2: as long as the hash
_HASH_SIZE: Final = 32
_TRAILER: Final = b"\xbc"


def _mgf1(seed: bytes, size: int) -> bytes:
    """MGF1 (RFC 8017, B.2.1)."""
    blocks = -(-size // _HASH_SIZE)
    return b"".join(hashlib.sha256(seed + counter.to_bytes(4)).digest() for counter in range(blocks))[:size]


def encode(message: bytes, modulus_bits: int, salt: bytes | None = None) -> bytes:
    """The encoded message, as long as the modulus, ready for the raw RSA operation.

    ``salt`` is for tests with known answers; it is random otherwise.
    """
    salt = os.urandom(SALT_SIZE) if salt is None else salt
    encoded_bits = modulus_bits - 1
    size = (encoded_bits + 7) // 8
    digest = hashlib.sha256(bytes(8) + hashlib.sha256(message).digest() + salt).digest()
    block = bytes(size - len(salt) - _HASH_SIZE - 2) + b"\x01" + salt
    mask = _mgf1(digest, len(block))
    masked = int.from_bytes(block) ^ int.from_bytes(mask)
    masked &= (1 << (len(block) * 8 - (8 * size - encoded_bits))) - 1
    return (masked.to_bytes(len(block)) + digest + _TRAILER).rjust((modulus_bits + 7) // 8, b"\0")
