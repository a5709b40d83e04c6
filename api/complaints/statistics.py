"""Complaints in numbers, by unit: what came in, is open, ran out of time, was refused and why, won on appeal."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Connection, Select, func, select

from api.accounts.staff import Staff
from api.complaints.events import Event
from api.complaints.kinds import UNDECIDED
from api.complaints.routing import family_of, units_below
from api.complaints.scope import in_reach
from api.context import Centre
from api.store.schema_complaints import complaint_events, complaints


@dataclass(slots=True, kw_only=True)
class UnitCounts:
    """Counts of one unit.

    Attributes:
        received: routed to it first.
        open: it works on them now.
        breached: it let the time run out.
        refused: its refusals by reason; one that was appealed against counts still.
        confirmed: it decided so.
        appealed, appeals_won: against its refusals; decided for the citizen.
        untold: decided by it, and the citizen does not know.
        conduct: complaints about its own conduct, which it does not see.
    """

    unit: str
    received: int = 0
    open: int = 0
    breached: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    appealed: int = 0
    appeals_won: int = 0
    untold: int = 0
    conduct: int = 0

    def to_dict(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"refused": dict(self.refused)}


def count_complaints(centre: Centre, *, staff: Staff) -> tuple[UnitCounts, ...]:
    """Of all units in reach that have anything to count. Raises CentreError ``role``."""
    with centre.engine.connect() as connection:
        in_reach(connection, staff)  # the role
        below, own = units_below(staff.unit), family_of(connection, staff.unit)
        seen = complaints.c.named_unit.is_(None) | complaints.c.named_unit.not_in(own)
        counts = _Counts(connection, below)
        counts.add("received", select(complaints.c.first_unit, func.count()).where(seen), complaints.c.first_unit)
        undecided = complaints.c.state.in_(UNDECIDED)
        counts.add("open", select(complaints.c.unit, func.count()).where(seen, undecided), complaints.c.unit)
        untold = complaints.c.decided_unit.is_not(None) & complaints.c.told_at.is_(None) & ~undecided
        counts.add("untold", select(complaints.c.unit, func.count()).where(seen, untold), complaints.c.unit)
        events = complaint_events.c
        for name, act in (
            ("breached", Event.BREACHED),
            ("confirmed", Event.CONFIRMED),
            ("refused", Event.REFUSED),
        ):
            query = (
                select(events.unit, events.detail, func.count())
                .join(
                    complaints,
                    (complaints.c.complaint_id == events.complaint_id) & (complaints.c.province == events.province),
                )
                .where(seen, events.act == act.value)
                .group_by(events.detail)
            )
            counts.add(name, query, events.unit)
        # The first refusal is the event that an appeal came after.
        refused = complaint_events.alias()
        against = (
            select(refused.c.unit, complaints.c.state, func.count())
            .join(
                complaints,
                (complaints.c.complaint_id == refused.c.complaint_id) & (complaints.c.province == refused.c.province),
            )
            .where(
                seen,
                complaints.c.appeals > 0,
                refused.c.act == Event.REFUSED.value,
                refused.c.number
                == select(func.min(events.number))
                .where(
                    events.complaint_id == refused.c.complaint_id,
                    events.province == refused.c.province,
                    events.act == Event.REFUSED.value,
                )
                .scalar_subquery(),
            )
            .group_by(complaints.c.state)
        )
        counts.add("appealed", against, refused.c.unit)
        named = select(complaints.c.named_unit, func.count()).where(complaints.c.named_unit.not_in(own))
        counts.add("conduct", named, complaints.c.named_unit)
    return tuple(counts.units[unit] for unit in sorted(counts.units))


class _Counts:
    def __init__(self, connection: Connection, below: Select[tuple[str]]) -> None:
        self._connection, self._below = connection, below
        self.units: dict[str, UnitCounts] = {}

    def add(self, name: str, query: Select[Any], unit: Any) -> None:
        """Add what a query of unit, maybe a detail, and count found."""
        for row in self._connection.execute(query.where(unit.in_(self._below)).group_by(unit)):
            code, *rest, count = row
            counts = self.units.setdefault(code, UnitCounts(unit=code))
            if name == "refused":
                counts.refused[rest[0]] += count
            else:
                setattr(counts, name, getattr(counts, name) + count)
            if name == "appealed" and rest[0] == "confirmed":
                counts.appeals_won += count
