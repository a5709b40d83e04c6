"""The work list of clerks and police, and one record of it: what differs, and what is done about it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.reading import Purpose
from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.identity.attestation import attest_as
from api.identity.opening import open_register, targets_of
from api.identity.proofs import Proof, ProofKind
from api.identity.queries import compare_record, show_entries
from api.states import RecordState, WorkClass
from api.stations.sentences import NEXT_STEPS, REASONS, STATES
from api.store.moves import Desk
from api.store.records import StoredRecord
from api.store.schema import units
from api.web.door import Form, InCentre, page_for
from api.web.pages import PageRoute, see_other
from api.web.work import words
from api.web.work.forms import Typed, WrongFormError, count_of, needed, one_of, refused, values_of
from api.web.work.frame import after, show
from api.web.work.values import changed, compare_lines, denied_fields, entry_lines, shown_record, told_events
from api.worklists.asides import AsideReason, call_back, put_aside
from api.worklists.attempts import Ground, HandBackReason, Outcome, Way, hand_back, note_attempt, pass_to_police
from api.worklists.listing import Status, list_above, list_work
from api.worklists.mending import CorrectionReason, Finding, mend, settle
from api.worklists.own import OpenedWork, count_own, open_work
from certificates.errors import CertificateError
from certificates.records.model import RegisterStatus
from certificates.records.verification import HOME

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Worker = Annotated[Staff, Depends(page_for("clerk", "police", "overseer"))]
RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,32}$")]
_Act = Callable[[Centre, Staff, str, Mapping[str, str]], str]


@router.get("/work")
def work_list(
    request: Request,
    centre: InCentre,
    staff: Worker,
    work_class: WorkClass | None = None,
    status: Status = "open",
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """One's own list, the oldest first; of an overseer what is shown of the work below."""
    desk = _desk(staff)
    if desk is None:
        page, own = list_above(centre, staff, after=after), None
    else:
        page = list_work(centre, staff, desk=desk, work_class=work_class, status=status, after=after)
        own = count_own(centre, staff, desk=desk)
    name = _unit_name(centre, staff)
    values: dict[str, Any] = {"page": page, "own": own, "desk": desk, "work_class": work_class, "where": status}
    return show(request, centre, staff, "work/list.html", unit_name=name, **values)


@router.get("/work/records/{record_id}")
def record(
    request: Request, centre: InCentre, staff: Worker, record_id: RecordId, purpose: Purpose | None = None
) -> Response:
    """One record. It is logged, with its purpose: a list is opened to correct, and by police to compare."""
    return _show(request, centre, staff, record_id, purpose=purpose)


@router.post("/work/records/{record_id}")
def decide(request: Request, centre: InCentre, staff: Worker, record_id: RecordId, form: Form) -> Response:
    """What was decided, or asked of the register."""
    values = values_of(form)
    do = values.get("do", "")
    if do == "ask":
        return _ask(request, centre, staff, record_id, values)
    if do != "correct" and do not in _ACTS:
        raise CentreError("request-form", fields=("do",))
    names: tuple[str, ...] = tuple(values)
    try:
        if do == "correct":
            opened = open_work(centre, staff, record_id, purpose=_purpose(staff))
            changes = changed(values, shown_record(opened.stored.record))
            names = tuple(changes)
            return see_other(_correct(centre, staff, record_id, values, changes, opened.stored))
        return see_other(_ACTS[do](centre, staff, record_id, values))
    except (CentreError, CertificateError, WrongFormError) as error:
        typed = refused(request, do, values, error, changed=(*names, "reference", "days", "finding"))
        return _show(request, centre, staff, record_id, typed=typed)


