"""The demo's output folder: made anew by each run, and never anybody else's folder."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vaxseal.demo.errors import DemoError

MARK: Final = ".vaxseal-demo"
_MADE: Final = ("passports", "certificates", "trust", "lists", "station-files", "work", "summary.json")


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where things lie under ``--out``."""

    out: Path

    @property
    def passports(self) -> Path:
        return self.out / "passports"

    @property
    def certificates(self) -> Path:
        return self.out / "certificates"

    @property
    def trust(self) -> Path:
        return self.out / "trust"

    @property
    def csca(self) -> Path:
        return self.trust / "csca.pem"

    @property
    def lists(self) -> Path:
        """A checker's own bundle."""
        return self.out / "lists"

    @property
    def list_root(self) -> Path:
        """What checkers pin: the root of list signers."""
        return self.trust / "list-root.pem"

    @property
    def station_files(self) -> Path:
        return self.out / "station-files"

    @property
    def work(self) -> Path:
        return self.out / "work"

    @property
    def summary(self) -> Path:
        return self.out / "summary.json"


def make_folder(out: Path) -> DemoFolder:
    """Empty the folder of what an earlier run made, and make it ready. Raises DemoError for any other folder."""
    mark = out / MARK
    if out.exists() and not out.is_dir():
        raise DemoError("out-file", f"{out} is a file. Name a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not mark.is_file():
        raise DemoError(
            "out-not-empty", f"{out} holds files that the demo did not make. Name another folder with --out."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        mark.write_text("Made by `vaxseal demo`. A new run replaces what it made here.\n", encoding="utf-8")
        for name in _MADE:
            path = out / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        folder = DemoFolder(out.resolve())
        for path in (folder.passports, folder.certificates, folder.trust, folder.station_files):
            path.mkdir()
        folder.work.mkdir(mode=0o700)
    except OSError as error:
        raise DemoError("out-unwritable", f"{out} cannot be written: {error.strerror}.") from error
    return folder
