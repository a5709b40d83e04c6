"""The operator's and the auditor's commands about a running service, as typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.config import DATABASE_NAME
from api.retention import RULES
from tests.support.centre import START, World, make_world
from vaxseal.cli import app

PASSPHRASE = "một câu dài, dễ nhớ\n"
WEEK = ("--from", "2022-03-01", "--to", "2022-03-07")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A service whose station has worked, by day and by night."""
    folder = tmp_path / "service"
    folder.mkdir()
    world: World = make_world(folder)
    world.add_records(2)
    world.agent("TYT-1").work(1)
    world.clock.forward(hours=14)  # 23:00 in Viet Nam
    world.agent("TYT-1").work(1)
    assert (folder / DATABASE_NAME).exists()
    return folder


def run(data: Path, *arguments: object, typed: str = "") -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--data", str(data)], input=typed)


def answer(data: Path, *arguments: object, typed: str = "", exit_code: int = 0) -> Any:
    result = run(data, *arguments, "--json", typed=typed)
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_what_an_auditor_asks(data: Path) -> None:
    assert START.hour == 2  # nine in the morning in Viet Nam
    found = answer(data, "audit", "acts", "--unit", "TYT-1", *WEEK)
    acts = ["login", "lease-confirm", "confirm-signed"]
    assert [one["act"] for one in found["acts"]] == acts * 2
    token = found["acts"][0]["token"]
    for who in (("--token", token), ("--signer", "y.ta@TYT-1")):
        assert answer(data, "audit", "acts", *who, *WEEK) == found
    some = answer(data, "audit", "acts", "--unit", "TYT-1", *WEEK, "--limit", 2)
    assert (len(some["acts"]), some["following"]) == (2, some["acts"][-1]["sequence"])
    morning = ("--from", "2022-03-01T02:00:00Z", "--to", "2022-03-01T02:00:01Z")
    assert len(answer(data, "audit", "acts", "--unit", "TYT-1", *morning)["acts"]) == 3
    table = run(data, "audit", "acts", "--unit", "TYT-1", *WEEK, "--limit", 2)
    assert "go on with --after" in table.stdout
    for wrong, code in (
        (("--unit", "TYT-1", "--signer", "x"), "acts-of-one"),
        (("--token", "x"), "fingerprint-form"),
    ):
        assert answer(data, "audit", "acts", *wrong, *WEEK, exit_code=2)["error"] == code
    for day in ("1/2/2022", "2022-03-01T02:00:00"):
        assert answer(data, "audit", "unusual", "--from", day, "--to", day, exit_code=2)["error"] == "time-form"


def test_what_is_unusual(data: Path) -> None:
    (found,) = answer(data, "audit", "unusual", *WEEK, exit_code=1)
    assert (found["kind"], found["actor"], found["day"], found["count"]) == ("night", "y.ta@TYT-1", "2022-03-01", 2)
    assert "y.ta@TYT-1" in run(data, "audit", "unusual", *WEEK).stdout
    assert answer(data, "audit", "unusual", "--from", "2022-04-01", "--to", "2022-04-02") == []
    assert "Nothing unusual" in run(data, "audit", "unusual", "--from", "2022-04-01", "--to", "2022-04-02").stdout


def test_settings(data: Path) -> None:
    told = {one["name"]: one for one in answer(data, "admin", "config")}
    assert told["data"] == {"name": "data", "value": str(data), "origin": "command line"}
    assert told["mode"]["origin"] == "default"
    assert "command line" in run(data, "admin", "config").stdout


def test_a_backup_comes_to_life_elsewhere(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "today.backup"
    (data / "secret.key").chmod(0o600)
    made = answer(data, "admin", "backup", target, "--passphrase-stdin", "--by", "op", typed=PASSPHRASE)
    head = answer(data, "audit", "verify")
    assert head["rows"] == made["acts"] + 1
    other = tmp_path / "elsewhere"
    restored = answer(other, "admin", "restore", target, "--passphrase-stdin", typed=PASSPHRASE)
    assert restored == made
    assert answer(other, "audit", "verify")["hash"] == made["log_hash"]
    again = ("admin", "restore", target, "--passphrase-stdin")
    assert answer(other, *again, typed=PASSPHRASE, exit_code=2)["error"] == "restore-occupied"
    wrong = answer(tmp_path / "third", *again, typed="something else\n", exit_code=2)
    assert wrong["error"] == "backup-damaged"
    assert "a log of" in run(tmp_path / "fourth", *again, typed=PASSPHRASE).stdout


def test_what_was_kept_long_enough(data: Path) -> None:
    counted = answer(data, "admin", "retention", "--dry-run")
    assert [one["kind"] for one in counted] == [rule.kind for rule in RULES]
    by_table = {one["table"]: one["rows"] for one in counted}
    assert by_table["sessions"] == 1  # a log-in sweeps as well
    done = answer(data, "admin", "retention", "--run", "--by", "op")
    assert {one["table"]: one["rows"] for one in done} == by_table
    assert not any(one["rows"] for one in answer(data, "admin", "retention", "--dry-run"))
    assert answer(data, "admin", "retention", exit_code=2)["error"] == "retention-how"
    assert "would go" in run(data, "admin", "retention", "--dry-run").stdout


def test_the_doctor(data: Path) -> None:
    run(data, "admin", "init")  # notes the secret
    found = {one["check"]: one["grade"] for one in answer(data, "admin", "doctor")}
    assert found["secret"] == found["append-only log"] == "ok"
    (data / "secret.key").chmod(0o644)
    shown = run(data, "admin", "doctor")
    assert (shown.exit_code, "FAULT secret" in shown.stdout) == (1, True)
    (data / "secret.key").chmod(0o600)
