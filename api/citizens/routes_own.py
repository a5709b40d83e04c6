"""HTTP for citizen apps behind a person's session: certificates, state of the record, history, notices, complaints."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import get_centre
from api.citizens.answers import tagged
from api.citizens.apps import require_citizen
from api.citizens.complaining import complain
from api.citizens.history import history_of
from api.citizens.holder import Holder
from api.citizens.once import once_of
from api.citizens.own import (
    Certificate,
    Status,
    certificate_of,
    certificates_of,
    look,
    page_of,
    read_notices,
    shown_code,
    shown_picture,
)
from api.citizens.people import SELF, end_guardianship, people_of, watchers_of
from api.citizens.routes_entering import TEXT, IdempotencyKey, Nothing
from api.citizens.sheets import Layout, print_sheet
from api.citizens.standing import standing_of
from api.complaints.citizen_routes import OpenedAnswer, read_photo_field
from api.complaints.kinds import ComplaintKind, Grave
from api.complaints.opening import Opening
from api.complaints.photos import LARGEST_FILE
from api.context import Centre
from api.limits import limited
from api.problems import RESPONSES
from api.stations.routes import Both
from api.store.transactions import writing
from certificates.qr import qr_svg
from certificates.records.model import instant_to_text

_UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "As If-None-Match says: nothing is new"}}
router = APIRouter(
    prefix="/v1/citizen/me",
    tags=["citizen apps"],
    dependencies=[Depends(limited)],
    responses={**RESPONSES, **_UNCHANGED},
)
InCentre = Annotated[Centre, Depends(get_centre)]
Mine = Annotated[Holder, Depends(require_citizen)]


def _file(media_type: str) -> dict[str, Any]:
    return {"response_class": Response, "responses": {200: {"content": {media_type: {}}}}}


class PersonRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    person: str = Field(default=SELF, max_length=32, pattern=TEXT, description="self, or a handle of /people")


class CertificateRequest(PersonRequest):
    certificate_code: str = Field(default="", max_length=100, pattern=TEXT, description="empty: the newest")


class SheetRequest(CertificateRequest):
    layout: Layout = Field(default="folded", description="folded: A4, folds twice to A6; card: to cut out")


class PersonAnswer(BaseModel):
    person: str
    name: str
    relation: Literal["self", "child", "consent"]


class WatcherAnswer(BaseModel):
    watcher: str = Field(description="to end it by")
    name: str
    kind: Literal["child", "consent"]
    since: str
    ends_on: str | None


class PeopleAnswer(BaseModel):
    people: list[PersonAnswer]
    seen_by: list[WatcherAnswer] = Field(description="who may see the own record")


class CertificateAnswer(BaseModel):
    certificate_code: str
    status: Status
    hc1: str | None = Field(description="what the QR holds; null where it must not be shown any more")
    issued_at: str
    expires_at: str
    name: str
    date_of_birth: str | None

    @classmethod
    def of(cls, one: Certificate) -> "CertificateAnswer":
        return cls(
            certificate_code=one.code,
            status=one.status,
            hc1=one.hc1,
            issued_at=instant_to_text(one.issued_at),
            expires_at=instant_to_text(one.expires_at),
            name=one.person.full_name,
            date_of_birth=one.person.date_of_birth.iso if one.person.date_of_birth else None,
        )


class CertificatesAnswer(BaseModel):
    certificates: list[CertificateAnswer] = Field(description="the newest first")


class WrongField(BaseModel):
    field: str
    words: Both
    entered: str | None = Field(description="what stands in the record; the register's value is never told")


class DoseAnswer(BaseModel):
    number: int
    given_on: str
    product: str
    lot: str
    unit: str


class RecordAnswer(BaseModel):
    state: str
    since: str
    why: Both
    to_do: Both
    wrong: list[WrongField] = Field(description="exactly what does not match, or is missing")
    unit: str
    unit_name: str
    doses: list[DoseAnswer]


class UsedAnswer(BaseModel):
    at: str
    unit: str
    who: Both
    what: Both
    why: Both


class HistoryAnswer(BaseModel):
    uses: list[UsedAnswer] = Field(description="the newest first, at most 200")


class NoticeAnswer(BaseModel):
    kind: str
    words: Both
    certificate_code: str
    new_certificate_code: str | None
    since: str
    until: str | None


class NoticesAnswer(BaseModel):
    notices: list[NoticeAnswer]


class ComplainRequest(PersonRequest):
    kind: ComplaintKind
    statement: str = Field(max_length=4000, pattern=TEXT)
    contact: str = Field(default="", max_length=200, pattern=TEXT)
    accused: str = Field(default="", max_length=200, pattern=TEXT, description="conduct: who")
    unit: str | None = Field(default=None, max_length=32, pattern=TEXT, description="conduct: whom it is about")
    grave: Grave | None = None
    photo: str | None = Field(default=None, max_length=LARGEST_FILE * 4 // 3 + 4, description="base64")


class EndRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    watcher: str = Field(max_length=32, pattern=TEXT)


@router.post("/people", response_model=PeopleAnswer)
def people(_body: Nothing, request: Request, centre: InCentre, holder: Mine) -> Response:
    """Whose certificates this session shows, and who else sees the own."""
    now = centre.clock()
    with centre.engine.connect() as connection:
        shown, watching = people_of(connection, holder, at=now), watchers_of(connection, holder.record_id, at=now)
    answer = PeopleAnswer(
        people=[PersonAnswer(person=one.handle, name=one.name, relation=one.relation) for one in shown],
        seen_by=[
            WatcherAnswer(watcher=one.handle, name=one.name, kind=one.kind, since=one.since, ends_on=one.ends_on)
            for one in watching
        ],
    )
    return tagged(request, centre, answer)


@router.post("/end-consent")
def end_consent(body: EndRequest, centre: InCentre, holder: Mine) -> Nothing:
    """Take a consent back, at once: that person sees nothing of this record any more."""
    with writing(centre.engine) as connection:
        mine = watchers_of(connection, holder.record_id, at=centre.clock())
        consents = {one.handle for one in mine if one.kind == "consent"}
        handle = body.watcher if body.watcher in consents else ""
        end_guardianship(connection, handle, record_id=holder.record_id, by=holder.actor, at=centre.clock())
    return Nothing()


@router.post("/certificates", response_model=CertificatesAnswer)
def certificates(body: PersonRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """All certificates of a person, with what their QR codes hold."""
    now = centre.clock()
    found = look(
        centre,
        holder,
        body.person,
        "certificates-shown",
        lambda connection, record_id: certificates_of(connection, record_id, at=now),
    )
    return tagged(request, centre, CertificatesAnswer(certificates=[CertificateAnswer.of(one) for one in found]))


@router.post("/qr.png", **_file("image/png"))
def picture_png(body: CertificateRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """The QR as PNG."""
    return tagged(request, centre, shown_picture(_one(centre, holder, body)), "image/png")


@router.post("/qr.svg", **_file("image/svg+xml"))
def picture_svg(body: CertificateRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """The QR as SVG."""
    return tagged(request, centre, qr_svg(shown_code(_one(centre, holder, body))).encode(), "image/svg+xml")


@router.post("/certificate.pdf", **_file("application/pdf"))
def page(body: CertificateRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """The signed PDF certificate."""
    return tagged(request, centre, page_of(centre, holder, body.person, body.certificate_code), "application/pdf")


@router.post("/sheet.pdf", **_file("application/pdf"))
def sheet(body: SheetRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """A sheet to print: A4 that folds to A6, or a card."""
    certificate = _one(centre, holder, body)
    return tagged(request, centre, print_sheet(certificate, body.layout, at=certificate.issued_at), "application/pdf")


@router.post("/record", response_model=RecordAnswer)
def record(body: PersonRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """Where the record stands: why, the exact field that does not match, and what to do."""
    found = look(centre, holder, body.person, "standing-shown", standing_of)
    answer = RecordAnswer(
        state=found.state,
        since=found.since,
        why=Both.of(found.why),
        to_do=Both.of(found.to_do),
        wrong=[WrongField(field=one.field, words=Both.of(one.words), entered=one.entered) for one in found.wrong],
        unit=found.unit,
        unit_name=found.unit_name,
        doses=[DoseAnswer.model_validate(one, from_attributes=True) for one in found.doses],
    )
    return tagged(request, centre, answer)


@router.post("/history", response_model=HistoryAnswer)
def history(body: PersonRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """Which unit used the data, when and why."""
    found = look(centre, holder, body.person, "history-shown", history_of)
    uses = [
        UsedAnswer(at=one.at, unit=one.unit, who=Both.of(one.who), what=Both.of(one.what), why=Both.of(one.why))
        for one in found
    ]
    return tagged(request, centre, HistoryAnswer(uses=uses))


@router.post("/notices", response_model=NoticesAnswer)
def notices(body: PersonRequest, request: Request, centre: InCentre, holder: Mine) -> Response:
    """Renewals, replacements and revocations, the newest first."""
    found = read_notices(centre, holder, body.person)
    answer = [
        NoticeAnswer(
            kind=one.kind,
            words=Both.of(one.words),
            certificate_code=one.code,
            new_certificate_code=one.new_code,
            since=one.since,
            until=one.until,
        )
        for one in found
    ]
    return tagged(request, centre, NoticesAnswer(notices=answer))


@router.post("/complain")
def open_complaint(
    body: ComplainRequest, response: Response, centre: InCentre, holder: Mine, idempotency_key: IdempotencyKey
) -> OpenedAnswer:
    """Complain about this record; the 48 hours begin. Followed with number and secret at /v1/citizen/complaints."""
    once = once_of(
        centre.secret,
        app=holder.app,
        key=idempotency_key,
        route="complain",
        record_id=holder.record_id,
        body=body.model_dump(),
    )
    given = body.model_dump(exclude={"person", "photo"})
    opening = Opening(**given, photo=read_photo_field(body.photo))
    opened, again = complain(centre, holder, body.person, opening, once=once)
    if again:
        response.headers["Idempotency-Replayed"] = "true"
    return OpenedAnswer.of(opened)


def _one(centre: Centre, holder: Holder, body: CertificateRequest) -> Certificate:
    """The certificate that is asked for."""
    return look(
        centre,
        holder,
        body.person,
        "sheet-printed" if isinstance(body, SheetRequest) else "certificates-shown",
        lambda connection, record_id: certificate_of(connection, record_id, body.certificate_code, at=centre.clock()),
    )
