"""Ways of sending: a gateway, a mail server with STARTTLS, a terminal; and what becomes of a message."""

import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.app import create_app
from api.citizens.contacts import Contact, read_contact
from api.citizens.entering import enter_by_code
from api.citizens.senders import Console, Mail, Sms, senders_of
from api.citizens.sending import send_codes
from api.config import load_settings
from api.errors import CentreError
from api.store.schema_citizens import citizen_tickets
from tests.support.centre import World
from tests.support.citizens import Post, add_app, add_citizen, id_number
from tests.support.together import together

TO = Contact(channel="email", address="hanh@example.vn")


class Partner:
    """What a gateway was sent; with an error it refuses."""

    def __init__(self, error: CentreError | None = None) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.error = error

    def post(self, path: str, body: Any) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        self.sent.append((path, body))
        return {}


def test_a_gateway_gets_number_and_text() -> None:
    partner = Partner()
    Sms(gateway=partner).send(read_contact("0912 345 678"), "1234 5678", "vi")  # type: ignore[arg-type]
    assert partner.sent == [("/v1/messages", {"to": "+84912345678", "text": "1234 5678"})]
    away = Sms(gateway=Partner(CentreError("partner-away")))  # type: ignore[arg-type]
    with pytest.raises(CentreError, match="message-failed: partner-away"):
        away.send(TO, "x", "vi")


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[tuple[int, list[bytes], ssl.SSLContext]]:
    """One conversation of SMTP with STARTTLS; what came, and who to trust."""
    from tests.support.register_server import make_keys

    make_keys(tmp_path)
    received: list[bytes] = []
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        thread = threading.Thread(target=_converse, args=(listening, served, received), daemon=True)
        thread.start()
        yield listening.getsockname()[1], received, ssl.create_default_context(cafile=tmp_path / "ca.pem")
        thread.join(20)


def _converse(listening: socket.socket, served: ssl.SSLContext, received: list[bytes]) -> None:
    plain, _ = listening.accept()
    plain.settimeout(20)
    place, lines, data = plain, plain.makefile("rb"), False
    place.sendall(b"220 ready\r\n")
    while line := lines.readline():
        word = line[:4].upper()
        if data:
            received.append(line)
            if line == b".\r\n":
                data = False
                place.sendall(b"250 taken\r\n")
        elif word == b"EHLO":
            place.sendall(b"250-here\r\n250 STARTTLS\r\n")
        elif word == b"STAR":
            place.sendall(b"220 go\r\n")
            place = served.wrap_socket(plain, server_side=True)
            lines = place.makefile("rb")
        elif word == b"DATA":
            data = True
            place.sendall(b"354 go on\r\n")
        else:
            place.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                break
    place.close()


def test_mail_goes_by_starttls(mail_server: tuple[int, list[bytes], ssl.SSLContext]) -> None:
    port, received, context = mail_server
    mail = Mail(host="127.0.0.1", port=port, sender="no-reply@example.vn", user=None, password=None, context=context)
    mail.send(TO, "1234 5678 là mã của bạn", "vi")
    text = b"".join(received)
    assert b"To: hanh@example.vn" in text
    assert b"From: no-reply@example.vn" in text


def test_a_mail_server_that_is_away_is_a_failure_without_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    mail = Mail(host="127.0.0.1", port=port, sender="a@example.vn", user=None, password=None)
    with pytest.raises(CentreError) as caught:
        mail.send(TO, "1234 5678", "vi")
    assert (caught.value.code, "hanh" in str(caught.value)) == ("message-failed", False)


def test_a_terminal_shows_the_code_and_not_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(TO, "1234 5678", "vi")
    assert capsys.readouterr().err == "[email h…@example.vn] 1234 5678\n"


def test_the_service_sends_by_itself(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world: World = make("two-tier", citizen_console=True)
    add_citizen(world)
    key, sent = add_app(world).key, queue.Queue[str]()
    monkeypatch.setattr(Console, "send", lambda _self, _to, text, _language: sent.put(text))
    headers = {"X-App-Key": key, "Idempotency-Key": "request-1"}
    with TestClient(create_app(world.centre)) as client:
        client.post("/v1/citizen/enter/send-code", json={"id_number": id_number(1)}, headers=headers)
        assert "là mã xem giấy chứng nhận" in sent.get(timeout=20)


def test_which_ways_a_deployment_has(world: World, tmp_path: Path) -> None:
    def ways(**given: Any) -> list[str]:
        return sorted(senders_of(load_settings(data=tmp_path, **given), world.engine, world.clock))

    assert ways() == []
    assert ways(citizen_console=True) == ["email", "sms"]
    assert ways(sms_address="http://127.0.0.1:1") == ["sms"]
    assert ways(smtp_host="127.0.0.1", smtp_from="a@example.vn", smtp_password="drawn-4711") == ["email"]
    with pytest.raises(CentreError, match="settings"):
        ways(citizen_console=True, environment="production")


def test_what_cannot_be_sent_is_forgotten_and_asked_for_again(world: World) -> None:
    add_citizen(world)
    app = add_app(world)
    app.ask(id_number=id_number(1))
    assert send_codes(world.centre, {}) == (0, 1)
    with world.engine.connect() as connection:
        row = connection.execute(select(citizen_tickets)).one()
    assert (row.state, row.message) == ("failed", b"")
    app.ask(id_number=id_number(1))
    world.clock.forward(minutes=10)
    assert send_codes(world.centre, {"sms": Post()}) == (0, 0)  # too late to be of use


@pytest.mark.both_databases
def test_at_the_same_moment_a_code_is_sent_once_and_opens_one_session(world: World) -> None:
    add_citizen(world)
    app, post = add_app(world), Post()
    ticket = app.ask(id_number=id_number(1)).json()["ticket"]
    with ThreadPoolExecutor(4) as pool:
        together(pool, *[lambda: send_codes(world.centre, {"sms": post})] * 4)
        ((_, text),) = post.sent

        def enter() -> bool:
            try:
                enter_by_code(world.centre, ticket, text[:9], app=app.key_id)
            except CentreError:
                return False
            return True

        assert sum(together(pool, *[enter] * 4)) == 1
