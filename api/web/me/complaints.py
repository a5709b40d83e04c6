"""The citizen's complaints: about the own record, about conduct without saying who one is, and what became of them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.citizens.complaining import complain
from api.citizens.holder import Holder
from api.citizens.people import SELF
from api.complaints import following
from api.complaints.events import EVENTS
from api.complaints.following import Followed
from api.complaints.kinds import KINDS, STATES, ComplaintKind, ComplaintState, Grave
from api.complaints.opening import Opened, Opening, open_complaint
from api.complaints.photos import CleanPhoto
from api.complaints.refusals import REFUSALS
from api.complaints.routing import open_provinces, open_units
from api.context import Centre
from api.errors import CentreError
from api.limits import limited
from api.store.schema import units
from api.web.me.door import Form, InCentre, Mine, holder_if_any
from api.web.messages import language_of
from api.web.pages import PageRoute, field_of, render, words_of
from api.web.photos import photo_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_OWN: Final = tuple(kind for kind in ComplaintKind if kind is not ComplaintKind.CONDUCT)
_FIELDS: Final = (
    "kind",
    "statement",
    "grave",
    "contact",
    "unit",
    "accused",
    "person_name",
    "date_of_birth",
    "given_on",
)
Province = Annotated[str, Query(max_length=8)]


def _answer(centre: Centre, number: str, secret: str, text: str, photo: CleanPhoto | None) -> Followed:
    return following.answer(centre, number, secret, text, photo)


def _photo(centre: Centre, number: str, secret: str, _text: str, photo: CleanPhoto | None) -> Followed:
    if photo is None:
        raise CentreError("photo-missing", fields=("photo",))
    return following.add_photo(centre, number, secret, photo)


def _appeal(centre: Centre, number: str, secret: str, text: str, _given: CleanPhoto | None) -> Followed:
    return following.appeal(centre, number, secret, text)


def _withdraw(centre: Centre, number: str, secret: str, _text: str, _given: CleanPhoto | None) -> Followed:
    return following.withdraw(centre, number, secret)


_ACTS: Final = {"answer": _answer, "photo": _photo, "appeal": _appeal, "withdraw": _withdraw}


@router.get("/me/mine/complaint")
def show_own_form(request: Request, _holder: Mine, of: Annotated[str, Query(max_length=32)] = SELF) -> Response:
    """About the own record, or a child's."""
    return _own_page(request, {"of": of}, None)


@router.post("/me/mine/complaint", dependencies=[Depends(limited)])
def open_own(
    request: Request, centre: InCentre, holder: Annotated[Holder | None, Depends(holder_if_any)], form: Form
) -> Response:
    """Open it; the next page has number, secret and the end of the 48 hours."""
    given = {**_given(form), "of": field_of(form, "of", 32)}
    if holder is None:
        return _own_page(request, given, CentreError("citizen-session-ended"))
    try:
        opening = Opening(
            kind=_kind(given["kind"]),
            statement=given["statement"],
            contact=given["contact"],
            grave=_grave(given["grave"]),
            photo=photo_of(form),
        )
        opened, _again = complain(centre, holder, given["of"] or SELF, opening)
    except CentreError as error:
        return _own_page(request, given, error)
    return _opened_page(request, centre, opened)


@router.get("/me/report")
def show_report_form(request: Request, centre: InCentre, province: Province = "") -> Response:
    """Tell of money that was asked for, of delay or refusal; or complain without a proof."""
    return _report_page(request, centre, {"province": province}, None)


@router.post("/me/report", dependencies=[Depends(limited)])
def open_report(request: Request, centre: InCentre, form: Form) -> Response:
    """Nothing but what happened and where is asked of one who tells of conduct."""
    given = {**_given(form), "province": field_of(form, "province", 8)}
    try:
        opening = Opening(
            kind=_kind(given["kind"]),
            statement=given["statement"],
            contact=given["contact"],
            accused=given["accused"],
            person_name=given["person_name"],
            date_of_birth=given["date_of_birth"],
            given_on=given["given_on"],
            unit=given["unit"] or None,
            province=given["province"] or None,
            grave=_grave(given["grave"]),
            photo=photo_of(form),
        )
        opened = open_complaint(centre, opening)
    except CentreError as error:
        return _report_page(request, centre, given, error)
    return _opened_page(request, centre, opened)


