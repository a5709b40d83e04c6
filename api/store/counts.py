"""Counts that are kept as records move: how many stand where now, and how many came and left on a day, by unit.

A transaction writes what it adds as rows of its own (``count_deltas``), at its end: no two transactions wait for one
row, and none that is taken back counts. `fold` adds them up from time to time. Who reads adds what is not folded yet,
in the same statement: the answer is exact at every moment (ADR 45).
"""

import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    func,
    select,
    text,
    tuple_,
    union_all,
)

from api.store.areas import add_rows, add_standing, add_to_areas, follow_tree
from api.store.bulk import insert_rows
from api.store.schema_worklists import count_deltas, unit_counts, unit_days

AT_ONCE: Final = 2000  # rows that one transaction folds
_KEPT: Final = "vaxseal-counts"
_ONE_FOLDS: Final = text("SELECT pg_try_advisory_xact_lock(1986082821)")


class Key(NamedTuple):
    """What is counted. ``since`` is a day, or empty; ``desk`` clerk, police, or empty."""

    province: str
    unit: str
    measure: str
    desk: str = ""
    since: str = ""


@dataclass(slots=True)
class _Added:
    came: Counter[tuple[Key, str]]
    gone: Counter[tuple[Key, str]]


def count(connection: Connection, *, came: Counter[Key], gone: Counter[Key], day: str) -> None:
    """Add to the counts of this day (in Viet Nam), in the transaction of what is counted."""
    added: _Added | None = connection.info.get(_KEPT)
    alone = added is None
    added = added or _Added(Counter(), Counter())
    for target, source in ((added.came, came), (added.gone, gone)):
        for key, number in source.items():
            target[key, day] += number
    if alone:
        _write(connection, added)


@contextmanager
def keep_counts(connection: Connection) -> Iterator[None]:
    """Keep what this transaction counts until its end: a million rows become some hundred."""
    added = _Added(Counter(), Counter())
    info = connection.info  # of a connection that broke meanwhile it could not be asked for
    info[_KEPT] = added
    try:
        yield
        if connection.in_transaction():
            _write(connection, added)
    finally:
        info.pop(_KEPT, None)


def _write(connection: Connection, added: _Added) -> None:
    both = {
        (key, day): (added.came[key, day], added.gone[key, day])
        for key, day in {**added.came, **added.gone}
        if added.came[key, day] or added.gone[key, day]
    }
    batch = secrets.token_hex(8)
    insert_rows(
        connection,
        count_deltas,
        ("batch", "number", "day", "came", "gone", *Key._fields),
        [(batch, number, day, *moved, *key) for number, ((key, day), moved) in enumerate(both.items())],
    )


def fold(connection: Connection) -> int:
    """Add up some of what transactions wrote; returns how many rows are gone. One process at a time does it: beside
    another one there is nothing to do. The connection is of `api.store.transactions.writing`."""
    if connection.dialect.name == "postgresql" and not connection.execute(_ONE_FOLDS).scalar_one():
        return 0
    rows = connection.execute(select(count_deltas).limit(AT_ONCE)).all()
    follow_tree(connection)  # after the rows were read: it knows their units
    if not rows:
        return 0
    keys = [(row.batch, row.number, row.province) for row in rows]
    connection.execute(delete(count_deltas).where(tuple_(*count_deltas.primary_key).in_(keys)))
    standing: Counter[Key] = Counter()
    came: Counter[tuple[str, ...]] = Counter()
    gone: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        standing[Key(row.province, row.unit, row.measure, row.desk, row.since)] += row.came - row.gone
        day = (row.unit, row.day, row.measure, row.desk, row.province)
        came[day] += row.came
        gone[day] += row.gone
    units: dict[tuple[str, ...], int] = {
        (key.unit, key.measure, key.desk, key.since, key.province): number for key, number in standing.items()
    }
    add_standing(connection, unit_counts, units)
    add_rows(connection, unit_days, {key: (came[key], gone[key]) for key in came})
    _fold_areas(connection, standing, came, gone)
    return len(rows)


