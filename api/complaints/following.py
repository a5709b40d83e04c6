"""What the citizen does with number and secret: see state, clock, reason and who works on it, answer, appeal.

One refusal for everything that does not match: whoever guesses learns nothing.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from api.audit import record_act
from api.complaints.cases import (
    CITIZEN,
    Case,
    change_case,
    check_text,
    check_undecided,
    clock_columns,
    clock_of,
    find_case,
    normal_number,
    note_event,
)
from api.complaints.clock import APPEAL_WITHIN, ComplaintClock
from api.complaints.disputes import NONE, dispute, hold_for_others, restore
from api.complaints.events import Event
from api.complaints.kinds import DISPUTING, ComplaintKind, ComplaintState
from api.complaints.opening import hash_secret, keep_photo
from api.complaints.photo_keeping import delete_photos_after
from api.complaints.photos import CleanPhoto
from api.complaints.refusals import Refusal
from api.complaints.routing import unit_above
from api.complaints.sealing import open_document, seal_document
from api.complaints.where import Whereabouts, find_whereabouts
from api.context import Centre
from api.errors import CentreError
from api.revocation.endings import note_told
from api.store.schema import units
from api.store.schema_complaints import complaint_events
from api.store.transactions import writing
from certificates.records.model import instant_from_text, instant_to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened. Of staff the citizen learns the unit."""

    at: str
    event: Event
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A complaint as its citizen sees it.

    Attributes:
        spent: what has run of the 48 hours.
        pause_ends: when the clock runs on, answer or not.
        question: what the unit wants to know; while it is awaited.
        note: what the unit wrote with its decision.
        appeal_until: None where there is nothing to appeal against, or no more.
        whereabouts: of a record whose certificate is missing, once it is known which.
    """

    number: str
    kind: ComplaintKind
    state: ComplaintState
    received_at: str
    due_at: str
    spent: timedelta
    paused_at: str | None
    pause_ends: datetime | None
    unit: str
    unit_name: str
    overdue: bool
    question: str | None = field(repr=False)
    refusal: Refusal | None
    note: str | None = field(repr=False)
    decided_at: str | None
    appeal_until: datetime | None
    appealed: bool
    whereabouts: Whereabouts | None
    steps: tuple[Step, ...]


def follow(centre: Centre, number: str, secret: str) -> Followed:
    """Where it stands. Whoever sees a decision has been told: the 14 days of an old code begin.

    Raises CentreError ``complaint-not-found``.
    """
    with centre.engine.connect() as connection:
        case = _find(connection, centre, number, secret)
        if case.told_at is not None or case.decided_at is None or case.state == ComplaintState.WITHDRAWN:
            return _describe(connection, centre, case)
    with writing(centre.engine) as connection:
        case = _find(connection, centre, number, secret, lock=True)
        return _describe(connection, centre, tell(connection, case, actor=CITIZEN, at=centre.clock()))


def tell(connection: Connection, case: Case, *, actor: str, at: datetime) -> Case:
    """The person has been told the decision. The first time counts."""
    if case.told_at is not None or case.state not in (ComplaintState.CONFIRMED, ComplaintState.REFUSED):
        return case
    note_event(connection, case, Event.TOLD, actor=actor, at=at)
    record_act(connection, at=at, actor=actor, act="complaint-told", subject=case.complaint_id)
    note_told(connection, case.complaint_id, at=at)
    return change_case(connection, case, at=at, told_at=instant_to_text(at))


def answer(centre: Centre, number: str, secret: str, text: str, photo: CleanPhoto | None = None) -> Followed:
    """Answer the unit's question: the clock runs on.

    Raises CentreError ``complaint-not-found``, ``complaint-no-question``, ``complaint-text``, ``complaint-photos``.
    """
    with _taken(centre, number, secret) as (connection, case):
        case = take_answer(connection, centre, case, text, actor=CITIZEN)
        if photo is not None:
            keep_photo(connection, centre.secret, case, photo, actor=CITIZEN, at=centre.clock())
        return _describe(connection, centre, case)


def take_answer(connection: Connection, centre: Centre, case: Case, text: str, *, actor: str) -> Case:
    """Note the citizen's answer, whoever brings it.

    Raises CentreError ``complaint-no-question``, ``complaint-text``.
    """
    if case.state != ComplaintState.WAITING:
        raise CentreError("complaint-no-question", "nothing was asked, or it was answered")
    now = centre.clock()
    sealed = seal_document(centre.secret, case.complaint_id, check_text(text, "answer"))
    clock = clock_of(case).run_on(now)
    case = change_case(connection, case, at=now, state=ComplaintState.OPEN.value, **clock_columns(clock, case.marks))
    note_event(connection, case, Event.ANSWERED, actor=actor, at=now, sealed=sealed)
    record_act(connection, at=now, actor=actor, act="complaint-answered", subject=case.complaint_id)
    return case


def add_photo(centre: Centre, number: str, secret: str, photo: CleanPhoto) -> Followed:
    """Raises CentreError ``complaint-not-found``, ``complaint-decided``, ``complaint-photos``."""
    with _taken(centre, number, secret) as (connection, case):
        check_undecided(case)
        keep_photo(connection, centre.secret, case, photo, actor=CITIZEN, at=centre.clock())
        return _describe(connection, centre, case)


def appeal(centre: Centre, number: str, secret: str, text: str) -> Followed:
    """Bring a refusal before the unit above, once; its 48 hours begin anew.

    Raises CentreError ``complaint-not-found``, ``complaint-no-appeal`` (it is not refused, was appealed before, or 30
    days are over), ``complaint-top`` (nobody stands above), ``complaint-text``.
    """
    now = centre.clock()
    with _taken(centre, number, secret) as (connection, case):
        if _appeal_until(case, now) is None:
            raise CentreError("complaint-no-appeal", "nothing can be appealed against (any more)")
        above = unit_above(connection, case.decided_unit, unseen_by=case.named_unit)
        if above is None:
            raise CentreError("complaint-top", "nobody stands above the unit that decided")
        sealed = seal_document(centre.secret, case.complaint_id, check_text(text, "why"))
        disputing = case.record_id is not None and ComplaintKind(case.kind) in DISPUTING
        case = change_case(
            connection,
            case,
            at=now,
            state=ComplaintState.OPEN.value,
            unit=above,
            appeals=1,
            told_at=None,
            dispute=dispute(connection, case.record_id, at=now) if disputing else NONE,
            **clock_columns(ComplaintClock(since=now), 0),
        )
        delete_photos_after(connection, case, None)
        note_event(connection, case, Event.APPEALED, actor=CITIZEN, at=now, sealed=sealed)
        record_act(connection, at=now, actor=CITIZEN, act="complaint-appealed", subject=case.complaint_id)
        return _describe(connection, centre, case)


def withdraw(centre: Centre, number: str, secret: str) -> Followed:
    """Take it back. Raises CentreError ``complaint-not-found``, ``complaint-decided``."""
    now = centre.clock()
    with _taken(centre, number, secret) as (connection, case):
        check_undecided(case)
        if case.record_id is not None:
            restore(connection, case.record_id, at=now)
        case = close_case(connection, case, ComplaintState.WITHDRAWN, at=now)
        if case.record_id is not None:
            hold_for_others(connection, case.record_id, besides=case.complaint_id, at=now)
        note_event(connection, case, Event.WITHDRAWN, actor=CITIZEN, at=now)
        record_act(connection, at=now, actor=CITIZEN, act="complaint-withdrawn", subject=case.complaint_id)
        return _describe(connection, centre, case)


def close_case(connection: Connection, case: Case, state: ComplaintState, *, at: datetime, **values: Any) -> Case:
    """It is decided, or taken back: the clock and the sweep are done with it, and its photos have an end."""
    clock = clock_of(case).run_on(at)
    columns = clock_columns(clock, case.marks) | {"next_at": None}
    case = change_case(connection, case, at=at, state=state.value, dispute=NONE, **columns, **values)
    delete_photos_after(connection, case, at)
    return case


@contextmanager
def _taken(centre: Centre, number: str, secret: str) -> Iterator[tuple[Connection, Case]]:
    with writing(centre.engine) as connection:
        yield connection, _find(connection, centre, number, secret, lock=True)


def _find(connection: Connection, centre: Centre, number: str, secret: str, *, lock: bool = False) -> Case:
    complaint_id = normal_number(number)
    given = hash_secret(centre.secret, complaint_id, secret)
    case = find_case(connection, complaint_id)
    if not hmac.compare_digest(given, case.secret_hash):
        raise CentreError("complaint-not-found")
    return find_case(connection, complaint_id, lock=True) if lock else case


def _appeal_until(case: Case, now: datetime) -> datetime | None:
    if case.state != ComplaintState.REFUSED or case.appeals:
        return None
    until = instant_from_text(case.decided_at) + APPEAL_WITHIN
    return until if now <= until else None


def _describe(connection: Connection, centre: Centre, case: Case) -> Followed:
    now, clock, state = centre.clock(), clock_of(case), ComplaintState(case.state)
    events = _events(connection, case)
    ended = instant_from_text(case.decided_at) if case.decided_at and state in _DECIDED else now
    return Followed(
        number=case.complaint_id,
        kind=ComplaintKind(case.kind),
        state=state,
        received_at=case.received_at,
        due_at=case.due_at,
        spent=clock.spent(ended),
        paused_at=case.paused_at,
        pause_ends=clock.pause_ends,
        unit=case.unit,
        unit_name=connection.execute(select(units.c.name).where(units.c.code == case.unit)).scalar_one(),
        overdue=ended > clock.due_at and state is not ComplaintState.WAITING,
        question=_text(centre, case, events, Event.ASKED) if state is ComplaintState.WAITING else None,
        refusal=Refusal(case.refusal) if case.refusal and state is ComplaintState.REFUSED else None,
        note=_text(centre, case, events, *_DECISIONS) if state in _DECIDED else None,
        decided_at=case.decided_at if state in _DECIDED else None,
        appeal_until=_appeal_until(case, now),
        appealed=case.appeals > 0,
        whereabouts=(
            find_whereabouts(connection, case.record_id)
            if case.record_id is not None and case.kind == ComplaintKind.NO_CERTIFICATE
            else None
        ),
        steps=tuple(Step(at=event.at, event=Event(event.act), unit=event.unit) for event in events),
    )


_DECIDED = (ComplaintState.CONFIRMED, ComplaintState.REFUSED)
_DECISIONS = (Event.CONFIRMED, Event.REFUSED)


def _events(connection: Connection, case: Case) -> list[Row[Any]]:
    events = complaint_events.c
    return list(
        connection.execute(
            select(complaint_events)
            .where(events.complaint_id == case.complaint_id, events.province == case.province)
            .order_by(events.number)
        )
    )


def _text(centre: Centre, case: Case, events: list[Row[Any]], *kinds: Event) -> str | None:
    """What the last event of these kinds says."""
    for event in reversed(events):
        if Event(event.act) in kinds:
            return event.sealed and str(open_document(centre.secret, case.complaint_id, event.sealed))
    return None
