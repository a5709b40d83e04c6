"""Revocation lists: chunks of hashes that never change, and a signed list that names those in force.

Both are COSE_Sign1 with the purpose `purposes.REVOCATION_LIST`; the payloads are CBOR arrays:

    chunk  ["revocation-chunk", 1, number, issued at, expires at, [[scope, hash type, added, removed], ...]]
    list   ["revocation-list", 1, version, issued at, expires at, [[number, sha256, size, entries, expires at], ...]]

Times are seconds since 1970. ``added`` and ``removed`` are hashes of 16 bytes, ascending, one after the other. A later
chunk has the last word on a hash. So a new version is the old one and a new chunk, and that is all a checker fetches.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import lt
from typing import Final

import cbor2

from certificates import purposes
from certificates.cose import KID_SIZE
from certificates.countries import COUNTRIES
from certificates.errors import CertificateError
from certificates.revocation.hashes import HASH_SIZE, HashType
from certificates.sealing import seal
from certificates.signing import SigningKey

CHUNK_ENTRIES: Final = 65_536  # a megabyte
FORMAT: Final = 1
CHUNK_KIND: Final = "revocation-chunk"
LIST_KIND: Final = "revocation-list"
_COUNTRIES: Final = frozenset(country.encode() for country in COUNTRIES)
HASH_TYPE_CODES: Final = {HashType.SIGNATURE: 1, HashType.UCI: 2, HashType.COUNTRYCODEUCI: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hashes of one type that are revoked, or no longer so, within one scope.

    ``scope`` is the signer's kid (8 bytes), or its country (2 letters) where the kid is not known. ``added`` and
    ``removed`` hold 16 bytes an entry, ascending, none in both. Anything else raises CertificateError ``list-form``.
    """

    scope: bytes
    hash_type: HashType
    added: bytes
    removed: bytes

    def __post_init__(self) -> None:
        if len(self.scope) != KID_SIZE and self.scope not in _COUNTRIES:
            raise CertificateError("list-form", "a scope is neither a kid nor a country")
        new, gone = _split(self.added), _split(self.removed)
        if not (new or gone) or (gone and not set(gone).isdisjoint(new)):
            raise CertificateError("list-form", "a group is empty, or adds what it removes")

    @property
    def key(self) -> tuple[bytes, HashType]:
        """What no two groups of a chunk share, and what they are sorted by."""
        return self.scope, self.hash_type

    @property
    def entries(self) -> int:
        return (len(self.added) + len(self.removed)) // HASH_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationChunk:
    """A part of a list. After ``expires_at`` none of its entries matters: the certificates have expired."""

    number: int
    issued_at: datetime
    expires_at: datetime
    groups: tuple[Group, ...]

    def sign(self, key: SigningKey) -> bytes:
        """Its COSE_Sign1. Raises IssuanceError ``signature-invalid``."""
        groups = [[group.scope, HASH_TYPE_CODES[group.hash_type], group.added, group.removed] for group in self.groups]
        head = [CHUNK_KIND, FORMAT, self.number, _seconds(self.issued_at), _seconds(self.expires_at)]
        return seal(cbor2.dumps([*head, groups]), key, purposes.REVOCATION_LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkName:
    """How a list names a chunk: the SHA-256 of its COSE_Sign1, its size in bytes, its entries."""

    number: int
    sha256: bytes
    size: int
    entries: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """Which chunks are in force, ascending by number. ``version`` rises by one with every list."""

    version: int
    issued_at: datetime
    expires_at: datetime
    chunks: tuple[ChunkName, ...]

    def age(self, at: datetime) -> timedelta:
        """How long before ``at`` it was issued."""
        return at - self.issued_at

    def missing(self, have: Collection[bytes]) -> tuple[ChunkName, ...]:
        """The chunks to fetch for someone who has those with the SHA-256 in ``have``."""
        return tuple(chunk for chunk in self.chunks if chunk.sha256 not in have)

    def sign(self, key: SigningKey) -> bytes:
        """Its COSE_Sign1. Raises IssuanceError ``signature-invalid``."""
        names = [[name.number, name.sha256, name.size, name.entries, _seconds(name.expires_at)] for name in self.chunks]
        head = [LIST_KIND, FORMAT, self.version, _seconds(self.issued_at), _seconds(self.expires_at)]
        return seal(cbor2.dumps([*head, names]), key, purposes.REVOCATION_LIST)


def name_chunk(chunk: RevocationChunk, signed: bytes) -> ChunkName:
    """The name for a list of the chunk whose COSE_Sign1 is ``signed``."""
    return ChunkName(
        number=chunk.number,
        sha256=hashlib.sha256(signed).digest(),
        size=len(signed),
        entries=sum(group.entries for group in chunk.groups),
        expires_at=chunk.expires_at,
    )


def _split(data: bytes) -> list[bytes]:
    hashes = [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]
    if len(data) % HASH_SIZE or not all(map(lt, hashes, hashes[1:])):
        raise CertificateError("list-form", "hashes are not 16 bytes each, or not in order")
    return hashes


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
