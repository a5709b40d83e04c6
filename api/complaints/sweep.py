"""What happens to complaints by time alone: warnings, breaches, the way up the tree, pauses that are over; codes that
reach their end, photos that have had their time, records that came back from their signers.

Any number of processes may sweep at once: each complaint is taken by one of them, and what is done is not due again.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.audit import record_act
from api.complaints.cases import CENTRE, Case, change_case, clock_columns, clock_of, note_event
from api.complaints.clock import BREACH, mark
from api.complaints.disputes import WANTED, dispute
from api.complaints.events import Event
from api.complaints.kinds import UNDECIDED, ComplaintState
from api.complaints.photo_keeping import delete_old_photos
from api.complaints.routing import unit_above
from api.context import Centre
from api.revocation.endings import end_due_codes
from api.store.locks import lock_free
from api.store.schema import records
from api.store.schema_complaints import complaints
from api.store.transactions import writing
from certificates.records.model import instant_to_text

_AT_ONCE: Final = 50  # complaints of one transaction


def sweep_complaints(centre: Centre) -> dict[str, int]:
    """Do all that is due now; returns how often what was done."""
    done = Counter[str]()
    while _sweep_clocks(centre, done):
        pass
    with writing(centre.engine) as connection:
        done["disputed"] += _hold_wanted(connection, centre.clock())
        done["photos-deleted"] += delete_old_photos(connection, at=centre.clock())
    done["codes-ended"] += end_due_codes(centre)
    return {name: count for name, count in sorted(done.items()) if count}


def _sweep_clocks(centre: Centre, done: Counter[str]) -> int:
    now = centre.clock()
    due = (
        select(complaints)
        .where(complaints.c.next_at <= instant_to_text(now), complaints.c.state.in_(UNDECIDED))
        .order_by(complaints.c.next_at, complaints.c.complaint_id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with writing(centre.engine) as connection:
        cases = connection.execute(due).all()
        for case in cases:
            _advance(connection, case, now, done)
    return len(cases)


def _advance(connection: Connection, case: Case, now: datetime, done: Counter[str]) -> None:
    """Everything that has become due, one thing after the other, as if it had been seen at its time."""
    while case.next_at is not None and case.next_at <= instant_to_text(now):
        clock = clock_of(case)
        if clock.pause_ends is not None:
            columns = clock_columns(clock.run_on(now), case.marks)
            case = change_case(connection, case, at=now, state=ComplaintState.OPEN.value, **columns)
            _tell(connection, case, Event.PAUSE_ENDED, now, done)
        elif case.marks < BREACH:
            hours = int(mark(case.marks).total_seconds()) // 3600
            case = change_case(connection, case, at=now, **clock_columns(clock, case.marks + 1))
            _tell(connection, case, Event.WARNED, now, done, detail=str(hours))
        else:
            case = _escalate(connection, case, now, done)


def _escalate(connection: Connection, case: Case, now: datetime, done: Counter[str]) -> Case:
    clock, above = clock_of(case), unit_above(connection, case.unit, unseen_by=case.named_unit)
    if case.marks == BREACH:
        _tell(connection, case, Event.BREACHED, now, done)
    columns = clock_columns(clock, case.marks + 1)
    if above is None:
        case = change_case(connection, case, at=now, **columns | {"next_at": None})
        _tell(connection, case, Event.AT_THE_TOP, now, done)
        return case
    case = change_case(connection, case, at=now, unit=above, **columns)
    _tell(connection, case, Event.ESCALATED, now, done)
    return case


def _tell(
    connection: Connection, case: Case, event: Event, now: datetime, done: Counter[str], *, detail: str | None = None
) -> None:
    note_event(connection, case, event, actor=CENTRE, at=now, detail=detail)
    reason = f"{case.unit} {detail}" if detail else case.unit
    record_act(
        connection, at=now, actor=CENTRE, act=f"complaint-{event.value}", subject=case.complaint_id, reason=reason
    )
    done[event.value] += 1


def _hold_wanted(connection: Connection, now: datetime) -> int:
    """Records that a token was at work on when somebody complained: set aside as soon as they are back."""
    wanted = (complaints.c.dispute == WANTED) & complaints.c.state.in_(UNDECIDED)
    waiting = connection.execute(select(complaints.c.record_id).where(wanted).limit(_AT_ONCE)).scalars().all()
    free = lock_free(connection, records.c.record_id.in_(waiting))
    held = 0
    for record_id in sorted(free):
        standing = dispute(connection, record_id, at=now)
        if standing == WANTED:
            continue
        mine = select(complaints).where(wanted, complaints.c.record_id == record_id).with_for_update(skip_locked=True)
        for case in connection.execute(mine).all():
            change_case(connection, case, at=now, dispute=standing)
            held += 1
    return held
