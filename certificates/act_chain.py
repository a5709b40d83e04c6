"""The chain of the log of acts: what each row's hash covers. The centre writes it, the ministry verifies it as well.

The hash of a row is SHA-256 over the hash of the row before (32 bytes; zeros before the first row) and the
deterministic CBOR array ``[sequence, at, actor, act, subject, reason]``, with ``token`` as the seventh item where a
token was at work.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from certificates.errors import CertificateError

GENESIS: Final = bytes(32)
NOTE: Final = "note:"  # before the seal of a note, in place of a reason
SALT_SIZE: Final = 32  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The last row of a log that was verified: whoever kept an older head can see that nothing was cut off."""

    sequence: int
    hash: bytes


BEGINNING: Final = LogHead(sequence=0, hash=GENESIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A row as it stands in the log. ``at`` is RFC 3339 in UTC, ``token`` a fingerprint (32 bytes)."""

    sequence: int
    at: str
    actor: str
    act: str
    subject: str
    reason: str
    token: bytes | None
    hash: bytes


def row_hash(
    previous: bytes, sequence: int, at: str, actor: str, act: str, subject: str, reason: str, token: bytes | None
) -> bytes:
    """The hash of a row that follows the row with the hash ``previous``."""
    # An array of numbers, texts and bytes has one form in cbor2, the deterministic one; asked for it, it looks longer.
    row: list[Any] = [sequence, at, actor, act, subject, reason]
    if token is not None:
        row.append(token)
    return hashlib.sha256(previous + cbor2.dumps(row)).digest()


def follow(head: LogHead, rows: Iterable[LogRow]) -> LogHead:
    """The head after these rows. Raises CertificateError ``audit-broken`` with the number of the first one that does
    not fit."""
    sequence, previous = head.sequence, head.hash
    for row in rows:
        sequence += 1
        try:
            expected = row_hash(previous, sequence, row.at, row.actor, row.act, row.subject, row.reason, row.token)
        except UnicodeEncodeError:  # half a letter: nobody wrote that through the service
            expected = b""
        if row.sequence != sequence or row.hash != expected:
            raise CertificateError("audit-broken", f"row {sequence} of the log was changed, removed or inserted")
        previous = expected
    return LogHead(sequence=sequence, hash=previous)


def unit_of(actor: str) -> str | None:
    """The unit of an actor "account@unit"; None for commands, the service itself and citizens."""
    return actor.rpartition("@")[2] if "@" in actor else None


def note_seal(salt: bytes, note: str) -> str:
    """What stands in the log for a note: a keyed hash. Without the salt (32 random bytes) it says nothing about it."""
    return NOTE + hmac.new(salt, note.encode(), hashlib.sha256).hexdigest()
