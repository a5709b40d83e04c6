"""The service put together: routes, errors, limits, logs. Every route is public by the list here, or names who may."""

import os
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
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
from api.accounts import proposal_routes
from api.accounts import routes as account_routes
from api.accounts.sessions import RoleGuard
from api.accounts.staff import Role
from api.admission import Admission, Lanes
from api.auditing import routes as audit_routes
from api.auth import require_session
from api.checkers import files as list_files
from api.checkers import routes as checker_routes
from api.checkers.counts import VerdictCounts
from api.checkers.lists import CheckerLists
from api.checkers.published import log_publication_rule
from api.checkers.publishing import follow
from api.complaints import citizen_routes as citizen_complaint_routes
from api.complaints import routes as complaint_routes
from api.complaints.sweep import sweep_complaints
from api.context import Centre
from api.duplicates import routes as duplicate_routes
from api.errors import CentreError
from api.identity import routes as identity_routes
from api.identity.delivery import deliver
from api.identity.opening import targets_of
from api.intake import routes as import_routes
from api.limits import RateLimit, SharedRateLimit, SizeLimit
from api.metrics import count_request
from api.notices import routes as notice_routes
from api.passports import routes as passport_routes
from api.passports.release import release_pending
from api.platform import routes as platform_routes
from api.platform.keys import require_platform
from api.problems import respond, respond_to
from api.reconciliation import routes as reconciliation_routes
from api.reconciliation.tallying import add_up_changes
from api.renewal.sweeping import sweep_renewals
from api.revocation import routes as revocation_routes
from api.revocation.running import Ran, run_orders
from api.sessions import routes as session_routes
from api.signing import routes as signing_routes
from api.signing.rechecking import recheck
from api.stations import routes as station_routes
from api.web import door, look
from api.web import files as web_files
from api.worklists import routes_lists as worklist_routes
from api.worklists import routes_work as work_routes
from api.worklists.keeping import keep_worklists
from certificates.errors import CertificateError

PUBLIC: Final = frozenset(
    {
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/v1/auth/challenge",
        "/v1/auth/login",
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
        "/v1/lists/parts/{sha256}",
        "/v1/staff/login",
        "/language",
        "/look",
        "/staff/login",
        "/static/{name}",
    }
)
Access = Literal["public", "token", "platform"] | frozenset[Role]
_MODULES: Final = (
    auth,
    signing_routes,
    station_routes,
    passport_routes,
    checker_routes,
    list_files,
    account_routes,
    proposal_routes,
    citizen_complaint_routes,
    complaint_routes,
    identity_routes,
    platform_routes,
    duplicate_routes,
    audit_routes,
    health,
    session_routes,
    import_routes,
    worklist_routes,
    work_routes,
    revocation_routes,
    reconciliation_routes,
    notice_routes,
    door,
    look,
    web_files,
)
PENDING_PERIOD: Final = 300.0  # seconds between two looks for what was signed and not released
COUNTS_PERIOD: Final = 60.0  # seconds of counts that a crash may lose
PARTING: Final = 2.0  # seconds that the service's end waits for each of these
FOLLOW_PERIOD: Final = 15.0  # seconds until this machine gives out what another one published
AWAY_RETRY: Final = 5  # seconds after which a database that does not answer is tried again
_AWAY: Final = (OperationalError, InterfaceError, PoolTimeoutError)  # no answer, a broken connection, none left
DELIVER_PERIOD: Final = 15.0  # seconds between two looks into the outbox
WORK_PERIOD: Final = 60.0  # seconds between two looks at what the clock does to work lists and counts
ORDERS_PERIOD: Final = 15.0  # seconds between two looks for orders of revocation that have something to do
RENEWAL_PERIOD: Final = 3600.0  # seconds between two sweeps of what is to be renewed
RECHECK_PERIOD: Final = 900.0  # seconds between two looks for answers of authorities that grow old
SWEEP_PERIOD: Final = 60.0  # seconds until a complaint's time is seen to be up
_log = structlog.get_logger(__name__)


def create_app(centre: Centre) -> FastAPI:
    """The ASGI application of one centre."""

    counts = VerdictCounts(centre.engine)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # What a crash or a failure left between signature and release; beside the service, which need not wait for it.
        ended = threading.Event()
        beside = [
            threading.Thread(target=target, args=(subject, ended), daemon=True)
            for target, subject in (
                (_finish_pending, centre),
                (_write_counts, counts),
                (_follow_lists, centre),
                (_ask_authorities, centre),
                (_sweep_complaints, centre),
                (_deliver, centre),
                (_keep_worklists, centre),
                (partial(_see_to_orders, app.state.orders_due), centre),
                (_renew, centre),
            )
        ]
        for thread in beside:
            thread.start()
        log_publication_rule(centre.engine, centre.settings)
        yield
        ended.set()
        app.state.orders_due.set()
        counts.write()
        for thread in beside:
            thread.join(PARTING)
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
    app.state.rate_limit = _rate_limit(centre)
    app.state.verify_limit = RateLimit(centre.settings.verifications_per_minute)
    app.state.checker_lists = CheckerLists(centre)
    app.state.verdict_counts = counts
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


