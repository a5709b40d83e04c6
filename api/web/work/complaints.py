"""The complaints desk: the list by its clock, and one complaint beside its record."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.reading import Purpose, read_record
from api.accounts.staff import Staff
from api.auth import ACCOUNT_PATTERN
from api.complaints import deciding, working
from api.complaints.candidates import Candidate, find_candidates
from api.complaints.events import EVENTS
from api.complaints.kinds import KINDS, OF_RECORD, STATES, UNDECIDED, ComplaintKind, ComplaintState, Grave
from api.complaints.missing import OF_MISSING, UNIT
from api.complaints.photos import LARGEST_FILE, clean_photo
from api.complaints.reading import Read, list_complaints, read_complaint, read_photo
from api.complaints.refusals import REFUSALS, Refusal, check_refusal
from api.complaints.scope import WORKING
from api.context import Centre
from api.errors import CentreError
from api.identity.proofs import Proof, ProofKind
from api.store.records import StoredRecord
from api.web.door import Form, InCentre, page_for
from api.web.messages import language_of
from api.web.pages import HEADERS, PageRoute, see_other
from api.web.work import words
from api.web.work.forms import Typed, WrongFormError, contents_of, count_of, needed, one_of, refused, values_of
from api.web.work.frame import after, show
from api.web.work.values import changed, shown_record
from certificates.errors import CertificateError
from certificates.records.dates import PartialDate

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Worker = Annotated[Staff, Depends(page_for(*WORKING))]
Number = Annotated[str, Path(pattern=r"^[0-9A-Z]{2}-[0-9A-Z]{5}-[0-9A-Z]{5}$")]
_PAGE: Final = 50
_SAID: Final = {"full_name": "person_name", "date_of_birth": "date_of_birth", "id_number": "id_number"}
MISSING_DOSES: Final = 4
_DOSES_TO_TYPE: Final = tuple(
    f"dose.{number}.{field}" for number in range(1, MISSING_DOSES + 1) for field in ("given_on", "product", "lot")
)
_Act = Callable[[Centre, Staff, str, Mapping[str, str]], str]


@router.get("/work/complaints")
def complaint_list(
    request: Request,
    centre: InCentre,
    staff: Worker,
    everything: Annotated[bool, Query(alias="all")] = False,
    due: Annotated[str, Query(max_length=40)] = "",
    last: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Those in reach, the most urgent first; no personal data."""
    cursor = (due, last) if due and last else None
    found = list_complaints(centre, staff=staff, undecided=not everything, after=cursor, limit=_PAGE)
    following = found[-1].cursor if len(found) == _PAGE else None
    values: dict[str, Any] = {"found": found, "after": following, "undecided": not everything}
    return show(request, centre, staff, "work/complaints.html", kinds=KINDS, states=STATES, **values)


@router.get("/work/complaints/{number}")
def complaint(request: Request, centre: InCentre, staff: Worker, number: Number) -> Response:
    """One complaint, with its record. Both looks are logged."""
    return _show(request, centre, staff, number)


@router.get("/work/complaints/{number}/photos/{photo}")
def photo(
    centre: InCentre, staff: Worker, number: Number, photo: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
) -> Response:
    """A photo. It is logged."""
    jpeg = read_photo(centre, number, bytes.fromhex(photo), staff=staff, purpose=Purpose.COMPLAINT)
    return Response(jpeg, media_type="image/jpeg", headers=HEADERS)


@router.post("/work/complaints/{number}")
def decide(request: Request, centre: InCentre, staff: Worker, number: Number, form: Form) -> Response:
    """What is done about it."""
    values = values_of(form)
    do = values.get("do", "")
    if do not in {*_ACTS, "seek", "photo"}:
        raise CentreError("request-form", fields=("do",))
    try:
        if do == "seek":
            given = {"name": values.get("person_name", ""), "date_of_birth": values.get("date_of_birth", "")}
            sought = find_candidates(centre, number, staff=staff, **given)
            typed = Typed(form="link", values=values, wrong={}, title="", detail="", status=200)
            return _show(request, centre, staff, number, typed=typed, candidates=sought)
        if do == "photo":
            (taken,) = contents_of(form, photo=LARGEST_FILE)
            working.bring_photo(centre, number, clean_photo(taken), staff=staff)
            return see_other(after(f"/work/complaints/{number}", "photo"))
        return see_other(_ACTS[do](centre, staff, number, values))
    except (CentreError, CertificateError, WrongFormError) as error:
        form_name = "link" if do == "seek" else do
        typed = refused(request, form_name, values, error, only="photo" if do == "photo" else "")
        return _show(request, centre, staff, number, typed=typed)


def _show(
    request: Request,
    centre: Centre,
    staff: Staff,
    number: str,
    *,
    typed: Typed | None = None,
    candidates: tuple[Candidate, ...] | None = None,
) -> Response:
    read = read_complaint(centre, number, staff=staff, purpose=Purpose.COMPLAINT)
    stored = _record(centre, staff, read)
    shown = {} if stored is None else shown_record(stored.record, more_doses=1)
    doses = () if stored is None else range(1, len(stored.record.doses) + 2)
    values = {
        "read": read,
        "one": read.listed,
        "stored": stored,
        "shown": shown,
        "dose_numbers": tuple(doses),
        "missing": _missing(read) if stored is None else None,
        "missing_doses": MISSING_DOSES,
        "actions": _actions(read) | ({typed.form} if typed else set()),
        "candidates": candidates,
        "reasons": _reasons(read.listed.kind, language_of(request)),
        "kinds": KINDS,
        "states": STATES,
        "events": EVENTS,
        "refusals": REFUSALS,
        "born": _born,
        "typed": typed,
    }
    return show(request, centre, staff, "work/complaint.html", status=typed.status if typed else 200, **values)


