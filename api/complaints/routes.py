"""HTTP for the staff who answer complaints: clerks, and overseers above them. What is out of reach answers 404."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.reading import Purpose
from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import ACCOUNT_PATTERN, from_base64
from api.complaints import deciding, working
from api.complaints.citizen_routes import InCentre, OpenedAnswer, OpenRequest, read_photo_field
from api.complaints.deciding import Decision
from api.complaints.kinds import ComplaintKind, Grave
from api.complaints.opening import open_complaint
from api.complaints.photos import LARGEST_FILE, clean_photo
from api.complaints.reading import LONGEST, Listed, list_complaints, read_complaint, read_photo
from api.complaints.refusals import REFUSALS, Refusal
from api.complaints.scope import WORKING
from api.complaints.statistics import count_complaints
from api.identity.proofs import REFERENCE_LIMIT, Proof, ProofKind
from api.problems import RESPONSES
from api.stations.routes import Both

router = APIRouter(prefix="/v1/complaints", tags=["complaints"], responses=RESPONSES)
Worker = Annotated[Staff, Depends(require_staff(*WORKING))]
_LONGEST = 4000
_PHOTO = Field(max_length=LARGEST_FILE * 4 // 3 + 4, description="base64 of a JPEG, PNG or WebP")


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NumberRequest(Request):
    number: str = Field(max_length=40)


class ListRequest(Request):
    unit: str | None = Field(default=None, max_length=32)
    undecided: bool = True
    after: tuple[str, str] | None = Field(default=None, description="``next`` of the page before")
    limit: int = Field(default=LONGEST, ge=1, le=LONGEST)


class ListedAnswer(BaseModel):
    number: str
    kind: ComplaintKind
    state: str
    unit: str
    record_id: str | None
    grave: str | None
    received_at: str
    due_at: str
    spent_seconds: int
    marks: int = Field(description="1: 24 hours ran; 2: 44; from 3 on the 48 are over")
    overdue: bool
    appealed: bool
    refusal: str | None
    told_at: str | None

    @classmethod
    def of(cls, one: Listed) -> "ListedAnswer":
        return cls(
            number=one.number,
            kind=one.kind,
            state=one.state,
            unit=one.unit,
            record_id=one.record_id,
            grave=one.grave,
            received_at=one.received_at,
            due_at=one.due_at,
            spent_seconds=int(one.spent.total_seconds()),
            marks=one.marks,
            overdue=one.overdue,
            appealed=one.appealed,
            refusal=one.refusal,
            told_at=one.told_at,
        )


class ListAnswer(BaseModel):
    complaints: list[ListedAnswer]
    next: tuple[str, str] | None


class ReadRequest(NumberRequest):
    purpose: Purpose = Field(description="stands in the log")


class HappenedAnswer(BaseModel):
    at: str
    event: str
    actor: str
    unit: str
    detail: str | None
    text: str | None


class ReadAnswer(ListedAnswer):
    received_by: str
    named_unit: str | None
    named_accounts: list[str]
    texts: dict[str, str]
    events: list[HappenedAnswer]
    photos: list[str]


class PhotoReadRequest(ReadRequest):
    photo_id: str = Field(pattern="^[0-9a-f]{64}$")


class AskRequest(NumberRequest):
    question: str = Field(max_length=_LONGEST)


class BringAnswerRequest(NumberRequest):
    answer: str = Field(max_length=_LONGEST)
    photo: str | None = Field(default=None, max_length=LARGEST_FILE * 4 // 3 + 4)


class BringPhotoRequest(NumberRequest):
    photo: str = _PHOTO


class LinkRequest(NumberRequest):
    record_id: str = Field(max_length=32)
    grave: Grave | None = None


class NameRequest(NumberRequest):
    account: str = Field(pattern=ACCOUNT_PATTERN)


class PassOnRequest(NumberRequest):
    unit: str = Field(max_length=32)
    why: str = Field(max_length=_LONGEST)


class ConfirmRequest(NumberRequest):
    note: str = Field(max_length=_LONGEST, description="the citizen reads it")
    changes: dict[str, str] = Field(
        default_factory=dict,
        max_length=60,
        description="fields as `vaxseal records correct` takes them; where the record itself is missing, the whole"
        " person, its doses, and `unit` where another one below gave them",
    )
    grave: Grave | None = None
    seen: int | None = Field(default=None, ge=1, description="the record's version that the changes were made to")
    proof: ProofKind | None = Field(default=None, description="of a missing record or dose: slip or station-book")
    reference: str = Field(default="", max_length=REFERENCE_LIMIT, description="where the proof is found")


class RefuseRequest(NumberRequest):
    reason: Refusal
    note: str = Field(default="", max_length=_LONGEST)


class DecisionAnswer(BaseModel):
    proposed: bool = Field(description="it waits for a second person")
    version: int | None
    record_state: str | None
    endings: int = Field(description="certificate codes that end")
    record_id: str | None = Field(description="the record that was missing, or whose dose was")

    @classmethod
    def of(cls, decision: Decision) -> "DecisionAnswer":
        return cls(
            proposed=decision.proposed,
            version=decision.version,
            record_state=decision.record_state,
            endings=decision.endings,
            record_id=decision.record_id,
        )


class DoneAnswer(BaseModel):
    number: str
    unit: str | None = None


class ReasonAnswer(BaseModel):
    reason: str
    why: Both
    remedy: Both


class UnitAnswer(BaseModel):
    unit: str
    received: int
    open: int
    breached: int
    refused: dict[str, int]
    confirmed: int
    appealed: int
    appeals_won: int
    untold: int
    conduct: int


@router.post("/enter")
def enter(request: OpenRequest, centre: InCentre, staff: Worker) -> OpenedAnswer:
    """Take a complaint down for a person without a telephone; print number and secret for him."""
    return OpenedAnswer.of(open_complaint(centre, request.opening(), staff=staff))


@router.post("/list")
def list_(request: ListRequest, centre: InCentre, staff: Worker) -> ListAnswer:
    """Complaints in reach, the most urgent first; no personal data."""
    found = list_complaints(
        centre,
        staff=staff,
        unit=request.unit,
        undecided=request.undecided,
        after=request.after,
        limit=request.limit,
    )
    more = found[-1].cursor if len(found) == request.limit else None
    return ListAnswer(complaints=[ListedAnswer.of(one) for one in found], next=more)


@router.post("/read")
def read(request: ReadRequest, centre: InCentre, staff: Worker) -> ReadAnswer:
    """One complaint with all that was said. It is logged, with its purpose."""
    found = read_complaint(centre, request.number, staff=staff, purpose=request.purpose)
    return ReadAnswer(
        **ListedAnswer.of(found.listed).model_dump(),
        received_by=found.received_by,
        named_unit=found.named_unit,
        named_accounts=list(found.named_accounts),
        texts=found.texts,
        events=[
            HappenedAnswer(at=one.at, event=one.event, actor=one.actor, unit=one.unit, detail=one.detail, text=one.text)
            for one in found.events
        ],
        photos=list(found.photos),
    )


@router.post("/photo", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def photo(request: PhotoReadRequest, centre: InCentre, staff: Worker) -> Response:
    """A photo. It is logged, with its purpose."""
    sha256 = bytes.fromhex(request.photo_id)
    jpeg = read_photo(centre, request.number, sha256, staff=staff, purpose=request.purpose)
    return Response(jpeg, media_type="image/jpeg", headers={"Content-Disposition": 'attachment; filename="photo.jpg"'})


@router.post("/bring-photo")
def bring_photo(request: BringPhotoRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """Keep a photo that was taken at the counter."""
    working.bring_photo(centre, request.number, clean_photo(from_base64(request.photo, "photo")), staff=staff)
    return DoneAnswer(number=request.number)


@router.post("/ask")
def ask(request: AskRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """Ask the citizen: the clock stands until the answer, 72 hours at most."""
    working.ask(centre, request.number, request.question, staff=staff)
    return DoneAnswer(number=request.number)


@router.post("/bring-answer")
def bring_answer(request: BringAnswerRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """Note what the citizen answered at the counter or by telephone."""
    clean = read_photo_field(request.photo)
    working.bring_answer(centre, request.number, request.answer, staff=staff, photo=clean)
    return DoneAnswer(number=request.number)


@router.post("/link")
def link(request: LinkRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """Tie it to the record that it is about."""
    working.link(centre, request.number, request.record_id, staff=staff, grave=request.grave)
    return DoneAnswer(number=request.number)


@router.post("/name")
def name(request: NameRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """Note that it names this person of the staff, who then decides nothing of it."""
    working.name_account(centre, request.number, request.account, staff=staff)
    return DoneAnswer(number=request.number)


@router.post("/pass-on")
def pass_on(request: PassOnRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """Hand it to the unit that can answer it; the clock runs on."""
    unit = working.pass_on(centre, request.number, request.unit, request.why, staff=staff)
    return DoneAnswer(number=request.number, unit=unit)


@router.post("/confirm")
def confirm(request: ConfirmRequest, centre: InCentre, staff: Worker) -> DecisionAnswer:
    """The citizen is right: correct the record, and let the old code end by the rule. A missing record is entered."""
    proof = None if request.proof is None else Proof(kind=request.proof, reference=request.reference)
    return DecisionAnswer.of(
        deciding.confirm(
            centre,
            request.number,
            staff=staff,
            note=request.note,
            changes=request.changes,
            grave=request.grave,
            seen=request.seen,
            proof=proof,
        )
    )


@router.post("/refuse")
def refuse(request: RefuseRequest, centre: InCentre, staff: Worker) -> DecisionAnswer:
    """Refuse it for one of the closed reasons."""
    return DecisionAnswer.of(deciding.refuse(centre, request.number, request.reason, staff=staff, note=request.note))


@router.post("/told")
def told(request: NumberRequest, centre: InCentre, staff: Worker) -> DoneAnswer:
    """The citizen was told the decision: the 14 days of an old code begin."""
    working.tell_citizen(centre, request.number, staff=staff)
    return DoneAnswer(number=request.number)


@router.post("/reasons")
def reasons(_staff: Worker) -> list[ReasonAnswer]:
    """The reasons for a refusal, and what would make each succeed."""
    return [
        ReasonAnswer(reason=refusal, why=Both.of(reason.why), remedy=Both.of(reason.remedy))
        for refusal, reason in REFUSALS.items()
    ]


@router.post("/statistics")
def statistics(centre: InCentre, staff: Worker) -> list[UnitAnswer]:
    """Counts by unit, of all units in reach."""
    return [UnitAnswer(**one.to_dict()) for one in count_complaints(centre, staff=staff)]
