"""Building the look-up from a list and its chunks: the last word on every hash, sorted, one table after the other."""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final

import cbor2

from certificates.errors import CertificateError
from certificates.replacing import replacing
from certificates.revocation.hashes import HASH_SIZE, HashType
from certificates.revocation.index import HEAD_SIZE, MAGIC, MAX_BITS, PREFIX_SIZE, TAIL_SIZE, RevocationIndex
from certificates.revocation.lists import Group, RevocationChunk, RevocationList

_TABLE_SHARE: Final = 4  # bits: 8 to 16 hashes between two offsets
_PART_BITS: Final = 15  # sort about 2 ** 15 hashes at a time, so that few are objects at once
_MAX_PARTS_BITS: Final = 8


def build_index(revocation_list: RevocationList, chunks: Iterable[RevocationChunk]) -> RevocationIndex:
    """The look-up in memory: 20.5 bytes a hash.

    Args:
        revocation_list: what `read_list` gave.
        chunks: what `read_chunk` gave for every name on it, in any order.

    Raises:
        CertificateError: ``list-differs``: these are not the list's chunks.
    """
    target = BytesIO()
    _write(target, revocation_list, chunks)
    return RevocationIndex(target.getvalue())


def write_index(path: Path, revocation_list: RevocationList, chunks: Iterable[RevocationChunk]) -> None:
    """The look-up in a file, for `RevocationIndex.open`; it appears whole or not at all. Arguments as `build_index`.

    Raises:
        CertificateError: ``list-differs``, ``index-unwritable``.
    """
    try:
        with replacing(path) as target:
            _write(target, revocation_list, chunks)
    except OSError as error:
        raise CertificateError("index-unwritable", f"{path} cannot be written") from error


def _write(target: BinaryIO, revocation_list: RevocationList, chunks: Iterable[RevocationChunk]) -> None:
    in_order = sorted(chunks, key=lambda chunk: chunk.number)
    if [chunk.number for chunk in in_order] != [name.number for name in revocation_list.chunks]:
        raise CertificateError("list-differs", "these are not the chunks that the list names")
    by_key: dict[tuple[bytes, HashType], list[Group]] = {}
    for chunk in in_order:
        for group in chunk.groups:
            by_key.setdefault(group.key, []).append(group)
    target.write(bytes(HEAD_SIZE))
    tables = []
    for (scope, hash_type), groups in sorted(by_key.items()):
        start = target.tell()
        count, bits = _write_table(target, groups)
        if count:
            tables.append([scope, hash_type.value, start, count, bits])
    place = target.tell()
    times = int(revocation_list.issued_at.timestamp()), int(revocation_list.expires_at.timestamp())
    target.write(cbor2.dumps([revocation_list.version, *times, tables]))
    target.seek(0)
    target.write(MAGIC + place.to_bytes(8, "little"))


def _write_table(target: BinaryIO, groups: Sequence[Group]) -> tuple[int, int]:
    """How many hashes they were, and the bits that part them."""
    size = sum(len(group.added) for group in groups) // HASH_SIZE
    bits = min(MAX_BITS, max(0, size.bit_length() - _TABLE_SHARE))
    shift, tail = 8 * PREFIX_SIZE - bits, bits // 8
    counts = array("I", bytes(4 << bits))
    tails = bytearray()
    for entries in _sorted_parts(groups, max(0, min(_MAX_PARTS_BITS, size.bit_length() - _PART_BITS))):
        target.write(b"".join(entries))
        tails += b"".join([entry[tail : tail + TAIL_SIZE] for entry in entries])
        for entry in entries:
            counts[int.from_bytes(entry[:PREFIX_SIZE]) >> shift] += 1
    count = len(tails) // TAIL_SIZE
    if count:
        offsets = array("I", accumulate(counts, initial=0))
        if sys.byteorder == "big":
            offsets.byteswap()
        target.write(offsets.tobytes() + tails)
    return count, bits


def _sorted_parts(groups: Sequence[Group], bits: int) -> Iterator[list[bytes]]:
    """The hashes in force, ascending, a 2 ** ``bits``th part of all possible ones at a time."""
    edges = [(number << (8 - bits)).to_bytes(1) for number in range(1 << bits)]
    cuts = [(_cuts(group.added, edges), _cuts(group.removed, edges)) for group in groups]
    for number in range(len(edges)):
        part: set[bytes] = set()
        for group, (added, removed) in zip(groups, cuts, strict=True):
            part.update(_slices(group.added, added[number], added[number + 1]))
            part.difference_update(_slices(group.removed, removed[number], removed[number + 1]))
        yield sorted(part)


def _cuts(hashes: bytes, edges: Sequence[bytes]) -> list[int]:
    """Where in sorted hashes each part begins, and where the last one ends; in bytes."""
    size = len(hashes) // HASH_SIZE
    starts = [
        bisect_left(range(size), edge, key=lambda number: hashes[number * HASH_SIZE : number * HASH_SIZE + 1])
        for edge in edges
    ]
    return [start * HASH_SIZE for start in (*starts, size)]


def _slices(hashes: bytes, start: int, end: int) -> list[bytes]:
    return [hashes[place : place + HASH_SIZE] for place in range(start, end, HASH_SIZE)]
