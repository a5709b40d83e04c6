"""HTTP for oversight: numbers of an area and the lists behind them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.oversight.covered import Covered, look_at_coverage
from api.oversight.deadlines import look_ahead
from api.oversight.due import READERS, ask_due_list, take_due_list
from api.oversight.lists import Other, list_behind
from api.oversight.overview import OVERSEERS, Area, look_over
from api.oversight.stages import Stage
from api.problems import RESPONSES
from api.states import WorkClass

router = APIRouter(prefix="/v1/oversight", tags=["oversight"], responses=RESPONSES)
_Centre = Annotated[Centre, Depends(get_centre)]
_Overseer = Annotated[Staff, Depends(require_staff(*OVERSEERS))]
_Caller = Annotated[Staff, Depends(require_staff(*READERS))]
UNIT: Final = Field(default=None, max_length=32, description="of the account's part of the tree; its own where missing")


class AreaRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str | None = UNIT


class AreaAnswer(BaseModel):
    unit: str
    name: str
    kind: str
    taken_in: int
    stages: dict[str, int] = Field(description="where records stand: each in exactly one of these")
    classes: dict[str, int] = Field(description="of those that are to be mended, by what is wrong")
    in_hand: int = Field(description="of those to be mended: somebody has worked on it")
    aside: int
    raised: int = Field(description="shown to a unit above, for their age")
    stuck: str | None = Field(description="the stage where most are whose certificate is awaited")
    oldest: str | None = Field(description="since when the oldest is to be mended")
    complaints: dict[str, int]
    tokens: dict[str, int] = Field(description="open units that sign: with a token in use, a suspended one, none")
    issued_a_day: float = Field(description="mean of the last seven whole days")
    doses_delivered: int
    doses_recorded: int

    @classmethod
    def of(cls, area: Area) -> "AreaAnswer":
        standing, complaints, tokens = area.standing, area.complaints, area.tokens
        return cls(
            unit=area.unit.code,
            name=area.unit.name,
            kind=area.unit.kind,
            taken_in=standing.taken_in,
            stages={stage.value: number for stage, number in standing.stages.items()},
            classes=dict(standing.classes),
            in_hand=standing.in_hand,
            aside=standing.aside,
            raised=standing.raised,
            stuck=standing.stuck,
            oldest=area.oldest,
            complaints=_numbers(complaints, "open", "late", "received", "breached", "confirmed", "refused"),
            tokens=_numbers(tokens, "in_use", "suspended", "none"),
            issued_a_day=area.issued_a_day,
            doses_delivered=area.delivered,
            doses_recorded=area.given,
        )


class AgeAnswer(BaseModel):
    work_class: str
    records: int
    median_days: int
    oldest_days: int
    long: int = Field(description="for 14 days and more")
    longer: int = Field(description="for 28 days and more")


class DayAnswer(BaseModel):
    day: str
    taken_in: int
    issued: int
    to_mend: int = Field(description="how many more are to be mended after this day than before")


class OverviewAnswer(BaseModel):
    whole: AreaAnswer
    below: list[AreaAnswer]
    waiting: AgeAnswer | None = Field(description="all classes together; null: nothing is to be mended")
    ages: list[AgeAnswer]
    days: list[DayAnswer]


@router.post("/area")
def area(request: AreaRequest, centre: _Centre, staff: _Overseer) -> OverviewAnswer:
    """How a unit with all below it stands, and each unit directly below: where it sticks first."""
    found = look_over(centre, staff, request.unit)
    return OverviewAnswer(
        whole=AreaAnswer.of(found.whole),
        below=[AreaAnswer.of(one) for one in found.below],
        waiting=None if found.waiting is None else AgeAnswer(**_fields(AgeAnswer, found.waiting)),
        ages=[AgeAnswer(**_fields(AgeAnswer, one)) for one in found.ages],
        days=[DayAnswer(**_fields(DayAnswer, one)) for one in found.days],
    )


class BandAnswer(BaseModel):
    residents: int = Field(description="0: not entered")
    doses: list[int] = Field(description="people with the first, second, third, fourth dose")


class CoveredAnswer(BaseModel):
    unit: str
    name: str
    bands: dict[str, BandAnswer] = Field(description="by age on the day of the dose; all: everybody")
    recovered: int
    due: list[int] = Field(description="whose first, second, third, fourth dose is due by the end of this week")

    @classmethod
    def of(cls, one: Covered) -> "CoveredAnswer":
        bands = {**one.bands, "all": one.everybody}
        return cls(
            unit=one.unit.code,
            name=one.unit.name,
            bands={name: BandAnswer(residents=band.residents, doses=list(band.doses)) for name, band in bands.items()},
            recovered=one.recovered,
            due=list(one.due),
        )


class CoverageAnswer(BaseModel):
    until: date = Field(description="the Sunday that due counts up to")
    whole: CoveredAnswer
    below: list[CoveredAnswer]


@router.post("/coverage")
def coverage(request: AreaRequest, centre: _Centre, staff: _Overseer) -> CoverageAnswer:
    """Doses against residents, by age; recovered cases; who is due."""
    found = look_at_coverage(centre, staff, request.unit)
    below = [CoveredAnswer.of(one) for one in found.below]
    return CoverageAnswer(until=found.until, whole=CoveredAnswer.of(found.whole), below=below)


class ForecastAnswer(BaseModel):
    deadline_id: str
    scope: str
    task: str
    due: date
    owner: str
    done: int
    left: int | None = Field(description="null: what there is to do was not entered")
    a_day: float
    ready_on: date | None = Field(description="when none is left at this pace; null: never, or nobody knows")
    late_days: int | None
    outlook: str


class DeadlinesAnswer(BaseModel):
    deadlines: list[ForecastAnswer]


@router.post("/deadlines")
def deadlines(request: AreaRequest, centre: _Centre, staff: _Overseer) -> DeadlinesAnswer:
    """The deadlines of a unit, with a forecast from the pace of the last seven days."""
    found = look_ahead(centre, staff, request.unit)
    return DeadlinesAnswer(
        deadlines=[
            ForecastAnswer(
                **_numbers(one.deadline, "deadline_id", "scope", "task", "due", "owner"),
                **_numbers(one, "done", "left", "a_day", "ready_on", "late_days", "outlook"),
            )
            for one in found
        ]
    )


class ListRequest(AreaRequest):
    what: Stage | WorkClass | Other
    after: str | None = Field(default=None, max_length=200, description="of the page before")


class RowAnswer(BaseModel):
    unit: str
    number: str
    what: str
    since: str


class ListAnswer(BaseModel):
    rows: list[RowAnswer]
    after: str | None


@router.post("/list")
def list_(request: ListRequest, centre: _Centre, staff: _Overseer) -> ListAnswer:
    """What a number counts: records, complaints, or units by their tokens. Numbers and classes, no person."""
    page = list_behind(centre, staff, request.what, unit=request.unit, after=request.after)
    return ListAnswer(rows=[RowAnswer(**_fields(RowAnswer, row)) for row in page.rows], after=page.after)


class DueRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unit: str = Field(min_length=1, max_length=32)
    until: date
    export_id: str | None = Field(default=None, max_length=64, description="that a second person approved")


class DuePerson(BaseModel):
    record_id: str
    name: str = Field(description="for clerks; for those above initials")
    birth_year: str
    dose: int
    due_on: date
    recovered: bool = Field(description="had the disease since, which moved the day")


class DueAnswer(BaseModel):
    export_id: str
    hamlets: dict[str, list[DuePerson]] | None = Field(description="null: a second person must approve the export")


@router.post("/due")
def due(request: DueRequest, centre: _Centre, staff: _Caller) -> DueAnswer:
    """Whose dose is due at a unit, by hamlet. More than 200 rows a day ask for a second person."""
    if request.export_id is None:
        found = ask_due_list(centre, staff, unit=request.unit, until=request.until)
    else:
        found = take_due_list(centre, staff, request.export_id, unit=request.unit, until=request.until)
    hamlets = None
    if found.hamlets is not None:
        hamlets = {
            name: [DuePerson(**_fields(DuePerson, person)) for person in people]
            for name, people in found.hamlets.items()
        }
    return DueAnswer(export_id=found.export_id, hamlets=hamlets)


def _fields(model: type[BaseModel], one: object) -> Mapping[str, Any]:
    return _numbers(one, *model.model_fields)


def _numbers(one: object, *names: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}
