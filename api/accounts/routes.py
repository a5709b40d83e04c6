"""HTTP for the staff's log-in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.login import LogIn, PasswordAndCode, prove_by_password
from api.accounts.passwords import LONGEST
from api.accounts.sessions import close_session, open_session, require_staff, staff_bearer
from api.accounts.staff import ROLES, Staff
from api.auth import ACCOUNT_PATTERN, get_centre
from api.context import Centre
from api.limits import limited
from api.problems import RESPONSES
from certificates.records.model import instant_to_text

LOG_IN: LogIn[PasswordAndCode] = prove_by_password
router = APIRouter(prefix="/v1/staff", tags=["staff"], responses=RESPONSES)


class StaffLoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    account: str = Field(pattern=ACCOUNT_PATTERN)
    password: str = Field(min_length=1, max_length=LONGEST)
    code: str = Field(max_length=6, description="six digits of the second factor")
    new_password: str | None = Field(
        default=None, max_length=LONGEST, description="sets another password; needed at the first log-in"
    )


class StaffAnswer(BaseModel):
    account: str
    unit: str
    roles: list[str]

    @classmethod
    def of(cls, staff: Staff) -> "StaffAnswer":
        return cls(account=staff.account, unit=staff.unit, roles=sorted(staff.roles))


class StaffLoginAnswer(StaffAnswer):
    token: str
    expires_at: str


@router.post("/login", dependencies=[Depends(limited)])
def login(request: StaffLoginRequest, centre: Annotated[Centre, Depends(get_centre)]) -> StaffLoginAnswer:
    """Exchange password and second factor for a bearer of eight hours."""
    given = PasswordAndCode(
        account=request.account.lower(),
        password=request.password,
        code=request.code,
        new_password=request.new_password,
    )
    bearer, staff, expires_at = open_session(centre, LOG_IN(centre, given))
    return StaffLoginAnswer(**StaffAnswer.of(staff).model_dump(), token=bearer, expires_at=instant_to_text(expires_at))


@router.post("/logout")
def logout(
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff(*ROLES))],
    credentials: Annotated[HTTPAuthorizationCredentials, Security(staff_bearer)],
) -> StaffAnswer:
    """End this session; answers whose it was."""
    close_session(centre, credentials.credentials)
    return StaffAnswer.of(staff)


@router.get("/me")
def me(staff: Annotated[Staff, Depends(require_staff(*ROLES))]) -> StaffAnswer:
    """Who is logged in, where and as what."""
    return StaffAnswer.of(staff)
