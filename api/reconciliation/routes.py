"""HTTP for the reconciliation of passports, doses and deliveries."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff, refuse_place
from api.auth import get_centre
from api.context import Centre
from api.problems import RESPONSES
from api.reconciliation.report import TOLERANCE, reconcile

MOST_DAYS = 5000  # lines of one answer
router = APIRouter(prefix="/v1/reconciliation", tags=["reconciliation"], responses=RESPONSES)


class LotAnswer(BaseModel):
    unit: str = Field(description="that keeps the stock now")
    product: str
    lot: str
    delivered: int = Field(description="from the first day to the last of the report, as all three")
    given: int
    issued: int = Field(description="doses that stand on issued passports")
    flags: list[str]


class DayAnswer(BaseModel):
    unit: str
    day: str
    product: str
    lot: str
    delivered: int
    given: int
    issued: int
    left: int = Field(description="of the lot after this day; below 0: more was given than delivered")
    flags: list[str]


class ReportAnswer(BaseModel):
    alarms: int = Field(description="lots with more issued or given than delivered, or more issued than given")
    lots: list[LotAnswer]
    days: list[DayAnswer]
    days_left_off: int = Field(description="lines that are not in this answer: ask for fewer days or one unit")


@router.get("")
def report(
    centre: Annotated[Centre, Depends(get_centre)],
    staff: Annotated[Staff, Depends(require_staff("operator", "overseer", "ministry", "auditor"))],
    since: Annotated[date, Query(alias="from")],
    until: Annotated[date, Query(alias="to")],
    unit: Annotated[str | None, Query(max_length=40, description="it and all below it; default: the person's")] = None,
    tolerance: Annotated[float, Query(ge=0, le=1)] = TOLERANCE,
) -> ReportAnswer:
    """Doses given and issued against deliveries, by unit, day and lot."""
    unit = unit or staff.unit
    with centre.engine.connect() as connection:
        refuse_place(connection, staff, unit)
    found = reconcile(centre.engine, since=since, until=until, unit=unit, tolerance=tolerance)
    return ReportAnswer(
        alarms=found.alarms,
        lots=[LotAnswer.model_validate(one, from_attributes=True) for one in found.lots],
        days=[DayAnswer.model_validate(one, from_attributes=True) for one in found.days[:MOST_DAYS]],
        days_left_off=max(0, len(found.days) - MOST_DAYS),
    )
