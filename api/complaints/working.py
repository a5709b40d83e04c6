"""What the staff does with a complaint before it is decided: ask, note an answer, find the record, pass it on, tell."""

from datetime import datetime

from sqlalchemy import Connection, select

from api.accounts.staff import Staff, refuse_place, units_above
from api.audit import record_act
from api.complaints.cases import Case, change_case, check_text, check_undecided, clock_columns, clock_of, note_event
from api.complaints.clock import MOST_QUESTIONS, WARNINGS
from api.complaints.events import Event
from api.complaints.following import take_answer, tell
from api.complaints.kinds import ComplaintState, Grave
from api.complaints.opening import keep_photo, tie
from api.complaints.photos import CleanPhoto
from api.complaints.routing import check_unit, family_of, successor_of
from api.complaints.scope import find_in_reach
from api.complaints.sealing import seal_document
from api.context import Centre
from api.errors import CentreError
from api.store.locks import lock_records
from api.store.schema import records
from api.store.schema_complaints import complaint_events
from api.store.transactions import writing


def ask(centre: Centre, complaint_id: str, question: str, *, staff: Staff) -> None:
    """Ask the citizen: the clock stands until the answer, 72 hours at most.

    Raises CentreError ``complaint-not-found``, ``complaint-decided``, ``complaint-asked`` (a question is open),
    ``complaint-questions`` (three were asked, or seven days waited), ``complaint-text``, ``role``.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        check_undecided(case)
        if case.state == ComplaintState.WAITING:
            raise CentreError("complaint-asked", "a question is open already")
        clock = clock_of(case)
        if _asked(connection, case) >= MOST_QUESTIONS or not clock.may_pause:
            raise CentreError("complaint-questions", "no more time for questions is left: decide")
        sealed = seal_document(centre.secret, complaint_id, check_text(question, "question"))
        columns = clock_columns(clock.pause(now), case.marks)
        case = change_case(connection, case, at=now, state=ComplaintState.WAITING.value, **columns)
        note_event(connection, case, Event.ASKED, actor=staff.actor, at=now, sealed=sealed)
        _log(connection, case, staff, "complaint-asked", now)


def bring_answer(
    centre: Centre, complaint_id: str, answer: str, *, staff: Staff, photo: CleanPhoto | None = None
) -> None:
    """Note what the citizen answered at the counter.

    Raises CentreError ``complaint-not-found``, ``complaint-no-question``, ``complaint-text``, ``complaint-photos``.
    """
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        case = take_answer(connection, centre, case, answer, actor=staff.actor)
        if photo is not None:
            keep_photo(connection, centre.secret, case, photo, actor=staff.actor, at=centre.clock())


def bring_photo(centre: Centre, complaint_id: str, photo: CleanPhoto, *, staff: Staff) -> None:
    """Keep a photo that was taken at the counter. Raises CentreError ``complaint-decided``, ``complaint-photos``."""
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        check_undecided(case)
        keep_photo(connection, centre.secret, case, photo, actor=staff.actor, at=centre.clock())


def link(centre: Centre, complaint_id: str, record_id: str, *, staff: Staff, grave: Grave | None = None) -> None:
    """Tie it to the record that it is about; the record is set aside where its content is in doubt.

    Args:
        grave: the passport is another person's, or was sold: it is not handed out meanwhile.

    Raises CentreError ``complaint-not-found``, ``complaint-decided``, ``complaint-linked`` (to another record already),
    ``complaint-record`` (there is none of this number), ``place`` (it is another unit's), ``role``.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        lock_records(connection, [record_id])
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        check_undecided(case)
        unit = connection.execute(select(records.c.unit).where(records.c.record_id == record_id)).scalar_one_or_none()
        if unit is None:
            raise CentreError("complaint-record", "there is no record of this number", fields=("record_id",))
        refuse_place(connection, staff, unit)
        if case.record_id not in (None, record_id):
            raise CentreError("complaint-linked", "it is tied to another record already")
        if grave is not None:
            case = change_case(connection, case, at=now, grave=grave.value)
        if case.record_id is None:
            case = tie(connection, case, record_id, at=now)
        note_event(connection, case, Event.LINKED, actor=staff.actor, at=now)
        _log(connection, case, staff, "complaint-linked", now, record_id)


def name_account(centre: Centre, complaint_id: str, account: str, *, staff: Staff) -> None:
    """Note that the complaint names this person of the staff, who decides nothing of it.

    Raises CentreError ``complaint-not-found``, ``complaint-decided``, ``role``.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        check_undecided(case)
        named = {*(case.named_accounts or "").split(), account.lower()}  # nobody takes a name off again
        case = change_case(connection, case, at=now, named_accounts=" ".join(sorted(named)))
        note_event(connection, case, Event.NAMED, actor=staff.actor, at=now, detail=account.lower())
        _log(connection, case, staff, "complaint-named", now, account.lower())


def pass_on(centre: Centre, complaint_id: str, unit: str, why: str, *, staff: Staff) -> str:
    """Hand it to the unit that can answer it; the clock runs on. Returns who has it now (a closed unit's successor).

    Conduct goes up only, and so does what is late: nobody hands a breach to somebody else.

    Raises CentreError ``complaint-not-found``, ``complaint-decided``, ``complaint-unit`` (there is none, it has it
    already, or must not see it), ``complaint-late`` (44 hours ran), ``complaint-text``, ``role``.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        check_undecided(case)
        check_unit(connection, unit)
        target = successor_of(connection, unit)
        above = set(units_above(connection, case.unit))
        if case.named_unit is not None:
            above -= set(family_of(connection, case.named_unit))
        if target == case.unit or (case.named_unit is not None and target not in above):
            raise CentreError("complaint-unit", "it cannot be passed on to this unit", fields=("unit",))
        if clock_of(case).spent(now) >= WARNINGS[-1] and target not in above:
            raise CentreError("complaint-late", "after 44 hours it goes up only", fields=("unit",))
        sealed = seal_document(centre.secret, complaint_id, check_text(why, "why"))
        note_event(connection, case, Event.PASSED_ON, actor=staff.actor, at=now, detail=target, sealed=sealed)
        case = change_case(connection, case, at=now, unit=target)
        _log(connection, case, staff, "complaint-passed-on", now, target)
    return target


def tell_citizen(centre: Centre, complaint_id: str, *, staff: Staff) -> None:
    """The citizen was told the decision, by telephone or at the counter: the 14 days of an old code begin.

    Raises CentreError ``complaint-not-found``, ``complaint-open`` (nothing is decided), ``role``.
    """
    with writing(centre.engine) as connection:
        case = find_in_reach(connection, staff, complaint_id, lock=True)
        if case.state not in (ComplaintState.CONFIRMED, ComplaintState.REFUSED):
            raise CentreError("complaint-open", "nothing is decided yet")
        tell(connection, case, actor=staff.actor, at=centre.clock())


def _asked(connection: Connection, case: Case) -> int:
    """How many questions were asked since the clock began."""
    events = complaint_events.c
    asked = connection.execute(
        select(events.at).where(
            events.complaint_id == case.complaint_id, events.province == case.province, events.act == Event.ASKED.value
        )
    ).scalars()
    return sum(at >= case.clock_from for at in asked)


def _log(connection: Connection, case: Case, staff: Staff, act: str, at: datetime, reason: str = "") -> None:
    record_act(connection, at=at, actor=staff.actor, act=act, subject=case.complaint_id, reason=reason)
