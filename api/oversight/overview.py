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
from api.oversight.reading import Ages, read_ages, read_counts_of, read_days_of, read_net, read_numbers, read_oldest
from api.oversight.stages import MEASURES, STATES, Stage, Standing, standing_of
from api.store.areas import CLASSES, TO_MEND
from api.store.coverage import COMPLAINTS, STOCK
from api.store.moves import TAKEN_IN
from api.store.schema import tokens, units
from api.store.schema_oversight import unit_areas
from certificates.records.dates import local_day

OVERSEERS: Final[tuple[Role, ...]] = ("overseer", "ministry", "auditor")
LONG: Final = timedelta(days=14)  # as those above are shown what waits (docs/worklists.md)
LONGER: Final = timedelta(days=28)
SPAN: Final = 56  # days of the trends
PACE: Final = 7  # whole days before today that a pace is taken from
SIGNING: Final = ("station", "hospital", "mobile", "committee")  # kinds of units that sign with a token of their own
_NUMBERS: Final = (
    *MEASURES,
    OPEN,
    LATE,
    *(f"{COMPLAINTS}{name}" for name in ("received", "breached", "confirmed", "refused")),
    f"{STOCK}delivered",
    f"{STOCK}given",
)
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
    """A unit with all that lies below it.

    Attributes:
        oldest: the day since which the oldest that is to be mended has been so, as it was added up last.
        issued_a_day: the mean of the last `PACE` whole days.
    """

    unit: Unit
    standing: Standing
    oldest: str | None
    complaints: Complaints
    tokens: Tokens
    issued_a_day: float
    delivered: int
    given: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long what is to be mended has been waiting, in days: of one class, or of all together (`TO_MEND`).

    Attributes:
        long, longer: how many have been waiting for `LONG` and `LONGER` at least.
    """

    work_class: str
    records: int
    median_days: int
    oldest_days: int
    long: int
    longer: int


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
    unit has of its own, with no unit below it between; None: it is the whole. ``waiting``: of all classes together;
    None: nothing is to be mended."""

    path: tuple[Unit, ...]
    whole: Area
    below: tuple[Area, ...]
    itself: Standing | None
    waiting: Age | None
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
    numbers, oldest = read_numbers(connection, codes, _NUMBERS), read_oldest(connection, codes)
    week = {"since": today - timedelta(days=PACE), "until": today - timedelta(days=1)}
    issued = read_net(connection, codes, measures=ISSUED_STATES, **week)
    held = _read_tokens(connection, lower or path[-1:])
    below = [_area(one, numbers[one.code], oldest, held, issued) for one in lower]
    everywhere = {code: _together(held.values())}
    whole = _area(path[-1], read_counts_of(connection, code), oldest, everywhere, issued)
    stuck = whole.standing.stuck
    below.sort(key=lambda one: (-one.standing.stages[stuck] if stuck else 0, -one.standing.left, one.unit.code))
    rest = Counter(numbers[code])
    for one in lower:
        rest.subtract(numbers[one.code])
    ages = [_age(one, today) for one in read_ages(connection, code, long=today - LONG, longer=today - LONGER)]
    return Overview(
        path=path,
        whole=whole,
        below=tuple(one for one in below if one.unit.kind != POLICE or any(numbers[one.unit.code].values())),
        itself=standing_of(rest) if lower and any(rest.values()) else None,
        waiting=next((age for age in ages if age.work_class == TO_MEND), None),
        ages=tuple(
            sorted((age for age in ages if age.work_class != TO_MEND), key=lambda age: (-age.records, age.work_class))
        ),
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
    oldest: Mapping[str, str],
    held: Mapping[str, Tokens],
    issued: Mapping[str, Counter[str]],
) -> Area:
    def number(measure: str) -> int:
        return counts[measure, ""]

    return Area(
        unit=unit,
        standing=standing_of(counts),
        oldest=oldest.get(unit.code),
        complaints=Complaints(
            open=number(OPEN),
            late=number(LATE),
            **{name: number(f"{COMPLAINTS}{name}") for name in ("received", "breached", "confirmed", "refused")},
        ),
        tokens=held.get(unit.code, Tokens()),
        issued_a_day=issued[unit.code].total() / PACE,
        delivered=number(f"{STOCK}delivered"),
        given=number(f"{STOCK}given"),
    )


def _read_tokens(connection: Connection, areas: Sequence[Unit]) -> dict[str, Tokens]:
    """By area. Units are thousands, whatever they count: this is added up when it is asked for."""
    active = case((tokens.c.suspended_at.is_(None), 1), else_=0)
    of_unit = select(tokens.c.unit, func.max(active).label("active")).group_by(tokens.c.unit).subquery()
    state = func.coalesce(of_unit.c.active, -1)
    query = (
        select(unit_areas.c.area, state.label("state"), func.count().label("units"))
        .join_from(unit_areas, units, units.c.code == unit_areas.c.unit)
        .outerjoin(of_unit, of_unit.c.unit == units.c.code)
        .where(unit_areas.c.area.in_([one.code for one in areas]), units.c.closed_on.is_(None))
        .where(units.c.kind.in_(SIGNING))
        .group_by(unit_areas.c.area, state)
    )
    found: dict[str, dict[str, int]] = {}
    names = {1: "in_use", 0: "suspended", -1: "none"}
    for row in connection.execute(query):
        found.setdefault(row.area, {})[names[row.state]] = row.units
    return {area: Tokens(**numbers) for area, numbers in found.items()}


def _together(parts: Collection[Tokens]) -> Tokens:
    return Tokens(
        in_use=sum(one.in_use for one in parts),
        suspended=sum(one.suspended for one in parts),
        none=sum(one.none for one in parts),
    )


def _age(ages: Ages, today: date) -> Age:
    def days(since: str) -> int:
        return (today - date.fromisoformat(since)).days

    return Age(
        work_class=ages.measure,
        records=ages.records,
        median_days=days(ages.median),
        oldest_days=days(ages.oldest),
        long=ages.long,
        longer=ages.longer,
    )


def _read_days(connection: Connection, code: str, today: date) -> tuple[Day, ...]:
    since = today - timedelta(days=SPAN - 1)
    groups = ((TAKEN_IN,), ISSUED_STATES, tuple(CLASSES))
    found = read_days_of(connection, code, since=since, until=today, groups=groups)
    days = [(since + timedelta(days=number)).isoformat() for number in range(SPAN)]
    return tuple(
        Day(day=day, taken_in=taken_in, issued=issued, to_mend=to_mend)
        for day in days
        for taken_in, issued, to_mend in (found.get(day, (0, 0, 0)),)
    )
