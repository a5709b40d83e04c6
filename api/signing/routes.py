"""HTTP for signing agents."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auditing.heads import HeadAnswer
from api.auth import Session, get_centre, require_session
from api.context import Centre
from api.metrics import count_signature
from api.problems import RESPONSES
from api.signing.acceptance import RefusedJob, accept
from api.signing.leasing import LARGEST_BATCH, lease_work
from certificates.jobs import Outcome, SignedJob
from certificates.records.model import instant_to_text

router = APIRouter(prefix="/v1/signing", tags=["signing"], responses=RESPONSES)


class LeaseRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    layout: str = Field(max_length=200, description="the page layout of the agent")
    limit: int = Field(ge=1, le=LARGEST_BATCH)
    offline: bool = Field(default=False, description="for work without a network: a later deadline")


class LeaseAnswer(BaseModel):
    lease_id: str
    deadline: str
    jobs: list[dict[str, Any]]
    waiting: int = Field(description="records that are left for another lease")
    log: HeadAnswer


class Refusal(BaseModel):
    model_config = ConfigDict(extra="forbid")
    job_id: str = Field(max_length=64)
    reason: str = Field(max_length=64, pattern="^[a-z0-9][a-z0-9-]*$")
    detail: str = Field(default="", max_length=1000)


class SubmitRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lease_id: str = Field(max_length=64)
    signed: list[dict[str, Any]] = Field(max_length=LARGEST_BATCH)
    refused: list[Refusal] = Field(max_length=LARGEST_BATCH)


class SubmitResult(BaseModel):
    job_id: str
    outcome: Outcome
    reason: str | None
    state: str | None


class SubmitAnswer(BaseModel):
    results: list[SubmitResult]
    log: HeadAnswer


@router.post("/lease")
def lease(
    request: LeaseRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> LeaseAnswer:
    """Records for this token to sign, with everything that goes into the signed bytes."""
    leased = lease_work(centre, session, layout=request.layout, limit=request.limit, offline=request.offline)
    return LeaseAnswer(
        lease_id=leased.lease_id,
        deadline=instant_to_text(leased.deadline),
        jobs=[job.to_dict() for job in leased.jobs],
        waiting=leased.waiting,
        log=HeadAnswer.of(centre),
    )


@router.post("/submit")
def submit(
    request: SubmitRequest,
    centre: Annotated[Centre, Depends(get_centre)],
    session: Annotated[Session, Depends(require_session)],
) -> SubmitAnswer:
    """Signatures and refusals for the jobs of a lease. Sending the same again answers ``already``."""
    results = accept(
        centre,
        session,
        request.lease_id,
        [SignedJob.from_dict(job) for job in request.signed],
        [RefusedJob(job_id=one.job_id, reason=one.reason, detail=one.detail) for one in request.refused],
    )
    for one in results:
        count_signature(session.task, one.outcome)
    return SubmitAnswer(
        results=[
            SubmitResult(job_id=one.job_id, outcome=one.outcome, reason=one.reason, state=one.state) for one in results
        ],
        log=HeadAnswer.of(centre),
    )
