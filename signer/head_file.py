"""The heads of the log of acts that this machine was given: plain lines in the user's journal folder, for all batches.

They say nothing of anybody, and outlive the batches: who bends the centre's log cannot reach them. The newest are kept
all; of those before, every second one goes when there are too many, so that none are gone together.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from certificates.errors import CertificateError
from certificates.log_heads import LONGEST, GivenHead, SeenHead, read_seen
from certificates.replacing import replacing
from signer import private_files
from signer.errors import AgentError

NAME: Final = "log-heads.txt"
_LOCK_NAME: Final = "log-heads.lock"
MOST: Final = 4096  # lines, each of some 200 bytes
NEWEST: Final = 1024
_LARGEST: Final = 16 * 1024 * 1024  # bytes of a file from somebody else


@dataclass(slots=True)
class HeadFile:
    """The file of one folder, of one centre's heads or several. Several processes may keep theirs in it."""

    folder: Path
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def keep(self, given: GivenHead, centre: str) -> None:
        """Add one. Raises AgentError ``journal-write``, as the journal beside it does."""
        line = SeenHead(given=given, seen_at=self.clock(), centre=centre).to_line().encode() + b"\n"
        path = self.folder / NAME
        try:
            private_files.make_folder(self.folder)
            with private_files.only_one(self.folder / _LOCK_NAME):
                with path.open("ab+") as file:
                    _drop_torn(file)
                    file.write(line)
                    size = file.tell()
                if size > MOST * len(line):
                    self._thin_out(path)
        except OSError as error:
            raise AgentError(
                "journal-write", f"The file {path} cannot be written ({error.strerror}): make room on the disk."
            ) from error

    def read(self, centre: str | None = None) -> tuple[SeenHead, ...]:
        """What was kept, of one centre where it is named; nothing where there is no file.

        Raises AgentError ``file-not-read``, ``witness-form``.
        """
        path = self.folder / NAME
        seen = read_heads(path) if path.exists() else ()
        return tuple(one for one in seen if centre in (None, one.centre))

    def _thin_out(self, path: Path) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        with replacing(path) as file:
            file.writelines((*lines[:-NEWEST:2], *lines[-NEWEST:]))


def _drop_torn(file: BinaryIO) -> None:
    """Cut off a last line that a power cut left without its end."""
    size = file.seek(0, os.SEEK_END)
    begin = file.seek(max(0, size - LONGEST))
    tail = file.read()
    file.truncate(begin + tail.rfind(b"\n") + 1 if b"\n" in tail else begin)
    file.seek(0, os.SEEK_END)


def read_heads(path: Path) -> tuple[SeenHead, ...]:
    """Heads that somebody kept, in the file itself or a copy. Raises AgentError ``file-not-read``, ``witness-form``."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise AgentError("witness-form", f"The file {path} is too long to be heads of a log.")
        return read_seen(data.decode())
    except OSError as error:
        raise AgentError("file-not-read", f"The file {path} cannot be read.") from error
    except (UnicodeDecodeError, CertificateError) as error:
        raise AgentError("witness-form", f"The file {path} does not hold heads of a log.") from error
