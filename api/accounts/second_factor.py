"""The second factor: six digits of a telephone, TOTP (RFC 6238: SHA-1, 30 seconds), each good once.

The secret that makes them lies sealed in the database, under a key that is made of the service's secret: a copy of the
database alone makes no codes.
"""

import os
import secrets
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from api.errors import CentreError

ISSUER: Final = "vaxseal"
DIGITS: Final = 6
STEP: Final = 30  # seconds
_SECRET_SIZE: Final = 20  # RFC 4226, 4 R6
_NONCE_SIZE: Final = 12
_WINDOW: Final = (0, -1, 1)  # steps: clocks of telephones are a little wrong


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_SIZE)


def seal_secret(secret: bytes, account: str, service_secret: bytes) -> bytes:
    """Nonce and AES-256-GCM, bound to the account: another one's secret cannot be put in its place."""
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(_sealing_key(service_secret)).encrypt(nonce, secret, account.encode())


def open_secret(sealed: bytes, account: str, service_secret: bytes) -> bytes:
    """Raises CentreError ``second-factor-damaged``."""
    key = AESGCM(_sealing_key(service_secret))
    try:
        return key.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], account.encode())
    except (InvalidTag, ValueError):
        raise CentreError("second-factor-damaged", "reset the account's second factor") from None


def step_of(code: str, secret: bytes, at: datetime) -> int | None:
    """The step of 30 seconds that a code belongs to, now or one beside it; None where it fits none of them."""
    if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    now = int(at.timestamp()) // STEP
    for step in (now + beside for beside in _WINDOW):
        try:
            _totp(secret).verify(code.encode(), step * STEP)
        except InvalidToken:
            continue
        return step
    return None


def code_at(secret: bytes, at: datetime) -> str:
    """What a telephone with this secret shows."""
    return _totp(secret).generate(int(at.timestamp())).decode()


def provisioning_uri(secret: bytes, account: str) -> str:
    """What a telephone's program takes, as text or as a QR code ("otpauth://...")."""
    return _totp(secret).get_provisioning_uri(account, ISSUER)


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 - what telephones know; HMAC with it stands


def _sealing_key(service_secret: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"vaxseal: second factors of accounts").derive(service_secret)
