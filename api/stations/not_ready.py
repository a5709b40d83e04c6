"""What keeps a unit's records from being signed: the reason of each, and what the station does now."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select

from api.audit import record_act
from api.auth import Session
from api.context import Centre
from api.signing.enrolment import inherited_units
from api.states import RecordState
from api.stations.sentences import NEXT_STEPS, REASONS, STATES, Sentence
from api.store.schema import records
from api.store.transactions import writing

LONGEST: Final = 200  # records in one answer
NOT_READY: Final = tuple(STATES)
_UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord:
    """A record that waits, with no more of its person than its own station needs to find it."""

    record_id: str
    initials: str = field(repr=False)
    birth_year: str = field(repr=False)
    since: str
    state: str
    reason: str
    why: Sentence
    next: Sentence


def find_not_ready(centre: Centre, session: Session) -> tuple[tuple[WaitingRecord, ...], int]:
    """The records of the session's unit and those it inherited, oldest first, and how many there are in all.

    That they were looked at stands in the log.
    """
    with writing(centre.engine) as connection:
        mine = records.c.unit.in_(inherited_units(connection, session.unit)) & records.c.state.in_(NOT_READY)
        total: int = connection.execute(select(func.count()).select_from(records).where(mine)).scalar_one()
        rows = connection.execute(
            select(records).where(mine).order_by(records.c.updated_at, records.c.record_id).limit(LONGEST)
        ).all()
        record_act(
            connection,
            at=centre.clock(),
            actor=session.actor,
            act="not-ready-read",
            subject=session.unit,
            token=session.certificate.fingerprint,
        )
    return tuple(_waiting(row) for row in rows), total


def _waiting(row: Any) -> WaitingRecord:
    person = json.loads(row.document)["person"]
    why = REASONS.get((row.reason or "").partition(":")[0]) or STATES[RecordState(row.state)]
    words = (person.get("full_name") or "").split()
    return WaitingRecord(
        record_id=row.record_id,
        initials="".join(f"{word[0].upper()}." for word in words) or _UNKNOWN,
        birth_year=str(person.get("date_of_birth") or _UNKNOWN)[:4],
        since=row.updated_at,
        state=row.state,
        reason=row.reason or row.state,
        why=why,
        next=NEXT_STEPS[RecordState(row.state)],
    )
