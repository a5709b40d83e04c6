"""The counter: whoever has no telephone is looked up by what the card says, and gets the same there.

What a visit is worth lies in a cookie of the address of its record alone: two people in two windows are never mixed up.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.reading import Purpose
from api.accounts.staff import Staff
from api.citizens import counter
from api.citizens.evidence import OF_CONSENT, OF_GUARDIAN, OF_PERSON, WORDS, Evidence
from api.citizens.finding import seek
from api.citizens.holder import SESSION_LIFE
from api.citizens.people import Kind
from api.citizens.sheets import LAYOUTS, Layout
from api.context import Centre
from api.errors import CentreError
from api.web.door import Form, InCentre, page_for, set_cookie
from api.web.messages import language_of
from api.web.pages import HEADERS, PageRoute, render, see_other
from api.web.work.forms import CHOOSE, NEEDED, Typed, WrongFormError, needed, one_of, refused, values_of
from api.web.work.frame import after, show
from api.web.work.words import N_

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Clerk = Annotated[Staff, Depends(page_for("clerk"))]
RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,32}$")]
HOME: Final = "/work/counter"
COOKIE: Final = "visit"
_WHO: Final = ("id_number", "nationality", "date_of_birth", "full_name", "unit", "record_id")
_SHEETS: Final = ("certificate", *LAYOUTS)
_UNREADABLE: Final = {
    "date_of_birth": N_("This is no date. Write day/month/year, for example 05/04/1980."),
    "id_number": N_("This is no identity number: a card has 12 digits (an older one 9)."),
}
_Act = Callable[[Centre, Staff, str, str, Mapping[str, str]], Response]


@router.get(HOME)
def who(request: Request, centre: InCentre, staff: Clerk) -> Response:
    """Whom it is about."""
    return show(request, centre, staff, "work/counter.html")


@router.post(HOME)
def look_up(request: Request, centre: InCentre, staff: Clerk, form: Form) -> Response:
    """Find the person who is here; the visit's own page follows."""
    values = values_of(form)
    try:
        purpose = Purpose(one_of(values, purpose=Purpose)["purpose"])
        found = _look_up(centre, staff, values, purpose)
    except (CentreError, WrongFormError) as error:
        typed = _refused(request, "who", values, error)
        return show(request, centre, staff, "work/counter.html", status=typed.status, typed=typed)
    answer = see_other(_place(found.record_id))
    seconds = int(SESSION_LIFE.total_seconds())
    set_cookie(request, answer, COOKIE, found.visit, seconds, path=_place(found.record_id))
    return answer


@router.get(HOME + "/{record_id}")
def visit(request: Request, centre: InCentre, staff: Clerk, record_id: RecordId) -> Response:
    """The person who is here: where the record stands, and what may be printed and registered."""
    try:
        return _show(request, centre, staff, record_id)
    except CentreError as error:
        if error.code != "citizen-session-ended":
            raise
        return see_other(after(HOME, "visit-over"))


@router.post(HOME + "/{record_id}")
def act(request: Request, centre: InCentre, staff: Clerk, record_id: RecordId, form: Form) -> Response:
    """Print, or register. Where the visit has ended meanwhile, what was typed waits for the next look-up."""
    values = values_of(form)
    do = values.get("do", "")
    if do not in _ACTS:
        raise CentreError("request-form", fields=("do",))
    try:
        try:
            return _ACTS[do](centre, staff, _bearer(request), record_id, values)
        except (CentreError, WrongFormError) as error:
            if isinstance(error, CentreError) and error.code == "citizen-session-ended":
                raise
            return _show(request, centre, staff, record_id, typed=_refused(request, do, values, error))
    except CentreError as error:
        if error.code != "citizen-session-ended":
            raise
        return visit_over(request, values)


def visit_of(request: Request, centre: Centre, staff: Staff, record_id: str) -> counter.Visit:
    """The visit of this address. Raises CentreError ``citizen-session-ended``."""
    found = counter.look_again(centre, staff, _bearer(request))
    if found.record_id != record_id:
        raise CentreError("citizen-session-ended")
    return found