def _finish_pending(centre: Centre, ended: threading.Event) -> None:
    while True:
        try:
            finished = release_pending(centre)
            if finished:
                _log.info("release-pending", passports=finished)
        except Exception as error:  # the next round may find the disk or the database in better health
            _log.error("release-pending-failed", kind=type(error).__name__)
        if ended.wait(PENDING_PERIOD):
            return


def _write_counts(counts: VerdictCounts, ended: threading.Event) -> None:
    while not ended.wait(COUNTS_PERIOD):
        try:
            counts.write()
        except Exception as error:  # they are kept, and written in the next round
            _log.error("verdict-counts-failed", kind=type(error).__name__)


def _follow_lists(centre: Centre, ended: threading.Event) -> None:
    while True:
        try:
            version = follow(centre)
            if version is not None:
                _log.info("lists-followed", version=version)
        except Exception as error:  # the next round may find it published anew
            _log.error("lists-not-followed", kind=type(error).__name__, code=getattr(error, "code", None))
        if ended.wait(FOLLOW_PERIOD):
            return


def _ask_authorities(centre: Centre, ended: threading.Event) -> None:
    """Learn in time what other authorities revoked. Without their certificates there is nobody to ask."""
    while centre.settings.unit_ca_roots is not None and not ended.is_set():
        try:
            asked = recheck(centre, due_only=True)
            _log.info("recheck", good=len(asked.good), revoked=len(asked.revoked), silent=len(asked.silent))
        except Exception as error:  # as above: the next round may find better health
            _log.error("recheck-failed", kind=type(error).__name__)
        ended.wait(RECHECK_PERIOD)


def _sweep_complaints(centre: Centre, ended: threading.Event) -> None:
    while True:
        try:
            done = sweep_complaints(centre)
            if done:
                _log.info("complaints-swept", **{name.replace("-", "_"): count for name, count in done.items()})
        except Exception as error:  # as above
            _log.error("complaints-not-swept", kind=type(error).__name__, code=getattr(error, "code", None))
        if ended.wait(SWEEP_PERIOD):
            return


def _deliver(centre: Centre, ended: threading.Event) -> None:
    """Carry verified corrections to whoever takes them. Without an address there is nothing to do."""
    while targets_of(centre.settings) and not ended.is_set():
        try:
            done = deliver(centre)
            if done.delivered or done.failed or done.refused:
                _log.info("outbox", delivered=done.delivered, failed=done.failed, refused=done.refused)
        except Exception as error:  # as above: the messages stay
            _log.error("outbox-failed", kind=type(error).__name__, code=getattr(error, "code", None))
        ended.wait(DELIVER_PERIOD)


def _keep_worklists(centre: Centre, ended: threading.Event) -> None:
    while not ended.wait(WORK_PERIOD):
        try:
            kept = keep_worklists(centre)
            if kept:
                _log.info("worklists-kept", back=kept.back, raised=kept.raised, drawn=kept.drawn)
        except Exception as error:  # the next round may find it free
            _log.error("worklists-not-kept", kind=type(error).__name__)


def _see_to_orders(due: threading.Event, centre: Centre, ended: threading.Event) -> None:
    """``due``: somebody decided here just now; what was decided elsewhere is found in time."""
    while not ended.is_set():
        due.clear()
        try:
            ran = run_orders(centre.engine, at=centre.clock())
            if ran != Ran():
                _log.info("orders", revoked=ran.revoked, waiting=ran.waiting, freed=ran.freed)
        except Exception as error:  # what a page did stays done; the next round goes on
            _log.error("orders-failed", kind=type(error).__name__)
        due.wait(ORDERS_PERIOD)


def _renew(centre: Centre, ended: threading.Event) -> None:
    """Start what is to be renewed, and add up the doses that were noted since."""
    while True:
        try:
            swept = sweep_renewals(centre.engine, by="centre", at=centre.clock())
            _log.info("renewals", started=swept.started, put_off=swept.put_off, dropped=swept.dropped)
            add_up_changes(centre.engine)
        except Exception as error:  # as above
            _log.error("renewals-failed", kind=type(error).__name__)
        if ended.wait(RENEWAL_PERIOD):
            return


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
                message["headers"] = [*given, *(one for one in _HEADERS if one[0] not in names)]
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


_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


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
    """Who may call a route: anybody, the token of a unit, a key of the platform, or people with one of these roles.

    Raises CentreError ``route-open``: it is neither public by the list nor protected, or it is both.
    """
    path = getattr(route, "path", "")
    calls = set(_calls(route.dependant)) if isinstance(route, APIRoute) else set()
    found: list[Access] = ["public"] if path in PUBLIC else []
    found += ["token"] if require_session in calls else []
    found += ["platform"] if require_platform in calls else []
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
