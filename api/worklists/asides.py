"""Putting a record aside: with a reason, until a day, and in the sight of the unit above."""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from api.accounts.staff import Staff, refuse_place, refuse_role
from api.context import Centre
from api.errors import CentreError
from api.store.locks import lock_free
from api.store.moves import Desk, change_item, read_items, read_standings
from api.store.schema import records
from api.store.schema_worklists import work_asides, work_raised
from api.store.transactions import writing
from api.worklists.steps import CENTRE, StepKind, Work, add_step, take_work
from api.worklists.tree import unit_above
from certificates.records.model import instant_to_text

AT_ONCE = 200


class AsideReason(StrEnum):
    ABROAD = "abroad"
    ILL = "ill"  # in hospital, or not to be asked now
    AWAITING_PAPERS = "awaiting-papers"  # the person has applied for them
    AWAITING_OFFICE = "awaiting-office"  # another office has been asked
    REFUSES = "refuses"  # the person does not want to answer
    DISASTER = "disaster"  # flood, storm, closed area


def put_aside(
    centre: Centre, staff: Staff, record_id: str, *, reason: AsideReason, days: int, desk: Desk | None = None
) -> str:
    """Take a record off the list for some days; returns when it comes back. Until then the unit above sees it.

    Raises CentreError ``aside-days`` (none, or more than ``aside_days``), ``work-aside`` (it is aside already), and
    those of `take_work`.
    """
    if not 1 <= days <= centre.settings.aside_days:
        raise CentreError("aside-days", f"1 to {centre.settings.aside_days} days", fields=("days",))
    now = centre.clock()
    until = instant_to_text(now + timedelta(days=days))
    with writing(centre.engine) as connection:
        work = take_work(connection, staff, record_id, desk=desk)
        item = work.item
        if item.status == "aside":
            raise CentreError("work-aside", "the record is aside already")
        change_item(connection, work.standing, item, replace(item, status="aside", touched=1), at=now)
        connection.execute(
            insert(work_asides).values(
                record_id=record_id,
                province=item.province,
                unit=item.unit,
                reason=reason.value,
                until=until,
                account=staff.account,
                made_at=instant_to_text(now),
            )
        )
        above = unit_above(connection, item.unit)
        if above is not None:
            show_above(connection, work, above, why="aside", at=instant_to_text(now))
        _step(connection, work, StepKind.ASIDE, reason.value, until, staff, centre)
    return until


def call_back(centre: Centre, staff: Staff, record_id: str) -> None:
    """Bring a record back before its time: whoever works on it, or an overseer of a unit above.

    Raises CentreError ``work-unknown``, ``place``, ``role``, ``work-not-aside``.
    """
    with writing(centre.engine) as connection:
        standing = read_standings(connection, [record_id]).get(record_id)
        item = read_items(connection, [record_id]).get(record_id)
        if standing is None or item is None:
            raise CentreError("work-unknown", "nothing is to be mended in a record of this number")
        refuse_place(connection, staff, item.unit)
        refuse_role(staff, item.desk, "overseer")
        if item.status != "aside":
            raise CentreError("work-not-aside", "the record is not aside")
        work = Work(standing=standing, item=item)
        change_item(connection, standing, item, replace(item, status="open"), at=centre.clock())
        _step(connection, work, StepKind.BACK, "called", "", staff, centre)


def return_due(centre: Centre) -> int:
    """Bring back what was aside for its time; some at a time. Returns how many records came back."""
    now = centre.clock()
    with writing(centre.engine) as connection:
        over = work_asides.c.until <= instant_to_text(now)
        due = connection.execute(
            select(work_asides.c.record_id).where(over).order_by(work_asides.c.until).limit(AT_ONCE)
        ).scalars()
        free = sorted(lock_free(connection, records.c.record_id.in_(list(due))))
        standings, items = read_standings(connection, free), read_items(connection, free)
        back = 0
        for record_id in free:
            item = items.get(record_id)
            if item is None or item.status != "aside":
                continue  # somebody was quicker
            work = Work(standing=standings[record_id], item=item)
            change_item(connection, work.standing, item, replace(item, status="open"), at=now)
            _step(connection, work, StepKind.BACK, "ended", "", None, centre)
            back += 1
    return back


def show_above(connection: Connection, work: Work, unit: str, *, why: str, at: str) -> None:
    """Put it on the list of what a unit sees of the work below it."""
    connection.execute(
        insert(work_raised).values(
            unit=unit,
            record_id=work.item.record_id,
            province=work.item.province,
            why=why,
            since=work.item.since,
            raised_at=at,
        )
    )


def _step(
    connection: Connection, work: Work, kind: StepKind, code: str, value: str, staff: Staff | None, centre: Centre
) -> None:
    add_step(
        connection,
        work.standing,
        kind=kind,
        code=code,
        value=value,
        account=staff.account if staff else CENTRE,
        unit=staff.unit if staff else work.item.unit,
        at=centre.clock(),
    )
