"""Files that appear, or are replaced, whole or not at all, whatever is killed meanwhile and whoever writes as well."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

UNFINISHED: Final = ".new"  # ends the name of a file that is being written, or was when its writer was killed


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Write beside ``path``, flush to the disk, then take its place. Of several writers the last one counts.

    Args:
        mode: who may read it; by default a web server, or the service, under another account as well.

    Raises OSError; then, and when the body raises, ``path`` is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.chmod(mode)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
