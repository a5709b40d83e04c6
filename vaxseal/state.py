"""What this user's programs remember between runs: the newest version of each list that was accepted."""

import json
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final, NoReturn

from certificates.replacing import replacing
from vaxseal.console import stop

_FILE: Final = "seen-versions.json"


def state_folder() -> Path:
    """Where programs keep their state for this user, by the custom of the platform."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "vaxseal"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "vaxseal"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "vaxseal"


def journal_folder(given: Path | None) -> Path:
    """Where the signing agent keeps unfinished batches."""
    return given or state_folder() / "batches"


class SeenVersions:
    """The highest version seen of a kind of list, for each pinned root, in one small JSON file.

    Whoever could make a reader forget could also bring back an old list: a file that cannot be read, or written, ends
    the command. While the root changes, what was seen under one of two pinned roots counts for both.
    """

    def __init__(self, folder: Path | None, *, json: bool) -> None:
        self._file = (folder or state_folder()) / _FILE
        self._json = json

    def folder(self) -> Path:
        """The folder, made where it is missing: for what can be made again as well."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._unwritable(error)
        return self._file.parent

    def highest(self, kind: str, roots: Collection[bytes]) -> int:
        """The highest version accepted of this kind under any of these roots (SHA-256 fingerprints); 0 for none."""
        seen = self._read()
        return max((seen.get(_key(kind, root), 0) for root in roots), default=0)

    def remember(self, kind: str, roots: Collection[bytes], version: int) -> None:
        """Keep a version that was accepted. Nothing is written when it was known."""
        seen = self._read()
        newer = {_key(kind, root): version for root in roots if seen.get(_key(kind, root), 0) < version}
        if newer:
            self._write({**seen, **newer})

    def _read(self) -> dict[str, int]:
        try:
            seen = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError):
            seen = None
        if type(seen) is not dict or not all(type(version) is int for version in seen.values()):
            stop(
                "state-unreadable",
                f"{self._file} cannot be read. It tells which lists are too old: restore it, or delete it knowingly.",
                json=self._json,
            )
        return seen

    def _write(self, seen: dict[str, int]) -> None:
        """Replace the file in one step: whatever happens, it is the old one or the new one."""
        self.folder()
        try:
            with replacing(self._file) as file:
                file.write(json.dumps(seen, indent=2, sort_keys=True).encode())
        except OSError as error:
            self._unwritable(error)

    def _unwritable(self, error: OSError) -> NoReturn:
        stop(
            "state-unwritable",
            f"{self._file} cannot be written ({error.strerror}): name another folder with --state.",
            json=self._json,
        )


def _key(kind: str, root: bytes) -> str:
    return f"{kind}/{root.hex()}"
