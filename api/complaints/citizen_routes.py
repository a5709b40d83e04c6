"""HTTP for citizens who complain. POST only: neither a name nor a number stands in a URL."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auth import from_base64, get_centre
from api.complaints import following
from api.complaints.events import EVENTS
from api.complaints.following import Followed
from api.complaints.kinds import KINDS, STATES, ComplaintKind, Grave
from api.complaints.opening import Opened, Opening, open_complaint
from api.complaints.photos import LARGEST_FILE, CleanPhoto, clean_photo
from api.complaints.refusals import REFUSALS
from api.complaints.routing import open_units
from api.complaints.where import Whereabouts
from api.context import Centre
from api.limits import limited
from api.problems import RESPONSES
from api.stations.routes import Both
from certificates.records.model import instant_to_text

router = APIRouter(
    prefix="/v1/citizen/complaints", tags=["citizen"], dependencies=[Depends(limited)], responses=RESPONSES
)
_LONGEST = 4000
_PHOTO = Field(
    default=None,
    max_length=LARGEST_FILE * 4 // 3 + 4,
    description="base64 of a JPEG, PNG or WebP; only pixels are kept",
)


class OpenRequest(BaseModel):
    """Nothing but kind and statement is asked of one who complains of conduct."""

    model_config = ConfigDict(extra="forbid")
    kind: ComplaintKind
    statement: str = Field(max_length=_LONGEST)
    person_name: str = Field(default="", max_length=200)
    date_of_birth: str = Field(default="", max_length=10)
    id_number: str = Field(default="", max_length=20)
    contact: str = Field(default="", max_length=200, description="telephone or address; kept sealed")
    given_on: str = Field(default="", max_length=200, description="when, as far as it is known")
    accused: str = Field(default="", max_length=200, description="conduct: who")
    unit: str | None = Field(default=None, max_length=32, description="who vaccinated; conduct: whom it is about")
    lives_in: str | None = Field(default=None, max_length=32, description="the unit of the commune")
    province: str | None = Field(default=None, max_length=8)
    record_id: str | None = Field(default=None, max_length=32, description="from the paper slip, with its code")
    claim_code: str | None = Field(default=None, max_length=40)
    grave: Grave | None = Field(default=None, description="the passport is another person's, or was sold")
    photo: str | None = _PHOTO

    def opening(self) -> Opening:
        given = self.model_dump(exclude={"photo"})
        return Opening(**given, photo=read_photo_field(self.photo))


class OpenedAnswer(BaseModel):
    """``secret`` is shown here only: whoever has it and the number follows the complaint."""

    number: str
    secret: str
    unit: str
    due_at: str

    @classmethod
    def of(cls, opened: Opened) -> "OpenedAnswer":
        return cls(number=opened.number, secret=opened.secret, unit=opened.unit, due_at=instant_to_text(opened.due_at))


class UnitsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    province: str = Field(max_length=8)


class UnitName(BaseModel):
    unit: str
    name: str


class FollowRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: str = Field(max_length=40)
    secret: str = Field(max_length=40)


class AnswerRequest(FollowRequest):
    answer: str = Field(max_length=_LONGEST)
    photo: str | None = _PHOTO


class PhotoRequest(FollowRequest):
    photo: str = Field(max_length=LARGEST_FILE * 4 // 3 + 4, description="base64 of a JPEG, PNG or WebP")


class AppealRequest(FollowRequest):
    why: str = Field(max_length=_LONGEST)


class WhereAnswer(BaseModel):
    state: str
    since: str
    why: Both
    next: Both

    @classmethod
    def of(cls, found: Whereabouts | None) -> "WhereAnswer | None":
        if found is None:
            return None
        return cls(state=found.state, since=found.since, why=Both.of(found.why), next=Both.of(found.next))


class StepAnswer(BaseModel):
    at: str
    event: str
    words: Both
    unit: str


class FollowAnswer(BaseModel):
    number: str
    kind: ComplaintKind
    kind_words: Both
    state: str
    state_words: Both
    received_at: str
    due_at: str
    spent_seconds: int = Field(description="what has run of the 48 hours; it stands while an answer is awaited")
    paused_at: str | None
    pause_ends: str | None = Field(description="when the clock runs on, answer or not")
    overdue: bool
    unit: str
    unit_name: str
    question: str | None
    refusal: str | None
    refusal_words: Both | None
    remedy: Both | None = Field(description="what would make it succeed")
    note: str | None
    decided_at: str | None
    appeal_until: str | None
    appealed: bool
    where: WhereAnswer | None = Field(description="where the certificate is stuck")
    steps: list[StepAnswer]

    @classmethod
    def of(cls, found: Followed) -> "FollowAnswer":
        reason = None if found.refusal is None else REFUSALS[found.refusal]
        return cls(
            number=found.number,
            kind=found.kind,
            kind_words=Both.of(KINDS[found.kind]),
            state=found.state,
            state_words=Both.of(STATES[found.state]),
            received_at=found.received_at,
            due_at=found.due_at,
            spent_seconds=int(found.spent.total_seconds()),
            paused_at=found.paused_at,
            pause_ends=_text(found.pause_ends),
            overdue=found.overdue,
            unit=found.unit,
            unit_name=found.unit_name,
            question=found.question,
            refusal=found.refusal,
            refusal_words=None if reason is None else Both.of(reason.why),
            remedy=None if reason is None else Both.of(reason.remedy),
            note=found.note,
            decided_at=found.decided_at,
            appeal_until=_text(found.appeal_until),
            appealed=found.appealed,
            where=WhereAnswer.of(found.whereabouts),
            steps=[
                StepAnswer(at=step.at, event=step.event, words=Both.of(EVENTS[step.event]), unit=step.unit)
                for step in found.steps
            ],
        )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_to_text(instant)


def read_photo_field(text: str | None) -> CleanPhoto | None:
    """Raises CentreError ``request-form`` and those of `clean_photo`."""
    return None if text is None else clean_photo(from_base64(text, "photo"))


InCentre = Annotated[Centre, Depends(get_centre)]


@router.post("/open")
def open_one(request: OpenRequest, centre: InCentre) -> OpenedAnswer:
    """Complain. The 48 hours begin; the answer names who works on it, and until when."""
    return OpenedAnswer.of(open_complaint(centre, request.opening()))


@router.post("/units")
def units(request: UnitsRequest, centre: InCentre) -> list[UnitName]:
    """The open units of a province, to choose from; at most a thousand."""
    with centre.engine.connect() as connection:
        return [UnitName(unit=unit, name=name) for unit, name in open_units(connection, request.province)]


@router.post("/follow")
def follow(request: FollowRequest, centre: InCentre) -> FollowAnswer:
    """State, clock, reason and who works on it."""
    return FollowAnswer.of(following.follow(centre, request.number, request.secret))


@router.post("/answer")
def answer(request: AnswerRequest, centre: InCentre) -> FollowAnswer:
    """Answer the unit's question: the clock runs on."""
    photo = read_photo_field(request.photo)
    return FollowAnswer.of(following.answer(centre, request.number, request.secret, request.answer, photo))


@router.post("/photo")
def photo(request: PhotoRequest, centre: InCentre) -> FollowAnswer:
    """Add a photo while it is open."""
    clean = clean_photo(from_base64(request.photo, "photo"))
    return FollowAnswer.of(following.add_photo(centre, request.number, request.secret, clean))


@router.post("/appeal")
def appeal(request: AppealRequest, centre: InCentre) -> FollowAnswer:
    """Bring a refusal before the unit above, once."""
    return FollowAnswer.of(following.appeal(centre, request.number, request.secret, request.why))


@router.post("/withdraw")
def withdraw(request: FollowRequest, centre: InCentre) -> FollowAnswer:
    """Take it back."""
    return FollowAnswer.of(following.withdraw(centre, request.number, request.secret))
