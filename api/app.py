"""The service put together: routes, errors, limits, logs. Every route is public by the list here, or names who may."""

import os
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import auth, health
from api.accounts import proposal_routes, shift_routes
from api.accounts import routes as account_routes
from api.accounts.sessions import RoleGuard
from api.accounts.staff import Role
from api.admission import Admission, Lanes
from api.auditing import routes as audit_routes
from api.auth import require_session
from api.background import running, works_of
from api.checkers import files as list_files
from api.checkers import routes as checker_routes
from api.checkers import scanner_routes
from api.checkers.counts import VerdictCounts
from api.checkers.lists import CheckerLists
from api.checkers.published import log_publication_rule
from api.checkers.scanner import ScannerPage
from api.citizens import routes_counter, routes_entering, routes_own
from api.citizens.apps import require_app, require_citizen
from api.complaints import citizen_routes as citizen_complaint_routes
from api.complaints import routes as complaint_routes
from api.context import Centre
from api.duplicates import routes as duplicate_routes
from api.errors import CentreError
from api.identity import routes as identity_routes
from api.intake import routes as import_routes
from api.limits import RateLimit, SharedRateLimit, SizeLimit
from api.metrics import count_request
from api.ministry import routes as ministry_routes
from api.notices import routes as notice_routes
from api.oversight import routes as oversight_routes
from api.passports import routes as passport_routes
from api.platform import routes as platform_routes
from api.platform.keys import require_platform
from api.problems import respond, respond_to
from api.reconciliation import routes as reconciliation_routes
from api.revocation import routes as revocation_routes
from api.sessions import routes as session_routes
from api.signing import routes as signing_routes
from api.stations import routes as station_routes
from api.web import door, look
from api.web import files as web_files
from api.web.me import complaints as my_complaints
from api.web.me import door as my_door
from api.web.me import own as my_pages
from api.web.me.door import holder_if_any, require_holder
from api.web.oversight import routes as oversight_pages
from api.web.work import complaints as work_complaints
from api.web.work import counter as work_counter
from api.web.work import duplicates as work_duplicates
from api.web.work import entering as work_entering
from api.web.work import handovers, imports, mending
from api.web.work import rechecks as work_rechecks
from api.worklists import routes_lists as worklist_routes
from api.worklists import routes_work as work_routes
from certificates.errors import CertificateError

PUBLIC: Final = frozenset(
    {
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/scan",
        "/scan/{name}",
        "/v1/auth/challenge",
        "/v1/auth/end-shift",
        "/v1/auth/login",
        "/v1/auth/shift",
        "/v1/auth/ways",
        "/v1/citizen/passport",
        "/v1/citizen/certificate.pdf",
        "/v1/citizen/complaints/answer",
        "/v1/citizen/complaints/appeal",
        "/v1/citizen/complaints/follow",
        "/v1/citizen/complaints/open",
        "/v1/citizen/complaints/photo",
        "/v1/citizen/complaints/units",
        "/v1/citizen/complaints/withdraw",
        "/v1/citizen/notices",
        "/v1/checkers/verify",
        "/v1/checkers/verify-bulk",
        "/v1/lists/bundle.cbor",
        "/v1/lists/log-head.txt",
        "/v1/lists/parts/{sha256}",
        "/v1/staff/login",
        "/language",
        "/look",
        "/me",
        "/me/code",
        "/me/code/enter",
        "/me/follow",
        "/me/leave",
        "/me/qr",
        "/me/report",
        "/me/slip",
        "/staff/login",
        "/static/{name}",
    }
)
Access = Literal["public", "token", "platform", "app", "citizen", "citizen-page"] | frozenset[Role]
_MODULES: Final = (
    auth,
    shift_routes,
    signing_routes,
    station_routes,
    passport_routes,
    checker_routes,
    list_files,
    scanner_routes,
    account_routes,
    proposal_routes,
    routes_entering,
    routes_own,
    routes_counter,
    citizen_complaint_routes,
    complaint_routes,
    identity_routes,
    platform_routes,
    duplicate_routes,
    audit_routes,
    ministry_routes,
    health,
    session_routes,
    import_routes,
    worklist_routes,
    work_routes,
    revocation_routes,
    reconciliation_routes,
    oversight_routes,
    oversight_pages,
    notice_routes,
    door,
    look,
    web_files,
    my_door,
    my_pages,
    my_complaints,
    mending,
    work_counter,
    work_rechecks,
    work_entering,  # before the page of one complaint, whose number it is none
    work_complaints,
    work_duplicates,
    handovers,
    imports,
)
AWAY_RETRY: Final = 5  # seconds after which a database that does not answer is tried again
_AWAY: Final = (OperationalError, InterfaceError, PoolTimeoutError)  # no answer, a broken connection, none left
_log = structlog.get_logger(__name__)


