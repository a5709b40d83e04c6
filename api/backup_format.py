"""The form of a backup: a tar within chunks that are sealed one by one, so that it streams and cannot be cut unseen.

    "vaxseal-backup 1\\n", 16 bytes of salt, then chunks: length (4 bytes, big-endian), AES-256-GCM of at most 1 MiB

The key is scrypt (N = 2^15, r = 8, p = 1) of the passphrase. The nonce is the chunk's number in 11 bytes and one byte
that is 1 in the last chunk only: chunks cannot be swapped, dropped or cut off.
"""

import io
import secrets
import struct
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from api.errors import CentreError

SHORTEST: Final = 12  # characters of a passphrase
_MAGIC: Final = b"vaxseal-backup 1\n"
_SALT: Final = 16
_CHUNK: Final = 1024 * 1024
_TAG: Final = 16
_LENGTH: Final = struct.Struct(">I")


def _key(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


class SealingWriter(io.RawIOBase):
    """Seals what is written to it into ``target``. Complete only when it was closed."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        """Raises CentreError ``passphrase-short``."""
        if len(passphrase) < SHORTEST:
            raise CentreError("passphrase-short", f"a passphrase has {SHORTEST} characters or more")
        salt = secrets.token_bytes(_SALT)
        self._target, self._key, self._number = target, _key(passphrase, salt), 0
        self._waiting = bytearray()
        target.write(_MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        """Seal the last chunk."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, data: bytes, *, last: bool) -> None:
        sealed = self._key.encrypt(_nonce(self._number, last=last), data, None)
        self._target.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class OpeningReader(io.RawIOBase):
    """Gives back what was sealed, as it is read."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        """Raises CentreError ``backup-form``."""
        if source.read(len(_MAGIC)) != _MAGIC:
            raise CentreError("backup-form", "this is no backup of vaxseal")
        self._source, self._key = source, _key(passphrase, source.read(_SALT).ljust(_SALT))
        self._number, self._open, self._ended = 0, b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Raises CentreError ``backup-damaged``: the passphrase is wrong, or the file was changed or cut."""
        while not self._open and not self._ended:
            self._open = self._next()
        given = self._open[: len(buffer)]
        buffer[: len(given)] = given
        self._open = self._open[len(given) :]
        return len(given)

    def _next(self) -> bytes:
        head = self._source.read(_LENGTH.size)
        sealed = self._source.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        if _TAG <= len(sealed) <= _CHUNK + _TAG:
            for last in (False, True):
                try:
                    data = self._key.decrypt(_nonce(self._number, last=last), sealed, None)
                except InvalidTag:
                    continue
                self._number += 1
                self._ended = last
                if last and self._source.read(1):
                    break
                return data
        raise CentreError("backup-damaged", "the passphrase is wrong, or the backup was changed or cut")
