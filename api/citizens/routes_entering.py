"""HTTP for citizen apps: prove who one is. POST only: nothing that names a person stands in a URL."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field

from api.auth import get_centre
from api.citizens.apps import App, citizen_bearer, require_app, require_citizen
from api.citizens.entering import ask_code, enter_by_code, enter_by_slip
from api.citizens.finding import Sought, seek
from api.citizens.holder import Holder, close_holder
from api.citizens.once import once_of
from api.citizens.words import CODE_ASKED
from api.context import Centre
from api.limits import client_of, limited
from api.problems import RESPONSES, preferred_language
from api.stations.routes import Both
from certificates.records.model import instant_to_text

router = APIRouter(
    prefix="/v1/citizen/enter", tags=["citizen apps"], dependencies=[Depends(limited)], responses=RESPONSES
)
KEY_PATTERN: Final = r"^[A-Za-z0-9._:-]{8,100}$"
TEXT: Final = r"^[^\x00]*$"
InCentre = Annotated[Centre, Depends(get_centre)]
ForApp = Annotated[App, Depends(require_app)]
IdempotencyKey = Annotated[
    str, Header(pattern=KEY_PATTERN, description="the caller's name of this request; the same again changes nothing")
]


class WhoRequest(BaseModel):
    """Whom it is about: the identity number; or name and date of birth (with a year only, the unit as well); or the
    record's number on the slip."""

    model_config = ConfigDict(extra="forbid")
    id_number: str = Field(default="", max_length=40, pattern=TEXT)
    nationality: str = Field(default="VN", pattern="^[A-Z]{2}$")
    full_name: str = Field(default="", max_length=200, pattern=TEXT)
    date_of_birth: str = Field(default="", max_length=10, pattern=TEXT, description="YYYY-MM-DD or DD/MM/YYYY")
    unit: str = Field(default="", max_length=40, pattern=TEXT, description="where the doses were given")
    record_id: str = Field(default="", max_length=32, pattern=TEXT, description="as the slip names it")

    def sought(self) -> Sought:
        return seek(**WhoRequest.model_dump(self, include=set(WhoRequest.model_fields)))


class SlipRequest(WhoRequest):
    claim_code: str = Field(max_length=40, pattern=TEXT, description="from the paper slip")


class CodeRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ticket: str = Field(max_length=64, pattern=TEXT)
    code: str = Field(max_length=20, pattern=TEXT, description="eight digits, as they came")


class CodeAsked(BaseModel):
    """The same for whoever asks."""

    ticket: str
    expires_at: str
    words: Both


class Entered(BaseModel):
    token: str = Field(description="bearer of the person's session; good for half an hour")
    expires_at: str

    @classmethod
    def of(cls, opened: tuple[str, Holder]) -> "Entered":
        return cls(token=opened[0], expires_at=instant_to_text(opened[1].expires_at))


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


@router.post("/send-code")
def send_code(
    body: WhoRequest,
    request: Request,
    response: Response,
    centre: InCentre,
    app: ForApp,
    idempotency_key: IdempotencyKey,
) -> CodeAsked:
    """Have a one-time code sent to the contact that the centre holds for this person. Whether there is such a person,
    or a contact, nobody learns here."""
    once = once_of(
        centre.secret, app=app.key_id, key=idempotency_key, route="send-code", record_id="", body=body.model_dump()
    )
    language = preferred_language(request.headers.get("accept-language", ""))
    asked, again = ask_code(centre, body.sought(), client=client_of(request), language=language, once=once)
    if again:
        response.headers["Idempotency-Replayed"] = "true"
    request.app.state.codes_due.set()
    return CodeAsked(ticket=asked.ticket, expires_at=instant_to_text(asked.expires_at), words=Both.of(CODE_ASKED))


@router.post("/code")
def code(body: CodeRequest, centre: InCentre, app: ForApp) -> Entered:
    """Exchange ticket and code for a session. Five tries; one refusal for whatever was wrong."""
    return Entered.of(enter_by_code(centre, body.ticket, body.code, app=app.key_id))


@router.post("/slip")
def slip(body: SlipRequest, request: Request, centre: InCentre, app: ForApp) -> Entered:
    """A session by the claim code of the slip. Five wrong ones end the slip's code."""
    client = client_of(request)
    return Entered.of(enter_by_slip(centre, body.sought(), body.claim_code, client=client, app=app.key_id))


@router.post("/leave")
def leave(
    _body: Nothing,
    centre: InCentre,
    _holder: Annotated[Holder, Depends(require_citizen)],
    credentials: Annotated[HTTPAuthorizationCredentials, Security(citizen_bearer)],
) -> Nothing:
    """End the session."""
    close_holder(centre, credentials.credentials)
    return Nothing()
