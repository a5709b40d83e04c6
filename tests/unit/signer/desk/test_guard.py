"""The door: hundreds of hostile requests, none of which gets anything done."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from starlette.types import Message, Receive, Scope, Send

from signer.desk.guard import CODE_LIFE, LARGEST_BODY, PAIR_PATH, SECRET_HEADER, Door, Pairing

HOST: Final = b"127.0.0.1:4321"
ORIGIN: Final = b"http://127.0.0.1:4321"
JSON: Final = b"application/json"
PATHS: Final = ("/api/sign", "/api/log-in", "/api/stop", "/api/batch")
Headers = list[tuple[bytes, bytes]]


class Counting:
    """An application that only counts how often it is reached."""

    def __init__(self) -> None:
        self.reached = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def pairing() -> Pairing:
    return Pairing()


@pytest.fixture
def app() -> Counting:
    return Counting()


@pytest.fixture
def door(app: Counting, pairing: Pairing) -> Door:
    return Door(app, origin=ORIGIN.decode(), pairing=pairing, files=frozenset({"/", "/desk.js"}))


def request(
    door: Door,
    *,
    method: str = "POST",
    path: str = "/api/sign",
    headers: Headers,
    kind: str = "http",
    query: bytes = b"",
    body: tuple[bytes, ...] = (b"{}",),
) -> list[Message]:
    """What the door answers."""
    scope: dict[str, Any] = {"type": kind, "method": method, "path": path, "headers": headers, "query_string": query}
    coming = [
        {"type": "http.request", "body": part, "more_body": at < len(body)} for at, part in enumerate(body, start=1)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(door(scope, receive, send))
    return sent


def good(secret: str | None) -> dict[bytes, list[bytes]]:
    """The headers of the page itself."""
    found = {
        b"host": [HOST],
        b"origin": [ORIGIN],
        b"sec-fetch-site": [b"same-origin"],
        b"content-type": [JSON],
        b"content-length": [b"2"],
    }
    return found if secret is None else found | {SECRET_HEADER: [secret.encode()]}


def flat(headers: dict[bytes, list[bytes]]) -> Headers:
    return [(name, value) for name, values in headers.items() for value in values]


HOSTS: Final[list[list[bytes]]] = [
    [HOST],
    [b"localhost:4321"],
    [b"127.0.0.1"],
    [b"127.0.0.1:80"],
    [b"evil.example"],
    [b"127.0.0.1:4321.evil.example"],
    [HOST, b"evil.example"],
    [],
]
ORIGINS: Final[list[list[bytes]]] = [
    [ORIGIN],
    [b"http://evil.example"],
    [b"https://127.0.0.1:4321"],
    [b"http://127.0.0.1:4322"],
    [b"http://localhost:4321"],
    [b"null"],
    [ORIGIN, b"null"],
    [],
]
METHODS: Final = ("POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "post")
FORMS: Final[list[list[bytes]]] = [
    [JSON],
    [b"text/plain"],
    [b"multipart/form-data; boundary=x"],
    [b"application/x-www-form-urlencoded"],
    [b"application/json; charset=utf-8"],
    [b"text/plain; application/json"],
    [],
]
SECRETS: Final = ("right", "wrong", "none", "empty", "twice", "older")


def hostile(secret: str, older: str) -> Iterator[tuple[str, dict[bytes, list[bytes]]]]:
    """Method and headers of every combination that is not the page's own."""
    held: dict[str, list[bytes]] = {
        "right": [secret.encode()],
        "wrong": [b"x" * 43],
        "none": [],
        "empty": [b""],
        "twice": [secret.encode(), secret.encode()],
        "older": [older.encode()],
    }
    for host, origin, method, form, which in itertools.product(HOSTS, ORIGINS, METHODS, FORMS, SECRETS):
        if (host, origin, method, form, which) == ([HOST], [ORIGIN], "POST", [JSON], "right"):
            continue
        if sum((host != [HOST], origin != [ORIGIN], method != "POST", form != [JSON], which != "right")) > 2:
            continue  # one or two things wrong: more hide nothing more
        yield (
            method,
            {
                b"host": host,
                b"origin": origin,
                b"content-type": form,
                b"content-length": [b"2"],
                SECRET_HEADER: held[which],
            },
        )


def test_hundreds_of_hostile_requests_and_none_is_executed(
    door: Door, app: Counting, pairing: Pairing, record_property: Callable[[str, object], None]
) -> None:
    older = pairing.pair(pairing.new_code())
    secret = pairing.pair(pairing.new_code())
    assert secret
    assert older
    tried = 0
    for (method, headers), path in zip(hostile(secret, older), itertools.cycle(PATHS), strict=False):
        for kind in ("http", "websocket"):
            answer = request(door, method=method, path=path, headers=flat(headers), kind=kind)
            assert answer[0].get("status") in (None, 401, 403)
            assert not any(name.startswith(b"access-control") for name, _ in answer[0].get("headers", []))
            tried += 1
    assert app.reached == 0
    assert tried >= 400
    assert sum(door.refused.values()) == tried
    record_property("figure", f"hostile requests to the desk: {tried}, executed: {app.reached}")
    assert request(door, headers=flat(good(secret)))[0]["status"] == 200
    assert app.reached == 1


