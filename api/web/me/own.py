"""The citizen's pages behind the proof: certificates, the state of the record, its history, people, files to keep."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.citizens.history import history_of
from api.citizens.holder import Holder
from api.citizens.own import (
    Certificate,
    certificate_of,
    certificates_of,
    look,
    page_of,
    read_notices,
    shown_code,
    shown_picture,
)
from api.citizens.people import SELF, Shown, end_guardianship, people_of, watchers_of
from api.citizens.sheets import LAYOUTS, Layout, print_sheet
from api.citizens.standing import standing_of
from api.context import Centre
from api.errors import CentreError
from api.store.transactions import writing
from api.web.me.door import Form, InCentre, Mine
from api.web.pages import PageRoute, field_of, render, see_other
from certificates.qr import qr_svg

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Of = Annotated[str, Query(max_length=32, description="whose; a handle that tells nothing")]
_PEOPLE: Final = "/me/mine/people"


@router.get("/me/mine")
def mine(request: Request, centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """The certificate, what was told about it, and the ways on."""
    now = centre.clock()
    people, person = _whose(centre, holder, of)
    found, standing = look(
        centre,
        holder,
        of,
        "certificates-shown",
        lambda connection, record_id: (
            certificates_of(connection, record_id, at=now),
            standing_of(connection, record_id),
        ),
    )
    values = {"certificates": found, "notices": read_notices(centre, holder, of), "standing": standing}
    return render(request, "me/mine.html", **_frame(people, person), **values)


@router.get("/me/mine/qr")
def full_screen(request: Request, centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """The QR alone, as large as the screen."""
    certificate = _newest(centre, holder, of, "certificates-shown")
    return render(request, "me/screen.html", certificate=certificate, picture=shown_picture(certificate), of=of)


@router.get("/me/mine/certificate.pdf")
def page(centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """The signed PDF."""
    return _file(page_of(centre, holder, of, ""), "application/pdf", "certificate.pdf")


@router.get("/me/mine/qr.png")
def picture_png(centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """The QR as PNG."""
    found = _newest(centre, holder, of, "certificates-shown")
    return _file(shown_picture(found), "image/png", "passport.png")


@router.get("/me/mine/qr.svg")
def picture_svg(centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """The QR as SVG."""
    found = _newest(centre, holder, of, "certificates-shown")
    return _file(qr_svg(shown_code(found)).encode(), "image/svg+xml", "passport.svg")


@router.get("/me/mine/sheet.pdf")
def sheet(centre: InCentre, holder: Mine, layout: str = "folded", of: Of = SELF) -> Response:
    """A sheet to print."""
    if layout not in LAYOUTS:
        raise CentreError("request-form", fields=("layout",))
    chosen: Layout = "card" if layout == "card" else "folded"
    certificate = _newest(centre, holder, of, "sheet-printed")
    return _file(print_sheet(certificate, chosen, at=certificate.issued_at), "application/pdf", f"{chosen}.pdf")


@router.get("/me/mine/record")
def record(request: Request, centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """Where the record stands, the field that does not match, and what to do."""
    people, person = _whose(centre, holder, of)
    standing = look(centre, holder, of, "standing-shown", standing_of)
    return render(request, "me/record.html", **_frame(people, person), standing=standing)


@router.get("/me/mine/history")
def history(request: Request, centre: InCentre, holder: Mine, of: Of = SELF) -> Response:
    """Which unit used the data, and why."""
    people, person = _whose(centre, holder, of)
    uses = look(centre, holder, of, "history-shown", history_of)
    return render(request, "me/history.html", **_frame(people, person), uses=uses)


@router.get(_PEOPLE)
def people_page(request: Request, centre: InCentre, holder: Mine) -> Response:
    """Whose certificates I see, and who sees mine."""
    now = centre.clock()
    with centre.engine.connect() as connection:
        people, watching = people_of(connection, holder, at=now), watchers_of(connection, holder.record_id, at=now)
    return render(request, "me/people.html", **_frame(people, people[0]), watching=watching)


@router.post(_PEOPLE)
def end_consent(centre: InCentre, holder: Mine, form: Form) -> Response:
    """Take a consent back."""
    now = centre.clock()
    with writing(centre.engine) as connection:
        consents = {one.handle for one in watchers_of(connection, holder.record_id, at=now) if one.kind == "consent"}
        handle = field_of(form, "watcher", 32)
        if handle not in consents:
            raise CentreError("guardianship-unknown")
        end_guardianship(connection, handle, record_id=holder.record_id, by=holder.actor, at=now)
    return see_other(_PEOPLE)


def _whose(centre: Centre, holder: Holder, of: str) -> tuple[tuple[Shown, ...], Shown]:
    with centre.engine.connect() as connection:
        people = people_of(connection, holder, at=centre.clock())
    for one in people:
        if one.handle == of:
            return people, one
    raise CentreError("citizen-person-unknown")


def _frame(people: tuple[Shown, ...], person: Shown) -> dict[str, Any]:
    """What every page behind the proof has."""
    return {"people": people, "person": person, "of": "" if person.handle == SELF else f"?of={person.handle}"}


def _newest(centre: Centre, holder: Holder, of: str, act: str) -> Certificate:
    now = centre.clock()
    return look(
        centre, holder, of, act, lambda connection, record_id: certificate_of(connection, record_id, "", at=now)
    )


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
