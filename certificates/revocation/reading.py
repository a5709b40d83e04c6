"""Reading revocation lists and their chunks: verified, complete, in the one form that a publisher gives them."""

import hashlib
from datetime import UTC, datetime
from itertools import pairwise
from operator import lt
from typing import Any, Final

from certificates import purposes
from certificates.cbor import CborError, decode_item
from certificates.errors import CertificateError
from certificates.revocation.lists import (
    CHUNK_ENTRIES,
    CHUNK_KIND,
    FORMAT,
    HASH_TYPE_CODES,
    LIST_KIND,
    ChunkName,
    Group,
    RevocationChunk,
    RevocationList,
    name_chunk,
)
from certificates.sealing import unseal
from certificates.trust import TrustStore

MAX_CHUNK: Final = 4 * 1024 * 1024  # bytes; every entry may stand in a group of its own
MAX_LIST: Final = 16 * 1024 * 1024  # bytes; about 250,000 chunks
_TYPES: Final = {code: hash_type for hash_type, code in HASH_TYPE_CODES.items()}
_DIGEST_SIZE: Final = 32  # bytes


def read_list(data: bytes, signers: TrustStore, *, at: datetime, seen: int) -> RevocationList:
    """Verify a list.

    Args:
        data: its COSE_Sign1.
        signers: who may sign revocation lists.
        at: the time, aware.
        seen: the highest version that the caller ever accepted; 0 where there is none.

    Raises:
        CertificateError: ``list-form``, ``list-signer``, ``list-signature``, ``list-rollback`` (older than ``seen``),
            ``list-time`` (from the future, expired, or its signer's certificate was not valid when it was issued).
    """
    unsealed = unseal(data, signers, purposes.REVOCATION_LIST, max_size=MAX_LIST)
    version, issued_at, expires_at, names = _parts(unsealed.payload, LIST_KIND)
    chunks = tuple(map(_name, names))
    if any(one.number >= other.number for one, other in pairwise(chunks)):
        raise _malformed("the chunks are not in order")
    if version < seen:
        raise CertificateError("list-rollback", f"version {version}, but {seen} was seen before")
    if not issued_at <= at <= expires_at:
        raise CertificateError("list-time", f"version {version} is not yet, or no longer, in force")
    if not unsealed.signer.not_before <= issued_at <= unsealed.signer.not_after:
        raise CertificateError("list-time", "the list's signer was not valid when it was issued")
    return RevocationList(version=version, issued_at=issued_at, expires_at=expires_at, chunks=chunks)


def read_chunk(data: bytes, name: ChunkName, signers: TrustStore) -> RevocationChunk:
    """Verify a chunk that a list names.

    Raises:
        CertificateError: ``list-form``, ``list-signer``, ``list-signature``, ``list-differs`` (not the one named).
    """
    if len(data) != name.size or hashlib.sha256(data).digest() != name.sha256:
        raise CertificateError("list-differs", "this is not the chunk that the list names")
    unsealed = unseal(data, signers, purposes.REVOCATION_LIST, max_size=MAX_CHUNK)
    number, issued_at, expires_at, parts = _parts(unsealed.payload, CHUNK_KIND)
    groups = tuple(map(_group, parts))
    keys = [group.key for group in groups]
    if not all(map(lt, keys, keys[1:])) or sum(group.entries for group in groups) > CHUNK_ENTRIES:
        raise _malformed("the groups are too large or not in order")
    chunk = RevocationChunk(number=number, issued_at=issued_at, expires_at=expires_at, groups=groups)
    if name_chunk(chunk, data) != name:
        raise CertificateError("list-differs", "the list says something else of this chunk")
    return chunk


def _parts(payload: bytes, kind: str) -> tuple[int, datetime, datetime, list[Any]]:
    """Number, times and the rest, of a payload of this kind."""
    try:
        item = decode_item(payload)
    except CborError as error:
        raise _malformed(str(error)) from error
    if not (type(item) is list and len(item) == 6 and item[0] == kind and type(item[5]) is list):
        raise _malformed(f"this is no {kind}")
    _, version, number, issued_at, expires_at, rest = item
    if type(version) is not int or version != FORMAT:
        raise _malformed("the version of the format is not known")
    return _natural(number), _instant(issued_at), _instant(expires_at), rest


def _name(item: Any) -> ChunkName:
    if not (type(item) is list and len(item) == 5 and type(item[1]) is bytes and len(item[1]) == _DIGEST_SIZE):
        raise _malformed("the name of a chunk is broken")
    number, sha256, size, entries, expires_at = item
    return ChunkName(
        number=_natural(number),
        sha256=sha256,
        size=_natural(size),
        entries=_natural(entries),
        expires_at=_instant(expires_at),
    )


def _group(item: Any) -> Group:
    if not (type(item) is list and len(item) == 4 and type(item[0]) is type(item[2]) is type(item[3]) is bytes):
        raise _malformed("a group is broken")
    scope, code, added, removed = item
    if type(code) is not int or code not in _TYPES:
        raise _malformed("a hash type is not known")
    return Group(scope=scope, hash_type=_TYPES[code], added=added, removed=removed)


def _natural(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise _malformed("a number is not a positive integer")
    return value


def _instant(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(_natural(value), UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise _malformed("a time is out of range") from error


def _malformed(detail: str) -> CertificateError:
    return CertificateError("list-form", detail)
