"""The lists behind the numbers: records, complaints, units by their tokens. Numbers, classes and days; no person.

A page has a hundred rows at most. Units are found by their counts, so a list over a country reads only the units that
its page shows. That it was read stands in the log.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, tuple_, union

from api.accounts.staff import Staff
from api.audit import record_act
from api.complaints.clock import BREACH
from api.complaints.kinds import UNDECIDED
from api.complaints.routing import family_of
from api.context import Centre
from api.errors import CentreError
from api.oversight.overview import SIGNING, check_area
from api.oversight.stages import STATES, Stage
from api.states import WorkClass
from api.store.areas import CLASSES
from api.store.moves import ASIDE, IN_HAND, RAISED, TAKEN_IN, TOP
from api.store.schema import records, tokens, units
from api.store.schema_complaints import complaint_events, complaints
from api.store.schema_oversight import unit_areas
from api.store.schema_worklists import count_deltas, unit_counts, work_items
from api.store.transactions import writing


class Other(StrEnum):
    """What is listed beside stages and classes."""

    ALL = "all"  # records that were taken in
    IN_HAND = "in-hand"
    ASIDE = "aside"
    RAISED = "raised"  # shown to a unit above, for its age
    COMPLAINTS = "complaints"  # that are open
    LATE = "late"  # of these, those whose 48 hours are over
    RECEIVED = "received"
    BREACHED = "breached"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    IN_USE = "token-in-use"  # units that sign
    SUSPENDED = "token-suspended"
    NONE = "token-none"
    NOT_IN_USE = "token-not-in-use"  # both of these


What = Stage | WorkClass | Other
LONGEST: Final = 100
_DESKS: Final = {Stage.STATION: "clerk", Stage.POLICE: "police"}
_COUNTED: Final = {Other.ALL: TAKEN_IN, Other.IN_HAND: IN_HAND, Other.ASIDE: ASIDE, Other.RAISED: RAISED}
_EVENTS: Final = (Other.RECEIVED, Other.BREACHED, Other.CONFIRMED, Other.REFUSED)
_NAMED: Final[dict[str, What]] = {one.value: one for kind in (Stage, WorkClass, Other) for one in kind}
_TOKENS: Final = {Other.IN_USE: 1, Other.SUSPENDED: 0, Other.NONE: -1, Other.NOT_IN_USE: -2}


def what_of(text: str) -> What:
    """What is named so. Raises CentreError ``not-found``."""
    found = _NAMED.get(text)
    if found is None:
        raise CentreError("not-found")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``number`` is a record's, or a complaint's; ``what`` its class or state, ``since`` a time: to be mended, moved,
    or received."""

    unit: str
    number: str
    what: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """``after`` asks for the next page; None: this is the last one."""

    rows: tuple[Row, ...]
    after: str | None


def list_behind(centre: Centre, staff: Staff, what: What, *, unit: str | None = None, after: str | None = None) -> Page:
    """One page of what a number counts, by unit, the oldest first where something waits.

    Raises CentreError ``role``, ``place``, ``page-after``, ``list-ended`` (of what ended without a certificate there
    is no list: its history is with each record).
    """
    with writing(centre.engine) as connection:
        code = check_area(connection, staff, unit)
        page = read_page(connection, code, what, own=staff.unit, after=after)
        told = f"{what}, rows {len(page.rows)}"
        record_act(
            connection, at=centre.clock(), actor=staff.actor, act="oversight-list-read", subject=code, reason=told
        )
    return page


def read_page(connection: Connection, area: str, what: What, *, own: str, after: str | None) -> Page:
    """As `list_behind`, for whoever may; ``own``: the reader's unit, which sees no complaint about its conduct."""
    place = _place(after)
    own_family = family_of(connection, own)
    if what in (Other.COMPLAINTS, Other.LATE):
        return _page(connection.execute(_complaints(area, what, own_family, place)).all())
    if what in _EVENTS:
        return _page(connection.execute(_events(area, what, own_family, place)).all())
    if what in _TOKENS:
        return _page(connection.execute(_units_by_token(area, _TOKENS[Other(what)], place)).all())
    measures, desk = _measures(what)
    some = _units(connection, area, measures, desk, from_unit=place[0] if place else "")
    query = _moved(measures) if measures <= {*STATES, TAKEN_IN} else _to_mend(what, desk)
    rows = connection.execute(_paged(query, some[:LONGEST], place)).all() if some else []
    if len(rows) <= LONGEST and len(some) > LONGEST:  # the page ends within these units: the rest follows
        return _page(rows, more=some[LONGEST])
    return _page(rows)


def _page(rows: Sequence[Any], *, more: str | None = None) -> Page:
    shown = tuple(Row(unit=row[0], since=row[1], number=row[2], what=row[3]) for row in rows[:LONGEST])
    if len(rows) > LONGEST:
        last = shown[-1]
        return Page(rows=shown, after=f"{last.unit} {last.since} {last.number}")
    return Page(rows=shown, after=None if more is None else f"{more} 0 0")


