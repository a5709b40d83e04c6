"""Small rows that many processes write at once: what is added up, and what has had its time."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite


def insert_as(connection: Connection) -> Callable[[Table], Any]:
    """The insert of this database that knows what to do where the row is there."""
    return insert_postgresql if connection.dialect.name == "postgresql" else insert_sqlite


def insert_new(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves rows alone whose key is there."""
    return insert_as(connection)(table).on_conflict_do_nothing()


def add_up(connection: Connection, table: Table, key: Mapping[str, object], counter: Column[int], count: int) -> int:
    """Add to the counter of a row, which is made where it is missing; returns what it is now."""
    statement = insert_as(connection)(table).values({**key, counter.name: count})
    adding = statement.on_conflict_do_update(index_elements=list(key), set_={counter.name: counter + count})
    return int(connection.execute(adding.returning(counter)).scalar_one())


def sweep(connection: Connection, table: Table, old: ColumnElement[bool]) -> None:
    """Delete old rows, but for those that another transaction is deleting."""
    key = tuple(table.primary_key)
    mine = select(*key).where(old).with_for_update(skip_locked=True)
    connection.execute(delete(table).where(tuple_(*key).in_(mine)))
