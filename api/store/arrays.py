"""Hundreds of rows in one prepared statement: on PostgreSQL lists travel as arrays.

Placeholders by the hundred are slow to read there; a COPY (`api.store.bulk`) pays from thousands of rows on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY


def one_of(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column has one of these values."""
    if connection.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type), unique=True))


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name the same columns; what all of them have alike travels once."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), list(rows))
        return
    names = list(rows[0])
    values: dict[str, Any] = {}
    selected = []
    for name in names:
        column, given = table.c[name], [row[name] for row in rows]
        if len(rows) > 1 and given.count(given[0]) == len(given) and not table.c[name].primary_key:
            values[name] = given[0]
            selected.append(bindparam(name, type_=column.type).label(name))
        else:
            values[name] = given
            selected.append(func.unnest(bindparam(name, type_=ARRAY(column.type))).label(name))
    connection.execute(insert(table).from_select(names, select(*selected)), values)
