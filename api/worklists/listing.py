"""Work lists: what is to be mended, oldest first, in pages; what a unit above is shown; and what was done about one."""

import base64
import json
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, func, select, tuple_

from api.accounts.staff import Staff, police_places, refuse_place
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.signing.enrolment import inherited_units
from api.states import WorkClass
from api.store.moves import TOP, Desk
from api.store.schema import records
from api.store.schema_worklists import work_asides, work_items, work_raised, work_steps
from api.store.transactions import writing
from api.worklists.tree import below

LONGEST: Final = 100  # rows of one page
Status = Literal["open", "waiting", "aside"]
_UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """A record on a list, with no more of its person than its own station needs to find it."""

    record_id: str
    unit: str
    work_class: str
    desk: str
    status: str
    since: str
    attempts: int
    raised: int  # levels
    initials: str = field(repr=False)
    birth_year: str = field(repr=False)
    why: str | None = None  # on the list of what is shown above: age, aside
    aside_reason: str | None = None
    aside_until: str | None = None
    aside_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """``after`` asks for the next page; None: this is the last one."""

    items: tuple[ListedItem, ...]
    after: str | None


def list_work(
    centre: Centre,
    staff: Staff,
    *,
    desk: Desk,
    unit: str | None = None,
    work_class: WorkClass | None = None,
    status: Status = "open",
    after: str | None = None,
    limit: int = LONGEST,
) -> Page:
    """One page of a unit's list, one's own where none is named. That it was read stands in the log.

    Raises CentreError ``place``, ``page-after`` (it is not of an earlier page).
    """
    place = page_place(after)
    with writing(centre.engine) as connection:
        if unit is not None:
            refuse_place(connection, staff, unit)
        units = own_units(connection, staff) if unit is None else inherited_units(connection, unit)
        page = read_list(connection, units, desk=desk, work_class=work_class, status=status, after=place, limit=limit)
        _log(connection, centre, staff, "worklist-read", unit or staff.unit, page)
    return page


def own_units(connection: Connection, staff: Staff) -> Sequence[str]:
    """Whose work is one's own: of a police unit, all stations that it answers for."""
    beside = police_places(connection, staff.unit)
    if not beside:
        return inherited_units(connection, staff.unit)
    trees = (connection.execute(select(below(place).c.code)).scalars() for place in beside)
    return sorted({code for tree in trees for code in tree})


def list_above(
    centre: Centre, staff: Staff, *, unit: str | None = None, after: str | None = None, limit: int = LONGEST
) -> Page:
    """One page of what a unit is shown of the work below it: what is aside, and what waits too long. As `list_work`."""
    place = page_place(after)
    with writing(centre.engine) as connection:
        unit = unit or staff.unit
        refuse_place(connection, staff, unit)
        page = read_above(connection, unit, after=place, limit=limit)
        _log(connection, centre, staff, "worklist-above-read", unit, page)
    return page


def read_list(
    connection: Connection,
    units: Sequence[str],
    *,
    desk: Desk,
    work_class: WorkClass | None = None,
    status: Status = "open",
    after: tuple[str, str] = ("", ""),
    limit: int = LONGEST,
) -> Page:
    """As `list_work`, for whoever may; of these units."""
    query = _items().where(
        work_items.c.unit.in_(units),
        work_items.c.desk == desk,
        work_items.c.status == status,
        tuple_(work_items.c.since, work_items.c.record_id) > tuple_(*after),
    )
    if work_class is not None:
        query = query.where(work_items.c.work_class == work_class.value)
    return _page(connection, query.order_by(work_items.c.since, work_items.c.record_id), limit)


def read_above(connection: Connection, unit: str, *, after: tuple[str, str] = ("", ""), limit: int = LONGEST) -> Page:
    """As `list_above`, for whoever may. What is raised for both reasons stands there once."""
    shown = (
        select(work_raised.c.record_id, work_raised.c.since, func.min(work_raised.c.why).label("why"))
        .where(
            work_raised.c.unit.in_(inherited_units(connection, unit)),
            tuple_(work_raised.c.since, work_raised.c.record_id) > tuple_(*after),
        )
        .group_by(work_raised.c.since, work_raised.c.record_id)
        .order_by(work_raised.c.since, work_raised.c.record_id)
        .limit(limit + 1)
        .subquery()
    )
    query = _items(shown.c.why).join(shown, shown.c.record_id == work_items.c.record_id)
    return _page(connection, query.order_by(work_items.c.since, work_items.c.record_id), limit)


def find_item(connection: Connection, record_id: str) -> ListedItem | None:
    """What is to be mended of one record, for whoever may see it; None: nothing."""
    row = connection.execute(_items().where(work_items.c.record_id == record_id)).one_or_none()
    return None if row is None else _listed(row)


def _items(*more: Any) -> Select[Any]:
    attempts = (
        select(func.count())
        .where(work_steps.c.record_id == work_items.c.record_id, work_steps.c.kind == "attempt")
        .where(work_steps.c.at >= work_items.c.since)
        .scalar_subquery()
    )
    return (
        select(
            work_items,
            records.c.document,
            attempts.label("attempts"),
            work_asides.c.reason.label("aside_reason"),
            work_asides.c.until,
            work_asides.c.account,
            *more,
        )
        .join(records, records.c.record_id == work_items.c.record_id)
        .outerjoin(work_asides, work_asides.c.record_id == work_items.c.record_id)
    )


def _page(connection: Connection, query: Select[Any], limit: int) -> Page:
    limit = max(1, min(limit, LONGEST))
    rows = connection.execute(query.limit(limit + 1)).all()
    more = len(rows) > limit
    items = tuple(_listed(row) for row in rows[:limit])
    return Page(items=items, after=_cursor(items[-1]) if more else None)


def _listed(row: Any) -> ListedItem:
    person = json.loads(row.document)["person"]
    return ListedItem(
        record_id=row.record_id,
        unit=row.unit,
        work_class=row.work_class,
        desk=row.desk,
        status=row.status,
        since=row.since,
        attempts=row.attempts,
        raised=row.level % TOP,
        initials=initials(person.get("full_name") or ""),
        birth_year=str(person.get("date_of_birth") or _UNKNOWN)[:4],
        why=getattr(row, "why", None),
        aside_reason=row.aside_reason,
        aside_until=row.until,
        aside_by=row.account,
    )


def initials(full_name: str) -> str:
    """What lists show of a name."""
    return "".join(f"{word[0].upper()}." for word in full_name.split()) or _UNKNOWN


def _cursor(item: ListedItem) -> str:
    return base64.urlsafe_b64encode(f"{item.since} {item.record_id}".encode()).decode()


def page_place(after: str | None) -> tuple[str, str]:
    """Where the next page begins. Raises CentreError ``page-after``."""
    if after is None:
        return "", ""
    try:
        since, record_id = base64.urlsafe_b64decode(after.encode()).decode().split(" ")
    except (Base64Error, ValueError):
        raise CentreError("page-after", "it is not of an earlier page", fields=("after",)) from None
    if "\0" in since + record_id:
        raise CentreError("page-after", "it is not of an earlier page", fields=("after",))
    return since, record_id


def _log(connection: Connection, centre: Centre, staff: Staff, act: str, unit: str, page: Page) -> None:
    told = f"rows {len(page.items)}"
    record_act(connection, at=centre.clock(), actor=staff.actor, act=act, subject=unit, reason=told)
