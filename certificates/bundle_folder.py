"""A bundle in a folder, as any web server can serve it:

    bundle.cbor       the manifest, replaced by each version
    parts/SHA256      signed lists and chunks, each under its hash in hexadecimal; they never change

A new version is installed parts first, manifest last: whoever reads meanwhile has the old one or the new one, whole.
"""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from certificates import bundle, rule_list, trust_list
from certificates.bundle import CheckerBundle, Manifest, Part, Role
from certificates.errors import CertificateError
from certificates.replacing import UNFINISHED, replacing
from certificates.revocation.building import build_index, write_index
from certificates.revocation.index import RevocationIndex
from certificates.revocation.lists import LIST, RevocationChunk, RevocationList
from certificates.revocation.reading import read_chunk, read_list
from certificates.rule_list import RULES
from certificates.signed_list import AgeLimits
from certificates.trust_list import TRUST_LIST

MANIFEST: Final = "bundle.cbor"
PARTS: Final = "parts"
_KEPT_LOOK_UP: Final = 24 * 3600  # seconds
_LARGEST: Final = {
    Role.TRUST_LIST: TRUST_LIST.max_size,
    Role.REVOCATION_LIST: LIST.max_size,
    Role.RULES: RULES.max_size,
}
Get = Callable[[str, int], bytes]
"""Gives a file of a bundle, by its path in the folder and the bytes that it has at most. Raises CertificateError."""


def folder_reader(folder: Path) -> Get:
    """Reads files of a folder, and no pipe or terminal that lies there under their names and would never end.

    Raises CertificateError ``list-missing``.
    """

    def get(name: str, largest: int) -> bytes:
        path = folder / name
        try:
            if path.is_file():
                with path.open("rb") as file:
                    return file.read(largest + 1)
        except OSError as error:
            raise CertificateError("list-missing", f"the file {name} cannot be read") from error
        raise CertificateError("list-missing", f"the file {name} is not there")

    return get


def read_manifest(folder: Path, roots: Collection[bytes]) -> Manifest:
    """The manifest, in force or not. Raises CertificateError ``list-missing``, and as `bundle.verify`."""
    return bundle.verify(folder_reader(folder)(MANIFEST, bundle.BUNDLE.max_size), roots)


def open_bundle(
    folder: Path,
    roots: Collection[bytes],
    *,
    at: datetime,
    seen: int,
    limits: AgeLimits | None = None,
    cache: Path | None = None,
) -> CheckerBundle:
    """The bundle of a folder, if it may be used.

    Args:
        roots: DER certificates of the pinned roots: one, or two while the root changes.
        at: the time, aware.
        seen: the highest version that the caller ever accepted; 0 where there is none.
        limits: of its age; None for 24 hours and 7 days.
        cache: a folder of the caller's own for the revocation list's look-up, which takes seconds to build where there
            are millions of entries; None builds it in memory.

    Raises:
        CertificateError: one of `signed_list.CODES`.
    """
    manifest = read_manifest(folder, roots)
    manifest.check_usable(at, seen=seen, limits=limits or AgeLimits())
    return _open(manifest, folder, roots, cache)


def verify_bundle(folder: Path, roots: Collection[bytes]) -> CheckerBundle:
    """The bundle of a folder, in force or not. Raises CertificateError as `open_bundle`, but for age and time."""
    return _open(read_manifest(folder, roots), folder, roots, None)


def install(
    manifest_data: bytes,
    get: Get,
    folder: Path,
    roots: Collection[bytes],
    *,
    at: datetime,
    seen: int,
    limits: AgeLimits | None = None,
    cache: Path | None = None,
) -> CheckerBundle:
    """Bring a version into a folder: only the parts that are not there yet are asked for.

    Everything is verified before the manifest is replaced; until then the folder has the version before.

    Args:
        manifest_data: the new manifest.
        get: where the parts come from.
        folder: made where it is missing.

    Raises:
        CertificateError: one of `signed_list.CODES`, ``bundle-unwritable``, and what ``get`` raises.
    """
    manifest = bundle.verify(manifest_data, roots)
    manifest.check_usable(at, seen=seen, limits=limits or AgeLimits())
    _bring_parts(manifest, get, folder, roots)
    opened = _open(manifest, folder, roots, cache)
    write_file(folder / MANIFEST, manifest_data)
    return opened


def bring_all(manifest_data: bytes, get: Get, folder: Path, roots: Collection[bytes]) -> None:
    """The files of a version in a new folder, for `open_bundle` to judge. Raises CertificateError as `install`."""
    _bring_parts(bundle.verify(manifest_data, roots), get, folder, roots)
    write_file(folder / MANIFEST, manifest_data)


