"""Claim codes: the second secret, printed on the paper slip. Only a keyed hash is kept."""

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

CODE_SIZE: Final = 10  # characters of 32 letters: 50 bits, five tries
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # as in the certificate code: no I, L, O, U
_LOOK_ALIKE: Final = str.maketrans("ILO", "110", "-")


def new_claim_code() -> str:
    """A fresh code as it is printed, ``XXXXX-XXXXX``, from the system's random source."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_SIZE))
    return f"{letters[:5]}-{letters[5:]}"


def hash_claim_code(secret: bytes, record_id: str, code: str) -> bytes:
    """HMAC-SHA-256 under the service's secret over record id and code; how the code was typed does not matter."""
    plain = "".join(unicodedata.normalize("NFKC", code).split()).upper().translate(_LOOK_ALIKE)
    # One zero byte apart: a record id holds none, so no two pairs give the same message.
    return hmac.new(secret, record_id.encode() + b"\0" + plain.encode(), hashlib.sha256).digest()
