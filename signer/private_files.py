"""Files for this user alone, locked, flushed and destroyed: the one module of the agent where systems differ.

Windows: a file inherits the rights of its folder, and the state folder lies in the user's own profile (user, system and
administrators). Elsewhere folders have mode 0700 and files 0600.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOCKED_BYTE: Final = 1 << 40  # Windows keeps others from reading what is locked: a byte that no file has


def make_folder(folder: Path) -> None:
    """A folder that only this user may enter; its parents as the system makes them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def create(path: Path) -> int:
    """A new file that only this user may read, open for reading and writing at its end."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o600)


def reopen(path: Path) -> int:
    """The same, for a file that exists."""
    return os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))


def write_all(handle: int, data: bytes) -> None:
    """Write every byte and put the file on the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk. Windows does so by itself."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def destroy(path: Path) -> None:
    """Overwrite a file with zeros, flush, remove. A file that is not there is destroyed already."""
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return
    try:
        write_all(handle, bytes(os.fstat(handle).st_size))
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)


def try_lock(handle: int) -> bool:
    """Keep every other process from locking this open file, until it is closed or the process ends."""
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Be the only process in this block; others wait. ``path`` is a file made for this, and stays."""
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 0, os.SEEK_SET)
            while True:
                try:
                    msvcrt.locking(handle, msvcrt.LK_LOCK, 1)  # tries for ten seconds
                    break
                except OSError:
                    continue
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
