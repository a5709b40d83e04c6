"""The lists behind the numbers: records of a stage or class, complaints. Numbers, units, classes and days; no person.

A page has a hundred rows at most. Units are found by their counts, so a list over a country reads only the units that
its page shows. That it was read stands in the log.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Select, or_, select, tuple_, union

from api.accounts.staff import Staff
from api.audit import record_act
from api.complaints.clock import BREACH
from api.complaints.kinds import UNDECIDED
from api.complaints.routing import family_of
from api.context import Centre
from api.errors import CentreError
from api.oversight.overview import check_area
from api.oversight.stages import STATES, Stage
from api.states import WorkClass
from api.store.areas import CLASSES
from api.store.schema import records
from api.store.schema_complaints import complaints
from api.store.schema_oversight import unit_areas
from api.store.schema_worklists import count_deltas, unit_counts, work_items
from api.store.transactions import writing

LONGEST: Final = 100
_DESKS: Final = {Stage.STATION: "clerk", Stage.POLICE: "police"}
What = Stage | WorkClass | Literal["complaints", "late"]


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
    if what in ("complaints", "late"):
        rows = connection.execute(_complaints(area, what, family_of(connection, own), place)).all()
    else:
        measures, desk = _measures(what)
        some = _units(connection, area, measures, desk, from_unit=place[0] if place else "")
        query = _to_mend(what, desk) if measures <= CLASSES else _moved(measures)
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
    return query if not isinstance(what, WorkClass) else query.where(items.work_class == what.value)


def _moved(states: Collection[str]) -> Select[Any]:
    columns = records.c
    return select(columns.unit, columns.updated_at, columns.record_id, columns.state).where(columns.state.in_(states))


def _paged(query: Select[Any], some: Sequence[str], place: tuple[str, str, str] | None) -> Select[Any]:
    unit, since, number, _ = query.selected_columns
    key = (unit, since, number)
    query = query.where(unit.in_(some)).order_by(*key).limit(LONGEST + 1)
    return query if place is None else query.where(tuple_(*key) > tuple_(*place))


def _complaints(area: str, what: What, own: Collection[str], place: tuple[str, str, str] | None) -> Select[Any]:
    columns = complaints.c
    seen: ColumnElement[bool] = or_(columns.named_unit.is_(None), columns.named_unit.not_in(own))
    query = (
        select(columns.unit, columns.received_at, columns.complaint_id, columns.kind)
        .join_from(complaints, unit_areas, unit_areas.c.unit == columns.unit)
        .where(unit_areas.c.area == area, columns.state.in_(UNDECIDED), seen)
    )
    if what == "late":
        query = query.where(columns.marks > BREACH)
    key = (columns.unit, columns.received_at, columns.complaint_id)
    query = query.order_by(*key).limit(LONGEST + 1)
    return query if place is None else query.where(tuple_(*key) > tuple_(*place))