def name_parts(folder: Path, roots: Collection[bytes]) -> tuple[Part, ...]:
    """Every part of the folder's bundle, chunks of revocations among them. Raises CertificateError as `read_manifest`
    and `read_part`."""
    manifest = read_manifest(folder, roots)
    chunks = _read_revocation(manifest, folder, roots).chunks
    return (*manifest.parts.values(), *(Part(sha256=name.sha256, size=name.size) for name in chunks))


def part_path(part: Part) -> str:
    """Where a part lies in the folder."""
    return f"{PARTS}/{part.sha256.hex()}"


def read_part(part: Part, largest: int, get: Get) -> bytes:
    """The very bytes that a manifest, or a list, named.

    Raises:
        CertificateError: ``list-form`` (more than ``largest``), ``list-differs``, and what ``get`` raises.
    """
    if part.size > largest:
        raise CertificateError("list-form", "a part is too large")
    data = get(part_path(part), part.size)
    if len(data) != part.size or hashlib.sha256(data).digest() != part.sha256:
        raise CertificateError("list-differs", "a part is not the one that the bundle names")
    return data


def write_part(folder: Path, data: bytes) -> Part:
    """Put a part into the folder. Raises CertificateError ``bundle-unwritable``."""
    part = Part.of(data)
    if not (folder / part_path(part)).exists():
        write_file(folder / part_path(part), data)
    return part


def write_file(path: Path, data: bytes) -> None:
    """A file that appears, or is replaced, whole or not at all. Raises CertificateError ``bundle-unwritable``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise CertificateError("bundle-unwritable", f"{path} cannot be written: {error.strerror}") from error


def bring_part(part: Part, largest: int, get: Get, folder: Path) -> None:
    """A part that is not in the folder, or is damaged where it lies, is brought there. Raises CertificateError as
    `read_part` and `write_file`."""
    with contextlib.suppress(CertificateError):
        read_part(part, largest, folder_reader(folder))
        return
    write_file(folder / part_path(part), read_part(part, largest, get))


def _bring_parts(manifest: Manifest, get: Get, folder: Path, roots: Collection[bytes]) -> None:
    for role, part in manifest.parts.items():
        bring_part(part, _LARGEST[role], get, folder)
    for name in _read_revocation(manifest, folder, roots).chunks:
        bring_part(Part(sha256=name.sha256, size=name.size), name.size, get, folder)


def _read_revocation(manifest: Manifest, folder: Path, roots: Collection[bytes]) -> RevocationList:
    part = manifest.parts[Role.REVOCATION_LIST]
    return read_list(read_part(part, LIST.max_size, folder_reader(folder)), roots)


def _open(manifest: Manifest, folder: Path, roots: Collection[bytes], cache: Path | None) -> CheckerBundle:
    get = folder_reader(folder)
    trusted = trust_list.verify(read_part(manifest.parts[Role.TRUST_LIST], TRUST_LIST.max_size, get), roots)
    rules = manifest.parts.get(Role.RULES)
    return CheckerBundle.of(
        manifest,
        trust=trusted.store(),
        entries=trusted.entries,
        revocation=_index(manifest, folder, roots, cache),
        rules=rule_list.verify(read_part(rules, RULES.max_size, get), roots).rules if rules else None,
    )


def _index(manifest: Manifest, folder: Path, roots: Collection[bytes], cache: Path | None) -> RevocationIndex:
    revocation_list = _read_revocation(manifest, folder, roots)
    get = folder_reader(folder)

    def chunks() -> Iterator[RevocationChunk]:
        for name in revocation_list.chunks:
            yield read_chunk(get(part_path(Part(sha256=name.sha256, size=name.size)), name.size), name, roots)

    if cache is None:
        return build_index(revocation_list, chunks())
    path = cache / f"revocation-{manifest.parts[Role.REVOCATION_LIST].sha256.hex()[:32]}.index"
    with contextlib.suppress(CertificateError):  # not there yet, or broken: it is built anew
        return RevocationIndex.open(path)
    write_index(path, revocation_list, chunks())
    opened = RevocationIndex.open(path)
    _sweep(cache, path)
    return opened


def _sweep(cache: Path, newest: Path) -> None:
    """Remove look-ups of former lists, and what writers left that were killed. Those of today may still be wanted: by
    who checks with another list, or is just writing."""
    made = newest.stat().st_mtime
    for old in (*cache.glob("revocation-*.index"), *cache.glob(f"revocation-*{UNFINISHED}")):
        with contextlib.suppress(OSError):  # another one was quicker; or Windows keeps what a process has open
            if made - old.stat().st_mtime > _KEPT_LOOK_UP:
                old.unlink()
