"""What is fetched from addresses in certificates, and what never is."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.errors import CentreError
from api.signing import fetching
from api.signing.fetching import fetch_answer, fetcher

Handle = Callable[[BaseHTTPRequestHandler], None]


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, Handle]
    asked: list[tuple[str, str, str | None, bytes]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, self.headers.get("Content-Type"), body))
        self.answers[self.path.partition("?")[0]](self)

    do_GET = do_POST = _answer  # noqa: N815 - their names there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


def say(status: int, body: bytes = b"", **headers: str) -> Handle:
    def handle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return handle


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    _Handler.asked = []
    _Handler.answers = {
        "/list": say(200, b"list"),
        "/away": say(302, Location="file:///etc/passwd"),
        "/none": say(404),
        "/long": say(200, b"x" * 2000),
        "/broken": hang_up,
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(server: ThreadingHTTPServer, path: str, question: bytes | None = None) -> bytes:
    return fetcher(allow_loopback=True)(f"http://127.0.0.1:{server.server_port}{path}", question)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(CentreError) as caught:
        act()
    return caught.value.code


def test_a_list_and_a_question(server: ThreadingHTTPServer) -> None:
    assert fetch(server, "/list?of=7") == b"list"
    assert fetch(server, "/list", b"question") == b"list"
    assert _Handler.asked == [
        ("GET", "/list?of=7", None, b""),
        ("POST", "/list", "application/ocsp-request", b"question"),
    ]


@pytest.mark.parametrize("path", ["/away", "/none", "/broken"])
def test_answers_that_are_none(server: ThreadingHTTPServer, path: str) -> None:
    assert refused(lambda: fetch(server, path)) == "fetch-failed"
    assert len(_Handler.asked) == 1  # a redirect leads nowhere


def test_an_answer_that_is_too_long_or_too_slow(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ALL_SECONDS", -1.0)
    assert refused(lambda: fetch(server, "/list")) == "fetch-failed"
    monkeypatch.setattr(fetching, "MAX_ANSWER", 1000)
    assert refused(lambda: fetch(server, "/long")) == "fetch-too-long"


@pytest.mark.parametrize(
    "address",
    ["ftp://127.0.0.1/x", "file:///etc/passwd", "ldap://ca.vn", "http://", "http://a@127.0.0.1/", "http://h:99999/"],
)
def test_addresses_of_other_kinds(address: str) -> None:
    assert refused(lambda: fetch_answer(address, None, allow_loopback=True)) == "fetch-address"


@pytest.mark.parametrize(
    "found",
    [
        "127.0.0.1",
        "10.0.0.7",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "0.0.0.0",  # noqa: S104 - refused
        "::ffff:10.0.0.7",
    ],
)
def test_machines_that_are_not_public(found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = socket.AF_INET6 if ":" in found else socket.AF_INET

    def look_up(*_: object, **__: object) -> list[object]:
        return [
            (family, socket.SOCK_STREAM, 6, "", (found, 80)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert refused(lambda: fetch_answer("http://ca.vn/list", None, allow_loopback=False)) == "fetch-address"


def test_loopback_is_for_development(server: ThreadingHTTPServer) -> None:
    address = f"http://127.0.0.1:{server.server_port}/list"
    assert refused(lambda: fetch_answer(address, None, allow_loopback=False)) == "fetch-address"
    assert _Handler.asked == []


def test_nobody_listens(server: ThreadingHTTPServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert refused(lambda: fetch_answer(address, None, allow_loopback=True)) == "fetch-failed"