def _place(after: str | None) -> tuple[str, str, str] | None:
    if after is None:
        return None
    match after.split(" "):
        case [unit, since, number] if unit and since and number:
            return unit, since, number
    raise CentreError("page-after")


def _measures(what: What) -> tuple[frozenset[str], str | None]:
    """What is counted of it, and at which desk."""
    if isinstance(what, WorkClass):
        return frozenset({what.value}), None
    if what in _DESKS:
        return CLASSES, _DESKS[Stage(what)]
    if what in _COUNTED:
        return frozenset({_COUNTED[Other(what)]}), None
    if what is Stage.ENDED:
        raise CentreError("list-ended")
    return frozenset(state for state, stage in STATES.items() if stage == what), None


def _units(
    connection: Connection, area: str, measures: Collection[str], desk: str | None, *, from_unit: str
) -> list[str]:
    """Units of the area that count any of these, from this one on; one more than a page may need."""
    parts = []
    for table in (unit_counts, count_deltas):
        query = (
            select(unit_areas.c.unit)
            .join_from(unit_areas, table, table.c.unit == unit_areas.c.unit)
            .where(unit_areas.c.area == area, unit_areas.c.unit >= from_unit, table.c.measure.in_(measures))
        )
        parts.append(query if desk is None else query.where(table.c.desk == desk))
    both = union(*parts).subquery()
    return list(connection.execute(select(both.c.unit).order_by(both.c.unit).limit(LONGEST + 1)).scalars())


def _to_mend(what: What, desk: str | None) -> Select[Any]:
    items = work_items.c
    query = select(items.unit, items.since, items.record_id, items.work_class).where(items.status != "waiting")
    if desk is not None:
        query = query.where(items.desk == desk)
    if what is Other.IN_HAND:
        query = query.where(items.touched == 1)
    if what is Other.RAISED:
        query = query.where(items.level % TOP > 0)
    if what is Other.ASIDE:
        query = query.where(items.status == "aside")
    return query if not isinstance(what, WorkClass) else query.where(items.work_class == what.value)


def _moved(states: Collection[str]) -> Select[Any]:
    columns = records.c
    query = select(columns.unit, columns.updated_at, columns.record_id, columns.state)
    return query if TAKEN_IN in states else query.where(columns.state.in_(states))


def _paged(query: Select[Any], some: Sequence[str], place: tuple[str, str, str] | None) -> Select[Any]:
    return _ordered(query.where(query.column_descriptions[0]["expr"].in_(some)), place)


def _complaints(area: str, what: What, own: Collection[str], place: tuple[str, str, str] | None) -> Select[Any]:
    columns = complaints.c
    query = (
        select(columns.unit, columns.received_at, columns.complaint_id, columns.kind)
        .join_from(complaints, unit_areas, unit_areas.c.unit == columns.unit)
        .where(unit_areas.c.area == area, columns.state.in_(UNDECIDED), _seen(own))
    )
    return _ordered(query if what is Other.COMPLAINTS else query.where(columns.marks > BREACH), place)


def _events(area: str, what: What, own: Collection[str], place: tuple[str, str, str] | None) -> Select[Any]:
    columns = complaint_events.c
    of_case = (complaints.c.complaint_id == columns.complaint_id) & (complaints.c.province == columns.province)
    query = (
        select(columns.unit, columns.at, columns.complaint_id, func.coalesce(columns.detail, complaints.c.kind))
        .join_from(complaint_events, unit_areas, unit_areas.c.unit == columns.unit)
        .join(complaints, of_case)
        .where(unit_areas.c.area == area, columns.act == what.value, _seen(own))
    )
    return _ordered(query, place)


def _seen(own: Collection[str]) -> ColumnElement[bool]:
    named = complaints.c.named_unit
    return or_(named.is_(None), named.not_in(own))


def _units_by_token(area: str, state: int, place: tuple[str, str, str] | None) -> Select[Any]:
    mine = tokens.c.unit == units.c.code
    active, held = exists().where(mine, tokens.c.suspended_at.is_(None)), exists().where(mine)
    query = (
        select(units.c.code, units.c.opened_on, units.c.code, units.c.name)
        .join_from(units, unit_areas, unit_areas.c.unit == units.c.code)
        .where(unit_areas.c.area == area, units.c.closed_on.is_(None), units.c.kind.in_(SIGNING))
        .where({1: active, 0: held & ~active, -1: ~held, -2: ~active}[state])
    )
    return _ordered(query, place)


def _ordered(query: Select[Any], place: tuple[str, str, str] | None) -> Select[Any]:
    unit, since, number, _ = query.column_descriptions
    key = (unit["expr"], since["expr"], number["expr"])
    query = query.order_by(*key).limit(LONGEST + 1)
    return query if place is None else query.where(tuple_(*key) > tuple_(*place))
