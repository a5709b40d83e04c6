"""Counts added up for every unit above, while they are folded: a page about a country reads what a commune's does.

An area is a unit with all that lies below it; a closed unit lies below its successor. Always: what stands in the
``area_`` tables is the sum of ``unit_counts`` and ``unit_days`` over ``unit_areas``. `add_to_areas` keeps it so when
counts change, `follow_tree` when the tree does (ADR 53).
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, delete, func, insert, literal, select, true, tuple_, update

from api.states import WorkClass
from api.store.counters import insert_as, insert_new
from api.store.schema import units
from api.store.schema_oversight import area_ages, area_counts, area_days, area_tree, unit_areas
from api.store.schema_worklists import unit_counts, unit_days

_PAIR: Final = tuple_(unit_areas.c.unit, unit_areas.c.area)
TO_MEND: Final = "to-mend"  # all classes together
DESKS: Final = ("clerk", "police", "")
CLASSES: Final = frozenset(one.value for one in WorkClass)
_TREE: Final = "tree"
_AT_ONCE: Final = 500
Parents = Mapping[str, tuple[str | None, str | None]]  # unit: parent, successor


def mending(desk: str) -> str:
    """The measure that an area's classes at a desk are added up under: clerk, police, or nobody's list."""
    return f"mend:{desk or 'nobody'}"


def measures_of(measure: str, since: str) -> Iterator[str]:
    """What the days of a measure are added up under."""
    if since:
        yield measure
        if measure in CLASSES:
            yield TO_MEND


def enter_areas(connection: Connection, unit: str, parent: str | None) -> None:
    """A new unit, which nothing is counted for yet, lies in all areas that its parent lies in."""
    above = connection.execute(select(unit_areas.c.area).where(unit_areas.c.unit == parent)).scalars().all()
    _insert_new(connection, [(unit, area) for area in (unit, *above)])


def add_to_areas(
    connection: Connection,
    standing: Mapping[tuple[str, str, str, str], int],
    days: Mapping[tuple[str, str, str], tuple[int, int]],
) -> None:
    """Add to the areas what is just added to the units.

    Args:
        standing: by unit, measure, desk and since, how many more.
        days: by unit, day and measure, how many came and left.
    """
    areas = _areas_of(connection, {key[0] for key in (*standing, *days)})
    counts: Counter[tuple[str, ...]] = Counter()
    ages: Counter[tuple[str, ...]] = Counter()
    came: Counter[tuple[str, ...]] = Counter()
    gone: Counter[tuple[str, ...]] = Counter()
    for (unit, measure, desk, since), number in standing.items():
        for area in areas[unit]:
            counts[area, measure, desk] += number
            if measure in CLASSES:
                counts[area, mending(desk), ""] += number
            for name in measures_of(measure, since):
                ages[area, name, since] += number
    for (unit, day, measure), (more, less) in days.items():
        for area in areas[unit]:
            came[area, day, measure] += more
            gone[area, day, measure] += less
    add_standing(connection, area_counts, counts)
    add_standing(connection, area_ages, ages)
    add_rows(connection, area_days, {key: (came[key], gone[key]) for key in came})


def add_standing(connection: Connection, table: Table, numbers: Mapping[tuple[str, ...], int]) -> None:
    """`add_rows` to a table of ``records``; what falls to nought is gone. Only rows of these keys are looked at."""
    add_rows(connection, table, {key: (number,) for key, number in numbers.items() if number})
    key = tuple_(*table.primary_key)
    for some in _some([one for one, number in numbers.items() if number < 0]):
        connection.execute(delete(table).where(key.in_(some), table.c.records == 0))


def add_rows(connection: Connection, table: Table, rows: Mapping[tuple[str, ...], tuple[int, ...]]) -> None:
    """Add these numbers to the rows of these keys, both in the order of the table's columns."""
    if not rows:
        return
    names = [column.name for column in table.columns]
    connection.execute(
        _adding(insert_as(connection)(table), table),
        [dict(zip(names, (*row, *values), strict=True)) for row, values in rows.items()],
    )


def follow_tree(connection: Connection) -> int:
    """Bring areas up to the tree of units as it is now; returns how many pairs of unit and area are new or gone.

    One process at a time (`api.store.counts.fold` has the lock). What a unit counted goes along.
    """
    tree = _read_tree(connection)
    stamp = hashlib.sha256(repr(sorted(tree.items())).encode()).hexdigest()
    before = connection.execute(select(area_tree.c.stamp).where(area_tree.c.name == _TREE)).scalar_one_or_none()
    if before == stamp:
        return 0
    wanted = {(unit, area) for unit in tree for area in chain_of(tree, unit)}
    there = {(row.unit, row.area) for row in connection.execute(select(unit_areas))}
    gone, new = sorted(there - wanted), sorted(wanted - there)
    for some in _some(gone):
        _carry(connection, some, -1)
        connection.execute(delete(unit_areas).where(_PAIR.in_(some)))
    for some in _some(new):
        _insert_new(connection, some)
        _carry(connection, some, 1)
    if gone:
        _drop_empty(connection)
    if before is None:
        connection.execute(insert(area_tree).values(name=_TREE, stamp=stamp))
    else:
        connection.execute(update(area_tree).where(area_tree.c.name == _TREE).values(stamp=stamp))
    return len(gone) + len(new)


