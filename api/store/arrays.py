"""Hundreds of rows in one prepared statement: on PostgreSQL rows travel as a JSON text, values looked for as an array.

Placeholders by the hundred are slow to read there, and arrays slow to write here; a COPY (`api.store.bulk`) pays from
thousands of rows on.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Table,
    TextClause,
    any_,
    bindparam,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY


def one_of(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column has one of these values."""
    if connection.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type), unique=True))


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of text, whole numbers, bytes and nothing, that name the same columns."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), list(rows))
        return
    connection.execute(
        _insert(table, tuple(rows[0])), {"rows": json.dumps(rows, ensure_ascii=False, default=bytes.hex)}
    )


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
