"""The checkpoints that the ministry keeps: one a line, base64, the oldest first. Lines are added, never changed."""

import base64
import binascii
import os
from pathlib import Path

from certificates.checkpoints import MAX_SIZE, Checkpoint, read
from certificates.errors import CertificateError
from signer.errors import AgentError


class CheckpointFile:
    """One file of checkpoints."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[tuple[bytes, Checkpoint], ...]:
        """All of them, each with its bytes; none where there is no file.

        Raises AgentError ``checkpoints-damaged``, ``file-not-read``.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise AgentError("file-not-read", f"The file {self._path} cannot be read.") from error
        return tuple(self._line(number, line) for number, line in enumerate(lines, 1))

    def append(self, data: bytes) -> None:
        """Add one, on the disk when this returns. Raises AgentError ``file-not-written``."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(base64.b64encode(data) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise AgentError("file-not-written", f"The file {self._path} cannot be written.") from error

    def _line(self, number: int, line: bytes) -> tuple[bytes, Checkpoint]:
        try:
            data = base64.b64decode(line[: 2 * MAX_SIZE], validate=True)
            return data, read(data)
        except (binascii.Error, ValueError, CertificateError) as error:
            raise AgentError(
                "checkpoints-damaged",
                f"Line {number} of {self._path} is no checkpoint. It tells whether the log was bent: restore the file.",
            ) from error
