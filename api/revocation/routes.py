"""HTTP for orders of revocation: one person proposes, another one of another unit approves, either takes it back."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.errors import CentreError
from api.problems import RESPONSES
from api.revocation.criteria import MOST_NAMED, Criteria
from api.revocation.orders import list_orders, preview
from api.revocation.proposals import APPROVES, PROPOSES, approve, check_places, propose, withdraw
from api.revocation.reasons import RevocationReason
from certificates.uvci import normalise
from certificates.valuesets import find_product


def _orders_due(request: Request) -> threading.Event:
    """Set, it wakes the thread of this process that sees to orders."""
    due: threading.Event = request.app.state.orders_due
    return due


router = APIRouter(prefix="/v1/revocation", tags=["revocation"], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]
_Proposer = Annotated[Staff, Depends(require_staff(*PROPOSES))]
_Approver = Annotated[Staff, Depends(require_staff(*APPROVES))]
_Due = Annotated[threading.Event, Depends(_orders_due)]
_Reader = Annotated[Staff, Depends(require_staff("operator", "overseer", "ministry", "auditor"))]
_Text = Annotated[str, Field(min_length=1, max_length=200)]


class OrderRequest(BaseModel):
    """All that is named must hold of a passport; a time alone is no choice."""

    model_config = ConfigDict(extra="forbid")
    reason: RevocationReason
    fraud: bool = Field(default=False, description="published at once; reason fraud is always so")
    codes: list[_Text] = Field(default_factory=list, max_length=MOST_NAMED, description="certificate codes")
    records: list[_Text] = Field(default_factory=list, max_length=MOST_NAMED)
    signed_with: list[Annotated[str, Field(pattern="^([0-9a-f]{16}|[0-9a-f]{64})$")]] = Field(
        default_factory=list, max_length=100, description="document signers: kid or fingerprint, hexadecimal"
    )
    unit: _Text | None = None
    token: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    account: _Text | None = None
    lot: _Text | None = None
    product: _Text | None = None
    since: AwareDatetime | None = Field(default=None, description="signed then or later")
    until: AwareDatetime | None = Field(default=None, description="signed then or before")

    def criteria(self) -> Criteria:
        """What is asked for. Raises RecordError ``product-unknown``."""
        return Criteria(
            codes=tuple(dict.fromkeys(normalise(one) for one in self.codes)),
            records=tuple(dict.fromkeys(self.records)),
            signed_with=tuple(bytes.fromhex(one) for one in self.signed_with),
            unit=self.unit,
            token=None if self.token is None else bytes.fromhex(self.token),
            account=self.account,
            lot=self.lot,
            product=None if self.product is None else find_product(self.product).key,
            since=self.since,
            until=self.until,
        )


class CountsAnswer(BaseModel):
    passports: int
    already: int
    units: dict[str, int]
    signers: dict[str, int]
    states: dict[str, int]


class ProposedAnswer(BaseModel):
    order: str | None = Field(description="null: all of it is revoked for this reason already")
    state: str | None
    passports: int
    already: int


class WithdrawRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    why: str = Field(min_length=1, max_length=500, description="for the log; no personal data")


class OrderAnswer(BaseModel):
    order: str
    state: str
    reason: str
    fraud: bool
    criteria: dict[str, Any] = Field(description="of certificate codes and records only how many")
    units: dict[str, int] = Field(description="passports by unit, when it was proposed")
    passports: int = Field(description="proposed: that matched; else revoked")
    chosen: int = Field(description="no page has come to these yet")
    waiting: int = Field(description="are revoked when their replacement is issued, or at the deadline")
    entries: int = Field(description="hashes that checkers shall have")
    published: int = Field(description="of those on the newest list")
    made_by: str
    made_unit: str | None
    made_at: str
    approved_by: str | None
    approved_unit: str | None
    approved_at: str | None
    publish_from: str | None = Field(description="until then no list holds it: the undo window")
    reissue: str
    deadline: str | None
    done_at: str | None
    withdrawn_by: str | None
    withdrawn_why: str | None
    withdrawn_at: str | None


@router.post("/preview")
def look(request: OrderRequest, centre: _Centre, staff: _Proposer) -> CountsAnswer:
    """What an order would revoke; changes nothing."""
    seen = preview(centre.engine, request.criteria(), request.reason)
    check_places(centre.engine, staff, seen.units)
    return CountsAnswer(
        passports=seen.passports, already=seen.already, units=seen.units, signers=seen.signers, states=seen.states
    )


@router.post("/orders")
def make(request: OrderRequest, centre: _Centre, staff: _Proposer, due: _Due) -> ProposedAnswer:
    """Propose an order. Over one passport it is in force at once, over more when a second person approves."""
    made = propose(
        centre.engine,
        centre.settings,
        request.criteria(),
        request.reason,
        staff=staff,
        at=centre.clock(),
        fraud=request.fraud,
    )
    due.set()
    return ProposedAnswer(order=made.order_id, state=made.state, passports=made.passports, already=made.already)


@router.get("/orders")
def orders(centre: _Centre, staff: _Reader) -> list[OrderAnswer]:
    """The orders whose passports all went through the person's part of the tree, newest first."""
    return [OrderAnswer(**one) for one in list_orders(centre.engine) if _sees(centre, staff, one)]


@router.get("/orders/{order_id}")
def order(order_id: str, centre: _Centre, staff: _Reader) -> OrderAnswer:
    """One order: how far it is."""
    found = list_orders(centre.engine, order_id=order_id)
    if not found or not _sees(centre, staff, found[0]):
        raise CentreError("order-unknown", "there is no such order")
    return OrderAnswer(**found[0])


@router.post("/orders/{order_id}/approve")
def agree(order_id: str, centre: _Centre, staff: _Approver, due: _Due) -> OrderAnswer:
    """Put a proposal in force: as another person, of another unit."""
    approve(centre.engine, centre.settings, order_id, staff=staff, at=centre.clock())
    due.set()
    return OrderAnswer(**list_orders(centre.engine, order_id=order_id)[0])


@router.post("/orders/{order_id}/withdraw")
def take_back(order_id: str, request: WithdrawRequest, centre: _Centre, staff: _Proposer, due: _Due) -> OrderAnswer:
    """Refuse a proposal, or take an order back. In the undo window no list ever holds it."""
    withdraw(centre.engine, order_id, why=request.why, staff=staff, at=centre.clock())
    due.set()
    return OrderAnswer(**list_orders(centre.engine, order_id=order_id)[0])


def _sees(centre: Centre, staff: Staff, one: dict[str, Any]) -> bool:
    try:
        check_places(centre.engine, staff, one["units"])
    except CentreError:
        return False
    return True
