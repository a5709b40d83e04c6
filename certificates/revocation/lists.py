"""Revocation lists: chunks of hashes that never change, and a signed list that names those in force.

Both are signed lists (`certificates.signed_list`); the version of a chunk is its number. Their bodies are

    chunk  [[scope, hash type, added, removed], ...]
    list   [[number, sha256, size, entries, expires at], ...]

``added`` and ``removed`` are hashes of 16 bytes, ascending, one after the other. A later
chunk has the last word on a hash. So a new version is the old one and a new chunk, and that is all a checker fetches.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from operator import lt
from typing import Final

from certificates import purposes, signed_list
from certificates.cose import KID_SIZE
from certificates.countries import COUNTRIES
from certificates.errors import CertificateError
from certificates.revocation.hashes import HASH_SIZE, HashType
from certificates.signed_list import ListKind, seconds
from certificates.signing import SigningKey

CHUNK_ENTRIES: Final = 65_536  # a megabyte
CHUNK: Final = ListKind(
    name="revocation-chunk",
    purpose=purposes.REVOCATION_LIST,
    max_size=4 * 1024 * 1024,  # every entry may stand in a group of its own
)
LIST: Final = ListKind(
    name="revocation-list",
    purpose=purposes.REVOCATION_LIST,
    max_size=16 * 1024 * 1024,  # about 250,000 chunks
)
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
        """The chunk signed. Raises IssuanceError as `signed_list.sign`."""
        groups = [[group.scope, HASH_TYPE_CODES[group.hash_type], group.added, group.removed] for group in self.groups]
        return signed_list.sign(
            CHUNK, groups, key, version=self.number, issued_at=self.issued_at, expires_at=self.expires_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkName:
    """How a list names a chunk: the SHA-256 of the signed chunk, its size in bytes, its entries."""

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

    def sign(self, key: SigningKey) -> bytes:
        """The list signed. Raises IssuanceError as `signed_list.sign`."""
        names = [[name.number, name.sha256, name.size, name.entries, seconds(name.expires_at)] for name in self.chunks]
        return signed_list.sign(
            LIST, names, key, version=self.version, issued_at=self.issued_at, expires_at=self.expires_at
        )


def name_chunk(chunk: RevocationChunk, signed: bytes) -> ChunkName:
    """The name for a list of the chunk that is ``signed``."""
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
