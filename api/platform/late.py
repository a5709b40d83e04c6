"""Doses that were entered later than the day they were given (letter 1815/BYT-CNTT), by unit."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, func, select

from api.store.schema_intake import entered_doses


def count_late(engine: Engine, *, since: date, unit: str | None = None) -> tuple[dict[str, Any], ...]:
    """Of each unit since this day (of entry, UTC): doses entered, late ones, and the longest delay in days; the worst
    first. Doses that came by the platform and were not refused."""
    query = (
        select(
            entered_doses.c.unit,
            func.count().label("entered"),
            func.count().filter(entered_doses.c.late_days > 0).label("late"),
            func.max(entered_doses.c.late_days).label("longest"),
        )
        .where(entered_doses.c.received_at >= since.isoformat(), entered_doses.c.outcome != "refused")
        .group_by(entered_doses.c.unit)
    )
    if unit is not None:
        query = query.where(entered_doses.c.unit == unit)
    with engine.connect() as connection:
        counts = [
            {"unit": row.unit, "entered": row.entered, "late": row.late, "longest_days": row.longest}
            for row in connection.execute(query)
        ]
    return tuple(sorted(counts, key=lambda count: (-count["late"], count["unit"])))
