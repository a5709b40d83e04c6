"""Opening the database: SQLite in one file by default, PostgreSQL in earnest."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from api.errors import CentreError
from api.store.versions import check_schema, make_schema

BUSY_SECONDS = 60  # how long a writer waits for another: the end of a large import holds the lock for some seconds
RESTED = 0.1  # seconds: no server is gone and back in a shorter time
CONNECTIONS = 40  # of one process at most: as many as the service has threads


def open_database(address: str | Path, *, make: bool | None = None) -> Engine:
    """Open the database.

    SQLite runs in WAL mode with ``synchronous = FULL`` (what was promised survives a power cut) and foreign keys on. A
    transaction that only reads sees one steady snapshot and waits for nobody, on PostgreSQL as well; one that writes is
    opened by `api.store.transactions.writing`.

    Args:
        address: a file, or an SQLAlchemy address such as ``postgresql+psycopg://...``.
        make: give an empty database its tables; None: where it is SQLite.

    Raises:
        CentreError: ``database-unreachable``, and those of `api.store.versions.check_schema`.
    """
    engine = connect(address)
    try:
        if make or (make is None and engine.dialect.name == "sqlite"):
            make_schema(engine)
        check_schema(engine)
    except OperationalError as error:
        engine.dispose()
        if engine.dialect.name == "sqlite":
            raise
        raise CentreError("database-unreachable", f"PostgreSQL does not answer: {_first_line(error)}") from None
    except CentreError:
        engine.dispose()
        raise
    return engine


def connect(address: str | Path) -> Engine:
    """The engine of a database, whatever its tables are."""
    if isinstance(address, str) and "://" in address:
        url = address
    else:
        path = Path(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # personal data: for the service's account only
        url = f"sqlite:///{path}"
    # An error that reaches a terminal or a log repeats no person's data.
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="REPEATABLE READ",  # of those who only read
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS // 2,
        pool_use_lifo=True,  # the one that was used last: its statements are prepared, and it need not be asked
    )
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", partial(_ping_rested, engine.dialect))
    return engine


def _first_line(error: OperationalError) -> str:
    """What the driver says names host and user, never a password."""
    return str(error.orig).strip().partition("\n")[0]


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins too late: a read before the first write would stand outside
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _note_rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["since"] = time.monotonic()


def _ping_rested(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A server that was started anew is found again: a connection is asked before its use, if it had time to break."""
    since = record.info.get("since")
    if since is None or time.monotonic() - since < RESTED:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error  # the pool makes another one


def _begin_sqlite(connection: Connection) -> None:
    dbapi: Any = connection.connection.dbapi_connection
    dbapi.execute("BEGIN").close()  # not by way of SQLAlchemy, which costs more than a small query
