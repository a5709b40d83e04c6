"""HTTP for working on lists: what a clerk does, what police do, what a unit above does."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.errors import CentreError
from api.identity.proofs import REFERENCE_LIMIT, Proof, ProofKind
from api.problems import RESPONSES
from api.store.moves import Desk
from api.worklists.asides import AsideReason, call_back, put_aside
from api.worklists.attempts import Ground, HandBackReason, Outcome, Way, hand_back, note_attempt, pass_to_police
from api.worklists.mending import CorrectionReason, Finding, mend, settle
from api.worklists.rechecks import ErrorClass, recheck
from api.worklists.routes_lists import RECORD
from certificates.errors import RecordError

router = APIRouter(prefix="/v1/worklists", tags=["work lists"], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]
_Clerk = Annotated[Staff, Depends(require_staff("clerk"))]
_Police = Annotated[Staff, Depends(require_staff("police"))]
_Overseer = Annotated[Staff, Depends(require_staff("overseer"))]
_CHANGES: Final = 20


class Done(BaseModel):
    record_id: str


class AboutRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")
    record_id: str = RECORD


class AttemptRequest(AboutRecord):
    way: Way
    outcome: Outcome


@router.post("/clerk/attempt")
def attempt(request: AttemptRequest, centre: _Centre, staff: _Clerk) -> Done:
    """Write down that the station tried to reach the person, just now."""
    note_attempt(centre, staff, request.record_id, way=request.way, outcome=request.outcome)
    return Done(record_id=request.record_id)


class PassRequest(AboutRecord):
    ground: Ground


@router.post("/clerk/pass")
def pass_(request: PassRequest, centre: _Centre, staff: _Clerk) -> Done:
    """Give a record to police, after the attempts that the rule asks for."""
    pass_to_police(centre, staff, request.record_id, ground=request.ground)
    return Done(record_id=request.record_id)


class HandBackRequest(AboutRecord):
    reason: HandBackReason


@router.post("/police/hand-back")
def give_back(request: HandBackRequest, centre: _Centre, staff: _Police) -> Done:
    """Give a record back to its station, with the reason."""
    hand_back(centre, staff, request.record_id, reason=request.reason)
    return Done(record_id=request.record_id)


class SettleRequest(AboutRecord):
    finding: Finding


@router.post("/police/settle")
def settle_(request: SettleRequest, centre: _Centre, staff: _Police) -> Done:
    """End the work on a record that gets no certificate. Each of these is checked again above."""
    settle(centre, staff, request.record_id, finding=request.finding)
    return Done(record_id=request.record_id)


class CorrectRequest(AboutRecord):
    changes: dict[str, str] = Field(
        min_length=1,
        max_length=_CHANGES,
        description="full_name, family_name, given_name, date_of_birth, sex, nationality, id_number; dose.<number>."
        " and given_on, product, lot or amount",
    )
    reason: CorrectionReason
    proof: ProofKind
    reference: str = Field(default="", max_length=REFERENCE_LIMIT, description="where the proof is found")
    seen: int | None = Field(default=None, ge=1, description="the version looked at; null: whichever is the newest")


class CorrectAnswer(BaseModel):
    record_id: str
    version: int
    state: str
    reason: str | None = Field(description="why it stands there, for example which field still differs")


@router.post("/clerk/correct")
def correct(request: CorrectRequest, centre: _Centre, staff: _Clerk) -> CorrectAnswer:
    """A new version, with what it rests on; the register is asked at once where there is one."""
    return _correct(request, centre, staff, "clerk")


@router.post("/police/correct")
def correct_by_police(request: CorrectRequest, centre: _Centre, staff: _Police) -> CorrectAnswer:
    """As a clerk's, of a record that police have."""
    return _correct(request, centre, staff, "police")


def _correct(request: CorrectRequest, centre: Centre, staff: Staff, desk: Desk) -> CorrectAnswer:
    try:
        proof = Proof(kind=request.proof, reference=request.reference)
    except RecordError as error:
        raise CentreError(error.code, error.detail, fields=("reference",)) from error
    stored = mend(
        centre,
        staff,
        request.record_id,
        request.changes,
        reason=request.reason,
        proof=proof,
        desk=desk,
        seen=request.seen,
    )
    return CorrectAnswer(
        record_id=request.record_id,
        version=stored.record.version,
        state=stored.state.value,
        reason=stored.reason,
    )


class AsideRequest(AboutRecord):
    reason: AsideReason
    days: int = Field(ge=1, le=366)


class AsideAnswer(Done):
    until: str


@router.post("/clerk/aside")
def aside(request: AsideRequest, centre: _Centre, staff: _Clerk) -> AsideAnswer:
    """Take a record off the list until a day; the unit above sees it meanwhile."""
    return _aside(request, centre, staff, "clerk")


@router.post("/police/aside")
def aside_by_police(request: AsideRequest, centre: _Centre, staff: _Police) -> AsideAnswer:
    """As a clerk's, of a record that police have."""
    return _aside(request, centre, staff, "police")


def _aside(request: AsideRequest, centre: Centre, staff: Staff, desk: Desk) -> AsideAnswer:
    until = put_aside(centre, staff, request.record_id, reason=request.reason, days=request.days, desk=desk)
    return AsideAnswer(record_id=request.record_id, until=until)


@router.post("/clerk/call-back")
def call_back_by_clerk(request: AboutRecord, centre: _Centre, staff: _Clerk) -> Done:
    """Bring a record back onto the station's list before its time."""
    call_back(centre, staff, request.record_id)
    return Done(record_id=request.record_id)


@router.post("/police/call-back")
def call_back_by_police(request: AboutRecord, centre: _Centre, staff: _Police) -> Done:
    """Bring a record back onto the list of the police before its time."""
    call_back(centre, staff, request.record_id)
    return Done(record_id=request.record_id)


@router.post("/above/call-back")
def call_back_by_overseer(request: AboutRecord, centre: _Centre, staff: _Overseer) -> Done:
    """Bring back what a unit below has put aside."""
    call_back(centre, staff, request.record_id)
    return Done(record_id=request.record_id)


class RecheckRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    closing_id: str = Field(min_length=1, max_length=32, pattern=r"^[a-z0-9]+$")
    error: ErrorClass | None = Field(description="what was wrong; null: nothing")


class RecheckAnswer(BaseModel):
    closing_id: str
    result: str = Field(description="ok, error")


@router.post("/above/recheck")
def recheck_(request: RecheckRequest, centre: _Centre, staff: _Overseer) -> RecheckAnswer:
    """Say what came of checking again what a unit below closed."""
    result = recheck(centre, staff, request.closing_id, error=request.error)
    return RecheckAnswer(closing_id=request.closing_id, result=result)
