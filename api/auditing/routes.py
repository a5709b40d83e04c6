"""HTTP for the log of acts: what auditors ask, and the ministry's checkpoints."""

import base64
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.audit import LoggedAct
from api.auditing.acts import MOST, Question, answer_auditor
from api.auditing.checkpoints import read_rows, receive
from api.auditing.unusual import Kind, Unusual, tell_auditor
from api.auth import Session, from_base64, get_centre, require_session
from api.context import Centre
from api.errors import CentreError
from api.problems import RESPONSES
from certificates.act_chain import LogRow
from certificates.checkpoints import MAX_SIZE
from certificates.records.model import instant_from_text
from certificates.signed_list import LARGEST

MOST_ROWS: Final = 10_000
router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=RESPONSES)


class RowsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    after: int = Field(ge=0, le=LARGEST, description="the last row that is known")
    limit: int = Field(default=5000, ge=1, le=MOST_ROWS)


class LogRowAnswer(BaseModel):
    sequence: int
    at: str
    actor: str
    act: str
    subject: str
    reason: str
    token: str | None = Field(description="base64 of the certificate's fingerprint")
    hash: str = Field(description="base64")

    @classmethod
    def of(cls, row: LogRow) -> "LogRowAnswer":
        return cls(
            sequence=row.sequence,
            at=row.at,
            actor=row.actor,
            act=row.act,
            subject=row.subject,
            reason=row.reason,
            token=None if row.token is None else base64.b64encode(row.token).decode("ascii"),
            hash=base64.b64encode(row.hash).decode("ascii"),
        )


class RowsAnswer(BaseModel):
    rows: list[LogRowAnswer]
    covered: int = Field(description="the last row that a checkpoint here covers; 0: none")


class CheckpointRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    checkpoint: str = Field(max_length=MAX_SIZE * 2, description="base64 of a signed checkpoint")


class CheckpointAnswer(BaseModel):
    covered: int


@router.post("/rows")
def rows(
    request: RowsRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> RowsAnswer:
    """The log as it stands, for the ministry's machine to verify."""
    found, covered = read_rows(centre, session, after=request.after, limit=request.limit)
    return RowsAnswer(rows=list(map(LogRowAnswer.of, found)), covered=covered)


@router.post("/checkpoints")
def checkpoint(
    request: CheckpointRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> CheckpointAnswer:
    """Leave a checkpoint that the token of this session signed."""
    return CheckpointAnswer(covered=receive(centre, session, from_base64(request.checkpoint, "checkpoint")))


class ActsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    signer: str | None = Field(default=None, max_length=200, description="account@unit")
    token: str | None = Field(default=None, pattern="^[0-9a-f]{64}$", description="SHA-256 of the certificate")
    unit: str | None = Field(default=None, max_length=64)
    begin: str = Field(max_length=20, description="RFC 3339 in UTC, whole seconds")
    end: str = Field(max_length=20, description="before this; RFC 3339 in UTC")
    after: int = Field(default=0, ge=0, le=LARGEST, description="``following`` of the answer before")
    limit: int = Field(default=1000, ge=1, le=MOST)


class ActAnswer(BaseModel):
    sequence: int
    at: str
    actor: str
    act: str
    subject: str
    reason: str
    token: str | None = Field(description="SHA-256 of the certificate whose key was at work")

    @classmethod
    def of(cls, act: LoggedAct) -> "ActAnswer":
        return cls(
            sequence=act.sequence,
            at=act.at,
            actor=act.actor,
            act=act.act,
            subject=act.subject,
            reason=act.reason,
            token=None if act.token is None else act.token.hex(),
        )


class ActsAnswer(BaseModel):
    acts: list[ActAnswer]
    following: int | None = Field(description="there is more: ask again with this as ``after``")


@router.post("/acts")
def acts(
    request: ActsRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff("auditor"))],
) -> ActsAnswer:
    """Everything that one signer, token or unit of the auditor's part of the tree did between two times."""
    question = Question(
        signer=request.signer,
        token=None if request.token is None else bytes.fromhex(request.token),
        unit=request.unit,
        begin=_instant(request.begin, "begin"),
        end=_instant(request.end, "end"),
    )
    found = answer_auditor(centre, staff, question, after=request.after, limit=request.limit)
    return ActsAnswer(acts=list(map(ActAnswer.of, found.acts)), following=found.following)


class UnusualRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    begin: str = Field(max_length=20, description="RFC 3339 in UTC, whole seconds")
    end: str = Field(max_length=20, description="before this, eight days later at most")


class UnusualAnswer(BaseModel):
    kind: Kind
    actor: str
    unit: str
    day: str = Field(description="in Viet Nam; a night counts to the evening on which it begins")
    count: int
    first: int = Field(description="row of the log")
    last: int

    @classmethod
    def of(cls, found: Unusual) -> "UnusualAnswer":
        return cls(**asdict(found))


class UnusualAnswers(BaseModel):
    findings: list[UnusualAnswer]


@router.post("/unusual")
def unusual(
    request: UnusualRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff("auditor"))],
) -> UnusualAnswers:
    """Acts of the auditor's part of the tree that somebody should look at: nights, bursts, reads for nothing."""
    begin, end = _instant(request.begin, "begin"), _instant(request.end, "end")
    return UnusualAnswers(findings=list(map(UnusualAnswer.of, tell_auditor(centre, staff, begin=begin, end=end))))


def _instant(text: str, field: str) -> datetime:
    try:
        return instant_from_text(text)
    except (ValueError, OverflowError):  # a time of the first day there is, in another zone
        raise CentreError("request-form", fields=(field,)) from None
