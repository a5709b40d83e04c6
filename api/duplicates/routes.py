"""HTTP for staff who decide whether two are one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.duplicates.deciding import PAGE, WHY_LIMIT, Verdict, decide, list_open, show
from api.problems import RESPONSES

_Deciding = Annotated[Staff, Depends(require_staff("clerk", "overseer"))]
_Centre = Annotated[Centre, Depends(get_centre)]


class Duplicate(BaseModel):
    duplicate_id: str
    kind: str = Field(description="person, dose")
    reason: str
    record: str
    unit: str
    other: str | None = Field(description="the other record; null for a dose")
    other_unit: str
    found_at: str
    state: str = Field(description="open, same, different")


class Duplicates(BaseModel):
    duplicates: list[Duplicate]


class BothSides(Duplicate):
    records: list[dict[str, Any]]
    dose: dict[str, Any] | None


class Decision(BaseModel):
    model_config = ConfigDict(extra="forbid")
    verdict: Verdict
    why: str = Field(max_length=WHY_LIMIT, description="for the log: no personal data")


router = APIRouter(prefix="/v1/duplicates", tags=["duplicates"], responses=RESPONSES)


@router.get("")
def open_pairs(centre: _Centre, staff: _Deciding, limit: Annotated[int, Query(ge=1, le=1000)] = PAGE) -> Duplicates:
    """Undecided pairs of the caller's part of the tree, oldest first; no personal data."""
    return Duplicates(duplicates=[Duplicate(**pair) for pair in list_open(centre, staff, limit=limit)])


@router.post("/{duplicate_id}/read")
def read(duplicate_id: str, centre: _Centre, staff: _Deciding) -> BothSides:
    """Both sides, side by side. The log keeps who looked."""
    return BothSides(**show(centre, staff, duplicate_id))


@router.post("/{duplicate_id}/decision")
def decision(duplicate_id: str, request: Decision, centre: _Centre, staff: _Deciding) -> Duplicate:
    """Say that the two are the same, or are not."""
    return Duplicate(**decide(centre, staff, duplicate_id, request.verdict, why=request.why))
