"""Reading revocation lists and their chunks: verified, complete, in the one form that a publisher gives them."""

import hashlib
from collections.abc import Collection
from itertools import pairwise
from operator import lt
from typing import Any, Final

from certificates import signed_list
from certificates.errors import CertificateError
from certificates.revocation.lists import (
    CHUNK,
    CHUNK_ENTRIES,
    HASH_TYPE_CODES,
    LIST,
    ChunkName,
    Group,
    RevocationChunk,
    RevocationList,
    name_chunk,
)
from certificates.signed_list import instant, malformed, natural

_TYPES: Final = {code: hash_type for hash_type, code in HASH_TYPE_CODES.items()}
_DIGEST_SIZE: Final = 32  # bytes


def read_list(data: bytes, roots: Collection[bytes]) -> RevocationList:
    """Verify a list up to a pinned root. Whether it is in force is for the bundle that names it to say.

    Args:
        data: the signed list.
        roots: DER certificates of the pinned roots.

    Raises:
        CertificateError: as `signed_list.verify`.
    """
    found = signed_list.verify(data, roots, LIST)
    chunks = tuple(map(_name, _rows(found.body)))
    if any(one.number >= other.number for one, other in pairwise(chunks)):
        raise malformed("the chunks are not in order")
    return RevocationList(version=found.version, issued_at=found.issued_at, expires_at=found.expires_at, chunks=chunks)


def read_chunk(data: bytes, name: ChunkName, roots: Collection[bytes]) -> RevocationChunk:
    """Verify a chunk that a list names.

    Raises:
        CertificateError: ``list-differs`` (not the one named), and what `signed_list.verify` raises.
    """
    if len(data) != name.size or hashlib.sha256(data).digest() != name.sha256:
        raise CertificateError("list-differs", "this is not the chunk that the list names")
    found = signed_list.verify(data, roots, CHUNK)
    groups = tuple(map(_group, _rows(found.body)))
    keys = [group.key for group in groups]
    if not all(map(lt, keys, keys[1:])) or sum(group.entries for group in groups) > CHUNK_ENTRIES:
        raise malformed("the groups are too large or not in order")
    chunk = RevocationChunk(number=found.version, issued_at=found.issued_at, expires_at=found.expires_at, groups=groups)
    if name_chunk(chunk, data) != name:
        raise CertificateError("list-differs", "the list says something else of this chunk")
    return chunk


def _rows(body: Any) -> list[Any]:
    if type(body) is not list:
        raise malformed("the body is not a list")
    return body


def _name(item: Any) -> ChunkName:
    if not (type(item) is list and len(item) == 5 and type(item[1]) is bytes and len(item[1]) == _DIGEST_SIZE):
        raise malformed("the name of a chunk is broken")
    number, sha256, size, entries, expires_at = item
    return ChunkName(
        number=natural(number),
        sha256=sha256,
        size=natural(size),
        entries=natural(entries),
        expires_at=instant(expires_at),
    )


def _group(item: Any) -> Group:
    if not (type(item) is list and len(item) == 4 and type(item[0]) is type(item[2]) is type(item[3]) is bytes):
        raise malformed("a group is broken")
    scope, code, added, removed = item
    if type(code) is not int or code not in _TYPES:
        raise malformed("a hash type is not known")
    return Group(scope=scope, hash_type=_TYPES[code], added=added, removed=removed)
