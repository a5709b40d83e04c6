"""A complaint about conduct is invisible to the unit that it is about: through every route, list, count and command."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.app import access_of
from api.complaints.photos import clean_photo
from tests.support.centre import make_world
from tests.support.complaints import KIND, SLIP, Tree, plant
from tests.support.examples.complaints import EXAMPLES, PHOTO
from tests.support.matrix import name_of
from tests.support.photos import photo, picture
from tests.support.staff import add_person
from vaxseal.cli import app

SHOT = clean_photo(photo(image=picture(16, 16)))
GIVEN = {  # of each route that names a complaint, what makes it succeed for whoever may
    "read": {"purpose": "complaint"},
    "photo": {"purpose": "complaint", "photo_id": SHOT.sha256.hex()},
    "bring-photo": {"photo": PHOTO},
    "ask": {"question": "Khi nào?"},
    "bring-answer": {"answer": "Hôm qua"},
    "link": {"record_id": "r00000001"},
    "name": {"account": "minh"},
    "confirm": {"note": "Đã xử lý"},
    "told": {},
    "refuse": {"reason": "conduct-not-shown"},
    "pass-on": {"unit": "BYT", "why": "cấp trên"},
}


@pytest.fixture
def about_it(tree: Tree) -> tuple[Tree, str]:
    """A complaint about TYT-1, tied to one of its records."""
    tree.world.add_records(1)
    tree.slip("r00000001")
    opened = tree.open(KIND.CONDUCT, record_id="r00000001", claim_code=SLIP, photo=SHOT, accused="chị Lan")
    return tree, opened.number


def test_every_route_is_tried(tree: Tree) -> None:
    routes = {name_of(route): access_of(route) for route in tree.world.client.app.routes}  # type: ignore[attr-defined]
    numbered = {name for name in EXAMPLES if name.rsplit("/", 1)[1] in GIVEN}
    rest = {"POST /v1/complaints/enter", "POST /v1/complaints/list", "POST /v1/complaints/reasons"}
    assert numbered | rest | {"POST /v1/complaints/statistics"} == {
        name for name in routes if "/v1/complaints/" in name
    }


def test_no_route_shows_it_to_the_unit(about_it: tuple[Tree, str]) -> None:
    tree, number = about_it
    own = add_person(tree.world, "lan", "TYT-1", "clerk", "overseer")
    other = add_person(tree.world, "mai", "TYT-2", "clerk", "overseer")
    above = add_person(tree.world, "an", "SYT", "clerk", "overseer")
    unknown = "01-00000-00000"
    for route, given in GIVEN.items():
        answers = {
            (answer.status_code, answer.text)
            for person in (own, other)
            for asked in (number, unknown)
            for answer in [person.post(f"/v1/complaints/{route}", {"number": asked, **given})]
        }
        assert len(answers) == 1, route  # it and one that never was cannot be told apart
        assert next(iter(answers))[0] == 404
    for person in (own, other):
        for body in ({}, {"undecided": False}, {"unit": "TYT-1"} if person is own else {}):
            assert person.post("/v1/complaints/list", body).json()["complaints"] == []
        assert person.post("/v1/complaints/statistics", {}).json() == []
    assert tree.world.state("r00000001") == ("ready", None)
    (listed,) = above.post("/v1/complaints/list", {}).json()["complaints"]
    assert listed["number"] == number
    counts = {one["unit"]: one for one in above.post("/v1/complaints/statistics", {}).json()}
    assert (counts["TYT-1"]["conduct"], counts["TYT-1"]["received"], counts["SYT"]["open"]) == (1, 0, 1)
    for route, given in GIVEN.items():  # and whoever stands above does all of it
        answer = above.post(f"/v1/complaints/{route}", {"number": number, **given})
        assert answer.status_code == 200 or route in ("pass-on", "refuse"), (route, answer.text)


def test_no_command_shows_it_to_the_unit(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    tree = plant(world)
    opened = tree.open(KIND.CONDUCT, photo=SHOT)

    def run(*words: str, unit: str, code: int) -> Any:
        command = ["records", "complaint", *words, "--unit", unit, "--by", "lan", "--data", str(tmp_path), "--json"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    file = tmp_path / "a.jpg"
    file.write_bytes(photo())
    for words in (
        ("show", opened.number),
        ("photo", opened.number, SHOT.sha256.hex(), "--out", str(tmp_path / "out.jpg")),
        ("ask", opened.number, "Khi nào?"),
        ("answer", opened.number, "Hôm qua"),
        ("add-photo", opened.number, str(file)),
        ("link", opened.number, "r00000001"),
        ("name", opened.number, "minh"),
        ("pass-on", opened.number, "BYT", "--reason", "x"),
        ("confirm", opened.number, "--note", "Đã xử lý"),
        ("refuse", opened.number, "conduct-not-shown"),
        ("told", opened.number),
    ):
        unseen = run(*words, unit="TYT-1", code=1)
        assert unseen == run(words[0], "01-00000-00000", *words[2:], unit="TYT-1", code=1)
        assert unseen["error"] == "complaint-not-found"
    assert run("list", unit="TYT-1", code=0) == []
    assert run("statistics", unit="TYT-1", code=0) == []
    (listed,) = run("list", unit="SYT", code=0)
    assert listed["number"] == opened.number
