"""The ministry's list of enrolled units, signed and numbered: every machine of the ministry takes it from anywhere.

The body of the manifest (`certificates.signed_list`) is

    [[sha256, size], ...]

A part is the deterministic CBOR array ``[[unit, certificate, suspended, daily quota], ...]``, ascending by unit and
fingerprint; it is known by its SHA-256 and holds the units whose codes share the first six bits of theirs. So a change
of one unit brings one part anew, and the manifest. In a folder they lie as a bundle does: `MANIFEST`, and ``parts/``.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cbor2

from certificates import purposes, signed_list
from certificates.bundle import Part
from certificates.bundle_folder import Get, bring_part, folder_reader, read_part, write_file, write_part
from certificates.cbor import CborError, decode_item
from certificates.pki import fingerprint
from certificates.signed_list import ListHead, ListKind, malformed, natural
from certificates.signing import SigningKey

MANIFEST: Final = "units.cbor"
UNIT_LIST: Final = ListKind(name="unit-list", purpose=purposes.UNIT_LIST, max_size=65_536)
LARGEST_PART: Final = 4 * 1024 * 1024  # bytes; 11,000 units with two certificates each have some 400 kB a part
_MOST_ITEMS: Final = 100_000  # of CBOR, in a part
_BITS: Final = 2  # of the first byte that a part does not look at: 64 parts
_DIGEST_SIZE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEntry:
    """One certificate (DER) for one unit; ``daily_quota`` counts the unit's confirmations of a day."""

    unit: str
    certificate: bytes
    suspended: bool
    daily_quota: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitManifest(ListHead):
    """A verified manifest. Made by `verify` only."""

    parts: tuple[Part, ...]


def sign_next(
    folder: Path,
    entries: Iterable[UnitEntry],
    key: SigningKey,
    pinned: Collection[bytes],
    *,
    issued_at: datetime,
    expires_at: datetime,
) -> UnitManifest:
    """Sign the version that follows the one in ``folder``, and put it there; the first one where there is none.

    Args:
        key: with a list-signing certificate.
        pinned: DER of what the ministry's machines pin: roots, or the signer's certificate itself.

    Raises:
        IssuanceError: as `signed_list.sign`.
        CertificateError: the version before, or the new one, is not below ``pinned``; ``bundle-unwritable``.
    """
    before = read_manifest(folder, pinned) if (folder / MANIFEST).exists() else None
    parts = [write_part(folder, data) for data in _in_parts(entries)]
    rows = [[part.sha256, part.size] for part in parts]
    version = before.version + 1 if before else 1
    data = signed_list.sign(UNIT_LIST, rows, key, version=version, issued_at=issued_at, expires_at=expires_at)
    manifest = verify(data, pinned)
    write_file(folder / MANIFEST, data)
    return manifest


def verify(data: bytes, pinned: Collection[bytes]) -> UnitManifest:
    """A manifest by a signer that is pinned, or below a pinned root, in force or not.

    Raises CertificateError as `signed_list.verify`.
    """
    found = signed_list.verify(data, pinned, UNIT_LIST)
    if type(found.body) is not list:
        raise malformed("the body is not a list")
    return UnitManifest.of(found, parts=tuple(map(_part, found.body)))


def read_manifest(folder: Path, pinned: Collection[bytes]) -> UnitManifest:
    """The one of a folder, in force or not. Raises CertificateError ``list-missing``, and as `verify`."""
    return verify(folder_reader(folder)(MANIFEST, UNIT_LIST.max_size), pinned)


def read_entries(manifest: UnitManifest, get: Get) -> tuple[UnitEntry, ...]:
    """All entries, part by part. Raises CertificateError ``list-form``, ``list-differs``, and what ``get`` raises."""
    return tuple(entry for part in manifest.parts for entry in _read(read_part(part, LARGEST_PART, get)))


def install(data: bytes, get: Get, folder: Path, pinned: Collection[bytes], *, at: datetime, seen: int) -> UnitManifest:
    """Bring a version into a folder: parts first, those that are not there yet; the manifest last.

    Args:
        get: where the parts come from.
        seen: the highest version that this machine ever accepted.

    Raises CertificateError: one of `signed_list.CODES`, ``bundle-unwritable``, and what ``get`` raises.
    """
    manifest = verify(data, pinned)
    check_in_force(manifest, at=at, seen=seen)
    for part in manifest.parts:
        bring_part(part, LARGEST_PART, get, folder)
    read_entries(manifest, folder_reader(folder))
    write_file(folder / MANIFEST, data)
    return manifest


def check_in_force(manifest: UnitManifest, *, at: datetime, seen: int) -> None:
    """Raises CertificateError ``list-rollback``, ``list-future``, ``list-expired``. Its age is what it says itself."""
    lasting = signed_list.AgeLimits(refuse=manifest.expires_at - manifest.issued_at)
    manifest.check_usable(at, seen=seen, limits=lasting)


def _in_parts(entries: Iterable[UnitEntry]) -> list[bytes]:
    parts: dict[int, list[UnitEntry]] = defaultdict(list)
    for entry in sorted(entries, key=_order):
        parts[hashlib.sha256(entry.unit.encode()).digest()[0] >> _BITS].append(entry)
    return [
        cbor2.dumps([[one.unit, one.certificate, one.suspended, one.daily_quota] for one in parts[number]])
        for number in sorted(parts)
    ]


def _order(entry: UnitEntry) -> tuple[str, bytes]:
    return entry.unit, fingerprint(entry.certificate)


def _part(row: Any) -> Part:
    if not (type(row) is list and len(row) == 2 and type(row[0]) is bytes and len(row[0]) == _DIGEST_SIZE):
        raise malformed("the name of a part is broken")
    return Part(sha256=row[0], size=natural(row[1]))


def _read(data: bytes) -> list[UnitEntry]:
    try:
        rows = decode_item(data, most=_MOST_ITEMS)
    except CborError as error:
        raise malformed(str(error)) from error
    if type(rows) is not list:
        raise malformed("a part is no list of units")
    entries = list(map(_entry, rows))
    if not all(_order(one) < _order(other) for one, other in pairwise(entries)):
        raise malformed("the units are not in order")
    return entries


def _entry(row: Any) -> UnitEntry:
    if not (type(row) is list and [type(one) for one in row] == [str, bytes, bool, int] and row[0] and row[3] >= 0):
        raise malformed("the entry of a unit is broken")
    return UnitEntry(unit=row[0], certificate=row[1], suspended=row[2], daily_quota=row[3])
