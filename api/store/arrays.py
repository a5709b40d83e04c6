"""Hundreds of rows in one prepared statement: on PostgreSQL rows travel as a JSON text, values looked for as an array.

Placeholders by the hundred are slow to read there, and arrays slow to write here; a COPY (`api.store.bulk`) pays from
thousands of rows on.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Table,
    TextClause,
    any_,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from api.store.counters import insert_new

_AT_ONCE: Final = 500  # rows of one statement of SQLite


def one_of(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column has one of these values."""
    if connection.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type), unique=True))


def one_of_named(dialect: str, column: Column[Any], name: str) -> ColumnElement[bool]:
    """As `one_of`, for a statement that is put together once: the list of texts is its parameter ``name``."""
    if dialect != "postgresql":  # one text again: a place for each value would be written out at every execution
        given = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of text, whole numbers, bytes and nothing, that name the same columns."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name != "postgresql":
        values = [tuple(row[name] for name in names) for row in rows]
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",  # noqa: S608 - ours
            values,
        )
        return
    connection.execute(_insert(table, names), _given(rows))


def insert_many_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """As `insert_many`, but for what is there already; returns how many that left."""
    if not rows:
        return 0
    if connection.dialect.name == "postgresql":
        statement = text(f"{_insert(table, tuple(rows[0])).text} ON CONFLICT DO NOTHING")
        return connection.execute(statement, _given(rows), execution_options={"preserve_rowcount": True}).rowcount
    added = 0
    for start in range(0, len(rows), _AT_ONCE):
        some = insert_new(connection, table).values(list(rows[start : start + _AT_ONCE]))
        added += connection.execute(some, execution_options={"preserve_rowcount": True}).rowcount
    return added


def _given(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"rows": orjson.dumps(rows, default=bytes.hex).decode()}


@cache
def _insert(table: Table, names: tuple[str, ...]) -> TextClause:
    taken, declared = [], []
    for name in names:
        kind = table.c[name].type
        taken.append(f"decode({name}, 'hex')" if isinstance(kind, LargeBinary) else name)
        declared.append(f"{name} {'bigint' if isinstance(kind, Integer) else 'text'}")
    return text(
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(taken)}"  # noqa: S608 - names of our tables
        f" FROM json_to_recordset(CAST(:rows AS json)) AS given({', '.join(declared)})"
    )
