"""Bounds on what an unknown caller may cost: calls a minute, and the size of a request."""

import hmac
import ipaddress
import threading
import time
from collections import OrderedDict
from functools import cache, lru_cache
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Engine, select, text, true
from sqlalchemy.exc import DataError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import CentreError
from api.problems import respond
from api.store.counters import sweep
from api.store.quick import Quick
from api.store.schema import rate_windows
from api.store.transactions import writing

CLIENTS_KEPT: Final = 10_000
_WINDOW: Final = 60.0  # seconds
_COUNTING: Final = text(
    "WITH unwaiting AS (SELECT set_config('synchronous_commit', 'off', true))"
    " INSERT INTO rate_windows (client, minute, calls) SELECT :client, :minute, 1 FROM unwaiting"
    " ON CONFLICT (client, minute) DO UPDATE SET calls = rate_windows.calls + 1 RETURNING calls"
).columns(rate_windows.c.calls)
_COUNT: Final = Quick(_COUNTING)


class RateLimit:
    """At most ``per_minute`` calls of one client in a window of one minute. In memory: it guards one process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, client: str, calls: int = 1) -> None:
        """Count ``calls`` at once. Raises CentreError ``too-many-requests``."""
        now, client = time.monotonic(), network_of(client)
        with self._lock:
            begun, before = self._windows.pop(client, (now, 0))
            if now - begun >= _WINDOW:
                begun, before = now, 0
            self._windows[client] = (begun, before + calls)
            if len(self._windows) > CLIENTS_KEPT:
                self._windows.popitem(last=False)
        if before + calls > self._per_minute:
            raise CentreError("too-many-requests", retry_after=max(1, round(_WINDOW - (now - begun))))

    def count_and_ask(self, client: str, engine: Engine, query: Quick, **values: str | int | bytes) -> Any:
        """Count one call; then the first row of a query, or None."""
        self.count(client)
        return query.first(engine, **values)


class SharedRateLimit:
    """As `RateLimit`, of all processes together: in windows that begin with the minute, by a keyed hash of the network.

    Nobody waits for the disk: the windows of the last moment may be lost with the database's machine.
    """

    def __init__(self, per_minute: int, engine: Engine, secret: bytes) -> None:
        self._per_minute, self._engine, self._secret = per_minute, engine, secret
        self._swept = 0

    def count(self, client: str) -> None:
        """Raises CentreError ``too-many-requests``."""
        self._ask(client, self._engine, _COUNT)

    def count_and_ask(self, client: str, engine: Engine, query: Quick, **values: str | int | bytes) -> Any:
        """As `RateLimit.count_and_ask`, in one journey: the call counts, whatever the query finds."""
        try:
            row = self._ask(client, engine, _counting(query), **values)
        except DataError:  # a text that PostgreSQL cannot keep: the statement was not even sent
            self.count(client)
            raise
        return row if row.found else None

    def _ask(self, client: str, engine: Engine, query: Quick, **values: str | int | bytes) -> Any:
        now = time.time()
        minute = int(now // _WINDOW)
        key = hmac.digest(self._secret, b"client\0" + network_of(client).encode(), "sha256")
        if self._swept != minute:
            with writing(self._engine) as connection:
                sweep(connection, rate_windows, rate_windows.c.minute < minute)
            self._swept = minute
        row = query.first(engine, **values, client=key, minute=minute)
        if row.calls > self._per_minute:
            raise CentreError("too-many-requests", retry_after=max(1, round(_WINDOW - now % _WINDOW)))
        return row


@cache
def _counting(query: Quick) -> Quick:
    """The count of a call, and beside it the query's row, ``found``, or nothing."""
    counted = _COUNTING.cte("counted")
    asked = select(query.statement.subquery(), true().label("found")).subquery("asked")
    return Quick(select(counted.c.calls, *asked.c).select_from(counted.outerjoin(asked, true())))


@lru_cache(maxsize=CLIENTS_KEPT)
def network_of(client: str) -> str:
    """An IPv6 host has a /64 at least, with more addresses than can be counted: the network counts."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return client


async def limited(request: Request) -> None:
    """The dependency of open routes. A thread is taken only where the database is asked."""
    if isinstance(request.app.state.rate_limit, SharedRateLimit):
        await run_in_threadpool(count_call, request)
    else:
        count_call(request)


def count_call(request: Request) -> None:
    """One call more of this client, for an open route that is in a thread already. Raises as `RateLimit.count`."""
    limit: RateLimit | SharedRateLimit = request.app.state.rate_limit
    limit.count(client_of(request))


def count_and_ask(request: Request, query: Quick, **values: str | int | bytes) -> Any:
    """`count_call`, and the first row of a query of the centre's database, or None."""
    limit: RateLimit | SharedRateLimit = request.app.state.rate_limit
    return limit.count_and_ask(client_of(request), request.app.state.centre.engine, query, **values)


def client_of(request: Request) -> str:
    """The address that a request came from."""
    return request.client.host if request.client else ""


class SizeLimit:
    """ASGI: refuses a body beyond ``largest`` bytes, declared or not, before anything parses it."""

    def __init__(self, app: ASGIApp, *, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        declared = request.headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._largest:
            await respond(request, "request-too-large")(scope, receive, send)
            return
        # Read the whole body here: then the answer 413 can still be given, and no half request reaches a route.
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client went away
            body += message.get("body", b"")
            if len(body) > self._largest:
                await respond(request, "request-too-large")(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)
