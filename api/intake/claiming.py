"""One process at a time works on one file; when it ends, however it ends, the next one may."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from api.intake.faults import FileError


@contextmanager
def claimed(engine: Engine, digest: bytes) -> Iterator[None]:
    """Keep the file of this SHA-256 for this process. Raises FileError ``import-running``.

    PostgreSQL: an advisory lock of a connection, which ends with it. SQLite: the lock of a file beside the database,
    which the system takes back when the process is gone.
    """
    if engine.dialect.name == "postgresql":
        number = int.from_bytes(digest[:8], "big", signed=True)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            lock = {"number": number}
            if not connection.execute(text("SELECT pg_try_advisory_lock(:number)"), lock).scalar_one():
                raise FileError("import-running")
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), lock)
        return
    beside = Path(f"{engine.url.database}-import-{digest[:8].hex()}")
    with closing(sqlite3.connect(beside, timeout=0, isolation_level=None)) as lock_file:
        try:
            lock_file.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise FileError("import-running") from None
        yield
    beside.unlink(missing_ok=True)
