"""The next version of a revocation list: what is new in chunks of its own, everything before as it was."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from certificates.errors import IssuanceError
from certificates.issuance import whole_seconds
from certificates.revocation.hashes import HASH_SIZE, HashType
from certificates.revocation.lists import CHUNK_ENTRIES, Group, RevocationChunk, RevocationList, name_chunk
from certificates.signing import SigningKey

Hashes = Mapping[tuple[bytes, HashType], Collection[bytes]]
"""Hashes of 16 bytes by scope and type; see `Group` for the scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A new list, the list signed, and each new chunk signed."""

    revocation_list: RevocationList
    signed: bytes
    chunks: tuple[bytes, ...]


def publish(
    previous: RevocationList | None,
    key: SigningKey,
    *,
    added: Hashes,
    removed: Hashes,
    issued_at: datetime,
    expires_at: datetime,
    entries_expire_at: datetime,
) -> Publication:
    """Sign the list that follows ``previous``, and chunks of what changed.

    A chunk whose entries have all expired is left out from now on: checkers drop it without fetching anything.

    Args:
        previous: the list in force; None for the first one.
        key: with a list-signing certificate.
        added: revoked since.
        removed: no longer revoked; wins where a hash is in both.
        issued_at: now.
        expires_at: when a checker must have a newer list.
        entries_expire_at: when the last of the certificates added has expired.

    Raises:
        CertificateError: ``list-order`` (the list before is not older), ``list-entries`` (a hash of another size),
            ``list-form`` (a scope that is none), and what `signed_list.sign` raises.
    """
    issued_at = whole_seconds(issued_at)
    if previous and not previous.issued_at <= issued_at:
        raise IssuanceError("list-order", "the list before was issued later than this one")
    names = [name for name in previous.chunks if name.expires_at >= issued_at] if previous else []
    if removed:  # they must last as long as anything they take back
        entries_expire_at = max([entries_expire_at, *(name.expires_at for name in names)])
    chunks = []
    for number, groups in enumerate(_parts(_groups(added, removed)), names[-1].number + 1 if names else 1):
        chunk = RevocationChunk(
            number=number, issued_at=issued_at, expires_at=whole_seconds(entries_expire_at), groups=groups
        )
        chunks.append(chunk.sign(key))
        names.append(name_chunk(chunk, chunks[-1]))
    revocation_list = RevocationList(
        version=previous.version + 1 if previous else 1,
        issued_at=issued_at,
        expires_at=whole_seconds(expires_at),
        chunks=tuple(names),
    )
    return Publication(revocation_list=revocation_list, signed=revocation_list.sign(key), chunks=tuple(chunks))


def _groups(added: Hashes, removed: Hashes) -> Iterator[Group]:
    """Groups in order, each small enough for a chunk."""
    for scope, hash_type in sorted(added.keys() | removed.keys()):
        gone = set(removed.get((scope, hash_type), ()))
        changes = sorted(gone.union(added.get((scope, hash_type), ())))
        if any(len(entry) != HASH_SIZE for entry in changes):
            raise IssuanceError("list-entries", "a hash does not have 16 bytes")
        for start in range(0, len(changes), CHUNK_ENTRIES):
            part = changes[start : start + CHUNK_ENTRIES]
            yield Group(
                scope=scope,
                hash_type=hash_type,
                added=b"".join([entry for entry in part if entry not in gone] if gone else part),
                removed=b"".join([entry for entry in part if entry in gone] if gone else ()),
            )


def _parts(groups: Iterator[Group]) -> Iterator[tuple[Group, ...]]:
    """Groups together in chunks, as many as fit."""
    part: list[Group] = []
    room = CHUNK_ENTRIES
    for group in groups:
        if part and (group.entries > room or part[-1].key == group.key):
            yield tuple(part)
            part, room = [], CHUNK_ENTRIES
        part.append(group)
        room -= group.entries
    if part:
        yield tuple(part)
