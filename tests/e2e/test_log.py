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


@pytest.fixture
def road(tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Road]:
    made = Road(folder=tmp_path, tokens=golden_tokens, mode="two-tier", port=free_port())
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
