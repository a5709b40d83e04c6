"""What citizens say, their contact and their photos are kept encrypted.

AES-256-GCM under a key of the service's secret, bound to the complaint that they belong to.
"""

import hashlib
import hmac
import json
import secrets
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.errors import CentreError

_PURPOSE: Final = b"vaxseal complaints v1"
_NONCE: Final = 12  # bytes, in front


def seal_bytes(secret: bytes, complaint_id: str, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(secret).encrypt(nonce, plain, complaint_id.encode())


def open_bytes(secret: bytes, complaint_id: str, sealed: bytes) -> bytes:
    """The inverse. Raises CentreError ``complaint-sealed``: another secret, another complaint, or changed bytes."""
    try:
        return _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], complaint_id.encode())
    except (InvalidTag, ValueError):
        raise CentreError("complaint-sealed", "what was kept of this does not open with this secret") from None


def seal_document(secret: bytes, complaint_id: str, document: object) -> bytes:
    """JSON."""
    return seal_bytes(secret, complaint_id, json.dumps(document, ensure_ascii=False).encode())


def open_document(secret: bytes, complaint_id: str, sealed: bytes) -> Any:
    return json.loads(open_bytes(secret, complaint_id, sealed))


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.new(secret, _PURPOSE, hashlib.sha256).digest())
