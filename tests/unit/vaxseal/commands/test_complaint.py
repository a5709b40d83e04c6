"""The commands of complaints, from the counter to the decision."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.centre import World, make_world
from tests.support.complaints import SLIP, Tree, plant
from tests.support.photos import photo, png
from vaxseal.cli import app


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    world: World = make_world(tmp_path)
    return plant(world)


def run(tree: Tree, *words: str, unit: str = "TYT-1", code: int = 0, by: str = "lan", **options: Any) -> Any:
    data = str(tree.world.centre.settings.data)
    place = [] if words[0] == "sweep" else ["--unit", unit, "--by", by]
    result = CliRunner().invoke(app, ["records", "complaint", *words, *place, "--data", data, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_from_the_counter_to_the_decision(tree: Tree, tmp_path: Path) -> None:
    (record_id,) = tree.world.add_records(1)
    shot = tmp_path / "slip.png"
    shot.write_bytes(photo("PNG"))
    opened = run(tree, "open", "data-wrong", "Sai lô", "--person", "Lê Thị Hạnh", "--photo", str(shot))
    number = opened["number"]
    (listed,) = run(tree, "list")
    assert (listed["number"], listed["state"], listed["unit"]) == (number, "open", "TYT-1")
    run(tree, "ask", number.lower(), "Lô nào?")
    run(tree, "answer", number, "ABX9999")
    run(tree, "add-photo", number, str(shot))  # the same one
    shown = run(tree, "show", number)
    assert shown["texts"] == {"statement": "Sai lô", "person_name": "Lê Thị Hạnh"}
    assert [one["text"] for one in shown["events"] if one["event"] == "answered"] == ["ABX9999"]
    out = tmp_path / "out.jpg"
    run(tree, "photo", number, shown["photos"][0], "--out", str(out))
    assert out.read_bytes()[:3] == b"\xff\xd8\xff"
    assert run(tree, "photo", number, "xyz", "--out", str(tmp_path / "b"), code=2)["error"] == "photo-form"
    run(tree, "link", number, record_id, "--grave", "wrong-person")
    run(tree, "name", number, "hoa")
    named = run(tree, "refuse", number, "blurred", by="hoa", code=1)
    assert named["error"] == "complaint-named"
    assert named["detail_vi"].startswith("Người được nêu tên")
    done = run(tree, "confirm", number, "--change", "dose.2.lot=ABX9999", "--note", "Đã sửa")
    assert (done["version"], done["state"], done["endings"]) == (2, "ready", 0)
    run(tree, "told", number)
    (counted,) = run(tree, "statistics")
    assert (counted["unit"], counted["confirmed"], counted["untold"]) == ("TYT-1", 1, 0)
    assert run(tree, "list") == []
    assert len(run(tree, "list", "--all")) == 1


def test_with_a_slip_and_for_another_unit(tree: Tree) -> None:
    (record_id,) = tree.world.add_records(1, unit="TYT-2")
    tree.slip(record_id)
    opened = run(tree, "open", "doses-missing", "Thiếu mũi 3", "--record", record_id, "--code", SLIP)
    assert opened["unit"] == "TYT-2"
    moved = run(tree, "open", "nothing-found", "Không có", "--person", "Lê Thị Hạnh", "--lives-in", "TYT-2")
    run(tree, "pass-on", moved["number"], "TYT-1", "--reason", "tiêm ở đó", unit="TYT-2")
    refused = run(tree, "refuse", opened["number"], "wrong-dose", unit="SYT")
    nothing = {"proposed": False, "version": None, "state": None, "endings": 0, "record": None}
    assert refused == {"number": opened["number"], **nothing}


def test_a_record_that_was_missing_is_entered(tree: Tree) -> None:
    number = run(tree, "open", "nothing-found", "Không có", "--person", "Lê An", by="hoa")["number"]
    said = ("full_name=Lê An", "date_of_birth=07/03/1961", "sex=Nam", "id_number=001061012345")
    dose = ("dose.1.given_on=05/10/2021", "dose.1.product=Pfizer", "dose.1.lot=FK0112")
    changes = [word for change in (*said, *dose) for word in ("--change", change)]
    book = ("--proof", "station-book", "--reference", "book 7, page 12", "--note", "Đã bổ sung")
    assert run(tree, "confirm", number, *changes, "--note", "x", code=1)["error"] == "complaint-proof"
    assert (
        run(tree, "confirm", number, *changes, "--note", "x", "--proof", "hearsay", code=2)["error"] == "proof-unknown"
    )
    persons = (*book[:2], "--reference", "001061012345", "--note", "x")
    assert run(tree, "confirm", number, *changes, *persons, code=2)["error"] == "proof-reference"
    done = run(tree, "confirm", number, *changes, *book)
    assert (done["version"], done["state"], done["proposed"]) == (1, "awaiting_match", False)
    assert tree.world.state(done["record"]) == ("awaiting_match", None)


def test_wrong_use_is_told_from_a_no(tree: Tree, tmp_path: Path) -> None:
    number = run(tree, "open", "data-wrong", "Sai", "--person", "A")["number"]
    assert run(tree, "open", "data-wrong", "Sai", code=1)["error"] == "complaint-person"
    assert run(tree, "open", "nonsense", "x", code=2)["error"] == "kind-unknown"
    assert run(tree, "refuse", number, "nonsense", code=2)["error"] == "reason-unknown"
    assert run(tree, "link", number, "r1", "--grave", "nonsense", code=2)["error"] == "grave-unknown"
    assert run(tree, "confirm", number, "--change", "x", "--note", "y", code=2)["error"] == "correction-form"
    assert run(tree, "add-photo", number, str(tmp_path / "none.jpg"), code=2)["error"] == "file"
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png(60_000, 60_000))
    assert run(tree, "add-photo", number, str(bomb), code=1)["error"] == "photo-pixels"
    missing = run(tree, "show", "01-00000-00000", code=1)
    assert (missing["error"], bool(missing["detail_vi"])) == ("complaint-not-found", True)


def test_what_is_due_is_done_at_once(tree: Tree) -> None:
    tree.open()  # on the first of March 2022
    assert run(tree, "sweep") == {"at-the-top": 1, "breached": 1, "escalated": 2, "warned": 2}
    assert run(tree, "sweep") == {}