def find_area_differences(connection: Connection) -> dict[tuple[str, ...], tuple[int, int]]:
    """Where areas differ from the sums of their units, by table and key: what is kept, what is true. Empty: nowhere."""
    tree = _read_tree(connection)
    areas = {unit: chain_of(tree, unit) for unit in tree}
    sums: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in ("counts", "ages", "came", "gone")}
    for row in connection.execute(select(unit_counts)):
        for area in areas.get(row.unit, ()):
            sums["counts"][area, row.measure, row.desk] += row.records
            if row.measure in CLASSES:
                sums["counts"][area, mending(row.desk), ""] += row.records
            for name in measures_of(row.measure, row.since):
                sums["ages"][area, name, row.since] += row.records
    for row in connection.execute(select(unit_days)):
        for area in areas.get(row.unit, ()):
            sums["came"][area, row.day, row.measure] += row.came
            sums["gone"][area, row.day, row.measure] += row.gone
    kept: dict[str, Counter[tuple[str, ...]]] = {
        "counts": Counter({tuple(row[:3]): row[3] for row in connection.execute(select(area_counts))}),
        "ages": Counter({tuple(row[:3]): row[3] for row in connection.execute(select(area_ages))}),
        "came": Counter({tuple(row[:3]): row[3] for row in connection.execute(select(area_days))}),
        "gone": Counter({tuple(row[:3]): row[4] for row in connection.execute(select(area_days))}),
    }
    return {
        (name, *key): (kept[name][key], sums[name][key])
        for name in sums
        for key in {*kept[name], *sums[name]}
        if kept[name][key] != sums[name][key]
    }


def chain_of(tree: Parents, unit: str) -> tuple[str, ...]:
    """The unit, then as `api.accounts.staff.units_above`."""
    found: list[str] = []
    following: str | None = unit
    while following is not None and following in tree and following not in found:
        found.append(following)
        parent, successor = tree[following]
        following = successor or parent
    return tuple(found)


def _read_tree(connection: Connection) -> dict[str, tuple[str | None, str | None]]:
    rows = connection.execute(select(units.c.code, units.c.parent, units.c.successor))
    return {row.code: (row.parent, row.successor) for row in rows}


def _areas_of(connection: Connection, codes: Collection[str]) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for some in _some(sorted(codes)):
        for row in connection.execute(select(unit_areas).where(unit_areas.c.unit.in_(some))):
            found[row.unit].append(row.area)
    return found


def _carry(connection: Connection, pairs: Sequence[tuple[str, str]], sign: int) -> None:
    """Add to these areas, or take from them, all that these units count. The pairs stand in ``unit_areas``."""
    moving = select(unit_areas).where(_PAIR.in_(pairs)).subquery()
    classes = unit_counts.c.measure.in_(sorted(CLASSES))
    dated = unit_counts.c.since != ""
    count = sign * func.sum(unit_counts.c.records)
    for table, key, numbers, condition in (
        (area_counts, (unit_counts.c.measure, unit_counts.c.desk), (count,), true()),
        *(
            (area_counts, (literal(mending(desk)), literal("")), (count,), classes & (unit_counts.c.desk == desk))
            for desk in DESKS
        ),
        (area_ages, (unit_counts.c.measure, unit_counts.c.since), (count,), dated),
        (area_ages, (literal(TO_MEND), unit_counts.c.since), (count,), dated & classes),
        (
            area_days,
            (unit_days.c.day, unit_days.c.measure),
            (sign * func.sum(unit_days.c.came), sign * func.sum(unit_days.c.gone)),
            true(),
        ),
    ):
        source = unit_days if table is area_days else unit_counts
        summed = (
            select(moving.c.area, *key, *numbers)
            .join_from(moving, source, source.c.unit == moving.c.unit)
            .where(condition)
            .group_by(moving.c.area, *(one for one in key if isinstance(one, Column)))
        )
        names = [column.name for column in table.columns]
        connection.execute(_adding(insert_as(connection)(table).from_select(names, summed), table))


def _adding(statement: Any, table: Table) -> Any:
    key = [column.name for column in table.primary_key]
    numbers = [column for column in table.columns if column.name not in key]
    adding = {column.name: column + statement.excluded[column.name] for column in numbers}
    return statement.on_conflict_do_update(index_elements=key, set_=adding)


def _drop_empty(connection: Connection) -> None:
    """After a change of the tree: of whole tables."""
    for table in (area_counts, area_ages):
        connection.execute(delete(table).where(table.c.records == 0))
    connection.execute(delete(area_days).where(area_days.c.came == 0, area_days.c.gone == 0))


def _insert_new(connection: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        connection.execute(
            insert_new(connection, unit_areas),
            [{"unit": unit, "area": area} for unit, area in pairs],
        )


def _some(many: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(many), _AT_ONCE):
        yield many[begin : begin + _AT_ONCE]
