"""The door of the local page: what is not the page itself, opened by the person at this machine, gets nothing done.

Any page that a browser shows can send requests to a port of its own machine. So each request must name exactly this
address as its host, and each that acts must come from this page (Origin), carry the secret that the page was paired
with, and be JSON: a combination that no other page can send and no form can make. There are no WebSockets, no CORS and
no other method than GET, for the page's own files, and POST, for everything else.
"""

import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAIR_PATH: Final = "/api/pair"
SECRET_HEADER: Final = b"x-vaxseal-desk"
LARGEST_BODY: Final = 256 * 1024  # bytes: 500 ids with their digests have 70 kB
CODE_LIFE: Final = 120.0  # seconds from the opening of the page to its pairing
_SECRET_SIZE: Final = 32
_JSON: Final = b"application/json"
_CSP: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS: Final = [
    (b"content-security-policy", _CSP),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), clipboard-read=()"),
]


class Pairing:
    """One page at a time: a code that is good once, for two minutes, and then the secret that the page got for it.

    Whoever pairs next takes over, and the page before is told so by its next request.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._code: bytes | None = None
        self._code_ends = 0.0
        self._secret: bytes | None = None

    def __repr__(self) -> str:
        return "Pairing()"

    def new_code(self) -> str:
        """The code for the next page. An older one is worth nothing from now on."""
        with self._lock:
            code = secrets.token_urlsafe(_SECRET_SIZE)
            self._code, self._code_ends = code.encode(), self._clock() + CODE_LIFE
            return code

    def pair(self, code: str) -> str | None:
        """The secret for a page that knows the code; None for any other. The code is used up by a right answer."""
        with self._lock:
            known, in_time = self._code, self._clock() < self._code_ends
            if known is None or not in_time or not hmac.compare_digest(known, code.encode("utf-8", "replace")):
                return None
            secret = secrets.token_urlsafe(_SECRET_SIZE)
            self._code, self._secret = None, secret.encode()
            return secret

    def knows(self, secret: bytes) -> bool:
        """Whether this is the secret of the page that was paired last."""
        with self._lock:
            return self._secret is not None and hmac.compare_digest(self._secret, secret)


class Door:
    """ASGI middleware before the page's application. ``refused`` counts what was turned away, by reason.

    Args:
        origin: ``http://127.0.0.1:PORT``, exactly as the page's own requests name it.
        files: the paths that GET may ask for.
    """

    def __init__(self, app: ASGIApp, *, origin: str, pairing: Pairing, files: frozenset[str]) -> None:
        self._app = app
        self._origin = origin.encode("ascii")
        self._host = self._origin.removeprefix(b"http://")
        self._pairing = pairing
        self._files = files
        self.refused: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            self._count("kind")
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        why = self._why_not(scope)
        if why is None:
            await self._app(scope, _bounded(receive), _sealed(send))
            return
        self._count(why)
        await _refuse(why, _sealed(send))

    def _count(self, why: str) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1

    def _why_not(self, scope: Scope) -> str | None:
        """The first thing that is wrong with a request; None: it is the page's."""
        found: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name.lower(), []).append(value)
        if found.get(b"host") != [self._host]:
            return "host"
        if found.get(b"origin", [self._origin]) != [self._origin]:
            return "origin"
        if b"upgrade" in found:
            return "kind"
        if scope.get("query_string"):
            return "query"
        if scope["method"] == "GET":
            return self._why_no_file(scope["path"], found)
        if scope["method"] == "POST":
            return self._why_no_act(scope["path"], found)
        return "method"

    def _why_no_file(self, path: str, found: dict[bytes, list[bytes]]) -> str | None:
        """The page's own files hold nothing of anybody, but no other page shall even learn that a desk is open."""
        if path not in self._files:
            return "path"
        if not set(found.get(b"sec-fetch-site", [])) <= {b"same-origin", b"none"}:
            return "site"
        if b"content-length" in found or b"transfer-encoding" in found:
            return "body"
        return None

    def _why_no_act(self, path: str, found: dict[bytes, list[bytes]]) -> str | None:
        if b"origin" not in found:
            return "origin"
        if not set(found.get(b"sec-fetch-site", [])) <= {b"same-origin"}:
            return "site"
        if found.get(b"content-type") != [_JSON]:
            return "form"
        if b"content-encoding" in found or b"transfer-encoding" in found:
            return "body"
        sizes = found.get(b"content-length", [])
        if len(sizes) != 1 or not sizes[0].isdigit() or int(sizes[0]) > LARGEST_BODY:
            return "body"
        if path == PAIR_PATH:
            return None
        secret = found.get(SECRET_HEADER, [])
        return None if len(secret) == 1 and self._pairing.knows(secret[0]) else "not-paired"


def _bounded(receive: Receive) -> Receive:
    """Whatever a client says of the size, no more than LARGEST_BODY is read."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return message if read <= LARGEST_BODY else {"type": "http.disconnect"}

    return bounded


def _sealed(send: Send) -> Send:
    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await send(message)

    return sealed


async def _refuse(why: str, send: Send) -> None:
    body: Any = json.dumps({"error": why}).encode()
    status = 401 if why == "not-paired" else 403
    headers = [(b"content-type", _JSON), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
