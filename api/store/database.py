"""Opening the database: SQLite in one file by default, any other SQLAlchemy address in earnest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from api.store.schema import metadata

BUSY_SECONDS = 60  # how long a writer waits for another: the end of a large import holds the lock for some seconds
_READING = "vaxseal_reading"


def open_database(url_or_path: str | Path) -> Engine:
    """Open the database and make the tables that are missing.

    SQLite runs in WAL mode with ``synchronous = FULL`` (what was promised survives a power cut) and foreign keys on.
    Every transaction begins IMMEDIATE: a read that turns into a write must not lose its snapshot half-way. Readers
    that need no lock use `reading`.

    Args:
        url_or_path: a path, or an SQLAlchemy address such as ``postgresql+psycopg://...``.
    """
    if isinstance(url_or_path, str) and "://" in url_or_path:
        url = url_or_path
    else:
        path = Path(url_or_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # personal data: for the service's account only
        url = f"sqlite:///{path}"
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    metadata.create_all(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads: one steady snapshot, and it never waits for a writer."""
    with engine.connect().execution_options(**{_READING: True}) as connection:
        yield connection


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver shall not begin transactions of its own
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    deferred = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")
