"""The citizen's way in: a code that is sent, the slip, or the certificate's own code, which shows the QR and no more.

The proof opens a cookie of half an hour that no script reads and no other site's request carries.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.auth import get_centre
from api.citizens.entering import ask_code, enter_by_code, enter_by_slip
from api.citizens.finding import read_birth, seek
from api.citizens.holder import SESSION_LIFE, Holder, close_holder, find_holder
from api.citizens.words import CODE_ASKED
from api.context import Centre
from api.errors import CentreError
from api.limits import client_of, limited
from api.passports.citizen import fetch_passport
from api.web.door import set_cookie
from api.web.messages import language_of
from api.web.pages import PageRoute, field_of, read_form, render, see_other, words_of

COOKIE: Final = "citizen"
HOME: Final = "/me"
MINE: Final = "/me/mine"
_WHO: Final = ("id_number", "full_name", "date_of_birth", "unit", "record_id")
_PASSPORT: Final = ("certificate_code", "date_of_birth")
router = APIRouter(route_class=PageRoute, include_in_schema=False)
InCentre = Annotated[Centre, Depends(get_centre)]
Form = Annotated[FormData, Depends(read_form)]


def require_holder(request: Request, centre: InCentre) -> Holder:
    """The dependency of the pages behind the proof. Raises CentreError ``citizen-session-ended``."""
    holder = find_holder(centre, request.cookies.get(COOKIE, ""), app="")
    request.state.holder = holder
    return holder


def holder_if_any(request: Request, centre: InCentre) -> Holder | None:
    """As `require_holder`, for a form whose text must not be lost when the session ended while it was written."""
    try:
        return require_holder(request, centre)
    except CentreError:
        return None


Mine = Annotated[Holder, Depends(require_holder)]


@router.get("/me")
def start(request: Request) -> Response:
    """The first screen: that it is a right and free, whom to tell, and the ways to the certificate."""
    return render(request, "me/start.html")


@router.get("/me/code")
def show_code_form(request: Request) -> Response:
    """Whom to send a code."""
    return _who_page(request, "me/code.html", {}, None)


@router.post("/me/code", dependencies=[Depends(limited)])
def send_code(request: Request, centre: InCentre, form: Form) -> Response:
    """Have a code sent; what is said is the same for everybody."""
    given = {name: field_of(form, name, 200) for name in _WHO}
    try:
        sought = seek(**given)
        asked, _again = ask_code(centre, sought, client=client_of(request), language=language_of(request))
    except CentreError as error:
        return _who_page(request, "me/code.html", given, error)
    request.app.state.codes_due.set()
    return render(request, "me/code_sent.html", ticket=asked.ticket, words=CODE_ASKED, trouble=None)


@router.post("/me/code/enter", dependencies=[Depends(limited)])
def enter_code(request: Request, centre: InCentre, form: Form) -> Response:
    """The code that came."""
    ticket = field_of(form, "ticket", 64)
    try:
        opened = enter_by_code(centre, ticket, field_of(form, "code", 20), app="")
    except CentreError as error:
        told = {"ticket": ticket, "words": CODE_ASKED, "trouble": words_of(request, error)}
        return render(request, "me/code_sent.html", 403, **told)
    return _let_in(request, opened)


@router.get("/me/slip")
def show_slip_form(request: Request) -> Response:
    """The paper slip's number and code."""
    return _who_page(request, "me/slip.html", {"claim_code": ""}, None)


@router.post("/me/slip", dependencies=[Depends(limited)])
def enter_slip(request: Request, centre: InCentre, form: Form) -> Response:
    """By the slip."""
    given = {name: field_of(form, name, 200) for name in (*_WHO, "claim_code")}
    claim_code = given.pop("claim_code")
    try:
        opened = enter_by_slip(centre, seek(**given), claim_code, client=client_of(request), app="")
    except CentreError as error:
        return _who_page(request, "me/slip.html", {**given, "claim_code": claim_code}, error)
    return _let_in(request, opened)


@router.get("/me/qr")
def show_qr_form(request: Request) -> Response:
    """The certificate's code and the date of birth."""
    return render(request, "me/qr.html", given=dict.fromkeys(_PASSPORT, ""), trouble=None, fields=())


@router.post("/me/qr", dependencies=[Depends(limited)])
def show_qr(request: Request, centre: InCentre, form: Form) -> Response:
    """Whether it is valid, and the QR: nothing that the QR does not show anyway."""
    given = {name: field_of(form, name, 100) for name in _PASSPORT}
    try:
        born = read_birth(given["date_of_birth"]).iso
        found = fetch_passport(centre, certificate_code=given["certificate_code"], date_of_birth=born)
    except CentreError as error:
        fields = error.fields or ("certificate_code",)
        return render(request, "me/qr.html", 422, given=given, trouble=words_of(request, error), fields=fields)
    return render(
        request,
        "me/passport.html",
        status=found.status,
        picture=found.qr_png if found.status != "revoked" else None,
        expires_at=found.expires_at,
    )


@router.post("/me/leave")
def leave(request: Request, centre: InCentre) -> Response:
    """End the session."""
    close_holder(centre, request.cookies.get(COOKIE, ""))
    answer = see_other(HOME)
    answer.delete_cookie(COOKIE)
    return answer


def _let_in(request: Request, opened: tuple[str, Holder]) -> Response:
    answer = see_other(MINE)
    set_cookie(request, answer, COOKIE, opened[0], int(SESSION_LIFE.total_seconds()))
    return answer


def _who_page(request: Request, template: str, given: dict[str, str], error: CentreError | None) -> Response:
    trouble = None if error is None else words_of(request, error)
    fields = () if error is None else error.fields
    status = 200 if error is None else 429 if error.retry_after is not None else 422
    filled = dict.fromkeys((*_WHO, "claim_code"), "") | given
    return render(request, template, status, given=filled, trouble=trouble, fields=fields)