def visit_over(request: Request, values: Mapping[str, str]) -> Response:
    """What was typed into a visit that had ended stands here, to be sent once the person was looked up again."""
    files = request.headers.get("content-type", "").startswith("multipart/")
    return render(request, "work/visit_over.html", 401, typed=list(values.items()), home=HOME, files=files)


def _show(request: Request, centre: Centre, staff: Staff, record_id: str, *, typed: Typed | None = None) -> Response:
    found = visit_of(request, centre, staff, record_id)
    language = language_of(request)

    def papers(*kinds: frozenset[Evidence]) -> list[tuple[str, str]]:
        fitting = frozenset[Evidence]().union(*kinds)
        return [(one.value, getattr(WORDS[one], language)) for one in Evidence if one in fitting]

    values: dict[str, Any] = {
        "visit": found,
        "own_papers": papers(OF_PERSON),
        "guardian_papers": papers(OF_GUARDIAN, OF_CONSENT),
        "typed": typed,
    }
    return show(request, centre, staff, "work/visit.html", status=typed.status if typed else 200, **values)


def _look_up(centre: Centre, staff: Staff, values: Mapping[str, str], purpose: Purpose) -> counter.Visit:
    given = {name: values[name] for name in _WHO if values.get(name)}
    if "nationality" in given:
        given["nationality"] = given["nationality"].upper()
    if "record_id" in given:
        given["record_id"] = "".join(given["record_id"].split())
    return counter.look_up(centre, staff, seek(**given), date_of_birth=values.get("date_of_birth", ""), purpose=purpose)


def _refused(request: Request, do: str, values: Mapping[str, str], error: CentreError | WrongFormError) -> Typed:
    """As everywhere, but of whom is looked for each field says what is wrong with itself."""
    if not isinstance(error, CentreError) or error.code != "citizen-form":
        return refused(request, do, values, error)
    wrong = {name: _UNREADABLE.get(name, NEEDED) if values.get(name) else NEEDED for name in error.fields}
    return refused(request, do, values, WrongFormError(wrong))


def _print(centre: Centre, staff: Staff, visit: str, _record_id: str, values: Mapping[str, str]) -> Response:
    what = values.get("what", "")
    if what not in _SHEETS:
        raise WrongFormError({"what": CHOOSE})
    layout: Layout | None = None if what == "certificate" else "card" if what == "card" else "folded"
    return _pdf(counter.print_page(centre, staff, visit, layout=layout), what)


def _slip(centre: Centre, staff: Staff, visit: str, _record_id: str, _values: Mapping[str, str]) -> Response:
    return _pdf(counter.print_slip(centre, staff, visit), "slip")


def _contact(centre: Centre, staff: Staff, visit: str, record_id: str, values: Mapping[str, str]) -> Response:
    (contact,) = needed(values, "contact")
    counter.keep_contact(centre, staff, visit, contact, Evidence(one_of(values, evidence=Evidence)["evidence"]))
    return see_other(after(_place(record_id), "contact"))


def _guardian(centre: Centre, staff: Staff, visit: str, record_id: str, values: Mapping[str, str]) -> Response:
    """The other person is looked up by the same form: both stand at the counter."""
    evidence = Evidence(one_of(values, evidence=Evidence)["evidence"])
    kind: Kind = "consent" if evidence in OF_CONSENT else "child"
    other = _look_up(centre, staff, values, Purpose.HOLDER_REQUEST)
    counter.keep_guardian(centre, staff, visit=visit, guardian_visit=other.visit, kind=kind, evidence=evidence)
    return see_other(after(_place(record_id), "guardian"))


def _end(centre: Centre, staff: Staff, visit: str, record_id: str, values: Mapping[str, str]) -> Response:
    counter.end_guardian(centre, staff, visit, *needed(values, "watcher"))
    return see_other(after(_place(record_id), "guardian-ended"))


_ACTS: Final[Mapping[str, _Act]] = {
    "print": _print,
    "slip": _slip,
    "contact": _contact,
    "guardian": _guardian,
    "end": _end,
}


def _place(record_id: str) -> str:
    return f"{HOME}/{record_id}"


def _bearer(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def _pdf(pdf: bytes, name: str) -> Response:
    told = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers={**HEADERS, **told})
