"""What keeps the service from starting, and what ends its processes. That it runs: tests/e2e/test_serve.py."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog.testing
from pydantic import SecretStr

from api.config import Settings
from api.errors import CentreError
from api.server import open_centre, run_server
from api.serving import KEEP_ALIVE, _bind, _end_with_parent, _options, make_app, serve_alone, serve_together
from signer.client import KEPT
from tests.support.databases import postgres

NOWHERE = "192.0.2.1"  # of documents; no machine has it


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_agents_drop_an_unused_connection_before_the_service_does(tmp_path: Path) -> None:
    """Else a request meets the closing door: it looked like a centre that is away, in a rush, after a pause of 5 s."""
    assert _options(Settings(data=tmp_path))["timeout_keep_alive"] == KEEP_ALIVE > 2 * KEPT


def test_several_workers_need_postgresql(tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="workers-sqlite"):
        run_server(config=None, data=tmp_path, workers=2)


def test_an_address_that_is_taken_or_not_ours(tmp_path: Path, taken: int) -> None:
    open_centre(tmp_path).engine.dispose()
    for host, port in (("127.0.0.1", taken), (NOWHERE, 8080)):
        with pytest.raises(CentreError, match=f"address-taken: {host}:{port} cannot be listened on"):
            serve_alone(Settings(data=tmp_path, host=host, port=port, tls_in_front=True, centre_url="https://c.vn"))
    with pytest.raises(CentreError, match=f"address-taken: 127.0.0.1:{taken} "):
        serve_alone(Settings(data=tmp_path, port=_free(), metrics_port=taken))


def test_several_workers_at_an_address_that_is_taken(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # given back as it was
    address = postgres().address(postgres().new_database())
    monkeypatch.setenv("VAXSEAL_DATABASE_URL", address)
    open_centre(tmp_path, make=True).engine.dispose()
    settings = Settings(data=tmp_path, port=taken, workers=2, database_url=SecretStr(address))
    with pytest.raises(CentreError, match="address-taken"):
        serve_together(settings)


def test_a_process_ends_with_the_one_that_watches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    class Parent:
        def join(self) -> None:
            told.append("gone")

    monkeypatch.setattr("api.serving.multiprocessing.parent_process", Parent)
    monkeypatch.setattr("api.serving.signal.raise_signal", told.append)
    _end_with_parent()
    assert told == ["gone", signal.SIGTERM]


def test_a_process_that_cannot_begin_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("api.serving.threading.Thread.start", lambda _: None)
    monkeypatch.setattr("api.serving.set_up_logs", lambda: None)
    away = SecretStr(f"postgresql+psycopg://somebody:hidden@127.0.0.1:{_free()}/x")
    with structlog.testing.capture_logs() as said, pytest.raises(SystemExit):
        make_app(Settings(data=tmp_path, database_url=away))
    (line,) = said
    assert (line["event"], line["kind"], line["code"]) == ("process-failed", "CentreError", "database-unreachable")
    assert "hidden" not in str(line) + capsys.readouterr().err


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_small_answers_go_at_once() -> None:
    """asyncio sets TCP_NODELAY on what a socket accepts only where that names its protocol."""
    with _bind("127.0.0.1", 0) as address:
        assert address.proto == socket.IPPROTO_TCP
