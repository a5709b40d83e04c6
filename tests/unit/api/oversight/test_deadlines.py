"""Deadlines are rows; the forecast is the pace of the last week, and says when it cannot know."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

from api.errors import CentreError
from api.oversight.deadlines import Forecast, import_deadlines, look_ahead, read_deadlines
from api.oversight.residents import import_residents
from api.reconciliation.deliveries import import_deliveries
from api.states import RecordState
from api.store.moves import Move, move
from api.store.schema_oversight import SEEDS, TASKS, deadlines
from api.store.transactions import writing
from tests.support.centre import World
from tests.support.staff import add_person
from tests.unit.api.oversight.conftest import add, person

HEAD = "id,scope,task,due,owner\n"


def take_in(world: World, tmp_path: Path, *rows: str) -> int:
    path = tmp_path / "deadlines.csv"
    path.write_text(HEAD + "\n".join(rows), "utf-8")
    return import_deadlines(world.engine, path, by="test", at=world.clock())


def ahead(world: World, unit: str | None = None) -> dict[str, Forecast]:
    found = look_ahead(world.centre, person("BYT", "ministry"), unit)
    return {one.deadline.task: one for one in found}


def test_six_are_shipped(world: World) -> None:
    with world.engine.connect() as connection:
        found = read_deadlines(connection)
    days = ["2021-10-20", "2021-10-25", "2021-10-31", "2021-11-11", "2022-06-01", "2022-06-30"]
    assert [one.due.isoformat() for one in found] == days
    assert {seed["task"] for seed in SEEDS} < set(TASKS)


@pytest.mark.both_databases
def test_the_pace_of_the_week_says_when(world: World, tmp_path: Path) -> None:
    take_in(world, tmp_path, "a,*,issued,2022-03-20,Bộ", "b,SO-01,issued,2022-03-10,Sở", "c,TYT-2,mended,2022-03-01,T")
    for number in range(21):
        add(world, number, RecordState.READY)
    with writing(world.engine) as connection:
        moves = [Move(record_id=f"r{number:08d}", state="issued") for number in range(7)]
        move(connection, moves, at=world.clock())
    world.clock.forward(days=1)
    with world.engine.connect() as connection:
        assert [one.scope for one in read_deadlines(connection, ("*", "SO-01"))] == ["SO-01", "*"]
    late, in_time = look_ahead(world.centre, person("BYT", "ministry"), "TYT-1")
    assert (late.deadline.owner, late.done, late.left, late.a_day) == ("Sở", 7, 14, 1.0)
    assert (late.ready_on, late.late_days, late.outlook) == (date(2022, 3, 16), 6, "late")
    assert (in_time.late_days, in_time.outlook) == (-4, "in-time")
    world.clock.forward(days=30)
    assert [one.outlook for one in ahead(world).values()] == ["no-pace"]
    assert ahead(world, "TYT-2")["mended"].outlook == "done"


def test_every_task_is_told(world: World, tmp_path: Path) -> None:
    take_in(world, tmp_path, *(f"{task},*,{task},2022-03-01,Bộ" for task in TASKS))
    add(world, 1, RecordState.UNVERIFIABLE)
    add(world, 2, RecordState.AWAITING_MATCH)
    found = ahead(world)
    assert {task: one.left for task, one in found.items()} == {
        "entered": None,
        "mended": 1,
        "matched": 1,
        "complaints": 0,
        "issued": 2,
        "children": None,
        "boosters": None,
    }
    assert {one.outlook for one in found.values()} == {"unknown", "no-pace", "done"}
    (tmp_path / "residents.csv").write_text("unit,band,people\nTYT-1,18+,5\nTYT-1,5-11,2\n")
    import_residents(world.engine, tmp_path / "residents.csv", by="test", at=world.clock())
    (tmp_path / "deliveries.csv").write_text("unit,lot,product,doses,day\nTYT-1,ABW1234,Vaxzevria,10,2021-08-01\n")
    import_deliveries(world.engine, tmp_path / "deliveries.csv", by="test", at=world.clock())
    found = ahead(world, "TYT-1")
    assert (found["entered"].done, found["entered"].left) == (4, 6)
    assert (found["children"].left, found["boosters"].left) == (2, 5)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("a,*,issued,2022-3-20,Bộ", "due"),
        ("a,*,unheard,2022-03-20,Bộ", "task"),
        ("a,nowhere,issued,2022-03-20,Bộ", "scope"),
        ("a,*,issued,2022-03-20,", "owner"),
        (f"a,*,issued,2022-03-20,{'B' * 101}", "owner"),
        ("a,*,issued,2022-03-20,Bộ\na,*,mended,2022-03-20,Bộ", "id"),
    ],
)
def test_a_row_with_a_fault_changes_nothing(world: World, tmp_path: Path, row: str, field: str) -> None:
    with pytest.raises(CentreError, match="deadlines-form") as caught:
        take_in(world, tmp_path, row)
    assert caught.value.fields == (field,)
    with world.engine.connect() as connection:
        assert len(read_deadlines(connection)) == len(SEEDS)


def test_no_csv(world: World, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(CentreError, match="deadlines-form"):
        import_deadlines(world.engine, tmp_path / "x", by="test", at=world.clock())


def test_over_http(world: World) -> None:
    hoa = add_person(world, "hoa", "BYT", "ministry")
    found = hoa.post("/v1/oversight/deadlines", {}).json()["deadlines"]
    assert [one["task"] for one in found] == ["entered", "mended", "matched", "complaints", "issued", "children"]
    with writing(world.engine) as connection:
        connection.execute(deadlines.delete())
        connection.execute(insert(deadlines), [SEEDS[0]])
    assert len(hoa.post("/v1/oversight/deadlines", {}).json()["deadlines"]) == 1
