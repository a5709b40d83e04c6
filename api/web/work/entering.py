"""A complaint is taken down at a counter, for somebody without a telephone: its number and secret are printed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.staff import Staff
from api.complaints.kinds import KINDS, OF_RECORD, ComplaintKind, Grave, number_of
from api.complaints.opening import Opening, open_complaint
from api.complaints.routing import open_units, province_of
from api.complaints.scope import WORKING
from api.context import Centre
from api.errors import CentreError
from api.store.schema import units
from api.web.door import Form, InCentre, page_for
from api.web.messages import language_of
from api.web.pages import PageRoute
from api.web.photos import photo_of
from api.web.work.forms import CHOOSE, NEEDED, Typed, WrongFormError, one_of, refused, values_of
from api.web.work.frame import show

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Worker = Annotated[Staff, Depends(page_for(*WORKING))]
PLACE: Final = "/work/complaints/new"
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
        return _show(request, centre, staff, typed=refused(request, "new", values, error, changed=(*values, "photo")))
    with centre.engine.connect() as connection:
        name = connection.execute(select(units.c.name).where(units.c.code == opened.unit)).scalar_one()
    return show(request, centre, staff, "work/complaint_opened.html", opened=opened, unit_name=name)


def _opening(centre: Centre, staff: Staff, values: Mapping[str, str], form: FormData) -> Opening:
    """As the form has it. Raises WrongFormError for all that is missing, at once."""
    kind = values.get("kind", "")
    wrong = {} if kind in set(ComplaintKind) else {"kind": CHOOSE}
    if not values.get("statement"):
        wrong["statement"] = NEEDED
    if kind in OF_RECORD and not (values.get("person_name") or values.get("record_id")):
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


def _show(request: Request, centre: Centre, staff: Staff, *, typed: Typed | None = None) -> Response:
    with centre.engine.connect() as connection:
        known = open_units(connection, province_of(connection, staff.unit))
    language = language_of(request)
    kinds = [(kind.value, f"{number_of(kind)}. {getattr(words, language)}") for kind, words in KINDS.items()]
    values: dict[str, Any] = {"kinds": kinds, "units": known, "typed": typed}
    return show(request, centre, staff, "work/complaint_new.html", status=typed.status if typed else 200, **values)
