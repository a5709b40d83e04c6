"""What is counted of areas, as pages ask for it: sums that are kept, and what transactions added since the last fold.

Each reads some rows an area, however many records there are below it. Exact at every moment: sums and additions are
read in one statement.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, case, func, literal, select, union_all

from api.store.areas import CLASSES, TO_MEND
from api.store.schema_oversight import area_ages, area_counts, area_days, unit_areas
from api.store.schema_worklists import count_deltas

_MORE: Final = count_deltas.c.came - count_deltas.c.gone
Counts = Counter[tuple[str, str]]  # by measure and desk


def read_counts_of(connection: Connection, areas: Collection[str]) -> dict[str, Counts]:
    """How many stand where now, by area; every one asked for is in the answer."""
    since = _since_fold(areas)
    added = since.with_only_columns(unit_areas.c.area, count_deltas.c.measure, count_deltas.c.desk, _MORE)
    kept = select(area_counts.c.area, area_counts.c.measure, area_counts.c.desk, area_counts.c.records)
    both = union_all(kept.where(area_counts.c.area.in_(areas)), added).subquery()
    found: dict[str, Counts] = {area: Counter() for area in areas}
    for area, measure, desk, number in _summed(connection, both, both.c.area, both.c.measure, both.c.desk):
        if number:
            found[area][measure, desk] = number
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long what is to be mended has been waiting. ``oldest``: since when; None: nothing waits."""

    records: int = 0
    long: int = 0
    longer: int = 0
    oldest: str | None = None


def read_waiting(
    connection: Connection, areas: Collection[str], *, long: date, longer: date
) -> defaultdict[str, Waiting]:
    """By area: all that is to be mended, and of it what has been since these days or before."""
    by_day = _by_day(areas, measures=[TO_MEND])
    days = (
        select(by_day.c.area, by_day.c.since, func.sum(by_day.c.records).label("records"))
        .group_by(by_day.c.area, by_day.c.since)
        .having(func.sum(by_day.c.records) > 0)
        .subquery()
    )

    def until(day: date) -> ColumnElement[int]:
        return func.sum(case((days.c.since <= day.isoformat(), days.c.records), else_=0))

    query = select(days.c.area, func.sum(days.c.records), until(long), until(longer), func.min(days.c.since))
    found: defaultdict[str, Waiting] = defaultdict(Waiting)
    for area, records, some, fewer, oldest in connection.execute(query.group_by(days.c.area)):
        found[area] = Waiting(records=int(records), long=int(some), longer=int(fewer), oldest=oldest)
    return found


def read_ages(connection: Connection, area: str, measures: Collection[str]) -> dict[str, Counter[str]]:
    """By measure, how many have been standing so since which day."""
    by_day = _by_day([area], measures=measures)
    found: dict[str, Counter[str]] = {}
    for measure, since, number in _summed(connection, by_day, by_day.c.measure, by_day.c.since):
        if number > 0:
            found.setdefault(measure, Counter())[since] = number
    return found


def read_until(
    connection: Connection, areas: Collection[str], measures: Collection[str], day: date
) -> dict[str, Counter[str]]:
    """By area and measure, how many since this day or before."""
    by_day = _by_day(areas, measures=measures, until=day)
    found: dict[str, Counter[str]] = {area: Counter() for area in areas}
    for area, measure, number in _summed(connection, by_day, by_day.c.area, by_day.c.measure):
        found[area][measure] = number
    return found


def read_came_and_gone(
    connection: Connection, areas: Collection[str], *, since: date, until: date, measures: Collection[str]
) -> dict[str, dict[tuple[str, str], tuple[int, int]]]:
    """By area: how many came to stand so on each of these days, and how many left. By day and measure."""
    between = since.isoformat(), until.isoformat()
    days = area_days.c
    kept = select(days.area, days.day, days.measure, days.came, days.gone).where(
        days.area.in_(areas), days.day.between(*between), days.measure.in_(measures)
    )
    more = count_deltas.c
    added = (
        _since_fold(areas)
        .with_only_columns(unit_areas.c.area, more.day, more.measure, more.came, more.gone)
        .where(more.day.between(*between), more.measure.in_(measures))
    )
    both = union_all(kept, added).subquery()
    key = (both.c.area, both.c.day, both.c.measure)
    found: dict[str, dict[tuple[str, str], tuple[int, int]]] = {area: {} for area in areas}
    for area, day, measure, came, gone in connection.execute(
        select(*key, func.sum(both.c.came), func.sum(both.c.gone)).group_by(*key)
    ):
        found[area][day, measure] = (int(came), int(gone))
    return found


def _by_day(areas: Collection[str], *, measures: Collection[str], until: date | None = None) -> FromClause:
    """Rows of area, measure, since and records, several of a key."""
    ages, more = area_ages.c, count_deltas.c
    kept = select(ages.area, ages.measure, ages.since, ages.records).where(
        ages.area.in_(areas), ages.measure.in_(measures)
    )
    added = _since_fold(areas).where(more.since != "")
    parts = [
        added.with_only_columns(unit_areas.c.area, more.measure, more.since, _MORE).where(more.measure.in_(measures))
    ]
    if TO_MEND in measures:
        columns = (unit_areas.c.area, literal(TO_MEND), more.since, _MORE)
        parts.append(added.with_only_columns(*columns).where(more.measure.in_(sorted(CLASSES))))
    if until is not None:
        kept = kept.where(ages.since <= until.isoformat())
        parts = [part.where(more.since <= until.isoformat()) for part in parts]
    return union_all(kept, *parts).subquery()


def _since_fold(areas: Collection[str]) -> Any:
    joined = select(count_deltas.c.unit).join_from(count_deltas, unit_areas, unit_areas.c.unit == count_deltas.c.unit)
    return joined.where(unit_areas.c.area.in_(areas))


def _summed(connection: Connection, rows: FromClause, *key: ColumnElement[Any]) -> Sequence[Any]:
    query = select(*key, func.sum(rows.c.records).label("number")).group_by(*key)
    return [(*row[:-1], int(row[-1])) for row in connection.execute(query)]
