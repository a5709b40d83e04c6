"""Work lists on the server, for the operator."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from api.config import load_secret
from api.states import RecordState
from api.store.database import open_database
from api.store.records import write_versions
from api.store.schema_worklists import unit_counts
from api.store.transactions import writing
from tests.support.centre import new_version
from tests.support.intake import NOW, make_engine
from vaxseal.cli import app


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three records of a station, of which two are to be mended."""
    folder = tmp_path / "service"
    engine = make_engine(folder / "vaxseal.sqlite3")
    load_secret(folder)
    states = [(RecordState.READY, None), (RecordState.MISMATCHED, "register-mismatch:sex"), (RecordState.MERGED, None)]
    with writing(engine) as connection:
        versions = [
            replace(new_version(number, unit="01-0001", state=state), reason=reason, evidence=None)
            for number, (state, reason) in enumerate(states)
        ]
        write_versions(connection, versions, by="lan", why="import", at=NOW)
    return folder


def run(data: Path, *words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["records", "worklist", *map(str, words), "--data", str(data), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_lists_and_summary(data: Path) -> None:
    items = run(data, "list", "--unit", "01-0001")["items"]
    assert [item["work_class"] for item in items] == ["mismatch-sex", "merged"]
    (one,) = run(data, "list", "--unit", "01-0001", "--class", "merged")["items"]
    assert run(data, "list", "--unit", "01-0001", "--desk", "police") == {"items": [], "after": None}
    assert run(data, "list", "--unit", "01-0001", "--after", "x", code=2)["error"] == "page-after"
    assert run(data, "above", "--unit", "01-0001")["items"] == []
    (event,) = run(data, "history", one["record_id"])
    assert (event["by"], event["what"]) == ("lan", "version 1")
    assert run(data, "history", "nothing", code=1)["error"] == "record-unknown"
    found = run(data, "summary", "--unit", "01-0001")
    assert found["whole"]["totals"] == {"mismatch-sex": 1, "merged": 1, "ready": 1, "taken-in": 3}
    assert run(data, "rechecks", "--unit", "01-0001") == []
    whole = ("--unit", "01-0001", "--from", "2026-03-02", "--to", "2026-03-02")
    days = {day["measure"]: (day["desk"], day["came"], day["gone"]) for day in run(data, "days", *whole)}
    assert days == {
        "taken-in": ("", 3, 0),
        "ready": ("", 1, 0),
        "mismatch-sex": ("clerk", 1, 0),
        "merged": ("clerk", 1, 0),
    }
    assert run(data, "days", *whole[:4], "--to", "2026-03-01", code=2)["error"] == "days-range"
    assert run(data, "days", *whole[:4], "--to", "tomorrow", code=2)["error"] == "day-form"


def test_what_the_clock_does_and_whether_all_agrees(data: Path) -> None:
    kept = run(data, "keep")
    assert (kept["committed"], kept["raised"], kept["folded"]) == (2, 0, 8)
    assert run(data, "verify") == {"counts": [], "areas": [], "draws": {}}
    engine = open_database(data / "vaxseal.sqlite3")
    with writing(engine) as connection:
        connection.execute(update(unit_counts).values(records=7).where(unit_counts.c.measure == "ready"))
    (wrong,) = run(data, "verify", code=1)["counts"]
    assert (wrong["measure"], wrong["kept"], wrong["true"]) == ("ready", 7, 1)


def test_for_people(data: Path) -> None:
    for words in (["list"], ["above"], ["summary"], ["rechecks"]):
        result = CliRunner().invoke(app, ["records", "worklist", *words, "--unit", "01-0001", "--data", str(data)])
        assert result.exit_code == 0, result.output
    assert "HẠNH" not in result.output
