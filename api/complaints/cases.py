"""Rows of complaints: found, kept for a transaction, changed, and what happened written down beside them."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from api.complaints.clock import ComplaintClock
from api.complaints.counting import count_event, count_moved
from api.complaints.events import Event
from api.complaints.kinds import UNDECIDED, ComplaintState
from api.errors import CentreError
from api.store.locks import lock_records
from api.store.schema_complaints import complaint_events, complaints
from certificates.records.model import instant_from_text, instant_to_text

Case = Row[Any]
CITIZEN: Final = "citizen"
CENTRE: Final = "centre"
_STANDING: Final = ("province", "unit", "state", "marks")
LONGEST_TEXT: Final = 4000  # characters of a statement, a question, an answer
_LOOK_ALIKE: Final = str.maketrans("ILO", "110")


def normal_number(text: str) -> str:
    """A complaint's number as it is kept, however it was typed: province, and twice five letters."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    province, _, rest = plain.partition("-")
    letters = rest.replace("-", "").translate(_LOOK_ALIKE)
    return f"{province}-{letters[:5]}-{letters[5:]}"


def find_case(connection: Connection, complaint_id: str, *, lock: bool = False) -> Case:
    """Raises CentreError ``complaint-not-found``. ``lock``: nobody else changes it, or its record, until the end."""
    query = select(complaints).where(
        complaints.c.complaint_id == complaint_id, complaints.c.province == complaint_id.partition("-")[0]
    )
    case = connection.execute(query).one_or_none()
    if case is not None and lock:
        lock_records(connection, [case.record_id] if case.record_id else [])
        tied = case.record_id
        case = connection.execute(query.with_for_update()).one()
        if case.record_id != tied:  # tied to a record just now: records come first
            raise CentreError("complaint-changed", "somebody else is at work on it", retry_after=1)
    if case is None:
        raise CentreError("complaint-not-found")
    return case


def clock_of(case: Case) -> ComplaintClock:
    return ComplaintClock(
        since=instant_from_text(case.clock_from),
        paused=timedelta(seconds=case.paused_seconds),
        paused_at=case.paused_at and instant_from_text(case.paused_at),
    )


def clock_columns(clock: ComplaintClock, marks: int) -> dict[str, Any]:
    """The columns that keep a clock, and when the sweep has to look again."""
    return {
        "clock_from": instant_to_text(clock.since),
        "paused_seconds": int(clock.paused.total_seconds()),
        "paused_at": clock.paused_at and instant_to_text(clock.paused_at),
        "due_at": instant_to_text(clock.due_at),
        "marks": marks,
        "next_at": instant_to_text(clock.next_at(marks)),
    }


def change_case(connection: Connection, case: Case, *, at: datetime, **values: Any) -> Case:
    """Write these columns, and count it where it stands then; returns the row as it is now."""
    same = (complaints.c.complaint_id == case.complaint_id) & (complaints.c.province == case.province)
    before = connection.execute(select(*(complaints.c[name] for name in _STANDING)).where(same)).one()
    connection.execute(update(complaints).where(same).values(**values))
    after = connection.execute(select(complaints).where(same)).one()
    count_moved(connection, tuple(before), standing_of(after), at=at)
    return after


def standing_of(case: Case) -> tuple[str, str, str, int]:
    """What a complaint is counted by."""
    return case.province, case.unit, case.state, case.marks


def note_event(
    connection: Connection,
    case: Case,
    event: Event,
    *,
    actor: str,
    at: datetime,
    detail: str | None = None,
    sealed: bytes | None = None,
) -> None:
    """Append what happened. Its unit is the one that works on the complaint in ``case``."""
    events = complaint_events.c
    number = connection.execute(
        select(func.coalesce(func.max(events.number), 0)).where(
            events.complaint_id == case.complaint_id, events.province == case.province
        )
    ).scalar_one()
    connection.execute(
        insert(complaint_events).values(
            complaint_id=case.complaint_id,
            province=case.province,
            number=number + 1,
            at=instant_to_text(at),
            act=event.value,
            actor=actor,
            unit=case.unit,
            detail=detail,
            sealed=sealed,
        )
    )
    count_event(connection, case.province, case.unit, event, at=at)


def check_undecided(case: Case) -> None:
    """Raises CentreError ``complaint-decided``."""
    if ComplaintState(case.state) not in UNDECIDED:
        raise CentreError("complaint-decided", "it is decided, or was taken back")


def check_text(text: str, field: str, *, needed: bool = True) -> str:
    """The text in NFC without control characters. Raises CentreError ``complaint-text``."""
    kept = (letter for letter in unicodedata.normalize("NFC", text) if letter == "\n" or letter.isprintable())
    clean = "".join(kept).strip()
    if len(clean) > LONGEST_TEXT or (needed and not clean):
        raise CentreError("complaint-text", f"1 to {LONGEST_TEXT} characters are needed", fields=(field,))
    return clean
