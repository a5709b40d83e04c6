"""What came and what left at a unit and below it, day by day. From counts alone."""

from collections import Counter
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, select

from api.accounts.staff import Staff, refuse_place
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.store.counts import Day, read_days
from api.store.coverage import OF_OVERSIGHT
from api.store.transactions import writing
from api.worklists.tree import below

LONGEST: Final = timedelta(days=92)


def look_at_days(centre: Centre, staff: Staff, *, since: date, until: date, unit: str | None = None) -> tuple[Day, ...]:
    """The days from ``since`` to ``until`` of a unit (one's own where none is named), with what lies below it.

    Raises CentreError ``place``, ``days-range`` (it ends before it begins, or has more than 92 days).
    """
    with writing(centre.engine) as connection:
        unit = unit or staff.unit
        refuse_place(connection, staff, unit)
        days = read_days_below(connection, unit, since=since, until=until)
        record_act(connection, at=centre.clock(), actor=staff.actor, act="work-days-read", subject=unit)
    return days


def read_days_below(connection: Connection, unit: str, *, since: date, until: date) -> tuple[Day, ...]:
    """As `look_at_days`, for whoever may."""
    if not timedelta() <= until - since < LONGEST:
        raise CentreError("days-range", f"1 to {LONGEST.days} days", fields=("since", "until"))
    units = connection.execute(select(below(unit).c.code)).scalars().all()
    came: Counter[tuple[str, str, str]] = Counter()
    gone: Counter[tuple[str, str, str]] = Counter()
    for day in read_days(connection, since=since.isoformat(), until=until.isoformat(), units=units):
        if day.measure.startswith(OF_OVERSIGHT):
            continue
        key = (day.day, day.measure, day.desk)
        came[key] += day.came
        gone[key] += day.gone
    return tuple(
        Day(
            unit=unit, day=day, measure=measure, desk=desk, came=came[day, measure, desk], gone=gone[day, measure, desk]
        )
        for day, measure, desk in sorted(came)
    )
