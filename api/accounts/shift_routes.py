"""HTTP for the desk at a unit's token: who sits there, proven by password and second factor."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.login import LOG_IN, PasswordAndCode
from api.accounts.passwords import LONGEST
from api.accounts.sessions import close_session, open_session
from api.accounts.shifts import DESK
from api.auth import ACCOUNT_PATTERN, get_centre
from api.context import Centre
from api.limits import limited
from api.problems import RESPONSES
from certificates.records.model import instant_to_text

router = APIRouter(prefix="/v1/auth", tags=["auth"], dependencies=[Depends(limited)], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NothingRequest(_Request):
    """Nothing is asked for."""


class WaysAnswer(BaseModel):
    person: Literal["name", "password"] = Field(
        description="what a station's desk needs beside its token: the account's name, or a shift"
    )


class ShiftRequest(_Request):
    account: str = Field(pattern=ACCOUNT_PATTERN)
    password: str = Field(min_length=1, max_length=LONGEST)
    code: str = Field(max_length=6, description="six digits of the second factor")


class ShiftAnswer(BaseModel):
    shift: str = Field(description="goes with the token's log-ins; it opens nothing else")
    account: str
    unit: str
    expires_at: str


class EndShiftRequest(_Request):
    shift: str = Field(min_length=1, max_length=100)


class EndShiftAnswer(BaseModel):
    ended: bool = True


@router.post("/ways")
def ways(_request: NothingRequest, centre: _Centre) -> WaysAnswer:
    """What a desk has to ask the person for."""
    return WaysAnswer(person="password" if centre.settings.desk_person_proven else "name")


@router.post("/shift")
def begin_shift(request: ShiftRequest, centre: _Centre) -> ShiftAnswer:
    """Prove who sits at the desk, for eight hours at most."""
    given = PasswordAndCode(account=request.account.lower(), password=request.password, code=request.code)
    bearer, staff, expires_at = open_session(centre, LOG_IN(centre, given), kind=DESK)
    return ShiftAnswer(shift=bearer, account=staff.account, unit=staff.unit, expires_at=instant_to_text(expires_at))


@router.post("/end-shift")
def end_shift(request: EndShiftRequest, centre: _Centre) -> EndShiftAnswer:
    """The person leaves: the token's sessions end, too. One answer, whether it was a shift or not."""
    close_session(centre, request.shift, kind=DESK)
    return EndShiftAnswer()
