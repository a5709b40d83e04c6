"""The page's server by raw sockets: what a browser would never send."""

import json
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from hsm.tokens import TokenSelector
from signer.desk.serving import Desk
from signer.desk.sitting import DeskSettings
from signer.errors import AgentError
from vaxseal.opening import begin


def desk_in(folder: Path, port: int = 0) -> Desk:
    settings = DeskSettings(
        centre="https://centre.example.vn",
        account="lan",
        mode="two-tier",
        journal=folder / "batches",
        receipts=folder / "receipts",
        limit=10,
        vietnamese=lambda code: "",
        choose=lambda stored: (),
        begin=partial(begin, may_be_offline=False),
        check=lambda agent, session: None,
    )
    return Desk(settings, [], TokenSelector(), port=port, report=lambda: {"findings": []})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as made:
        yield made


def port_of(desk: Desk) -> int:
    return int(desk.origin.rpartition(":")[2])


def say(desk: Desk, *lines: str, body: str = "") -> tuple[int, str]:
    """Status and body of one raw request; %H and %O in it are the desk's host and origin."""
    head = "\r\n".join(lines).replace("%H", desk.origin.removeprefix("http://")).replace("%O", desk.origin)
    with socket.create_connection(("127.0.0.1", port_of(desk)), timeout=10) as line:
        line.sendall(f"{head}\r\nConnection: close\r\n\r\n{body}".encode())
        said = b""
        while part := line.recv(65_536):
            said += part
    answer, _, rest = said.decode().partition("\r\n\r\n")
    return int(answer.split()[1]), rest


def paired(desk: Desk) -> str:
    code = desk.new_page().partition("#")[2]
    body = json.dumps({"code": code})
    status, answer = say(
        desk,
        "POST /api/pair HTTP/1.1",
        "Host: %H",
        "Origin: %O",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        body=body,
    )
    assert status == 200
    return str(json.loads(answer)["secret"])


def test_the_page_listens_on_loopback_alone(desk: Desk) -> None:
    assert desk.origin.startswith("http://127.0.0.1:")
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port_of(desk)), timeout=1):
        pass


def test_a_page_is_paired_and_its_secret_opens(desk: Desk) -> None:
    secret = paired(desk)
    headers = ("Host: %H", "Origin: %O", "Content-Type: application/json", "Content-Length: 11")
    assert say(desk, "POST /api/news HTTP/1.1", *headers, body='{"after":0}')[0] == 401
    status, answer = say(desk, "POST /api/news HTTP/1.1", *headers, f"X-Vaxseal-Desk: {secret}", body='{"after":0}')
    assert (status, json.loads(answer)["stage"]) == (200, "log-in")


@pytest.mark.parametrize("origin", ["%O", "http://evil.example", "null"])
@pytest.mark.parametrize("path", ["/", "/api/news", "/api/sign"])
def test_a_websockets_handshake_is_refused(desk: Desk, origin: str, path: str) -> None:
    secret = paired(desk)
    status, _ = say(
        desk,
        f"GET {path} HTTP/1.1",
        "Host: %H",
        f"Origin: {origin}",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"X-Vaxseal-Desk: {secret}",
    )
    assert status == 403


@pytest.mark.parametrize(
    "lines",
    [
        ("GET / HTTP/1.0",),
        ("GET / HTTP/1.1", "Host: localhost"),
        ("GET http://127.0.0.1/ HTTP/1.1", "Host: evil.example"),
        ("GET /%2e%2e/secret HTTP/1.1", "Host: %H"),
        ("POST /api/news HTTP/1.1", "Host: %H", "Origin: %O", "Transfer-Encoding: chunked"),
        ("OPTIONS /api/news HTTP/1.1", "Host: %H", "Origin: http://evil.example"),
    ],
)
def test_strange_requests_get_nothing(desk: Desk, lines: tuple[str, ...]) -> None:
    status, body = say(desk, *lines)
    assert status in (400, 403)
    assert "html" not in body


def test_a_port_that_is_taken_is_told(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(AgentError) as error:
        desk_in(tmp_path, port_of(desk))
    assert error.value.code == "port-taken"
