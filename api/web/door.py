"""The staff's way to their pages: a log-in, and a cookie that holds the session's bearer."""

from functools import cache
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.login import LOG_IN, PasswordAndCode
from api.accounts.passwords import LONGEST
from api.accounts.sessions import SESSION_LIFE, RoleGuard, close_session, find_staff, open_session
from api.accounts.staff import ROLES, Role, Staff, refuse_role
from api.auth import get_centre
from api.context import Centre
from api.errors import CentreError
from api.limits import limited
from api.web.messages import COOKIE as LANGUAGE_COOKIE
from api.web.messages import LANGUAGES
from api.web.pages import LOG_IN as LOG_IN_PATH
from api.web.pages import PageRoute, field_of, read_form, render, see_other, words_of

COOKIE: Final = "staff"
HOME: Final = "/staff"
_YEAR: Final = 365 * 24 * 3600
_LONGEST_PATH: Final = 200
router = APIRouter(route_class=PageRoute, include_in_schema=False)
InCentre = Annotated[Centre, Depends(get_centre)]
Form = Annotated[FormData, Depends(read_form)]


class PageGuard(RoleGuard):
    """The dependency of a page for the staff: who asks stands in ``request.state.staff`` for the template, too."""

    def __call__(self, request: Request, centre: InCentre) -> Staff:
        bearer = request.cookies.get(COOKIE)
        if bearer is None:
            raise CentreError("staff-bearer-missing")
        staff = find_staff(centre, bearer)
        request.state.staff = staff
        refuse_role(staff, *sorted(self.roles))
        return staff


@cache
def page_for(*roles: Role) -> PageGuard:
    """The guard of a page for people who have one of these roles; where they may act, the use case says."""
    return PageGuard(frozenset(roles))


AnyStaff = Annotated[Staff, Depends(page_for(*ROLES))]


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int, *, path: str = "/") -> None:
    """A cookie that no script reads and no other site's request carries; over TLS, where there is TLS."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="strict", secure=secure)


def own_path(path: str, otherwise: str) -> str:
    """``path`` where it is one of this service, never another site's."""
    plain = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    return path if plain and "\\" not in path and len(path) <= _LONGEST_PATH else otherwise


@router.get("/staff/login")
def show_login(request: Request, next: Annotated[str, Query(max_length=400)] = HOME) -> Response:  # noqa: A002
    """The form."""
    return render(request, "login.html", next=own_path(next, HOME), account="", trouble=None, first=False)


@router.post("/staff/login", dependencies=[Depends(limited)])
def login(request: Request, centre: InCentre, form: Form) -> Response:
    """Open a session, and go on where the person wanted to be."""
    account, following = field_of(form, "account", 200).lower(), own_path(field_of(form, "next", 400), HOME)
    given = PasswordAndCode(
        account=account,
        password=_secret(form, "password"),
        code="".join(field_of(form, "code", 20).split()),
        new_password=_secret(form, "new_password") or None,
    )
    try:
        bearer, _staff, _ends = open_session(centre, LOG_IN(centre, given))
    except CentreError as error:
        first = error.code in ("password-first", "password-form")
        values = {"next": following, "account": account, "trouble": words_of(request, error), "first": first}
        return render(request, "login.html", 200 if first else 403, **values)
    answer = see_other(following)
    set_cookie(request, answer, COOKIE, bearer, int(SESSION_LIFE.total_seconds()))
    return answer


@router.post("/staff/logout")
def logout(request: Request, centre: InCentre, _staff: AnyStaff) -> Response:
    """End the session."""
    close_session(centre, request.cookies[COOKIE])
    answer = see_other(LOG_IN_PATH)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/staff/password")
def show_password(request: Request, _staff: AnyStaff, changed: bool = False) -> Response:
    """The form for another password; ``changed``: it was set just now."""
    return render(request, "password.html", trouble=None, wrong="", changed=changed)


@router.post("/staff/password", dependencies=[Depends(limited)])
def change_password(request: Request, centre: InCentre, staff: AnyStaff, form: Form) -> Response:
    """Set another password: both factors are asked for again, and all other sessions of the account end."""
    given = PasswordAndCode(
        account=staff.account,
        password=_secret(form, "password"),
        code="".join(field_of(form, "code", 20).split()),
        new_password=_secret(form, "new_password"),
    )
    try:
        bearer, _staff, _ends = open_session(centre, LOG_IN(centre, given))
    except CentreError as error:
        title, detail = words_of(request, error)
        wrong = detail if error.code == "password-form" else ""
        return render(
            request, "password.html", 422, trouble=(title, "" if wrong else detail), wrong=wrong, changed=False
        )
    answer = see_other("/staff/password?changed=1")
    set_cookie(request, answer, COOKIE, bearer, int(SESSION_LIFE.total_seconds()))
    return answer


@router.get("/staff")
def home(request: Request, _staff: AnyStaff) -> Response:
    """What this person may do here."""
    return render(request, "home.html")


@router.post("/language")
def choose_language(request: Request, form: Form) -> Response:
    """Read the pages in another language from now on."""
    language = field_of(form, "language", 10)
    if language not in LANGUAGES:
        raise CentreError("request-form", fields=("language",))
    answer = see_other(own_path(field_of(form, "next", 400), HOME))
    set_cookie(request, answer, LANGUAGE_COOKIE, language, _YEAR)
    return answer


def _secret(form: FormData, name: str) -> str:
    value = form.get(name, "")  # as it was typed: white space counts
    if not isinstance(value, str) or len(value) > LONGEST:
        raise CentreError("request-form", fields=(name,))
    return value
