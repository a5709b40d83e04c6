"""Passwords of the staff: argon2id (RFC 9106), kept as a PHC string. Nothing here is ever logged or repeated."""

import os
import secrets
import threading
import unicodedata
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from api.errors import CentreError

SHORTEST: Final = 12  # characters; NIST SP 800-63B asks for 8 beside a second factor
LONGEST: Final = 128
_MEMORY: Final = 47104  # KiB: OWASP's first recommendation, with one pass and one lane
_PASSES: Final = 1
_AT_ONCE: Final = threading.BoundedSemaphore(4)  # of one process: 46 MiB each
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def new_password() -> str:
    """One that somebody reads off a screen once: 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def check_new_password(password: str, old: str = "") -> None:
    """Raises CentreError ``password-form``: too short, too long, a few signs again and again, or the old one."""
    if password == old or not SHORTEST <= len(password) <= LONGEST or len(set(password)) < SHORTEST // 2:
        raise CentreError("password-form", f"a password has {SHORTEST} to {LONGEST} characters, not all alike")


def hash_password(password: str) -> str:
    """A PHC string with a fresh salt."""
    with _AT_ONCE:
        return _hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether it is the stored one. Without a stored one it takes as long, and the answer is no."""
    with _AT_ONCE:
        try:
            Argon2id.verify_phc_encoded(_bytes(password), stored or _nobodys())
        except InvalidKey:
            return False
    return stored is not None


@cache
def _nobodys() -> str:
    return _hash(new_password())


def _hash(password: str) -> str:
    maker = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY)
    return maker.derive_phc_encoded(_bytes(password))


def _bytes(password: str) -> bytes:
    """One password on every keyboard: a letter with its mark may be typed as one sign or as two."""
    return unicodedata.normalize("NFC", password).encode()
