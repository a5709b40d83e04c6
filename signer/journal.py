"""An append-only, encrypted file of what an agent did with one batch, on the disk before the next thing is done.

One folder a batch, two files: ``key``, 32 bytes from the system's random source, and ``journal``, a line of text that
names the form and then frames. A frame is its length (4 bytes) and a check (CRC-32 of length and number, 4 bytes), then
a random nonce (12 bytes) and the entry, CBOR under AES-256-GCM with the frame's number as associated data: no frame can
be changed, moved or left out. Only the last frame can be torn, as each is flushed before the next is begun; a torn one
was never acted upon and is dropped. Damage anywhere else is an error.
"""

import os
import secrets
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signer import private_files
from signer.errors import AgentError

MAGIC: Final = b"vaxseal journal 1\n"
KEY_NAME: Final = "key"
JOURNAL_NAME: Final = "journal"
GONE_NAME: Final = "key.gone"  # the key while it is being destroyed
KEY_SIZE: Final = 32
LARGEST_ENTRY: Final = 64 * 1024 * 1024  # bytes; a batch of 500 jobs has about 3 MB
_HEAD: Final = 8
_NONCE: Final = 12
_TAG: Final = 16


class JournalBusyError(Exception):
    """Another process works on this batch."""


class Journal:
    """One batch's file, open and locked. Entries are maps of CBOR; what they mean is `signer.kept_batch`'s.

    Methods raise AgentError ``journal-write`` where the disk refuses (nothing more is written then: what follows a
    half-written frame could not be read) and ``journal-damaged``.
    """

    def __init__(self, folder: Path, handle: int | None, key: bytes, entries: int) -> None:
        self.folder = folder
        self._handle = handle
        self._cipher = AESGCM(key)
        self._next = entries
        self._order = threading.Lock()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new journal in a new folder. The caller keeps other processes away from the folder's parent meanwhile."""
        key = secrets.token_bytes(KEY_SIZE)
        try:
            private_files.make_folder(folder)
            key_handle = private_files.create(folder / KEY_NAME)
            try:
                private_files.write_all(key_handle, key)
            finally:
                os.close(key_handle)
            handle = private_files.create(folder / JOURNAL_NAME)
            try:
                private_files.try_lock(handle)
                private_files.write_all(handle, MAGIC)
                private_files.sync_folder(folder)
                private_files.sync_folder(folder.parent)
            except BaseException:
                os.close(handle)
                raise
        except OSError as error:
            raise _unwritable(error) from error
        return cls(folder, handle, key, 0)

    @classmethod
    def open(cls, folder: Path) -> tuple[Self, list[dict[str, Any]]]:
        """An older journal with its entries; a torn last frame is cut off. Raises JournalBusyError too."""
        try:
            handle = private_files.reopen(folder / JOURNAL_NAME)
            try:
                _lock(handle)
                key = (folder / KEY_NAME).read_bytes()
                data = (folder / JOURNAL_NAME).read_bytes()
                entries, good = _entries(data, key)
                if good < len(data):
                    os.ftruncate(handle, good)
                    os.fsync(handle)
                if good == 0:
                    private_files.write_all(handle, MAGIC)
            except BaseException:
                os.close(handle)
                raise
        except OSError as error:
            raise _unwritable(error) from error
        return cls(folder, handle, key, len(entries)), entries

    @classmethod
    def read(cls, folder: Path) -> list[dict[str, Any]]:
        """The entries, without touching the file: somebody else may be writing it."""
        try:
            key = (folder / KEY_NAME).read_bytes()
            return _entries((folder / JOURNAL_NAME).read_bytes(), key)[0]
        except FileNotFoundError:
            return []  # erased this moment
        except OSError as error:
            raise _unwritable(error) from error

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one entry and put it on the disk. Safe from several threads."""
        with self._order:
            if self._handle is None:
                raise AgentError("journal-write", "The journal of this batch is closed: start again.")
            plain = cbor2.dumps(entry)
            nonce = secrets.token_bytes(_NONCE)
            body = nonce + self._cipher.encrypt(nonce, plain, _number(self._next))
            try:
                private_files.write_all(self._handle, _head(len(body), self._next) + body)
            except OSError as error:
                self._close()
                raise _unwritable(error) from error
            self._next += 1

    def close(self) -> None:
        """Let go of the file; it stays."""
        with self._order:
            self._close()

    def erase(self) -> None:
        """Destroy the key, then the file: whatever is interrupted, nothing can be read any more."""
        self.close()
        erase(self.folder)

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def erase(folder: Path) -> None:
    """Destroy a journal that is not open. Raises AgentError ``journal-write``."""
    try:
        with suppress(FileNotFoundError):  # gone in one step: a key that is half overwritten would look like damage
            (folder / KEY_NAME).replace(folder / GONE_NAME)
        private_files.destroy(folder / GONE_NAME)
        private_files.sync_folder(folder)
        private_files.destroy(folder / JOURNAL_NAME)
        folder.rmdir()
        private_files.sync_folder(folder.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(error) from error


def is_hollow(folder: Path) -> bool:
    """Whether a crash left this of a journal that was being made or erased: without a key, or with nothing in it."""
    try:
        key, size = (folder / KEY_NAME).read_bytes(), (folder / JOURNAL_NAME).stat().st_size
    except FileNotFoundError:
        return True
    return not any(key) or size <= len(MAGIC)


def _lock(handle: int) -> None:
    if not private_files.try_lock(handle):
        raise JournalBusyError


def _entries(data: bytes, key: bytes) -> tuple[list[dict[str, Any]], int]:
    """The entries of a file, and how many of its bytes they fill."""
    if len(data) < len(MAGIC) and MAGIC.startswith(data):
        return [], 0
    if not data.startswith(MAGIC) or len(key) != KEY_SIZE:
        raise _damaged()
    cipher, at, entries = AESGCM(key), len(MAGIC), list[dict[str, Any]]()
    while at < len(data):
        if len(data) - at < _HEAD or not any(data[at:]):
            break  # torn: some systems make a file longer before they write into it
        size = int.from_bytes(data[at : at + 4])
        if data[at : at + _HEAD] != _head(size, len(entries)) or not _NONCE + _TAG <= size <= LARGEST_ENTRY:
            raise _damaged()
        begin, end = at + _HEAD, at + _HEAD + size
        if end > len(data):
            break
        try:
            nonce, body = data[begin : begin + _NONCE], data[begin + _NONCE : end]
            entry = cbor2.loads(cipher.decrypt(nonce, body, _number(len(entries))))
        except (InvalidTag, cbor2.CBORDecodeError) as error:
            if end == len(data) and isinstance(error, InvalidTag):
                break
            raise _damaged() from error
        if not isinstance(entry, dict):
            raise _damaged()
        entries.append(entry)
        at = end
    return entries, at


def _head(size: int, number: int) -> bytes:
    length = size.to_bytes(4)
    return length + zlib.crc32(length + _number(number)).to_bytes(4)


def _number(number: int) -> bytes:
    return number.to_bytes(8)


def _damaged() -> AgentError:
    return AgentError(
        "journal-damaged",
        "The journal of an unfinished batch is damaged: what it held is not used. The centre hands its records out "
        "again when their time is over.",
    )


def _unwritable(error: OSError) -> AgentError:
    return AgentError(
        "journal-write",
        f"The journal of this batch cannot be kept ({error.strerror}): nothing more was signed. Make room on the disk, "
        "or name another folder with --journal.",
    )
