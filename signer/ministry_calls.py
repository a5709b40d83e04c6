"""What the ministry's machines hand in at the centre for each other, and fetch there. All of it may be repeated."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certificates.bundle_folder import Get, folder_reader, read_part
from certificates.errors import CertificateError
from certificates.unit_list import LARGEST_PART, MANIFEST, UNIT_LIST, UnitManifest
from signer.client import Answer, CentreClient

AT_ONCE: Final = 500  # names in a question


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


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
