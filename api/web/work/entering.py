"""A complaint is taken down at a counter, for somebody without a telephone: its number and secret are printed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.staff import Staff
from api.citizens.counter import Visit, take_complaint
from api.complaints.kinds import KINDS, OF_RECORD, ComplaintKind, Grave, number_of
from api.complaints.opening import Opened, Opening, open_complaint
from api.complaints.routing import open_units, province_of
from api.complaints.scope import WORKING
from api.context import Centre
from api.errors import CentreError
from api.store.schema import units
from api.web.door import Form, InCentre, page_for
from api.web.messages import language_of
from api.web.pages import PageRoute, see_other
from api.web.photos import photo_of
from api.web.work.counter import HOME, Clerk, RecordId, visit_of, visit_over
from api.web.work.forms import CHOOSE, NEEDED, Typed, WrongFormError, one_of, refused, values_of
from api.web.work.frame import after, show

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Worker = Annotated[Staff, Depends(page_for(*WORKING))]
PLACE: Final = "/work/complaints/new"
PLACE_OF_VISIT: Final = HOME + "/{record_id}/complaint"
_TEXTS: Final = ("statement", "person_name", "date_of_birth", "id_number", "contact", "given_on", "accused")


@router.get(PLACE)
def blank(request: Request, centre: InCentre, staff: Worker) -> Response:
    """The form; the own unit stands there as the one that vaccinated."""
    return _show(request, centre, staff)


@router.post(PLACE)
def enter(request: Request, centre: InCentre, staff: Worker, form: Form) -> Response:
    """Take it down. What follows shows number and secret, this once."""
    values = values_of(form)
    try:
        opened = open_complaint(centre, _opening(centre, staff, values, form), staff=staff)
    except (CentreError, WrongFormError) as error:
        return _show(request, centre, staff, typed=_refused(request, values, error))
    return _opened(request, centre, staff, opened)


@router.get(PLACE_OF_VISIT)
def blank_of_visit(request: Request, centre: InCentre, staff: Clerk, record_id: RecordId) -> Response:
    """The same form about the person who was looked up at the counter."""
    try:
        return _show(request, centre, staff, visit=visit_of(request, centre, staff, record_id))
    except CentreError as error:
        if error.code != "citizen-session-ended":
            raise
        return see_other(after(HOME, "visit-over"))


@router.post(PLACE_OF_VISIT)
def enter_of_visit(request: Request, centre: InCentre, staff: Clerk, record_id: RecordId, form: Form) -> Response:
    """Take it down, tied to the record; the visit proves whose it is."""
    values = values_of(form)
    try:
        visit = visit_of(request, centre, staff, record_id)
    except CentreError as error:
        if error.code != "citizen-session-ended":
            raise
        return visit_over(request, values)
    try:
        opened = take_complaint(centre, staff, visit.visit, _opening(centre, staff, values, form, proven=True))
    except (CentreError, WrongFormError) as error:
        return _show(request, centre, staff, visit=visit, typed=_refused(request, values, error))
    return _opened(request, centre, staff, opened)


def _opening(
    centre: Centre, staff: Staff, values: Mapping[str, str], form: FormData, *, proven: bool = False
) -> Opening:
    """As the form has it. Raises WrongFormError for all that is missing, at once."""
    kind = values.get("kind", "")
    wrong = {} if kind in set(ComplaintKind) else {"kind": CHOOSE}
    if not values.get("statement"):
        wrong["statement"] = NEEDED
    if kind in OF_RECORD and not (proven or values.get("person_name") or values.get("record_id")):
        wrong["person_name"] = NEEDED
    if wrong:
        raise WrongFormError(wrong)
    with centre.engine.connect() as connection:
        province = province_of(connection, staff.unit)
    return Opening(
        kind=ComplaintKind(kind),
        grave=Grave(one_of(values, grave=Grave)["grave"]) if values.get("grave") else None,
        photo=photo_of(form),
        province=province,
        **{name: values.get(name, "") for name in _TEXTS},
        unit=values.get("unit") or None,
        lives_in=values.get("lives_in") or None,
        record_id=values.get("record_id") or None,
        claim_code=values.get("claim_code") or None,
    )


def _refused(request: Request, values: Mapping[str, str], error: CentreError | WrongFormError) -> Typed:
    return refused(request, "new", values, error, changed=(*values, "photo"))


def _opened(request: Request, centre: Centre, staff: Staff, opened: Opened) -> Response:
    with centre.engine.connect() as connection:
        name = connection.execute(select(units.c.name).where(units.c.code == opened.unit)).scalar_one()
    return show(request, centre, staff, "work/complaint_opened.html", opened=opened, unit_name=name)


def _show(
    request: Request, centre: Centre, staff: Staff, *, visit: Visit | None = None, typed: Typed | None = None
) -> Response:
    with centre.engine.connect() as connection:
        known = open_units(connection, province_of(connection, staff.unit))
    language = language_of(request)
    kinds = [(kind.value, f"{number_of(kind)}. {getattr(words, language)}") for kind, words in KINDS.items()]
    values: dict[str, Any] = {"kinds": kinds, "units": known, "typed": typed, "visit": visit}
    return show(request, centre, staff, "work/complaint_new.html", status=typed.status if typed else 200, **values)
