"""HTTP for the counter of a station: whoever has no telephone gets the same there."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.reading import Purpose
from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.citizens import counter
from api.citizens.evidence import Evidence
from api.citizens.routes_entering import TEXT, Nothing, WhoRequest
from api.citizens.routes_own import DoseAnswer, WatcherAnswer, WrongField
from api.context import Centre
from api.problems import RESPONSES
from api.stations.routes import Both

router = APIRouter(prefix="/v1/counter", tags=["counter"], responses=RESPONSES)
InCentre = Annotated[Centre, Depends(get_centre)]
Clerk = Annotated[Staff, Depends(require_staff("clerk"))]


class LookUpRequest(WhoRequest):
    """With the number of the card the date of birth is needed, too."""

    purpose: Purpose


class VisitRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    visit: str = Field(max_length=64, pattern=TEXT)


class PrintRequest(VisitRequest):
    what: Literal["certificate", "folded", "card", "slip"] = Field(
        default="certificate", description="slip: with a new claim code; the earlier one ends"
    )


class ContactRequest(VisitRequest):
    contact: str = Field(max_length=200, pattern=TEXT, description="telephone or e-mail")
    evidence: Evidence


class GuardianRequest(VisitRequest):
    guardian_visit: str = Field(max_length=64, pattern=TEXT, description="of who may see it, looked up as well")
    kind: Literal["child", "consent"]
    evidence: Evidence


class EndRequest(VisitRequest):
    watcher: str = Field(max_length=32, pattern=TEXT)


class VisitAnswer(BaseModel):
    visit: str
    record_id: str
    name: str
    contact: str | None = Field(description="the last places only")
    state: str
    why: Both
    to_do: Both
    wrong: list[WrongField]
    doses: list[DoseAnswer]
    seen_by: list[WatcherAnswer]


class ContactAnswer(BaseModel):
    contact: str


class GuardianAnswer(BaseModel):
    watcher: str


@router.post("/look-up")
def look_up(body: LookUpRequest, centre: InCentre, staff: Clerk) -> VisitAnswer:
    """Find the record of somebody who is here, with a purpose; it stands in the person's history."""
    found = counter.look_up(centre, staff, body.sought(), date_of_birth=body.date_of_birth, purpose=body.purpose)
    standing = found.standing
    return VisitAnswer(
        visit=found.visit,
        record_id=found.record_id,
        name=found.name,
        contact=found.contact,
        state=standing.state,
        why=Both.of(standing.why),
        to_do=Both.of(standing.to_do),
        wrong=[WrongField(field=one.field, words=Both.of(one.words), entered=one.entered) for one in standing.wrong],
        doses=[DoseAnswer.model_validate(one, from_attributes=True) for one in standing.doses],
        seen_by=[
            WatcherAnswer(watcher=one.handle, name=one.name, kind=one.kind, since=one.since, ends_on=one.ends_on)
            for one in found.watchers
        ],
    )


@router.post("/print", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
def print_page(body: PrintRequest, centre: InCentre, staff: Clerk) -> Response:
    """The signed certificate, a sheet to fold or to cut out, or a slip for who lost it."""
    if body.what == "slip":
        return Response(counter.print_slip(centre, staff, body.visit), media_type="application/pdf")
    layout = None if body.what == "certificate" else body.what
    return Response(counter.print_page(centre, staff, body.visit, layout=layout), media_type="application/pdf")


@router.post("/contact")
def contact(body: ContactRequest, centre: InCentre, staff: Clerk) -> ContactAnswer:
    """Register where this person's codes go, in place of an earlier contact."""
    kept = counter.keep_contact(centre, staff, body.visit, body.contact, body.evidence)
    return ContactAnswer(contact=kept.masked)


@router.post("/guardian")
def guardian(body: GuardianRequest, centre: InCentre, staff: Clerk) -> GuardianAnswer:
    """Register a child's guardian, or the consent of an adult; both people are here."""
    handle = counter.keep_guardian(
        centre,
        staff,
        visit=body.visit,
        guardian_visit=body.guardian_visit,
        kind=body.kind,
        evidence=body.evidence,
    )
    return GuardianAnswer(watcher=handle)


@router.post("/end-guardian")
def end_guardian(body: EndRequest, centre: InCentre, staff: Clerk) -> Nothing:
    """End who may see it."""
    counter.end_guardian(centre, staff, body.visit, body.watcher)
    return Nothing()