@pytest.mark.parametrize("kind", ["websocket", "webtransport"])
def test_no_websocket_is_opened_even_by_the_page(door: Door, app: Counting, pairing: Pairing, kind: str) -> None:
    secret = pairing.pair(pairing.new_code())
    answer = request(door, headers=flat(good(secret)), kind=kind)
    assert answer == [{"type": "websocket.close", "code": 1008}]
    assert app.reached == 0


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({b"sec-fetch-site": [b"cross-site"]}, "site"),
        ({b"sec-fetch-site": [b"same-site"]}, "site"),
        ({b"upgrade": [b"websocket"]}, "kind"),
        ({b"transfer-encoding": [b"chunked"]}, "body"),
        ({b"content-encoding": [b"gzip"]}, "body"),
        ({b"content-length": [str(LARGEST_BODY + 1).encode()]}, "body"),
        ({b"content-length": [b"-1"]}, "body"),
        ({b"content-length": []}, "body"),
    ],
)
def test_what_the_pages_own_requests_never_have(
    door: Door, app: Counting, pairing: Pairing, headers: dict[bytes, list[bytes]], why: str
) -> None:
    secret = pairing.pair(pairing.new_code())
    answer = request(door, headers=flat(good(secret) | headers))
    assert json.loads(answer[1]["body"]) == {"error": why}
    assert app.reached == 0


def test_a_query_carries_nothing_in(door: Door, app: Counting, pairing: Pairing) -> None:
    secret = pairing.pair(pairing.new_code())
    request(door, headers=flat(good(secret)), query=b"a=b")
    request(door, method="GET", path="/", headers=[(b"host", HOST)], query=b"a=b")
    assert app.reached == 0
    assert door.refused == {"query": 2}


def test_a_body_is_read_as_far_as_it_may_go(door: Door, pairing: Pairing) -> None:
    secret = pairing.pair(pairing.new_code())
    half = b"x" * (LARGEST_BODY // 2 + 1)
    assert request(door, headers=flat(good(secret)), body=(half, half, half))[0]["status"] == 200  # cut off behind two


def test_files_are_given_to_a_navigation_and_to_the_page_itself(door: Door, app: Counting) -> None:
    for site in (b"none", b"same-origin"):
        answer = request(door, method="GET", path="/", headers=[(b"host", HOST), (b"sec-fetch-site", site)])
        assert answer[0]["status"] == 200
    assert app.reached == 2


@pytest.mark.parametrize(
    ("path", "more", "why"),
    [
        ("/", [(b"sec-fetch-site", b"cross-site")], "site"),
        ("/", [(b"origin", b"http://evil.example")], "origin"),
        ("/", [(b"content-length", b"2")], "body"),
        ("/api/news", [], "path"),
        ("/../pyproject.toml", [], "path"),
        ("/openapi.json", [], "path"),
    ],
)
def test_what_get_does_not_give(door: Door, app: Counting, path: str, more: Headers, why: str) -> None:
    request(door, method="GET", path=path, headers=[(b"host", HOST), *more])
    assert app.reached == 0
    assert door.refused == {why: 1}


def test_every_answer_carries_the_seals(door: Door) -> None:
    for headers in ([(b"host", HOST)], [(b"host", b"evil.example")]):
        found = dict(request(door, method="GET", path="/", headers=headers)[0]["headers"])
        assert found[b"content-security-policy"].startswith(b"default-src 'none'; ")
        assert b"unsafe" not in found[b"content-security-policy"]
        assert found[b"cache-control"] == b"no-store"
        assert found[b"x-frame-options"] == b"DENY"
        assert found[b"cross-origin-resource-policy"] == b"same-origin"
        assert found[b"referrer-policy"] == b"no-referrer"


def test_a_code_is_good_once_and_not_for_long() -> None:
    now = 0.0
    pairing = Pairing(clock=lambda: now)
    code = pairing.new_code()
    assert pairing.pair("guess") is None
    assert pairing.pair("mã") is None
    secret = pairing.pair(code)
    assert secret
    assert pairing.knows(secret.encode())
    assert pairing.pair(code) is None
    late = pairing.new_code()
    now += CODE_LIFE
    assert pairing.pair(late) is None
    assert code not in repr(pairing)


def test_who_pairs_next_takes_over() -> None:
    pairing = Pairing()
    first = pairing.pair(pairing.new_code())
    replaced = pairing.new_code()
    second = pairing.pair(pairing.new_code())
    assert first
    assert second
    assert pairing.pair(replaced) is None
    assert not pairing.knows(first.encode())
    assert pairing.knows(second.encode())


def test_pairing_needs_no_secret_but_everything_else(door: Door, app: Counting) -> None:
    assert request(door, path=PAIR_PATH, headers=flat(good(None)))[0]["status"] == 200
    for name in (b"host", b"origin", b"content-type"):
        assert request(door, path=PAIR_PATH, headers=flat(good(None) | {name: [b"x"]}))[0]["status"] == 403
    assert app.reached == 1