@router.get("/me/follow")
def show_follow_form(request: Request) -> Response:
    """Number and secret."""
    return render(request, "me/follow.html", given={"number": "", "secret": ""}, trouble=None)


@router.post("/me/follow", dependencies=[Depends(limited)])
def follow(request: Request, centre: InCentre, form: Form) -> Response:
    """Where it stands; and what the citizen does with it: answer, add a photo, appeal, take it back."""
    given = {"number": field_of(form, "number", 40), "secret": field_of(form, "secret", 40)}
    act, text = field_of(form, "act", 20), field_of(form, "text")
    try:
        found = following.follow(centre, **given)
    except CentreError as error:
        return render(request, "me/follow.html", 404, given=given, trouble=words_of(request, error))
    trouble = None
    if act in _ACTS:
        try:
            found, text = _ACTS[act](centre, given["number"], given["secret"], text, photo_of(form)), ""
        except CentreError as error:
            trouble = words_of(request, error)
    refusal = None if found.refusal is None else REFUSALS[found.refusal]
    return render(
        request,
        "me/followed.html",
        200 if trouble is None else 422,
        given=given,
        found=found,
        refusal=refusal,
        kinds=KINDS,
        states=STATES,
        events=EVENTS,
        text=text,
        act=act,
        trouble=trouble,
        open=found.state in (ComplaintState.OPEN, ComplaintState.WAITING),
    )


def _given(form: FormData) -> dict[str, str]:
    return {name: field_of(form, name) for name in _FIELDS}


def _kind(text: str) -> ComplaintKind:
    if text not in set(ComplaintKind):
        raise CentreError("complaint-kind", fields=("kind",))
    return ComplaintKind(text)


def _grave(text: str) -> Grave | None:
    if text and text not in set(Grave):
        raise CentreError("request-form", fields=("grave",))
    return Grave(text) if text else None


def _own_page(request: Request, given: dict[str, str], error: CentreError | None) -> Response:
    options = [(kind.value, _said(request, KINDS[kind])) for kind in _OWN]
    return _form_page(
        request, "me/complaint.html", given, error, options=options, of=request.query_params.get("of", "")
    )


def _report_page(request: Request, centre: Centre, given: dict[str, str], error: CentreError | None) -> Response:
    options = [(kind.value, _said(request, KINDS[kind])) for kind in (ComplaintKind.CONDUCT, *_OWN)]
    with centre.engine.connect() as connection:
        provinces = open_provinces(connection)
        found = open_units(connection, given["province"]) if given.get("province") else []
    return _form_page(request, "me/report.html", given, error, options=options, provinces=provinces, units=found)


def _form_page(
    request: Request, template: str, given: dict[str, str], error: CentreError | None, **values: Any
) -> Response:
    filled = dict.fromkeys((*_FIELDS, "province"), "") | given
    trouble = None if error is None else words_of(request, error)
    fields = () if error is None else error.fields
    ended = error is not None and error.code == "citizen-session-ended"
    status = 200 if error is None else 401 if ended else 422
    return render(request, template, status, given=filled, trouble=trouble, fields=fields, ended=ended, **values)


def _opened_page(request: Request, centre: Centre, opened: Opened) -> Response:
    with centre.engine.connect() as connection:
        name = connection.execute(select(units.c.name).where(units.c.code == opened.unit)).scalar_one()
    return render(request, "me/opened.html", opened=opened, unit_name=name)


def _said(request: Request, words: Any) -> str:
    return str(getattr(words, language_of(request)))
