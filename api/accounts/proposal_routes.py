"""HTTP for proposals: units and tokens that two people let in."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.proposals import (
    DECIDERS,
    PROPOSERS,
    Proposal,
    approve,
    list_open,
    propose_token,
    propose_unit,
    reject,
)
from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import from_base64, get_centre
from api.context import Centre
from api.problems import RESPONSES
from api.signing.enrolment import NewUnit

router = APIRouter(prefix="/v1/staff/proposals", tags=["staff"], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]
_Proposer = Annotated[Staff, Depends(require_staff(*PROPOSERS))]
_Decider = Annotated[Staff, Depends(require_staff(*DECIDERS))]
_Reader = Annotated[Staff, Depends(require_staff(*PROPOSERS, "overseer", "auditor"))]


class UnitRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str = Field(pattern=r"^[A-Z0-9-]{1,32}$")
    name: str = Field(min_length=1, max_length=200)
    kind: str = Field(max_length=20, description="station, hospital, mobile, committee, province or ministry")
    province: str = Field(pattern=r"^[A-Z0-9-]{1,8}$")
    opened_on: date
    parent: str | None = Field(default=None, max_length=32)


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str = Field(max_length=32)
    certificate: str = Field(max_length=8192, description="base64 of the DER of the token's certificate")


class DecisionRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    proposal_id: str = Field(max_length=64)


class ProposalAnswer(BaseModel):
    proposal_id: str
    kind: str = Field(description="unit or token")
    unit: str
    subject: str = Field(description="code of the unit, or SHA-256 of the certificate in hexadecimal")
    state: str = Field(description="open, approved or rejected")
    made_by: str
    made_at: str
    decided_by: str | None

    @classmethod
    def of(cls, proposal: Proposal) -> "ProposalAnswer":
        return cls(**{name: getattr(proposal, name) for name in cls.model_fields})


class ProposalsAnswer(BaseModel):
    proposals: list[ProposalAnswer]


@router.get("")
def proposals(centre: _Centre, staff: _Reader) -> ProposalsAnswer:
    """What waits for a second person, in one's units."""
    return ProposalsAnswer(proposals=[ProposalAnswer.of(one) for one in list_open(centre, staff)])


@router.post("/unit")
def unit(request: UnitRequest, centre: _Centre, staff: _Proposer) -> ProposalAnswer:
    """Propose a unit."""
    new = NewUnit(**request.model_dump())
    return ProposalAnswer.of(propose_unit(centre, new, by=staff.actor, staff=staff))


@router.post("/token")
def token(request: TokenRequest, centre: _Centre, staff: _Proposer) -> ProposalAnswer:
    """Propose that a token signs for a unit."""
    der = from_base64(request.certificate, "certificate")
    return ProposalAnswer.of(propose_token(centre, request.unit, der, by=staff.actor, staff=staff))


@router.post("/approve")
def approve_one(request: DecisionRequest, centre: _Centre, staff: _Decider) -> ProposalAnswer:
    """Agree to what another person proposed."""
    return ProposalAnswer.of(approve(centre, staff, request.proposal_id))


@router.post("/reject")
def reject_one(request: DecisionRequest, centre: _Centre, staff: _Proposer) -> ProposalAnswer:
    """Say no to another person's proposal, or take one's own back."""
    return ProposalAnswer.of(reject(centre, staff, request.proposal_id))
