"""What somebody who owns the database can do to the log of acts, past the triggers that refuse it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text


@contextmanager
def bending(engine: Engine) -> Iterator[Connection]:
    """A transaction without triggers and foreign keys."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            connection.commit()
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
            for name, _ in triggers:
                connection.execute(text(f"DROP TRIGGER {name}"))
        yield connection
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = origin"))
        else:
            for _, statement in triggers:
                connection.execute(text(statement))
        connection.commit()
        connection.invalidate()
