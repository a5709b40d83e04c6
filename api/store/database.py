"""Opening the database: SQLite in one file by default, any other SQLAlchemy address in earnest."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from api.store.schema import metadata

BUSY_SECONDS = 60  # how long a writer waits for another: the end of a large import holds the lock for some seconds


def open_database(url_or_path: str | Path) -> Engine:
    """Open the database and make the tables that are missing.

    SQLite runs in WAL mode with ``synchronous = FULL`` (what was promised survives a power cut) and foreign keys on.
    A transaction that only reads sees one steady snapshot and waits for nobody; one that writes is opened by
    `api.store.transactions.writing`.

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
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {},
        hide_parameters=True,  # an error that reaches a terminal or a log repeats no person's data
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    metadata.create_all(engine)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins too late: a read before the first write would stand outside
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
