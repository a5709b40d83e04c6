"""What the staff sees of complaints: lists by urgency without a name, and one complaint for a stated purpose."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, select, tuple_

from api.accounts.reading import Purpose
from api.accounts.staff import Staff, refuse_place
from api.audit import record_act
from api.complaints.cases import Case, clock_of
from api.complaints.clock import BREACH
from api.complaints.events import Event
from api.complaints.kinds import UNDECIDED, ComplaintKind, ComplaintState
from api.complaints.refusals import Refusal
from api.complaints.scope import find_in_reach, in_reach
from api.complaints.sealing import open_bytes, open_document
from api.context import Centre
from api.errors import CentreError
from api.store.schema_complaints import complaint_events, complaint_photos, complaints
from api.store.transactions import writing

LONGEST: Final = 200  # complaints of one page


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A complaint in a list. ``marks``: 1 and 2 are warned, from 3 on the 48 hours are over. Times are RFC 3339."""

    number: str
    kind: ComplaintKind
    state: ComplaintState
    unit: str
    record_id: str | None
    grave: str | None
    received_at: str
    due_at: str
    spent: timedelta
    marks: int
    overdue: bool
    appealed: bool
    refusal: Refusal | None
    told_at: str | None

    @property
    def cursor(self) -> tuple[str, str]:
        return self.due_at, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event as the staff sees it: with the account, and what was written."""

    at: str
    event: Event
    actor: str
    unit: str
    detail: str | None
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A whole complaint. ``texts``: what the citizen gave, by field, as long as it is kept; ``photos``: SHA-256, in
    hexadecimal."""

    listed: Listed
    received_by: str
    named_unit: str | None
    named_accounts: tuple[str, ...]
    texts: dict[str, str] = field(repr=False)
    events: tuple[Happened, ...]
    photos: tuple[str, ...]


def list_complaints(
    centre: Centre,
    *,
    staff: Staff,
    unit: str | None = None,
    undecided: bool = True,
    after: tuple[str, str] | None = None,
    limit: int = LONGEST,
) -> tuple[Listed, ...]:
    """Complaints in reach, those first whose time is up first.

    Args:
        unit: only those that this unit works on.
        undecided: else all of them.
        after: the `Listed.cursor` of the last one seen.

    Raises CentreError ``role``, ``place``.
    """
    with centre.engine.connect() as connection:
        query = select(complaints).where(in_reach(connection, staff))
        if unit is not None:
            refuse_place(connection, staff, unit)
            query = query.where(complaints.c.unit == unit)
        if undecided:
            query = query.where(complaints.c.state.in_(UNDECIDED))
        if after is not None:
            query = query.where(tuple_(complaints.c.due_at, complaints.c.complaint_id) > tuple_(*after))
        rows = connection.execute(query.order_by(complaints.c.due_at, complaints.c.complaint_id).limit(limit)).all()
    return tuple(_listed(centre, row) for row in rows)


def read_complaint(centre: Centre, complaint_id: str, *, staff: Staff, purpose: Purpose) -> Read:
    """One complaint with all that was said; that it was read, and why, stands in the log.

    Raises CentreError ``complaint-not-found``, ``role``.
    """
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id)
        _log_reading(connection, centre, case, staff, purpose, "complaint-read")
        events = connection.execute(
            select(complaint_events)
            .where(complaint_events.c.complaint_id == complaint_id, complaint_events.c.province == case.province)
            .order_by(complaint_events.c.number)
        ).all()
        photos = connection.execute(
            select(complaint_photos.c.sha256)
            .where(complaint_photos.c.complaint_id == complaint_id, complaint_photos.c.province == case.province)
            .order_by(complaint_photos.c.taken_in_at, complaint_photos.c.sha256)
        ).scalars()
        return Read(
            listed=_listed(centre, case),
            received_by=case.received_by,
            named_unit=case.named_unit,
            named_accounts=tuple((case.named_accounts or "").split()),
            texts=open_document(centre.secret, complaint_id, case.sealed) if case.sealed else {},  # had its time
            events=tuple(_happened(centre, case, event) for event in events),
            photos=tuple(sha256.hex() for sha256 in photos),
        )


def read_photo(centre: Centre, complaint_id: str, sha256: bytes, *, staff: Staff, purpose: Purpose) -> bytes:
    """A photo, as JPEG.

    Raises CentreError ``complaint-not-found``, ``photo-not-found``, ``role``.
    """
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id)
        _log_reading(connection, centre, case, staff, purpose, "complaint-photo-read")
        sealed = connection.execute(
            select(complaint_photos.c.sealed).where(
                complaint_photos.c.complaint_id == complaint_id,
                complaint_photos.c.province == case.province,
                complaint_photos.c.sha256 == sha256,
            )
        ).scalar_one_or_none()
    if sealed is None:
        raise CentreError("photo-not-found", "there is no such photo, or it was deleted")
    return open_bytes(centre.secret, complaint_id, sealed)


def _log_reading(connection: Any, centre: Centre, case: Case, staff: Staff, purpose: Purpose, act: str) -> None:
    record_act(
        connection, at=centre.clock(), actor=staff.actor, act=act, subject=case.complaint_id, reason=purpose.value
    )


def _listed(centre: Centre, case: Case) -> Listed:
    clock = clock_of(case)
    return Listed(
        number=case.complaint_id,
        kind=ComplaintKind(case.kind),
        state=ComplaintState(case.state),
        unit=case.unit,
        record_id=case.record_id,
        grave=case.grave,
        received_at=case.received_at,
        due_at=case.due_at,
        spent=clock.spent(centre.clock()),
        marks=case.marks,
        overdue=case.marks > BREACH,
        appealed=case.appeals > 0,
        refusal=Refusal(case.refusal) if case.refusal else None,
        told_at=case.told_at,
    )


def _happened(centre: Centre, case: Case, event: Row[Any]) -> Happened:
    return Happened(
        at=event.at,
        event=Event(event.act),
        actor=event.actor,
        unit=event.unit,
        detail=event.detail,
        text=event.sealed and str(open_document(centre.secret, case.complaint_id, event.sealed)),
    )
