"""What oversight is held against, as the operator types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.centre import World, make_world
from vaxseal.cli import app


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def run(world: World, *arguments: str, exit_code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["admin", *arguments, "--data", str(world.centre.settings.data)])
    assert done.exit_code == exit_code, done.output
    return done.stdout


def test_residents_hamlets_and_deadlines(world: World, tmp_path: Path) -> None:
    (record, *_) = world.add_records(1)
    file = tmp_path / "x.csv"
    file.write_text("unit,band,people\nTYT-1,18+,40\nTYT-1,old,1\n")
    assert json.loads(run(world, "residents", str(file), "--json", exit_code=1)) == {
        "changed": 1,
        "same": 0,
        "faults": [{"row": 3, "code": "band-unknown"}],
    }
    assert "row 3: band-unknown" in run(world, "residents", str(file), exit_code=1)
    file.write_text(f"record,hamlet\n{record},Thôn Hạ\n", "utf-8")
    assert json.loads(run(world, "hamlets", str(file), "--json")) == {"known": 1, "faults": 0}
    assert "1 records are known" in run(world, "hamlets", str(file))
    assert "2021-10-20  entered" in run(world, "deadlines")
    file.write_text("id,scope,task,due,owner\na,TYT-1,issued,2099-06-01,Trạm\n", "utf-8")
    (row,) = json.loads(run(world, "deadlines", str(file), "--json"))
    assert (row["scope"], row["due"]) == ("TYT-1", "2099-06-01")
    assert "issued     left 1: no-pace" in run(world, "deadlines", "--unit", "TYT-1")
    file.write_text("id,scope,task,due,owner\na,TYT-1,issued,soon,Trạm\n", "utf-8")
    run(world, "deadlines", str(file), exit_code=2)
    run(world, "deadlines", str(file), "--unit", "TYT-1", exit_code=2)


def test_counts_of_areas_are_verified(world: World) -> None:
    world.add_records(2)
    verify = ["records", "worklist", "verify", "--json", "--data", str(world.centre.settings.data)]
    kept = CliRunner().invoke(app, ["records", "worklist", "keep", "--data", str(world.centre.settings.data)])
    assert kept.exit_code == 0
    assert json.loads(CliRunner().invoke(app, verify).stdout)["areas"] == []
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE area_counts SET records = 9 WHERE measure = 'taken-in'")
    done = CliRunner().invoke(app, verify)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["areas"] == [{"key": ["counts", "TYT-1", "taken-in", ""], "kept": 9, "true": 2}]
