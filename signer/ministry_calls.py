"""What the ministry's machines hand in at the centre for each other, and fetch there. All of it may be repeated."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certificates import bundle_folder
from certificates.bundle import BUNDLE
from certificates.bundle_folder import Get, folder_reader, name_parts, read_part
from certificates.errors import CertificateError
from certificates.revocation.drafts import RevocationDraft, read_draft
from certificates.unit_list import LARGEST_PART, MANIFEST, UNIT_LIST, UnitManifest
from signer.client import SUBMIT_TIMEOUT, Answer, CentreClient

AT_ONCE: Final = 500  # names in a question


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBundle:
    """A bundle that is out. ``fresh``: by this call; ``ticked_off`` counts the revocations that are new on it."""

    version: int
    sha256: bytes
    signers: int
    ticked_off: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class MinistryCalls:
    """Calls of a client that is logged in with a token of the ministry. All raise AgentError, as the client does."""

    client: CentreClient

    def missing_files(self, names: Sequence[bytes]) -> tuple[bytes, ...]:
        """Which files, by SHA-256, the centre does not have."""
        found: list[bytes] = []
        for start in range(0, len(names), AT_ONCE):
            asked = [name.hex() for name in names[start : start + AT_ONCE]]
            answer = self.client.ask("/v1/ministry/files/missing", {"files": asked}, repeat=True)
            with Answer():
                found += [bytes.fromhex(name) for name in answer["missing"] if name in asked]
        return tuple(found)

    def hand_in_file(self, data: bytes) -> None:
        """Leave a part of a list there."""
        self.client.ask("/v1/ministry/files", {"data": _base64(data)}, repeat=True)

    def send_units(self, folder: Path, manifest: UnitManifest) -> int:
        """Leave a signed list of units there, parts first; returns how many parts were new there.

        Raises CertificateError ``list-missing``, ``list-differs`` too: the folder is damaged.
        """
        get = folder_reader(folder)
        missing = set(self.missing_files([part.sha256 for part in manifest.parts]))
        for part in manifest.parts:
            if part.sha256 in missing:
                self.hand_in_file(read_part(part, LARGEST_PART, get))
        self.client.ask("/v1/ministry/units", {"manifest": _base64(get(MANIFEST, UNIT_LIST.max_size))}, repeat=True)
        return len(missing)

    def units_reader(self) -> Get:
        """Reads the files of the newest list of units. Raises CertificateError ``list-differs``: one is too long."""

        def get(name: str, largest: int) -> bytes:
            path, body = "/v1/ministry/units/newest", {}
            if name != MANIFEST:
                path, body = "/v1/ministry/files/read", {"sha256": name.rpartition("/")[2]}
            answer = self.client.ask(path, body, repeat=True)
            with Answer():
                data = base64.b64decode(answer["data"], validate=True)
            if len(data) > largest:
                raise CertificateError("list-differs", "a file at the centre is larger than it should be")
            return data

        return get

    def list_state(self) -> tuple[int, int]:
        """The newest version of the checkers' bundle that is out, and how many revocations wait for the next one."""
        answer = self.client.ask("/v1/ministry/lists/state", {}, repeat=True)
        with Answer():
            return int(answer["published"]), int(answer["due"])

    def list_draft(self, limit: int) -> RevocationDraft:
        """The next draft of revocations. Raises CertificateError ``draft-form`` too."""
        answer = self.client.ask("/v1/ministry/lists/draft", {"limit": limit}, repeat=True, timeout=SUBMIT_TIMEOUT)
        with Answer():
            text: str = answer["draft"]
            return read_draft(text.encode())

    def send_bundle(self, folder: Path, roots: Collection[bytes]) -> SentBundle:
        """Have the bundle of a folder published: what is new of it is handed in before.

        Raises CertificateError too: the folder's bundle cannot be read.
        """
        get, parts = folder_reader(folder), name_parts(folder, roots)
        missing = set(self.missing_files([part.sha256 for part in parts]))
        for part in parts:
            if part.sha256 in missing:
                self.hand_in_file(read_part(part, part.size, get))
        manifest = {"manifest": _base64(get(bundle_folder.MANIFEST, BUNDLE.max_size))}
        answer = self.client.ask("/v1/ministry/lists/publish", manifest, repeat=True, timeout=SUBMIT_TIMEOUT)
        with Answer():
            return SentBundle(
                version=int(answer["version"]),
                sha256=bytes.fromhex(answer["sha256"]),
                signers=int(answer["signers"]),
                ticked_off=int(answer["ticked_off"]),
                fresh=bool(answer["fresh"]),
            )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
