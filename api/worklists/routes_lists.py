"""HTTP for reading work lists. A page has a hundred rows at most, and of a person initials and year of birth only."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.reading import READERS, Purpose
from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.problems import RESPONSES
from api.states import WorkClass
from api.store.moves import Desk
from api.worklists.days import look_at_days
from api.worklists.history import look_up_history
from api.worklists.listing import LONGEST, Page, Status, list_above, list_work
from api.worklists.rechecks import list_rechecks
from api.worklists.summary import ClassAge, Standing, slowest, summarise

router = APIRouter(prefix="/v1/worklists", tags=["work lists"], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]
_Reader = Annotated[Staff, Depends(require_staff("clerk", "police", "overseer", "ministry"))]
_Above = Annotated[Staff, Depends(require_staff("overseer", "ministry"))]
_Checker = Annotated[Staff, Depends(require_staff("overseer"))]
_Historian = Annotated[Staff, Depends(require_staff(*READERS))]
UNIT: Final = Field(default=None, max_length=32, description="of the account's part of the tree; its own where missing")
RECORD: Final = Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9-]+$")


class Paged(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str | None = UNIT
    after: str | None = Field(default=None, max_length=200, description="of the page before")
    limit: int = Field(default=LONGEST, ge=1, le=LONGEST)


class ListRequest(Paged):
    desk: Desk
    work_class: WorkClass | None = None
    status: Status = "open"


class ItemAnswer(BaseModel):
    record_id: str
    unit: str
    work_class: str
    desk: str
    status: str
    since: str
    attempts: int
    raised: int = Field(description="how many levels up it was shown for its age")
    initials: str
    birth_year: str
    why: str | None = Field(description="why it is shown above: age, aside")
    aside_reason: str | None
    aside_until: str | None
    aside_by: str | None


class PageAnswer(BaseModel):
    items: list[ItemAnswer]
    after: str | None = Field(description="asks for the next page; null: this is the last one")

    @classmethod
    def of(cls, page: Page) -> "PageAnswer":
        names = ItemAnswer.model_fields
        items = [ItemAnswer(**{name: getattr(item, name) for name in names}) for item in page.items]
        return cls(items=items, after=page.after)


@router.post("/list")
def list_(request: ListRequest, centre: _Centre, staff: _Reader) -> PageAnswer:
    """A unit's list, oldest first."""
    page = list_work(
        centre,
        staff,
        desk=request.desk,
        unit=request.unit,
        work_class=request.work_class,
        status=request.status,
        after=request.after,
        limit=request.limit,
    )
    return PageAnswer.of(page)


@router.post("/above")
def above(request: Paged, centre: _Centre, staff: _Above) -> PageAnswer:
    """What a unit is shown of the work below it: what was put aside, and what waits too long."""
    return PageAnswer.of(list_above(centre, staff, unit=request.unit, after=request.after, limit=request.limit))


class HistoryRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    record_id: str = RECORD
    purpose: Purpose = Field(description="what it is read for; it stands in the log")


class EventAnswer(BaseModel):
    at: str
    by: str
    what: str
    code: str
    value: str


class HistoryAnswer(BaseModel):
    events: list[EventAnswer]


@router.post("/history")
def history(request: HistoryRequest, centre: _Centre, staff: _Historian) -> HistoryAnswer:
    """Who did what about a record, and when."""
    events = look_up_history(centre, staff, request.record_id, request.purpose)
    names = EventAnswer.model_fields
    return HistoryAnswer(events=[EventAnswer(**{name: getattr(one, name) for name in names}) for one in events])


class SampledAnswer(BaseModel):
    closing_id: str
    record_id: str
    version: int
    unit: str
    kind: str = Field(description="mended, settled (no certificate), rechecked")
    work_class: str
    closed_by: str
    why: str = Field(description="why it was drawn: rate, single (one person is alone there), settled")
    day: str
    drawn_at: str


class SampleAnswer(BaseModel):
    closings: list[SampledAnswer]
    after: str | None


@router.post("/rechecks")
def rechecks(request: Paged, centre: _Centre, staff: _Checker) -> SampleAnswer:
    """What was drawn of the work below and waits to be checked again."""
    found = list_rechecks(centre, staff, unit=request.unit, after=request.after, limit=request.limit)
    names = SampledAnswer.model_fields
    closings = [SampledAnswer(**{name: getattr(one, name) for name in names}) for one in found]
    return SampleAnswer(closings=closings, after=found[-1].closing_id if len(found) == request.limit else None)


class DaysRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str | None = UNIT
    since: date
    until: date


class DayAnswer(BaseModel):
    day: str
    measure: str = Field(description="a class of what is to be mended, else a state; taken-in, in-hand, aside, closed")
    desk: str = Field(description="clerk, police; empty: on nobody's list")
    came: int
    gone: int


class DaysAnswer(BaseModel):
    unit: str
    days: list[DayAnswer]


@router.post("/days")
def days(request: DaysRequest, centre: _Centre, staff: _Reader) -> DaysAnswer:
    """How many records came to stand where, and how many left, at a unit and below it, on each of some days."""
    found = look_at_days(centre, staff, since=request.since, until=request.until, unit=request.unit)
    names = DayAnswer.model_fields
    listed = [DayAnswer(**{name: getattr(one, name) for name in names}) for one in found]
    return DaysAnswer(unit=request.unit or staff.unit, days=listed)


class SummaryRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str | None = UNIT


class AgeAnswer(BaseModel):
    work_class: str
    desk: str
    records: int
    median_days: int
    oldest_days: int

    @classmethod
    def of(cls, age: ClassAge) -> "AgeAnswer":
        return cls(**{name: getattr(age, name) for name in cls.model_fields})


class StandingAnswer(BaseModel):
    unit: str
    classes: list[AgeAnswer]
    totals: dict[str, int]
    oldest_days: int | None

    @classmethod
    def of(cls, standing: Standing) -> "StandingAnswer":
        return cls(
            unit=standing.unit,
            classes=[AgeAnswer.of(age) for age in standing.classes],
            totals=dict(standing.totals),
            oldest_days=standing.oldest_days,
        )


class SlowAnswer(AgeAnswer):
    unit: str


class RateAnswer(BaseModel):
    unit: str
    closed: int
    drawn: int
    checked: int
    errors: int
    rate: float | None = Field(description="null: nothing was checked")
    low: float = Field(description="of the interval of 95 % (Wilson)")
    high: float
    classes: dict[str, int]
    single: bool = Field(description="at most one person works there")


class SummaryAnswer(BaseModel):
    whole: StandingAnswer
    below: list[StandingAnswer]
    slowest: list[SlowAnswer]
    rates: list[RateAnswer]


@router.post("/summary")
def summary(request: SummaryRequest, centre: _Centre, staff: _Reader) -> SummaryAnswer:
    """How a unit and those below it stand, who is slow, and how often their work was wrong; from counts alone."""
    found = summarise(centre, staff, unit=request.unit)
    names = RateAnswer.model_fields
    return SummaryAnswer(
        whole=StandingAnswer.of(found.whole),
        below=[StandingAnswer.of(one) for one in found.below],
        slowest=[SlowAnswer(unit=unit, **AgeAnswer.of(age).model_dump()) for unit, age in slowest(found)],
        rates=[RateAnswer(**{name: getattr(one, name) for name in names}) for one in found.rates],
    )