def _ask(request: Request, centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> Response:
    """Police see the register's entries; a clerk learns which fields differ."""
    try:
        purpose = Purpose(one_of(values, purpose=Purpose)["purpose"])
        register = open_register(centre.settings, centre.engine, centre.clock)
        if "police" in staff.roles:
            stored, entries = show_entries(centre, register, record_id, staff=staff, purpose=purpose)
            shown = [entry_lines(stored.record.person, entry) for entry in entries]
            answer = None if entries else ("warn", words.N_("The register has no entry like this."))
            return _show(request, centre, staff, record_id, comparisons=shown, answer=answer)
        compared = compare_record(centre, register, record_id, staff=staff, purpose=purpose)
    except (CentreError, CertificateError, WrongFormError) as error:
        return _show(request, centre, staff, record_id, typed=refused(request, "ask", values, error))
    tone = "good" if compared.status is RegisterStatus.FOUND and not compared.differing else "warn"
    text = words.REGISTER_AGREES if tone == "good" else words.ANSWERS[compared.status]
    return _show(request, centre, staff, record_id, compared=compared, answer=(tone, text))


def _show(
    request: Request,
    centre: Centre,
    staff: Staff,
    record_id: str,
    *,
    purpose: Purpose | None = None,
    typed: Typed | None = None,
    comparisons: Any = None,
    compared: Any = None,
    answer: tuple[str, str] | None = None,
) -> Response:
    opened = open_work(centre, staff, record_id, purpose=purpose or _purpose(staff))
    stored, item = opened.stored, opened.item
    state = stored.state
    settings = centre.settings
    values = {
        "record_id": record_id,
        "stored": stored,
        "item": item,
        "events": told_events(opened.events),
        "tried": opened.tried,
        "shown": shown_record(stored.record),
        "denied": denied_fields(stored),
        "comparisons": comparisons or [compare_lines(stored, compared)],
        "answer": answer,
        "actions": _actions(staff, opened) | ({typed.form} if typed else set()),  # what was typed stays in sight
        "dose_numbers": [dose.number for dose in stored.record.doses],
        "why": REASONS.get((stored.reason or "").partition(":")[0]) or STATES.get(state),
        "next_step": NEXT_STEPS.get(state),
        "query_limit": settings.register_queries_per_day,
        "aside_days": settings.aside_days,
        "attempts_needed": settings.attempts_before_police,
        "attempts_hours": settings.attempts_over_hours,
        "typed": typed,
    }
    return show(request, centre, staff, "work/record.html", status=typed.status if typed else 200, **values)


def _actions(staff: Staff, opened: OpenedWork) -> frozenset[str]:
    """What this person may do about the record now. The use cases check it again."""
    item, person = opened.item, opened.stored.record.person
    found: set[str] = set()
    if person.nationality == HOME and not staff.roles.isdisjoint({"clerk", "police"}):
        found.add("ask")
    if item is None or item.status == "waiting":
        return frozenset(found)
    mine = item.desk in staff.roles
    if item.status == "aside" and (mine or "overseer" in staff.roles):
        found.add("call-back")
    if mine and item.desk == "clerk":
        found |= {"correct", "attempt", "pass"} | ({"attest"} if item.work_class == WorkClass.ATTESTATION else set())
    if mine and item.desk == "police":
        found |= {"correct", "hand-back", "settle"}
    if mine and item.status == "open":
        found.add("aside")
    return frozenset(found)


def _correct(
    centre: Centre,
    staff: Staff,
    record_id: str,
    values: Mapping[str, str],
    changes: Mapping[str, str],
    stored: StoredRecord,
) -> str:
    seen = count_of(values, "seen")
    if seen != stored.record.version:
        raise CentreError("version-moved", "the record was changed after it was looked at")
    codes = one_of(values, reason=CorrectionReason, proof=ProofKind)
    proof = Proof(kind=ProofKind(codes["proof"]), reference=values.get("reference", ""))
    reason = CorrectionReason(codes["reason"])
    mended = mend(centre, staff, record_id, changes, reason=reason, proof=proof, desk=_desk(staff), seen=seen)
    if mended.state in (RecordState.READY, RecordState.AWAITING_MATCH):
        return after("/work", "corrected", about=record_id, state=mended.state)
    return after(f"/work/records/{record_id}", "still", about=record_id, state=mended.state)


def _attempt(centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> str:
    codes = one_of(values, way=Way, outcome=Outcome)
    note_attempt(centre, staff, record_id, way=Way(codes["way"]), outcome=Outcome(codes["outcome"]))
    return after(f"/work/records/{record_id}", "attempt", about=record_id)


def _pass(centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> str:
    pass_to_police(centre, staff, record_id, ground=Ground(one_of(values, ground=Ground)["ground"]))
    return after("/work", "passed", about=record_id)


def _attest(centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> str:
    (document,) = needed(values, "document")
    at, targets = centre.clock(), targets_of(centre.settings)
    attest_as(centre.engine, record_id, document=document, staff=staff, at=at, targets=targets)
    return after("/work", "attested", about=record_id)


def _hand_back(centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> str:
    reason = HandBackReason(one_of(values, reason=HandBackReason)["reason"])
    hand_back(centre, staff, record_id, reason=reason)
    return after("/work", "handed-back", about=record_id)


def _settle(centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> str:
    settle(centre, staff, record_id, finding=Finding(one_of(values, finding=Finding)["finding"]))
    return after("/work", "settled", about=record_id)


def _aside(centre: Centre, staff: Staff, record_id: str, values: Mapping[str, str]) -> str:
    reason, days = AsideReason(one_of(values, reason=AsideReason)["reason"]), count_of(values, "days")
    put_aside(centre, staff, record_id, reason=reason, days=days, desk=_desk(staff))
    return after("/work", "aside", about=record_id)


def _call_back(centre: Centre, staff: Staff, record_id: str, _values: Mapping[str, str]) -> str:
    call_back(centre, staff, record_id)
    return after(f"/work/records/{record_id}", "back", about=record_id)


_ACTS: Final[Mapping[str, _Act]] = {
    "attempt": _attempt,
    "pass": _pass,
    "attest": _attest,
    "hand-back": _hand_back,
    "settle": _settle,
    "aside": _aside,
    "call-back": _call_back,
}


def _desk(staff: Staff) -> Desk | None:
    """Whose list is a person's own; no account has both roles."""
    return "clerk" if "clerk" in staff.roles else "police" if "police" in staff.roles else None


def _purpose(staff: Staff) -> Purpose:
    desk = _desk(staff)
    return {"clerk": Purpose.CORRECTION, "police": Purpose.IDENTITY, None: Purpose.SAMPLE}[desk]


def _unit_name(centre: Centre, staff: Staff) -> str:
    with centre.engine.connect() as connection:
        return str(connection.execute(select(units.c.name).where(units.c.code == staff.unit)).scalar_one())
