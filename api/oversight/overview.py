"""How an area stands and where it sticks: the unit with all below it, each unit directly below, ages, days, tokens.

From counts that are kept as records move (`api.oversight.reading`), never from records. A page of these names nobody,
so that it was looked at is not written down; lists behind the numbers are (`api.oversight.lists`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, case, func, select

from api.accounts.staff import POLICE, Role, Staff, refuse_place, refuse_role, units_above
from api.complaints.counting import LATE, OPEN
from api.context import Centre
from api.errors import CentreError
from api.oversight.reading import Waiting, read_ages, read_came_and_gone, read_counts_of, read_waiting
from api.oversight.stages import STATES, Stage, Standing, standing_of
from api.store.areas import CLASSES
from api.store.coverage import COMPLAINTS, STOCK
from api.store.moves import TAKEN_IN
from api.store.schema import tokens, units
from api.store.schema_oversight import unit_areas
from api.worklists.summary import median
from certificates.records.dates import local_day

OVERSEERS: Final[tuple[Role, ...]] = ("overseer", "ministry", "auditor")
LONG: Final = timedelta(days=14)  # as those above are shown what waits (docs/worklists.md)
LONGER: Final = timedelta(days=28)
SPAN: Final = 56  # days of the trends
PACE: Final = 7  # whole days before today that a pace is taken from
SIGNING: Final = ("station", "hospital", "mobile", "committee")  # kinds of units that sign with a token of their own
ISSUED_STATES: Final = tuple(state for state, stage in STATES.items() if stage is Stage.ISSUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Open units that sign: how many have a token in use, only suspended ones, none."""

    in_use: int = 0
    suspended: int = 0
    none: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """``late``: open, and the 48 hours are over. The others add up from the first day on."""

    open: int
    late: int
    received: int
    breached: int
    confirmed: int
    refused: int

    @property
    def refused_part(self) -> float | None:
        """Of those that were decided; None: none was."""
        decided = self.confirmed + self.refused
        return self.refused / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A unit with all that lies below it. ``issued_a_day``: the mean of the last `PACE` whole days."""

    unit: Unit
    standing: Standing
    waiting: Waiting
    complaints: Complaints
    tokens: Tokens
    issued_a_day: float
    delivered: int
    given: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long what is to be mended of one class has been waiting, in days."""

    work_class: str
    records: int
    median_days: int
    oldest_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """``to_mend``: how many more are to be mended after this day than before."""

    day: str
    taken_in: int
    issued: int
    to_mend: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """``path``: from the person's own unit down to this one. ``below``: where most sticks first. ``itself``: what the
    unit has of its own, with no unit below it between; None: it is the whole."""

    path: tuple[Unit, ...]
    whole: Area
    below: tuple[Area, ...]
    itself: Standing | None
    ages: tuple[Age, ...]
    days: tuple[Day, ...]
    today: date


def look_over(centre: Centre, staff: Staff, unit: str | None = None) -> Overview:
    """The overview of a unit, one's own where none is named. Raises CentreError ``role``, ``place``."""
    today = local_day(centre.clock())
    with centre.engine.connect() as connection:
        code = check_area(connection, staff, unit)
        return read_overview(connection, code, top=staff.unit, today=today)


def find_path(centre: Centre, staff: Staff, unit: str, *, roles: tuple[Role, ...] = OVERSEERS) -> tuple[Unit, ...]:
    """The way from one's own unit down to this one. Raises CentreError ``role``, ``place``."""
    with centre.engine.connect() as connection:
        return read_path(connection, check_area(connection, staff, unit, roles=roles), staff.unit)


def check_area(connection: Connection, staff: Staff, unit: str | None, *, roles: tuple[Role, ...] = OVERSEERS) -> str:
    """The unit that is asked about. Raises CentreError ``role``, ``place``."""
    refuse_role(staff, *roles)
    code = unit or staff.unit
    refuse_place(connection, staff, code)
    return code


def read_overview(connection: Connection, code: str, *, top: str, today: date) -> Overview:
    """As `look_over`, for whoever may."""
    path = read_path(connection, code, top)
    lower = read_below(connection, code)
    codes = [code, *(one.code for one in lower)]
    counts = read_counts_of(connection, codes)
    waiting = read_waiting(connection, codes, long=today - LONG, longer=today - LONGER)
    pace_from = today - timedelta(days=PACE)
    came = read_came_and_gone(
        connection, codes, since=pace_from, until=today - timedelta(days=1), measures=ISSUED_STATES
    )
    held = _read_tokens(connection, codes)
    areas = [
        _area(one, counts[one.code], waiting[one.code], held.get(one.code, Tokens()), came[one.code])
        for one in (path[-1], *lower)
    ]
    whole, *below = areas
    stuck = whole.standing.stuck
    below.sort(key=lambda one: (-one.standing.stages[stuck] if stuck else 0, -one.standing.left, one.unit.code))
    rest = Counter(counts[code])
    for one in lower:
        rest.subtract(counts[one.code])
    return Overview(
        path=path,
        whole=whole,
        below=tuple(one for one in below if one.unit.kind != POLICE or any(counts[one.unit.code].values())),
        itself=standing_of(rest) if lower and any(rest.values()) else None,
        ages=_ages(read_ages(connection, code, CLASSES), today),
        days=_read_days(connection, code, today),
        today=today,
    )


