"""The bundle: everything a checker needs, named by one signed, versioned, expiring manifest.

The body of the manifest (`certificates.signed_list`) is

    [[role, sha256, size], ...]

ascending by role. Each part is a signed list of its own and never changes: it is known by the SHA-256 of its bytes. A
part is in force as long as a bundle in force names it, whatever its own dates say; so a day on which nothing changed
costs a checker the manifest alone. The chunks of the revocation list are named by that list.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from certificates import purposes, signed_list
from certificates.revocation.index import RevocationIndex
from certificates.rules import RuleSet
from certificates.signed_list import ListHead, ListKind, malformed, natural
from certificates.signing import SigningKey
from certificates.trust import TrustStore
from certificates.trust_entries import TrustEntry

BUNDLE: Final = ListKind(name="bundle", purpose=purposes.BUNDLE, max_size=65_536)
_DIGEST_SIZE: Final = 32  # bytes


class Role(StrEnum):
    """What a part is for."""

    REVOCATION_LIST = "revocation-list"
    RULES = "rules"
    TRUST_LIST = "trust-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The bytes of a part: their SHA-256, and how many there are."""

    sha256: bytes
    size: int

    @classmethod
    def of(cls, data: bytes) -> "Part":
        return cls(sha256=hashlib.sha256(data).digest(), size=len(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(ListHead):
    """A verified manifest; it always names a trust list and a revocation list. Made by `verify` only."""

    parts: Mapping[Role, Part]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckerBundle(ListHead):
    """What a checker decides by. ``entries`` are the trust list's; ``trust`` is made of them."""

    trust: TrustStore
    entries: tuple[TrustEntry, ...]
    revocation: RevocationIndex
    rules: RuleSet | None


def sign(
    parts: Mapping[Role, Part], key: SigningKey, *, version: int, issued_at: datetime, expires_at: datetime
) -> bytes:
    """A signed manifest. Raises IssuanceError as `signed_list.sign`."""
    rows = [[role.value, parts[role].sha256, parts[role].size] for role in sorted(parts)]
    return signed_list.sign(BUNDLE, rows, key, version=version, issued_at=issued_at, expires_at=expires_at)


def verify(data: bytes, roots: Collection[bytes]) -> Manifest:
    """A manifest that a signer below a pinned root made, whether or not it is still in force.

    Raises:
        CertificateError: as `signed_list.verify`.
    """
    found = signed_list.verify(data, roots, BUNDLE)
    if type(found.body) is not list:
        raise malformed("the body is not a list")
    named = [_part(row) for row in found.body]
    if not all(one < other for (one, _), (other, _) in pairwise(named)):
        raise malformed("the parts are not in order")
    parts = dict(named)
    if Role.TRUST_LIST not in parts or Role.REVOCATION_LIST not in parts:
        raise malformed("it names no trust list, or no revocation list")
    return Manifest.of(found, parts=parts)


def _part(row: Any) -> tuple[Role, Part]:
    if not (type(row) is list and len(row) == 3 and type(row[0]) is str and type(row[1]) is bytes):
        raise malformed("the name of a part is broken")
    if row[0] not in tuple(Role) or len(row[1]) != _DIGEST_SIZE:
        raise malformed("a part is not known")
    return Role(row[0]), Part(sha256=row[1], size=natural(row[2]))
