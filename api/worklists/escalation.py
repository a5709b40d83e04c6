"""What waits too long is shown to the unit above, then to the one above that, and so on to the top of the tree."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from api.context import Centre
from api.store.locks import lock_free
from api.store.moves import TOP, change_item, read_items, read_standings
from api.store.schema import records
from api.store.schema_worklists import work_items
from api.store.transactions import writing
from api.worklists.asides import show_above
from api.worklists.steps import CENTRE, StepKind, Work, add_step
from api.worklists.tree import unit_above
from certificates.records.model import instant_to_text

AT_ONCE: Final = 200
DEEPEST: Final = 8  # levels of a tree that are climbed


def raise_old(centre: Centre) -> int:
    """Show what is older than ``escalation_days`` one level up, what is twice as old two levels, and so on.

    Some at a time; returns how many were raised. An item keeps its age through corrections, police and being aside.
    """
    raised = 0
    for level in range(DEEPEST):
        raised += _raise_from(centre, level)
    return raised


def _raise_from(centre: Centre, level: int) -> int:
    now = centre.clock()
    latest = instant_to_text(now - timedelta(days=centre.settings.escalation_days * (level + 1)))
    old = (work_items.c.level == level) & (work_items.c.since <= latest)
    with writing(centre.engine) as connection:
        ids = connection.execute(select(work_items.c.record_id).where(old).order_by(work_items.c.since).limit(AT_ONCE))
        free = sorted(lock_free(connection, records.c.record_id.in_(list(ids.scalars()))))
        standings, items = read_standings(connection, free), read_items(connection, free)
        above: dict[str, str | None] = {}
        raised = 0
        for record_id in free:
            item = items.get(record_id)
            if item is None or item.level != level:
                continue  # somebody was quicker
            if item.unit not in above:
                above[item.unit] = unit_above(connection, item.unit, levels=level + 1)
            unit = above[item.unit]
            work = Work(standing=standings[record_id], item=item)
            change_item(
                connection, work.standing, item, replace(item, level=level + (TOP if unit is None else 1)), at=now
            )
            if unit is not None:
                show_above(connection, work, unit, why="age", at=instant_to_text(now))
                add_step(
                    connection,
                    work.standing,
                    kind=StepKind.RAISED,
                    code=unit,
                    account=CENTRE,
                    unit=item.unit,
                    at=now,
                )
                raised += 1
    return raised