def read_path(connection: Connection, code: str, top: str) -> tuple[Unit, ...]:
    """From ``top`` (or the root, where that is not above) down to the unit. Raises CentreError ``unit-unknown``."""
    chain = units_above(connection, code)
    shown = chain[: chain.index(top) + 1] if top in chain else chain
    rows = connection.execute(select(units.c.code, units.c.name, units.c.kind).where(units.c.code.in_(shown)))
    found = {row.code: _unit(row) for row in rows}
    if code not in found:
        raise CentreError("unit-unknown")
    return tuple(found[one] for one in reversed(shown) if one in found)


def read_below(connection: Connection, code: str) -> tuple[Unit, ...]:
    """The open units directly below."""
    query = select(units.c.code, units.c.name, units.c.kind).where(units.c.parent == code, units.c.successor.is_(None))
    return tuple(_unit(row) for row in connection.execute(query.order_by(units.c.code)))


def _unit(row: Row[*tuple[Any, ...]]) -> Unit:
    return Unit(code=row.code, name=row.name, kind=row.kind)


def _area(
    unit: Unit,
    counts: Counter[tuple[str, str]],
    waiting: Waiting,
    held: Tokens,
    came: Mapping[tuple[str, str], tuple[int, int]],
) -> Area:
    def number(measure: str) -> int:
        return counts[measure, ""]

    return Area(
        unit=unit,
        standing=standing_of(counts),
        waiting=waiting,
        complaints=Complaints(
            open=number(OPEN),
            late=number(LATE),
            **{name: number(f"{COMPLAINTS}{name}") for name in ("received", "breached", "confirmed", "refused")},
        ),
        tokens=held,
        issued_a_day=sum(more - less for more, less in came.values()) / PACE,
        delivered=number(f"{STOCK}delivered"),
        given=number(f"{STOCK}given"),
    )


def _read_tokens(connection: Connection, codes: Sequence[str]) -> dict[str, Tokens]:
    """By area. Units are thousands, whatever they count: this is added up when it is asked for."""
    active = case((tokens.c.suspended_at.is_(None), 1), else_=0)
    of_unit = select(tokens.c.unit, func.max(active).label("active")).group_by(tokens.c.unit).subquery()
    state = func.coalesce(of_unit.c.active, -1)
    query = (
        select(unit_areas.c.area, state.label("state"), func.count().label("units"))
        .join_from(unit_areas, units, units.c.code == unit_areas.c.unit)
        .outerjoin(of_unit, of_unit.c.unit == units.c.code)
        .where(unit_areas.c.area.in_(codes), units.c.closed_on.is_(None), units.c.kind.in_(SIGNING))
        .group_by(unit_areas.c.area, state)
    )
    found: dict[str, dict[str, int]] = {}
    names = {1: "in_use", 0: "suspended", -1: "none"}
    for row in connection.execute(query):
        found.setdefault(row.area, {})[names[row.state]] = row.units
    return {area: Tokens(**numbers) for area, numbers in found.items()}


def _ages(found: Mapping[str, Counter[str]], today: date) -> tuple[Age, ...]:
    ages = []
    for name, by_day in found.items():
        days = Counter({(today - date.fromisoformat(day)).days: number for day, number in by_day.items()})
        ages.append(Age(work_class=name, records=days.total(), median_days=median(days), oldest_days=max(days)))
    return tuple(sorted(ages, key=lambda age: (-age.records, age.work_class)))


def _read_days(connection: Connection, code: str, today: date) -> tuple[Day, ...]:
    since = today - timedelta(days=SPAN - 1)
    measures: Collection[str] = (TAKEN_IN, *ISSUED_STATES, *CLASSES)
    found = read_came_and_gone(connection, [code], since=since, until=today, measures=measures)[code]

    def net(day: str, names: Collection[str]) -> int:
        pairs = (found.get((day, name), (0, 0)) for name in names)
        return sum(came - gone for came, gone in pairs)

    days = [(since + timedelta(days=number)).isoformat() for number in range(SPAN)]
    return tuple(
        Day(day=day, taken_in=net(day, [TAKEN_IN]), issued=net(day, ISSUED_STATES), to_mend=net(day, CLASSES))
        for day in days
    )
