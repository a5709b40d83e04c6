"""Doses given and doses on issued passports, held against the deliveries of their lots.

Days and lots are those of the doses, so what is entered late counts where it belongs. The stock is the unit's and its
predecessors' together: what was delivered to a unit that closed is used up by the one that follows it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Column, Connection, Engine, Table, func, select

from api.errors import CentreError
from api.reconciliation.tallying import add_up_changes
from api.store.schema import units
from api.store.schema_revoking import deliveries, dose_counts

TOLERANCE: Final = 0.1  # a vial of ten gives eleven
LONGEST: Final = 366  # days of one report


_COUNTERS: Final[tuple[tuple[Table, tuple[tuple[int, Column[int]], ...]], ...]] = (
    (deliveries, ((0, deliveries.c.doses),)),
    (dose_counts, ((1, dose_counts.c.given), (2, dose_counts.c.issued))),
)


class Flag(StrEnum):
    """What is out of tolerance. The first three are alarms."""

    ISSUED_OVER_DELIVERED = "issued-over-delivered"
    GIVEN_OVER_DELIVERED = "given-over-delivered"
    ISSUED_OVER_GIVEN = "issued-over-given"  # passports tell of doses that stand on no record
    NOT_ISSUED = "not-issued"  # doses were given, and people wait for their passports


ALARMS: Final = frozenset({Flag.ISSUED_OVER_DELIVERED, Flag.GIVEN_OVER_DELIVERED, Flag.ISSUED_OVER_GIVEN})


class Lot(NamedTuple):
    """Of one unit's (and its predecessors') stock."""

    unit: str
    product: str
    lot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One unit, day and lot: ``delivered``, ``given``, ``issued`` on that day; ``left`` of the lot in the stock after
    it, below nothing where more was given than had been delivered till then."""

    unit: str
    day: str
    product: str
    lot: str
    delivered: int
    given: int
    issued: int
    left: int
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One lot in one stock, from the first day to the report's last. ``unit`` is the one that keeps the stock now."""

    unit: str
    product: str
    lot: str
    delivered: int
    given: int
    issued: int
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Lots that moved in the time, and their days. ``alarms`` counts lots with an alarm."""

    lots: tuple[Balance, ...]
    days: tuple[Day, ...]
    alarms: int


@dataclass(slots=True)
class _Sums:
    delivered: int = 0
    given: int = 0
    issued: int = 0
    moved: bool = False
    days: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def add(self, place: int, count: int, day: tuple[str, str] | None) -> None:
        if day is not None:
            self.moved = True
            self.days[day][place] += count
        elif place == 0:
            self.delivered += count
        elif place == 1:
            self.given += count
        else:
            self.issued += count


def reconcile(
    engine: Engine, *, since: date, until: date, unit: str | None = None, tolerance: float = TOLERANCE
) -> Report:
    """The report of these days, both included; of a unit and all below it where one is named.

    Args:
        tolerance: as a part of what was delivered (or given): so much more is no alarm.

    Raises CentreError ``report-window`` (it ends before it begins, or is longer than `LONGEST` days), ``unit-unknown``.
    """
    if not 0 <= (until - since).days < LONGEST:
        raise CentreError("report-window", f"a report covers 1 to {LONGEST} days")
    add_up_changes(engine)
    sums: defaultdict[Lot, _Sums] = defaultdict(_Sums)
    with engine.connect() as connection:
        keepers = _keepers(connection, unit)
        for row, place, day in _read(connection, keepers if unit is not None else None, since, until):
            keeper = keepers.get(row[0])
            if keeper is not None:
                sums[Lot(keeper, row[1], row[2])].add(place, row[3], day)
    lots, days = list[Balance](), list[Day]()
    for lot, found in sorted(sums.items()):
        if found.moved:
            days += _days(lot, found, tolerance)
            lots.append(
                Balance(
                    unit=lot.unit,
                    product=lot.product,
                    lot=lot.lot,
                    delivered=found.delivered,
                    given=found.given,
                    issued=found.issued,
                    flags=_flags(found.delivered, found.given, found.issued, tolerance),
                )
            )
    days.sort(key=lambda one: (one.day, one.unit, one.product, one.lot))
    alarms = sum(not ALARMS.isdisjoint(one.flags) for one in lots)
    return Report(lots=tuple(lots), days=tuple(days), alarms=alarms)


def _days(lot: Lot, found: _Sums, tolerance: float) -> Iterator[Day]:
    """The days of a lot in their order; brings its sums up to the last of them."""
    for (day, unit), (delivered, given, issued) in sorted(found.days.items()):
        found.delivered += delivered
        found.given += given
        found.issued += issued
        yield Day(
            unit=unit,
            day=day,
            product=lot.product,
            lot=lot.lot,
            delivered=delivered,
            given=given,
            issued=issued,
            left=found.delivered - found.given,
            flags=_flags(found.delivered, found.given, found.issued, tolerance),
        )


def _flags(delivered: int, given: int, issued: int, tolerance: float) -> tuple[Flag, ...]:
    most = delivered * (1 + tolerance)
    held = {
        Flag.ISSUED_OVER_DELIVERED: issued > most,
        Flag.GIVEN_OVER_DELIVERED: given > most,
        Flag.ISSUED_OVER_GIVEN: issued > given,
        Flag.NOT_ISSUED: given - issued > given * tolerance,
    }
    return tuple(flag for flag, holds in held.items() if holds)


def _read(
    connection: Connection, only: Iterable[str] | None, since: date, until: date
) -> Iterator[tuple[tuple[str, str, str, int], int, tuple[str, str] | None]]:
    """Unit, product, lot, count; delivered (0), given (1) or issued (2); day and unit in the time, None before it."""
    first, last = since.isoformat(), until.isoformat()
    for table, counters in _COUNTERS:
        key = (table.c.unit, table.c.product, table.c.lot)
        mine = [] if only is None else [table.c.unit.in_(list(only))]
        before = select(*key, *(func.sum(column) for _, column in counters)).where(table.c.day < first, *mine)
        within = select(*key, *(func.sum(column) for _, column in counters), table.c.day)
        within = within.where(table.c.day >= first, table.c.day <= last, *mine)
        for row in connection.execute(before.group_by(*key)):
            for index, (place, _) in enumerate(counters):
                yield (row[0], row[1], row[2], int(row[3 + index])), place, None
        for row in connection.execute(within.group_by(*key, table.c.day)):
            for index, (place, _) in enumerate(counters):
                yield (row[0], row[1], row[2], int(row[3 + index])), place, (row.day, row[0])


def _keepers(connection: Connection, unit: str | None) -> Mapping[str, str]:
    """For each unit (of this one's part of the tree) the open one that keeps its stock now."""
    rows = {row.code: row for row in connection.execute(select(units.c.code, units.c.parent, units.c.successor))}
    if unit is not None and unit not in rows:
        raise CentreError("unit-unknown", f"there is no unit {unit}")
    found = {}
    for code in rows:
        keeper, seen = code, set[str]()
        while rows[keeper].successor is not None and keeper not in seen:
            seen.add(keeper)
            keeper = rows[keeper].successor
        above: str | None = code
        chain = set[str]()
        while above is not None and above not in chain:
            chain.add(above)
            above = rows[above].successor or rows[above].parent
        if unit is None or unit in chain:
            found[code] = keeper
    return found
