"""Heads of the log of acts that leave the centre: whoever was given one can tell later that the log was cut behind it.

The centre seals each with an HMAC-SHA256 under its secret, over the CBOR array ``["vaxseal/log-head/1", sequence,
hash]``: so it knows its own again, and one that somebody made up proves nothing. Where they are kept, a line of text
is one head: when it was seen (RFC 3339 in UTC), sequence, hash and seal in hexadecimal, the centre's URL.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import cbor2

from certificates.act_chain import GENESIS, LogHead
from certificates.errors import CertificateError
from certificates.records.model import instant_from_text, instant_to_text
from certificates.signed_list import LARGEST

PUBLISHED: Final = "log-head.txt"  # one line beside a bundle that was fetched
LONGEST: Final = 1024  # bytes of a line
_PURPOSE: Final = "vaxseal/log-head/1"
_SEAL_SIZE: Final = 32  # bytes
_LINE: Final = re.compile(r"(\S{1,40}) ([0-9]{1,16}) ([0-9a-f]{64}) ([0-9a-f]{64}) (.{1,500})")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenHead:
    """A head as the centre gave it away. Whether the seal is the centre's is for `is_ours` to say."""

    head: LogHead
    seal: bytes

    def to_dict(self) -> dict[str, Any]:
        """For JSON; hash and seal in base64."""
        return {
            "sequence": self.head.sequence,
            "hash": base64.b64encode(self.head.hash).decode("ascii"),
            "seal": base64.b64encode(self.seal).decode("ascii"),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "GivenHead":
        """Raises KeyError, TypeError, ValueError: another form."""
        digest, seal = (base64.b64decode(data[name], validate=True) for name in ("hash", "seal"))
        return cls._of(data["sequence"], digest, seal)

    @classmethod
    def _of(cls, sequence: Any, digest: bytes, seal: bytes) -> "GivenHead":
        if type(sequence) is not int or not 1 <= sequence <= LARGEST:
            raise ValueError("this is the number of no row")
        if len(digest) != len(GENESIS) or len(seal) != _SEAL_SIZE:
            raise ValueError("a hash or a seal has the wrong size")
        return cls(head=LogHead(sequence=sequence, hash=digest), seal=seal)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHead:
    """A head that somebody was given at ``seen_at`` (of their clock) by the centre with this URL."""

    given: GivenHead
    seen_at: datetime
    centre: str

    def to_line(self) -> str:
        """Without the line's end."""
        head = self.given.head
        seen = instant_to_text(self.seen_at.replace(microsecond=0))
        return f"{seen} {head.sequence} {head.hash.hex()} {self.given.seal.hex()} {self.centre}"


def give_head(secret: bytes, head: LogHead) -> GivenHead:
    """A head under the seal of the centre that has this secret."""
    return GivenHead(head=head, seal=_seal(secret, head))


def is_ours(secret: bytes, given: GivenHead) -> bool:
    """Whether the centre with this secret gave it away."""
    return hmac.compare_digest(given.seal, _seal(secret, given.head))


def read_seen(text: str) -> tuple[SeenHead, ...]:
    """What `SeenHead.to_line` wrote, a line each; a last line without an end was torn by a crash and is left out.

    Raises CertificateError ``witness-form``, with the number of the line.
    """
    whole, _, _torn = text.rpartition("\n")
    return tuple(_line(number, line) for number, line in enumerate(whole.split("\n"), 1) if line)


def _line(number: int, line: str) -> SeenHead:
    parts = _LINE.fullmatch(line)
    try:
        if parts is not None:
            seen_at, sequence, digest, seal, centre = parts.groups()
            given = GivenHead._of(int(sequence), bytes.fromhex(digest), bytes.fromhex(seal))
            return SeenHead(given=given, seen_at=instant_from_text(seen_at), centre=centre)
    except (ValueError, OverflowError):  # no row has that number, and no day that date
        pass
    raise CertificateError("witness-form", f"line {number} is no head of a log")


def _seal(secret: bytes, head: LogHead) -> bytes:
    return hmac.digest(secret, cbor2.dumps([_PURPOSE, head.sequence, head.hash]), "sha256")
