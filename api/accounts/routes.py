"""HTTP for the staff: log-in, single records, and what leaves the centre in one piece."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.exports import APPROVERS, Export, approve_export, count_exports, list_waiting
from api.accounts.login import LOG_IN, PasswordAndCode
from api.accounts.passwords import LONGEST
from api.accounts.reading import READERS, Purpose, read_record
from api.accounts.sessions import close_session, open_session, require_staff, staff_bearer
from api.accounts.staff import ROLES, Staff
from api.auth import ACCOUNT_PATTERN, get_centre
from api.context import Centre
from api.limits import limited
from api.problems import RESPONSES
from api.signing.own_entries import count_own_entries
from certificates.records.model import instant_to_text

_DAY = r"^\d{4}-\d{2}-\d{2}$"
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
    idle_minutes: int = Field(description="unused for so long, the session ends before that")


@router.post("/login", dependencies=[Depends(limited)])
def login(request: StaffLoginRequest, centre: Annotated[Centre, Depends(get_centre)]) -> StaffLoginAnswer:
    """Exchange password and second factor for a bearer of eight hours, or until it is not used for a while."""
    given = PasswordAndCode(
        account=request.account.lower(),
        password=request.password,
        code=request.code,
        new_password=request.new_password,
    )
    bearer, staff, expires_at = open_session(centre, LOG_IN(centre, given))
    return StaffLoginAnswer(
        **StaffAnswer.of(staff).model_dump(),
        token=bearer,
        expires_at=instant_to_text(expires_at),
        idle_minutes=centre.settings.staff_idle_minutes,
    )


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


class ReadRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    record_id: str = Field(max_length=64)
    purpose: Purpose = Field(description="what the record is read for; it stands in the log")


class ReadAnswer(BaseModel):
    record: dict[str, Any]
    state: str
    reason: str | None


@router.post("/records/read")
def read(
    request: ReadRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff(*READERS))],
) -> ReadAnswer:
    """The newest version of one record. Who read it, and what for, stands in the log."""
    found = read_record(centre, staff, request.record_id, request.purpose)
    return ReadAnswer(record=found.record.to_dict(), state=found.state.value, reason=found.reason)


class ExportAnswer(BaseModel):
    export_id: str
    account: str = Field(description="who asked for it")
    unit: str
    kind: str
    what: str
    persons: int = Field(description="rows about people")
    state: str = Field(description="granted, waiting, approved or taken")
    asked_at: str
    approved_by: str | None

    @classmethod
    def of(cls, export: Export) -> "ExportAnswer":
        return cls(**{name: getattr(export, name) for name in cls.model_fields})


class ApproveRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    export_id: str = Field(max_length=64)


class WaitingAnswer(BaseModel):
    exports: list[ExportAnswer]


class CountAnswer(BaseModel):
    account: str
    unit: str
    exports: int
    persons: int


class CountsAnswer(BaseModel):
    day: str
    counts: list[CountAnswer]


@router.get("/exports/waiting")
def exports_waiting(
    centre: Annotated[Centre, Depends(get_centre)], staff: Annotated[Staff, Depends(require_staff(*APPROVERS))]
) -> WaitingAnswer:
    """What others of one's units ask for, and needs a second person."""
    return WaitingAnswer(exports=[ExportAnswer.of(one) for one in list_waiting(centre, staff)])


@router.post("/exports/approve")
def exports_approve(
    request: ApproveRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff(*APPROVERS))],
) -> ExportAnswer:
    """Let another person's export go."""
    return ExportAnswer.of(approve_export(centre, staff, request.export_id))


@router.get("/exports/counts")
def exports_counts(
    day: Annotated[str, Query(pattern=_DAY)],
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff("overseer", "ministry", "auditor"))],
) -> CountsAnswer:
    """How many rows about people each person took on a day, in one's units."""
    return CountsAnswer(day=day, counts=[CountAnswer(**one) for one in count_exports(centre, staff, day=day)])


class OwnEntryAnswer(BaseModel):
    unit: str
    account: str
    records: int
    one_person: bool = Field(description="the unit still has no other signer")


class OwnEntriesAnswer(BaseModel):
    since: str
    entries: list[OwnEntryAnswer]


@router.get("/own-entries")
def own_entries(
    since: Annotated[str, Query(pattern=_DAY)],
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff("overseer", "ministry", "auditor"))],
) -> OwnEntriesAnswer:
    """Where one person entered records and signed them, since a day: units that need a second signer, or a sample."""
    found = count_own_entries(centre, staff, since=since)
    return OwnEntriesAnswer(since=since, entries=[OwnEntryAnswer(**one) for one in found])
