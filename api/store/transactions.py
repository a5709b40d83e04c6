"""Transactions that write."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, false, update

from api.store.schema import audit


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction; on SQLite it holds the write lock from its first statement (as BEGIN IMMEDIATE does).

    A transaction that reads first and writes later would fail with "database is locked" when another one wrote between.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(update(audit).where(false()).values(reason=""))
        yield connection
