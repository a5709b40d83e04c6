"""How a page is made and guarded: a template in the reader's language, errors as pages, nothing from elsewhere.

A page's route stands in an ``APIRouter(route_class=PageRoute, include_in_schema=False)``. What is sent must come from
one of our own pages: the browser's ``Origin`` says so, beside cookies that no other site's request carries.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import cache, partial
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.errors import CentreError
from api.problem_kinds import KINDS
from api.problems import describe
from api.web import formats
from api.web.messages import LANGUAGES, language_of, messages_of
from certificates.errors import CertificateError

LOG_IN: Final = "/staff/login"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # a page's address holds nothing personal; no Referrer at all would hide Origin
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_MOST_FIELDS: Final = 200
_MOST_FILES: Final = 10
_SECRETS: Final = frozenset({"password", "new_password", "code"})  # never stand on a page again
_LOG_IN_FIRST: Final = frozenset({"staff-bearer-missing", "staff-session-ended"})


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=PackageLoader("api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = messages_of(language)
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(language=language, languages=LANGUAGES)
    made.filters["base64"] = lambda data: b64encode(data).decode("ascii")
    for name in ("day", "instant", "number", "share", "span"):
        made.filters[name] = partial(getattr(formats, f"format_{name}"), language=language)
    return made


def render(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page in the reader's language. Templates escape what they are given; an unknown name in one is an error.

    Every template also has ``language``, ``path`` (of this page), ``staff`` (who is logged in, or None), ``_`` and
    ``ngettext``, and the filters ``day``, ``instant``, ``number``, ``share``, ``span`` and ``base64``.
    """
    language = language_of(request)
    given = {"path": request.url.path, "staff": getattr(request.state, "staff", None), **values}
    text = _environment(language).get_template(template).render(given)
    return HTMLResponse(text, status, headers={**HEADERS, "Content-Language": language})


def see_other(path: str) -> RedirectResponse:
    """After a form: go there. ``path`` is one of ours."""
    return RedirectResponse(path, 303, headers={"Cache-Control": "no-store"})


def error_page(request: Request, code: str, *, fields: tuple[str, ...] = (), **told: Any) -> Response:
    """The page of a refusal, in the words of `api.problem_kinds`."""
    kind = code if code in KINDS else "internal"
    problem = describe(kind, language_of(request), fields=fields, may_from=told.get("may_from"))
    page = render(request, "error.html", problem.status, problem=problem)
    if told.get("retry_after") is not None:
        page.headers["Retry-After"] = str(told["retry_after"])
    return page


def words_of(request: Request, error: CentreError | CertificateError) -> tuple[str, str]:
    """Title and detail of a refusal in the reader's language, for the page on which it belongs."""
    code = error.code if error.code in KINDS else "internal"
    problem = describe(code, language_of(request), may_from=getattr(error, "may_from", None))
    return problem.title, problem.detail


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """The fields and files of a form: a dependency of routes, which may then be plain functions.

    Raises CentreError ``request-form``.
    """
    try:
        form = await request.form(max_fields=_MOST_FIELDS, max_files=_MOST_FILES)
    except HTTPException as error:
        raise CentreError("request-form") from error
    try:
        yield form
    finally:
        await form.close()


def field_of(form: FormData, name: str, most: int = 4000) -> str:
    """A field's text without white space around it; "" where it is missing. Raises CentreError ``request-form``."""
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise CentreError("request-form", fields=(name,))
    return value.strip()


def refuse_foreign(request: Request) -> None:
    """Raises CentreError ``page-origin``: what is sent does not come from a page of this very address."""
    origin = request.headers.get("origin", "").partition("://")[2]
    if not origin or origin != request.headers.get("host"):
        raise CentreError("page-origin")


async def _log_in_first(request: Request) -> Response:
    """To the log-in and back. What was typed into a form is kept on a page, to be sent again after the log-in."""
    try:
        form = await request.form(max_fields=_MOST_FIELDS, max_files=_MOST_FILES)
    except HTTPException:
        form = FormData()
    typed = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    files = len(typed) < len(form.multi_items())
    await form.close()
    if not typed or _SECRETS.intersection(name for name, _ in typed):
        return see_other(f"{LOG_IN}?next={request.url.path}")
    return render(request, "ended.html", 401, typed=typed, files=files, log_in=LOG_IN)


class PageRoute(APIRoute):
    """A route whose refusals are pages; without a session it leads to the log-in and back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                if request.method not in ("GET", "HEAD"):
                    refuse_foreign(request)
                return await handle(request)
            except CentreError as error:
                if error.code in _LOG_IN_FIRST:
                    return await _log_in_first(request)
                told = {"may_from": error.may_from, "retry_after": error.retry_after}
                return error_page(request, error.code, fields=error.fields, **told)
            except CertificateError as error:
                return error_page(request, error.code)
            except RequestValidationError:
                return error_page(request, "request-form")

        return handled