def create_app(centre: Centre) -> FastAPI:
    """The ASGI application of one centre."""

    counts = VerdictCounts(centre.engine)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with running(works_of(centre, counts, app.state.orders_due, app.state.codes_due)):
            log_publication_rule(centre.engine, centre.settings)
            yield
            counts.write()
        if centre.workers is not None:
            centre.workers.close()

    app = FastAPI(
        title="vaxseal",
        description=(
            "Leases vaccination records to signing agents, takes signatures, gives passports to their holders, and"
            " to checkers verdicts and lists."
        ),
        version="1",
        docs_url=None,  # its pages load from a CDN
        redoc_url=None,
        redirect_slashes=False,  # a redirect would lead where the caller's Host header says
        lifespan=lifespan,
    )
    app.state.centre = centre
    app.state.orders_due = threading.Event()
    app.state.codes_due = threading.Event()
    app.state.rate_limit = _rate_limit(centre)
    app.state.verify_limit = RateLimit(centre.settings.verifications_per_minute)
    app.state.checker_lists = CheckerLists(centre)
    app.state.verdict_counts = counts
    app.state.scanner = ScannerPage(centre.settings)
    for module in _MODULES:
        app.router.routes.extend(module.router.routes)  # plain routes, so that the check below sees every one
    _add_errors(app)
    _deny_by_default(app)
    app.state.lanes = Lanes(max(1, (os.cpu_count() or 1) // centre.settings.workers))
    app.add_middleware(SizeLimit, largest=centre.settings.largest_request)
    app.add_middleware(Admission, lanes=app.state.lanes)  # before anything is read
    app.add_middleware(Outermost)
    return app


def _rate_limit(centre: Centre) -> RateLimit | SharedRateLimit:
    """Several processes share one limit; the embedded database is one process's, and counting must not wait for it."""
    if centre.engine.dialect.name == "postgresql":
        return SharedRateLimit(centre.settings.requests_per_minute, centre.engine, centre.secret)
    return RateLimit(centre.settings.requests_per_minute)


class Outermost:
    """ASGI: one log line a request, without query, body or free path; and an answer when something unforeseen fails."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = message.get("headers", [])
                names = {name.lower() for name, _ in given}  # a page says more exactly what it may load
                more = (*_HEADERS, _ONLY_HTTPS) if scope["scheme"] == "https" else _HEADERS
                message["headers"] = [*given, *(one for one in more if one[0] not in names)]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except DataError:  # a text that PostgreSQL cannot keep: U+0000
            if status == 0:
                await respond(Request(scope), "request-form")(scope, receive, noting)
        except Exception as error:
            # The text may hold a person's data (a statement's parameters): only its kind and place go out.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("unforeseen", kind=type(error).__name__, place=f"{place.name}:{place.lineno}")
            if status == 0:
                away = isinstance(error, _AWAY)
                headers = {"Retry-After": str(AWAY_RETRY)} if away else None
                answer = respond(Request(scope), "unavailable" if away else "internal", headers=headers)
                await answer(scope, receive, noting)
        path, seconds = getattr(scope.get("route"), "path", None), time.perf_counter() - begun
        count_request(scope["method"], path, status, seconds)
        _log.info("request", method=scope["method"], path=path, status=status, milliseconds=round(seconds * 1000, 1))


_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_ONLY_HTTPS: Final = (b"strict-transport-security", b"max-age=31536000")  # RFC 6797: a year; never said over plain HTTP


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(CentreError)
    @app.exception_handler(CertificateError)
    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, (CentreError, CertificateError))  # noqa: S101 - by registration
        return respond_to(request, error)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - by registration
        fields = {".".join(str(part) for part in fault["loc"][1:]) for fault in error.errors()}
        return respond(request, "request-form", fields=tuple(sorted(fields)))

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - by registration
        code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "request-form")
        return respond(request, code, headers=error.headers)


def access_of(route: BaseRoute) -> Access:
    """Who may call a route: anybody, the token of a unit, a key of the platform or of a citizen app (with the session
    of a citizen), or people with one of these roles.

    Raises CentreError ``route-open``: it is neither public by the list nor protected, or it is both.
    """
    path = getattr(route, "path", "")
    calls = set(_calls(route.dependant)) if isinstance(route, APIRoute) else set()
    found: list[Access] = ["public"] if path in PUBLIC else []
    found += ["token"] if require_session in calls else []
    found += ["platform"] if require_platform in calls else []
    found += ["citizen" if require_citizen in calls else "app"] if require_app in calls else []
    found += ["citizen-page"] if calls & {require_holder, holder_if_any} else []
    found += [call.roles for call in calls if isinstance(call, RoleGuard)]
    if len(found) != 1:
        raise CentreError("route-open", f"{path} is neither public by the list nor protected, or it is both")
    return found[0]


def _deny_by_default(app: FastAPI) -> None:
    """Refuse to start with a route of which nobody can say who may call it."""
    for route in app.routes:
        access_of(route)


def _calls(dependant: Any) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)
