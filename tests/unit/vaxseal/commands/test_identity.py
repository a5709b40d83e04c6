"""The register over https, and the outbox, by the commands."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from api.audit import verify_log
from api.identity.outbox import put
from api.server import open_store
from api.store.records import stored_record
from api.store.schema import records
from api.store.transactions import writing
from tests.support.intake import make_engine, row, take, write_csv
from tests.support.register_server import RegisterServer, register_server
from vaxseal.cli import app
from vaxseal.console import now

HONG = "001161012345,Nguyễn Thị Hồng,1961-03-07,F,"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterServer]:
    with register_server(tmp_path_factory.mktemp("register")) as running:
        yield running


@pytest.fixture
def data(server: RegisterServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service with one record, whose settings name the register."""
    for name, value in server.settings().items():
        monkeypatch.setenv(f"VAXSEAL_{name.upper()}", str(value))
    folder = tmp_path / "service"
    take(make_engine(folder / "vaxseal.sqlite3"), write_csv(tmp_path / "a.csv", row()))
    return folder


def run(data: Path, *words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [*words, "--data", str(data), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_matching_over_https_goes_on_where_it_stopped(server: RegisterServer, data: Path) -> None:
    server.entries(HONG)
    server.behave(text="no")
    stopped = run(data, "records", "match", code=1)
    assert (stopped["stopped"], stopped["unanswered"], stopped["asked"]) == ("partner-answer", 1, 0)
    server.behave()
    assert run(data, "records", "match", "--register", server.url)["states"] == {"ready": 1}
    assert run(data, "records", "match", "--register", "https://", code=2)["error"] == "settings"


def test_a_run_that_was_killed_goes_on_behind_its_last_answer(
    server: RegisterServer, data: Path, tmp_path: Path
) -> None:
    numbers = [f"001161{number:06}" for number in range(449)]
    engine = open_store(data)
    take(engine, write_csv(tmp_path / "b.csv", *(row(id=number) for number in numbers)))
    server.entries(*(HONG.replace("001161012345", number) for number in numbers[:300]))
    server.behave(slow=0.3)  # a batch of 200
    command = [sys.executable, "-m", "vaxseal", "records", "match", "--data", str(data), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as killed:
        while server.asked < 2:
            assert killed.poll() is None
            time.sleep(0.02)
        killed.kill()
    with engine.connect() as connection:
        waiting = select(func.count()).where(records.c.state == "awaiting_match")
        assert connection.execute(waiting).scalar_one() == 250
    server.behave()
    done = run(data, "records", "match")
    assert (done["asked"], done["stopped"], server.asked) == (250, None, 2)
    with engine.connect() as connection:
        states = connection.execute(select(records.c.state, func.count()).group_by(records.c.state)).all()
    assert {tuple(state) for state in states} == {("ready", 300), ("unverifiable", 150)}
    verify_log(engine)
    engine.dispose()


def test_a_message_that_is_stuck(server: RegisterServer, data: Path) -> None:
    engine = open_store(data)
    with writing(engine) as connection:
        stored = stored_record(connection.execute(select(records)).one())
        put(connection, [stored], ["platform"], basis="police", at=now())
    engine.dispose()
    server.behave(status=422)
    answer = run(data, "admin", "outbox", "--deliver", code=1)
    assert answer["sent"] == {"delivered": 0, "failed": 0, "refused": 1}
    (stuck,) = answer["stuck"]
    assert (stuck["target"], stuck["state"], stuck["reason"]) == ("platform", "refused", "partner-refused")
    server.behave()
    assert run(data, "admin", "outbox", "--retry", stuck["message"], "--deliver")["sent"]["delivered"] == 1
    assert run(data, "admin", "outbox", "--retry", stuck["message"], code=2)["error"] == "message-unknown"
    assert run(data, "admin", "outbox", "--set-aside", stuck["message"], code=2)["error"] == "outbox-reason"
    assert run(data, "admin", "outbox")["messages"][0]["state"] == "delivered"
