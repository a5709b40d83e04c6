"""What the signing officer puts into a bundle, and how a bundle comes to a checker."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certificates import rule_list
from certificates.bundle import BUNDLE, CheckerBundle
from certificates.bundle_folder import MANIFEST, Get, folder_reader, install, read_manifest, verify_bundle, write_file
from certificates.bundle_signing import Changes
from certificates.errors import CertificateError
from certificates.log_heads import LONGEST, PUBLISHED, read_seen
from certificates.pki import fingerprint
from certificates.revocation import drafts as revocation_drafts
from certificates.rule_files import read_json
from certificates.rules import DEFAULT_RULES
from certificates.trust_entries import read_draft
from signer.head_file import HeadFile
from vaxseal.acceptance import DEFAULT
from vaxseal.console import now
from vaxseal.files import read_certificate
from vaxseal.state import SeenVersions

if TYPE_CHECKING:
    import httpx2

_TIMEOUT: Final = 30.0  # seconds without a byte; of a file, what its size does not explain
_SLOWEST: Final = 2_000  # bytes a second: a slow telephone line


def read_changes(drafts: list[Path], rules: str | None) -> Changes:
    """What drafts (of document signers, of revocations) and files of rules say shall be new.

    Raises CertificateError: ``draft-form``, ``draft-twice`` (two drafts of document signers), and of the rules.
    """
    changes = Changes()
    for path in drafts:
        data = path.read_bytes()
        if _is_of_revocations(data):
            changes = with_revocations(changes, revocation_drafts.read_draft(data))
        elif changes.entries is not None:
            raise CertificateError("draft-twice", "there are two drafts of document signers: build one of both")
        else:
            changes = replace(changes, entries=read_draft(data))
    if rules is None:
        return changes
    return replace(changes, rules=rule_list.join(read_json(DEFAULT_RULES if rules == DEFAULT else Path(rules))))


def read_bundle(folder: Path, roots: list[Path]) -> CheckerBundle:
    """The bundle of a folder, verified up to a pinned root, in force or not. Raises CertificateError."""
    pinned = [read_certificate(root) for root in roots]
    return verify_bundle(folder, pinned)


def _is_of_revocations(data: bytes) -> bool:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("kind") == revocation_drafts.KIND


def with_revocations(changes: Changes, draft: revocation_drafts.RevocationDraft) -> Changes:
    """Several drafts (our own, other countries') in one; what one takes back wins."""
    ends = [end for end in (changes.entries_expire_at, draft.entries_expire_at) if end]
    return replace(
        changes,
        added=revocation_drafts.join_hashes(changes.added, draft.added_hashes),
        removed=revocation_drafts.join_hashes(changes.removed, draft.removed_hashes),
        entries_expire_at=max(ends),
    )


def bring(
    source: str, folder: Path, roots: list[bytes], *, state: Path | None, json: bool
) -> tuple[CheckerBundle, int]:
    """Bring the newest version into a checker's folder, who refuses older ones than he has seen, or has there.

    Args:
        source: an address (https://centre/v1/lists) or a folder.

    Returns:
        The bundle, and how many bytes were fetched.

    Raises:
        CertificateError: as `install`; ``lists-unreachable``.
    """
    seen, names = SeenVersions(state, json=json), [fingerprint(root) for root in roots]
    fetched = 0
    with list_reader(source) as get:

        def counting(name: str, largest: int) -> bytes:
            nonlocal fetched
            data = get(name, largest)
            fetched += len(data)
            return data

        manifest = counting(MANIFEST, BUNDLE.max_size)
        highest = max(seen.highest(BUNDLE.name, names), _version_in(folder, roots))
        found = install(manifest, counting, folder, roots, at=now(), seen=highest, cache=seen.folder())
        _keep_log_head(get, folder)
    seen.remember(BUNDLE.name, names, found.version)
    return found, fetched


def _keep_log_head(get: Get, folder: Path) -> None:
    """Beside the bundle, what the centre says of its log's head: it is given on, and added to those that were there.

    Where it is not to be had, or is none, nothing is kept: a checker needs none.
    """
    with suppress(CertificateError):
        data, here = get(PUBLISHED, LONGEST), folder / PUBLISHED
        seen = read_seen(data.decode(errors="replace"))
        if seen and not (here.exists() and here.read_bytes() == data):
            HeadFile(folder).keep(seen[0].given, seen[0].centre)
            write_file(here, data)


def _version_in(folder: Path, roots: list[bytes]) -> int:
    """Of the bundle that is there; 0 where there is none, or none that this checker would take."""
    try:
        return read_manifest(folder, roots).version
    except CertificateError:
        return 0


@contextmanager
def list_reader(source: str) -> Iterator[Get]:
    """Reads a bundle's files from an address or a folder. Raises CertificateError ``lists-unreachable``."""
    if not source.startswith(("http://", "https://")):
        yield folder_reader(Path(source))
        return
    import httpx2

    with httpx2.Client(timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}) as client:

        def get(name: str, largest: int) -> bytes:
            try:
                return _in_time(
                    lambda: _download(client, f"{source.rstrip('/')}/{name}", largest), _TIMEOUT + largest / _SLOWEST
                )
            except TimeoutError as error:
                raise CertificateError("lists-unreachable", f"{source} answers too slowly") from error
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise CertificateError("lists-unreachable", f"{source} cannot be reached") from error

        yield get


def _download(client: "httpx2.Client", address: str, largest: int) -> bytes:
    """Whatever is there, as it is: nothing is unpacked, and no other address is followed."""
    data = bytearray()
    with client.stream("GET", address) as response:
        if response.status_code != HTTPStatus.OK:
            raise CertificateError("lists-unreachable", f"{address}: the answer is {response.status_code}")
        for piece in response.iter_raw():
            data += piece
            if len(data) > largest:
                raise CertificateError("list-differs", f"{address} is larger than it should be")
    return bytes(data)


def _in_time(call: Callable[[], bytes], seconds: float) -> bytes:
    """What ``call`` gives: a server that drips must not keep a checker. Raises TimeoutError; the thread is left alone,
    as nothing interrupts it, and ends with the program."""
    answer: Future[bytes] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer.result(seconds)
