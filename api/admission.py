"""Who signs next, when everybody signs at once: a bounded queue before each kind of signing work, in every process.

Work that is admitted takes a thread; what waits takes none. Citizens, checkers and the health check pass by: the lanes
together leave them most of the threads. Whoever was served longest ago comes next, so no unit is starved by one that
asks more often. Who would wait too long is refused at once and told when to come again: those times are spread over the
moments at which there will be room.
"""

import asyncio
import contextlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import bearer_hash, find_session
from api.errors import CentreError
from api.limits import client_of
from api.metrics import count_busy
from api.problems import respond_to

MOST_SECONDS: Final = 15.0  # that anybody waits in the queue; an agent waits 30 for an answer
MOST_WAITING: Final = 256  # requests in one lane's queue
MOST_OF_ONE: Final = 16  # of one unit's; its agents send one or two at a time
LONGEST_RETRY: Final = 120  # seconds that anybody is told to stay away
_FIRST_MEAN: Final = 0.1  # seconds of a request, before one was measured
_WEIGHT: Final = 0.1  # of the newest request in the mean
_KEPT: Final = 20_000  # units and bearers that a process remembers


@dataclass(slots=True, eq=False)
class _Waiting:
    key: str
    loop: asyncio.AbstractEventLoop
    told: "asyncio.Future[bool]"


class Lane:
    """At most ``slots`` requests of one kind at work, and a queue of bounded length before them.

    ``name``: of the lane, in figures.
    """

    def __init__(self, slots: int, name: str = "") -> None:
        self.name = name
        self._free = slots
        self._slots = slots
        self._mean = _FIRST_MEAN
        self._queue: list[_Waiting] = []
        self._served: OrderedDict[str, float] = OrderedDict()  # when each was let in last
        self._promised = 0.0  # until when the room that will be is given away to those who were refused
        self._lock = threading.Lock()

    async def enter(self, key: str) -> None:
        """Wait for one's turn. Raises CentreError ``busy``, ``too-many-requests`` (of this unit); with a time."""
        with self._lock:
            if self._free and not self._queue:
                self._let_in(key)
                return
            waiting = self._join(key)
        try:
            let_in = await waiting.told
        except asyncio.CancelledError:
            with self._lock:
                if waiting in self._queue:
                    self._queue.remove(waiting)
                else:
                    self._next()  # it was let in at the same moment
            raise
        if not let_in:
            raise self._busy()

    def leave(self, seconds: float) -> None:
        """Give the place to the next one. ``seconds``: how long the request was at work."""
        with self._lock:
            self._mean += _WEIGHT * (seconds - self._mean)
            self._next()

    def _join(self, key: str) -> _Waiting:
        if sum(one.key == key for one in self._queue) >= MOST_OF_ONE:
            count_busy(self.name)
            raise CentreError("too-many-requests", retry_after=self._retry_after(MOST_OF_ONE))
        if len(self._queue) >= MOST_WAITING or self._seconds(len(self._queue) + 1) > MOST_SECONDS:
            last = max(self._queue, key=self._turn, default=None)
            if last is None or self._turn_of(key) >= self._turn(last):
                raise self._busy()
            self._queue.remove(last)  # it was served later than the one who comes
            self._tell(last, let_in=False)
        loop = asyncio.get_running_loop()
        self._queue.append(_Waiting(key, loop, loop.create_future()))
        return self._queue[-1]

    def _next(self) -> None:
        self._free += 1
        while self._queue and self._free:
            first = min(self._queue, key=self._turn)
            self._queue.remove(first)
            self._let_in(first.key)
            self._tell(first, let_in=True)

    def _let_in(self, key: str) -> None:
        self._free -= 1
        self._served.pop(key, None)
        self._served[key] = time.monotonic()
        if len(self._served) > _KEPT:
            self._served.popitem(last=False)

    def _tell(self, waiting: _Waiting, *, let_in: bool) -> None:
        def tell() -> None:
            if not waiting.told.done():
                waiting.told.set_result(let_in)

        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits there any more
            waiting.loop.call_soon_threadsafe(tell)

    def _turn(self, waiting: _Waiting) -> float:
        return self._turn_of(waiting.key)

    def _turn_of(self, key: str) -> float:
        return self._served.get(key, -math.inf)

    def _seconds(self, requests: int) -> float:
        return requests * self._mean / self._slots

    def _busy(self) -> CentreError:
        """The time is that of the first moment which was not promised to anybody else."""
        count_busy(self.name)
        now = time.monotonic()
        self._promised = max(self._promised, now + self._seconds(len(self._queue))) + self._seconds(1)
        seconds = min(LONGEST_RETRY, math.ceil(self._promised - now))
        self._promised = min(self._promised, now + LONGEST_RETRY)
        return CentreError("busy", retry_after=max(1, seconds))

    def _retry_after(self, requests: int) -> int:
        return min(LONGEST_RETRY, max(1, math.ceil(self._seconds(requests))))


@dataclass(frozen=True, slots=True)
class _Known:
    unit: str
    task: str


class Lanes:
    """The lanes of one process, by route and task. Making passports has lanes of its own: a request takes seconds."""

    def __init__(self, cores: int) -> None:
        self._lanes: Mapping[tuple[str, str], Lane] = {
            ("/v1/signing/lease", "confirm"): Lane(4, "lease-confirm"),
            ("/v1/signing/lease", "issue"): Lane(4, "lease-issue"),
            ("/v1/signing/submit", "confirm"): Lane(4, "submit-confirm"),
            ("/v1/signing/submit", "issue"): Lane(max(2, cores), "submit-issue"),
        }
        self._paths = {path for path, _ in self._lanes}
        self._strangers = Lane(2, "strangers")
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = threading.Lock()

    async def find(self, request: Request) -> tuple[Lane, str] | None:
        """Lane and key of a request; None where it need not wait, or will be refused.

        A bearer is looked up once, so that nobody waits in a lane who has no session. Raises CentreError of
        `api.auth.find_session` and of `Lane.enter`.
        """
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        path = request.scope["path"]  # a URL would be built with the caller's Host
        if path not in self._paths or scheme.lower() != "bearer":
            return None
        name = bearer_hash(bearer)
        known = self._known.get(name)
        if known is None:
            await self._strangers.enter(client_of(request))
            with _measured(self._strangers):
                session = await run_in_threadpool(find_session, request.app.state.centre, bearer)
            known = _Known(session.unit, session.task)
            with self._lock:
                self._known[name] = known
                if len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        lane = self._lanes.get((path, known.task))  # none for who gets no work here
        return None if lane is None else (lane, known.unit)


class Admission:
    """ASGI: lets a request in when its turn comes."""

    def __init__(self, app: ASGIApp, *, lanes: Lanes) -> None:
        self._app = app
        self._lanes = lanes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            found = await self._lanes.find(Request(scope))
            if found is not None:
                await found[0].enter(found[1])
        except CentreError as refused:
            await respond_to(Request(scope), refused)(scope, receive, send)
            return
        with _measured(found[0]) if found else contextlib.nullcontext():
            await self._app(scope, receive, send)


@contextlib.contextmanager
def _measured(lane: Lane) -> Iterator[None]:
    begun = time.monotonic()
    try:
        yield
    finally:
        lane.leave(time.monotonic() - begun)