def _fold_areas(
    connection: Connection,
    standing: Counter[Key],
    came: Counter[tuple[str, ...]],
    gone: Counter[tuple[str, ...]],
) -> None:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for key, number in standing.items():
        counts[key.unit, key.measure, key.desk, key.since] += number
    days: dict[tuple[str, str, str], tuple[int, int]] = {}
    for unit, day, measure, *rest in came:
        whole = (unit, day, measure, *rest)
        more, less = days.get((unit, day, measure), (0, 0))
        days[unit, day, measure] = (more + came[whole], less + gone[whole])
    add_to_areas(connection, counts, days)


def read_counts(
    connection: Connection, *, units: Collection[str] | None = None, measures: Collection[str] | None = None
) -> Counter[Key]:
    """How many stand where now; of these units and measures where given. Reads a few rows a unit, never records."""
    found: Counter[Key] = Counter()
    for row in connection.execute(_now(_chosen(units, measures))):
        if row.records:
            found[Key(row.province, row.unit, row.measure, row.desk, row.since)] = row.records
    return found


def read_counts_below(connection: Connection, tree: CTE) -> dict[str, Counter[Key]]:
    """As `read_counts`, added up by ``home`` of ``tree`` (columns ``code`` and ``home``); of no province."""
    names = ("measure", "desk", "since")
    parts = [
        select(table.c.unit, *(table.c[name] for name in names), number.label("records")) for table, number in _STANDING
    ]
    both = union_all(*parts).subquery()
    columns = [tree.c.home, *(both.c[name] for name in names)]
    query = select(*columns, func.sum(both.c.records).label("records")).join_from(
        tree, both, both.c.unit == tree.c.code
    )
    found: dict[str, Counter[Key]] = {}
    for row in connection.execute(query.group_by(*columns)):
        if row.records:
            found.setdefault(row.home, Counter())[Key("", row.home, row.measure, row.desk, row.since)] = row.records
    return found


def _now(conditions: Sequence[tuple[str, Collection[str]]]) -> Select[Any]:
    key = Key._fields
    parts = [
        _where(select(*(table.c[name] for name in key), number.label("records")), table, conditions)
        for table, number in _STANDING
    ]
    both = union_all(*parts).subquery()
    columns = [both.c[name] for name in key]
    return select(*columns, func.sum(both.c.records).label("records")).group_by(*columns)


_STANDING: Final[tuple[tuple[Table, ColumnElement[int]], ...]] = (
    (unit_counts, unit_counts.c.records),
    (count_deltas, count_deltas.c.came - count_deltas.c.gone),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What came to stand so on a day, and what left."""

    unit: str
    day: str
    measure: str
    desk: str
    came: int
    gone: int


def read_days(
    connection: Connection,
    *,
    since: str,
    until: str,
    units: Collection[str] | None = None,
    measures: Collection[str] | None = None,
) -> tuple[Day, ...]:
    """The days from ``since`` to ``until``, both among them, each ``YYYY-MM-DD`` in Viet Nam."""
    names = ("unit", "day", "measure", "desk")
    conditions = _chosen(units, measures)
    parts = [
        _where(
            select(*(table.c[name] for name in names), table.c.came, table.c.gone).where(
                table.c.day.between(since, until)
            ),
            table,
            conditions,
        )
        for table in (unit_days, count_deltas)
    ]
    both = union_all(*parts).subquery()
    columns = [both.c[name] for name in names]
    rows = connection.execute(
        select(*columns, func.sum(both.c.came).label("came"), func.sum(both.c.gone).label("gone"))
        .group_by(*columns)
        .order_by(*columns)
    )
    return tuple(Day(**{**row._mapping, "came": int(row.came), "gone": int(row.gone)}) for row in rows)


def _chosen(units: Collection[str] | None, measures: Collection[str] | None) -> tuple[tuple[str, Collection[str]], ...]:
    return tuple((name, given) for name, given in (("unit", units), ("measure", measures)) if given is not None)


def _where(query: Select[Any], table: Table, conditions: Sequence[tuple[str, Collection[str]]]) -> Select[Any]:
    for name, given in conditions:
        query = query.where(table.c[name].in_(given))
    return query
