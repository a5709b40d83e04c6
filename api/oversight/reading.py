"""What is counted of areas, as pages ask for it: sums that are kept, and what transactions added since the last fold.

Each reads some rows an area, however many records there are below it. Exact at every moment: sums and additions are
read in one statement.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, case, func, literal, select, union_all

from api.store.areas import CLASSES, DESKS, TO_MEND, mending
from api.store.schema_oversight import area_ages, area_counts, area_days, unit_areas
from api.store.schema_worklists import count_deltas

_MORE: Final = count_deltas.c.came - count_deltas.c.gone
Counts = Counter[tuple[str, str]]  # by measure and desk


def read_counts_of(connection: Connection, area: str) -> Counts:
    """How many of an area stand where now."""
    both = _standing([area])
    query = select(both.c.measure, both.c.desk, func.sum(both.c.records)).group_by(both.c.measure, both.c.desk)
    return Counter({(measure, desk): int(number) for measure, desk, number in connection.execute(query) if number})


def read_numbers(connection: Connection, areas: Collection[str], measures: Sequence[str]) -> dict[str, Counts]:
    """As `read_counts_of`, of some measures and all desks together: a row an area, whatever stands in it."""
    both = _standing(areas, measures)
    columns = [func.sum(case((both.c.measure == name, both.c.records), else_=0)) for name in measures]
    found: dict[str, Counts] = {area: Counter() for area in areas}
    for area, *numbers in connection.execute(select(both.c.area, *columns).group_by(both.c.area)):
        found[area] = Counter({(name, ""): int(number) for name, number in zip(measures, numbers, strict=True)})
    return found


def read_oldest(connection: Connection, areas: Collection[str]) -> dict[str, str]:
    """By area, the day since which the oldest that is to be mended has been; as it was added up last."""
    ages = area_ages.c
    first = (
        select(func.min(ages.since))
        .where(ages.area == unit_areas.c.area, ages.measure == TO_MEND, ages.records > 0)
        .correlate(unit_areas)
        .scalar_subquery()
    )
    mine = select(unit_areas.c.area, first).where(unit_areas.c.unit == unit_areas.c.area, unit_areas.c.area.in_(areas))
    return {area: day for area, day in connection.execute(mine) if day is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """Since which days what is to be mended of one class has been standing so."""

    measure: str
    records: int
    oldest: str
    median: str
    long: int
    longer: int


def read_ages(connection: Connection, area: str, *, long: date, longer: date) -> tuple[Ages, ...]:
    """By class, and `TO_MEND` for all together; ``long`` and ``longer``: how many since these days or before."""
    by_day = _by_day([area], measures=[TO_MEND, *sorted(CLASSES)])
    number = func.sum(by_day.c.records)
    days = (
        select(by_day.c.measure, by_day.c.since, number.label("records"))
        .group_by(by_day.c.measure, by_day.c.since)
        .having(number > 0)
        .subquery()
    )
    newer = func.sum(days.c.records).over(partition_by=days.c.measure, order_by=days.c.since.desc())
    all_of_them = func.sum(days.c.records).over(partition_by=days.c.measure)
    ranked = select(days, newer.label("newer"), all_of_them.label("whole")).subquery()

    def until(day: date) -> ColumnElement[int]:
        return func.sum(case((ranked.c.since <= day.isoformat(), ranked.c.records), else_=0))

    query = select(
        ranked.c.measure,
        func.sum(ranked.c.records),
        func.min(ranked.c.since),
        func.max(case((2 * ranked.c.newer >= ranked.c.whole, ranked.c.since))),
        until(long),
        until(longer),
    ).group_by(ranked.c.measure)
    return tuple(
        Ages(measure=row[0], records=int(row[1]), oldest=row[2], median=row[3], long=int(row[4]), longer=int(row[5]))
        for row in connection.execute(query)
    )


def read_until(
    connection: Connection, areas: Collection[str], measures: Collection[str], day: date
) -> dict[str, Counter[str]]:
    """By area and measure, how many since this day or before."""
    by_day = _by_day(areas, measures=measures, until=day)
    key = (by_day.c.area, by_day.c.measure)
    found: dict[str, Counter[str]] = {area: Counter() for area in areas}
    for area, measure, number in connection.execute(select(*key, func.sum(by_day.c.records)).group_by(*key)):
        found[area][measure] = int(number)
    return found


def read_net(
    connection: Connection, areas: Collection[str], *, since: date, until: date, measures: Collection[str]
) -> dict[str, Counter[str]]:
    """By area and measure, how many more stand so after these days than before."""
    both = _days(areas, since, until, measures)
    key = (both.c.area, both.c.measure)
    found: dict[str, Counter[str]] = {area: Counter() for area in areas}
    for area, measure, net in connection.execute(select(*key, func.sum(both.c.came - both.c.gone)).group_by(*key)):
        found[area][measure] = int(net)
    return found


def read_days_of(
    connection: Connection, area: str, *, since: date, until: date, groups: Sequence[Collection[str]]
) -> dict[str, tuple[int, ...]]:
    """By day, how many more stand so after it than before: a number for each group of measures."""
    both = _days([area], since, until, [name for group in groups for name in group])
    net = both.c.came - both.c.gone
    columns = [func.sum(case((both.c.measure.in_(group), net), else_=0)) for group in groups]
    rows = connection.execute(select(both.c.day, *columns).group_by(both.c.day))
    return {day: tuple(int(number) for number in numbers) for day, *numbers in rows}


def _standing(areas: Collection[str], measures: Collection[str] | None = None) -> FromClause:
    """Rows of area, measure, desk and records, several of a key."""
    counts, more = area_counts.c, count_deltas.c
    kept = select(counts.area, counts.measure, counts.desk, counts.records).where(counts.area.in_(areas))
    added = _since_fold(areas)
    plain = added.with_only_columns(unit_areas.c.area, more.measure, more.desk, _MORE)
    at_desk = case(*((more.desk == desk, mending(desk)) for desk in DESKS))
    to_mend = added.with_only_columns(unit_areas.c.area, at_desk, literal(""), _MORE)
    if measures is not None:
        kept, plain = kept.where(counts.measure.in_(measures)), plain.where(more.measure.in_(measures))
    return union_all(kept, plain, to_mend.where(more.measure.in_(sorted(CLASSES)))).subquery()


def _days(areas: Collection[str], since: date, until: date, measures: Collection[str]) -> FromClause:
    """Rows of area, day, measure, came and gone, several of a key."""
    # Each day named: an index then passes over all other measures of these days.
    asked = [(since + timedelta(days=number)).isoformat() for number in range((until - since).days + 1)]
    days, more = area_days.c, count_deltas.c
    kept = select(days.area, days.day, days.measure, days.came, days.gone).where(
        days.area.in_(areas), days.day.in_(asked), days.measure.in_(measures)
    )
    added = _since_fold(areas).with_only_columns(unit_areas.c.area, more.day, more.measure, more.came, more.gone)
    return union_all(kept, added.where(more.day.in_(asked), more.measure.in_(measures))).subquery()


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
