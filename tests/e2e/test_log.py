"""The log of acts, signed by the ministry's token through a real service; bent, and found out."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from certificates.profiles import to_pem
from tests.support.road import MINISTRY, Road, free_port
from tests.support.softhsm import GoldenTokens, golden_tokens
from vaxseal.cli import app

__all__ = ["golden_tokens"]  # a fixture


@pytest.fixture(params=["two-tier"])
def road(request: pytest.FixtureRequest, tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Road]:
    made = Road(folder=tmp_path, tokens=golden_tokens, mode=request.param, port=free_port())
    here(made, "admin", "init")
    here(made, "admin", "add-unit", MINISTRY, "--name", "Bộ Y tế", "--kind", "ministry", "--province", "01")
    for name, token in (("ministry", golden_tokens.rsa), ("other", golden_tokens.ec)):
        (tmp_path / f"{name}.pem").write_text(to_pem(token.certificate_der))
    here(made, "admin", "enrol", MINISTRY, str(tmp_path / "ministry.pem"))
    made.plug("ministry", golden_tokens.rsa)
    made.start()
    yield made
    made.stop()


def here(road: Road, *arguments: str, expect: int = 0) -> Any:
    """A command of the central machine, in this process."""
    done = CliRunner().invoke(app, [*arguments, "--data", str(road.folder / "data"), "--json"])
    assert done.exit_code == expect, done.output
    return json.loads(done.stdout)


def checkpoint(road: Road, *, expect: int = 0) -> Any:
    return road.answer(
        *("audit", "checkpoint", "--centre", road.centre, "--account", "minh", "--pin-stdin"),
        *("--file", str(road.folder / "checkpoints.txt"), "--journal", str(road.folder / "journal")),
        token="ministry",
        typed=road.pins["ministry"] + "\n",
        expect=expect,
    )


def verify(road: Road, root: str = "ministry", *, expect: int = 0) -> Any:
    kept = ("--checkpoints", str(road.folder / "checkpoints.txt"), "--root", str(road.folder / f"{root}.pem"))
    return here(road, "audit", "verify", *kept, expect=expect)


@pytest.mark.parametrize("road", ["station"], indirect=True)  # the other mode stands below
def test_checkpoints_and_what_they_find(road: Road) -> None:
    first = checkpoint(road)
    assert first["new"] == first["rows"] > 2
    assert checkpoint(road)["new"] == 2  # that the first one was left, and the second log-in
    whole = verify(road)
    assert (whole["checkpoints"], whole["signatures"], whole["covered"]) == (4, True, first["rows"] + 2)
    assert verify(road, "other", expect=1)["error"] == "checkpoint-signer"
    road.stop()
    with sqlite3.connect(road.folder / "data" / "vaxseal.sqlite3") as connection:
        for trigger in ("audit_delete", "audit_checkpoints_delete"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DELETE FROM audit_checkpoints")  # what the centre itself kept
        connection.execute("DELETE FROM audit WHERE sequence > 3")
    connection.close()
    assert here(road, "audit", "verify")["rows"] == 3
    assert verify(road, expect=1)["error"] == "audit-cut"
    road.start()
    assert checkpoint(road, expect=1)["error"] == "log-cut"


def test_what_is_cut_after_the_last_checkpoint_is_missed_by_whoever_saw_it(road: Road) -> None:
    checkpoint(road)
    journal = ("--journal", str(road.folder / "desk"))
    desk = (*("--units", str(road.folder / "units.json")), *journal)
    (road.folder / "units.json").write_text("[]")
    arguments = ("ministry", "sign", "--centre", road.centre, "--account", "minh", "--yes", "--pin-stdin", *desk)
    road.answer(*arguments, token="ministry", typed=road.pins["ministry"] + "\n")
    kept = road.folder / "ministry.txt"
    seen = here_alone("audit", "heads", "--centre", road.centre, "--out", str(kept), *journal)
    whole = here(road, "audit", "verify", "--witness", str(kept))
    assert [(one["witness"], one["confirmed"]) for one in whole["witnesses"]] == [("ministry.txt", seen["heads"])]
    assert seen["newest"] == whole["rows"] > whole["covered"] > 0

    made_up = road.folder / "witnesses"
    made_up.mkdir()
    line = kept.read_text().splitlines()[-1].split(" ")
    for name, row, digest in (("liar.txt", str(int(line[1]) + 3), line[2]), ("fool.txt", line[1], "00" * 32)):
        (made_up / name).write_text(" ".join([line[0], row, digest, *line[3:]]) + "\n")
    lied = here(road, "audit", "verify", "--witness", str(made_up), "--witness", str(kept), expect=1)
    assert lied["error"] == "witness-unproven"
    assert [(one["witness"], [said["code"] for said in one["against"]]) for one in lied["witnesses"]] == [
        ("fool.txt", ["witness-unproven"]),
        ("liar.txt", ["witness-unproven"]),
        ("ministry.txt", []),
    ]
    assert "liar.txt" in lied["detail"]
    assert "ministry.txt" not in lied["detail"]

    with sqlite3.connect(road.folder / "data" / "vaxseal.sqlite3") as connection:
        connection.execute("DROP TRIGGER audit_delete")
        connection.execute("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)")
    connection.close()
    assert verify(road)["rows"] == whole["rows"] - 1  # no checkpoint knows of it
    found = here(road, "audit", "verify", "--witness", str(made_up), "--witness", str(kept), expect=1)
    assert found["error"] == "audit-cut"
    assert f"ministry.txt was given row {whole['rows']} " in found["detail"]
    told = road.answer(
        *("audit", "checkpoint", "--centre", road.centre, "--account", "minh", "--pin-stdin"),
        *("--file", str(road.folder / "checkpoints.txt"), *journal),
        token="ministry",
        typed=road.pins["ministry"] + "\n",
        expect=1,
    )
    assert told["error"] == "log-rewritten"  # the log-in of this command took the place of what was cut


def here_alone(*arguments: str) -> Any:
    """A command that needs no service."""
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)
