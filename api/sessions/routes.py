"""HTTP for session lists: a station's staff before and during a session."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.identity.opening import open_register
from api.problems import RESPONSES
from api.sessions import giving, listing
from api.sessions.asking import register_of

_TEXT: Final = r"^[^\x00]*$"
_Cell = Annotated[str, Field(max_length=500, pattern=_TEXT)]
_Station = Annotated[Staff, Depends(require_staff("clerk", "signer"))]
_Looking = Annotated[Staff, Depends(require_staff("clerk", "signer", "overseer"))]
_Centre = Annotated[Centre, Depends(get_centre)]
_Places = Annotated[list[Annotated[int, Field(ge=1, le=1_000_000)]], Field(min_length=1, max_length=giving.MANY)]


class NewSession(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str = Field(max_length=40, pattern=_TEXT)
    day: date
    product: str = Field(max_length=100, description="the vaccine, by a name that imports know")
    lot: str = Field(max_length=30, pattern=_TEXT)


class SessionNumber(BaseModel):
    session_id: str


class Expected(BaseModel):
    """A person, read like a row of an import."""

    model_config = ConfigDict(extra="forbid")
    full_name: _Cell = ""
    family_name: _Cell = ""
    given_name: _Cell = ""
    date_of_birth: _Cell = ""
    sex: _Cell = ""
    nationality: _Cell = ""
    id_number: _Cell = ""
    dose_number: _Cell = Field(default="", description="empty: the next one")


class People(BaseModel):
    model_config = ConfigDict(extra="forbid")
    people: list[Expected] = Field(min_length=1, max_length=listing.MANY)


class Checked(BaseModel):
    place: int | None
    verdict: str = Field(description="ready, attention, stop; refused: not listed")
    reasons: list[str]
    due_on: str | None
    dose_number: int | None
    sentence_vi: str
    sentence_en: str


class CheckedPeople(BaseModel):
    register_said: str = Field(
        alias="register",
        description="asked; none: this service has no register; else why it was not asked about all citizens"
        " (partner-away, query-limit, ...): they have the reason register-not-asked",
    )
    people: list[Checked] = Field(description="in the order of the request, or of their places")


class Place(BaseModel):
    place: int
    record: str
    dose_number: int
    verdict: str
    reasons: list[str]
    due_on: str | None
    slip: bool
    given_at: str | None


class SessionList(BaseModel):
    session_id: str
    unit: str
    day: str
    product: str
    lot: str
    people: list[Place]


class SlipsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    places: _Places | None = None
    again: bool = Field(default=False, description="also for those who have a slip: its code ends")


class GivenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    places: _Places


class Given(BaseModel):
    place: int
    outcome: str
    code: str | None
    sentence_vi: str
    sentence_en: str
    record: str | None
    slip_again: bool = Field(description="the slip names another record: print it again")


class GivenAnswer(BaseModel):
    results: list[Given]


router = APIRouter(prefix="/v1/vaccination-sessions", tags=["sessions"], responses=RESPONSES)


@router.post("")
def open_session(request: NewSession, centre: _Centre, staff: _Station) -> SessionNumber:
    """Register a session of a station: day, vaccine and lot."""
    number = listing.open_session(
        centre, staff, unit=request.unit, day=request.day, product=request.product, lot=request.lot
    )
    return SessionNumber(session_id=number)


@router.get("/{session_id}")
def show(session_id: str, centre: _Centre, staff: _Looking) -> SessionList:
    """The list as it stands; no personal data."""
    return SessionList(**listing.show_session(centre, staff, session_id))


@router.post("/{session_id}/people")
def add_people(session_id: str, request: People, centre: _Centre, staff: _Station) -> CheckedPeople:
    """Put people on the list, checked before the jab; the register is asked about citizens. When it is away the list
    goes on without it."""
    people = [person.model_dump() for person in request.people]
    listed = listing.add_people(centre, staff, session_id, people, register=register_of(centre))
    return CheckedPeople(**listed.to_dict())


@router.post("/{session_id}/ask-again")
def ask_again(session_id: str, centre: _Centre, staff: _Station) -> CheckedPeople:
    """Check those once more about whom the register could not be asked."""
    register = open_register(centre.settings, centre.engine, centre.clock)
    listed = listing.ask_again(centre, staff, session_id, register=register)
    return CheckedPeople(**listed.to_dict())


@router.post(
    "/{session_id}/slips",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "A4, eight slips to a page"}},
)
def slips(session_id: str, request: SlipsRequest, centre: _Centre, staff: _Station) -> Response:
    """Slips with one-time claim codes as PDF. The codes can be read this once."""
    pdf, count = giving.write_slips(centre, staff, session_id, places=request.places, again=request.again)
    return Response(pdf, media_type="application/pdf", headers={"X-Slips": str(count)})


@router.post("/{session_id}/given")
def given(session_id: str, request: GivenRequest, centre: _Centre, staff: _Station) -> GivenAnswer:
    """Enter the doses that were given, on the day of the session."""
    results = giving.enter_given(centre, staff, session_id, request.places)
    return GivenAnswer(results=[Given(**result) for result in results])