def _record(centre: Centre, staff: Staff, read: Read) -> StoredRecord | None:
    """The record, where it is one of this person's units."""
    if read.listed.record_id is None:
        return None
    try:
        return read_record(centre, staff, read.listed.record_id, Purpose.COMPLAINT)
    except CentreError as error:
        if error.code != "place":
            raise
        return None


def _missing(read: Read) -> dict[str, str] | None:
    """What the citizen says of a person who is in no record, to begin with; the doses alone where the record is another
    unit's; None where a record is to be found."""
    if read.listed.record_id is not None and read.listed.kind is ComplaintKind.DOSES_MISSING:
        return dict.fromkeys(_DOSES_TO_TYPE, "")
    if read.listed.record_id is not None or read.listed.kind not in OF_MISSING:
        return None
    said = {name: read.texts.get(known, "") for name, known in _SAID.items()}
    return said | {"sex": "", "nationality": "VN"} | dict.fromkeys(_DOSES_TO_TYPE, "")


def _actions(read: Read) -> frozenset[str]:
    one = read.listed
    if one.state not in UNDECIDED:
        told = one.state is not ComplaintState.WITHDRAWN and one.told_at is None
        return frozenset({"told"} if told else ())
    found = {"confirm", "refuse", "pass", "photo", "name", "answer" if one.state is ComplaintState.WAITING else "ask"}
    if one.kind in OF_RECORD and one.record_id is None:
        found.add("link")
    return frozenset(found)


def _reasons(kind: ComplaintKind, language: str) -> list[tuple[str, str, str]]:
    """Code, reason, and what would make it succeed."""
    found = []
    for refusal, reason in REFUSALS.items():
        try:
            check_refusal(kind, refusal)
        except CentreError:
            continue
        why, remedy = reason.why, reason.remedy
        vietnamese = language == "vi"
        found.append((refusal.value, why.vi if vietnamese else why.en, remedy.vi if vietnamese else remedy.en))
    return found


def _ask(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    (question,) = needed(values, "question")
    working.ask(centre, number, question, staff=staff)
    return after(f"/work/complaints/{number}", "asked")


def _answer(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    (answer,) = needed(values, "answer")
    working.bring_answer(centre, number, answer, staff=staff)
    return after(f"/work/complaints/{number}", "answered")


def _link(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    (record_id,) = needed(values, "record_id")
    working.link(centre, number, record_id, staff=staff, grave=_grave(values))
    return after(f"/work/complaints/{number}", "linked")


def _confirm(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    (note,) = needed(values, "note")
    read = read_complaint(centre, number, staff=staff, purpose=Purpose.COMPLAINT)
    stored = _record(centre, staff, read)
    if stored is None and (missing := _missing(read)) is not None:
        return _enter(centre, staff, number, note, values, missing)
    changes: Mapping[str, str] = {}
    seen = None
    if stored is not None:
        seen = count_of(values, "seen")
        if seen != stored.record.version:
            raise CentreError("version-moved", "the record was changed after it was looked at")
        changes = changed(values, shown_record(stored.record, more_doses=1))
    decision = deciding.confirm(
        centre, number, staff=staff, note=note, changes=changes, grave=_grave(values), seen=seen
    )
    return after("/work/complaints", "proposed" if decision.proposed else "confirmed", about=number)


def _enter(
    centre: Centre, staff: Staff, number: str, note: str, values: Mapping[str, str], missing: Mapping[str, str]
) -> str:
    proof = Proof(kind=ProofKind(one_of(values, proof=ProofKind)["proof"]), reference=values.get("reference", ""))
    typed = {name: values[name] for name in (*missing, UNIT) if values.get(name)}
    decision = deciding.confirm(centre, number, staff=staff, note=note, changes=typed, proof=proof)
    done = "proposed" if decision.proposed else "entered"
    return after("/work/complaints", done, about=number, state=decision.record_state or "")


def _refuse(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    reason = Refusal(one_of(values, reason=Refusal)["reason"])
    decision = deciding.refuse(centre, number, reason, staff=staff, note=values.get("note", ""))
    return after("/work/complaints", "proposed" if decision.proposed else "refused", about=number)


def _pass_on(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    unit, why = needed(values, "unit", "why")
    working.pass_on(centre, number, unit, why, staff=staff)
    return after("/work/complaints", "complaint-passed", about=number)


def _name(centre: Centre, staff: Staff, number: str, values: Mapping[str, str]) -> str:
    (account,) = needed(values, "account")
    if not re.fullmatch(ACCOUNT_PATTERN, account):
        raise WrongFormError({"account": words.NO_ACCOUNT})
    working.name_account(centre, number, account, staff=staff)
    return after(f"/work/complaints/{number}", "named")


def _told(centre: Centre, staff: Staff, number: str, _values: Mapping[str, str]) -> str:
    working.tell_citizen(centre, number, staff=staff)
    return after(f"/work/complaints/{number}", "told")


_ACTS: Final[Mapping[str, _Act]] = {
    "ask": _ask,
    "answer": _answer,
    "link": _link,
    "confirm": _confirm,
    "refuse": _refuse,
    "pass": _pass_on,
    "name": _name,
    "told": _told,
}


def _grave(values: Mapping[str, str]) -> Grave | None:
    return Grave(one_of(values, grave=Grave)["grave"]) if values.get("grave") else None


def _born(day: PartialDate | None) -> str:
    return "" if day is None else "/".join(reversed(day.iso.split("-")))
