"""One complaint over HTTP, from the telephone and from the desk."""

import base64
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import PUBLIC, create_app
from api.complaints.sweep import sweep_complaints
from api.context import Centre
from api.limits import RateLimit
from tests.support.complaints import SLIP, Tree
from tests.support.photos import photo, png
from tests.support.staff import Person, add_person

BODY = {"kind": "data-wrong", "statement": "Sai ngày sinh", "person_name": "Nguyễn Thị Hồng Hạnh", "unit": "TYT-1"}


def citizen(tree: Tree, route: str, **body: Any) -> Any:
    return tree.world.client.post(f"/v1/citizen/complaints/{route}", json=body)


def desk(person: Person, route: str, **body: Any) -> Any:
    answer = person.post(f"/v1/complaints/{route}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_one_complaint_from_telephone_to_appeal(tree: Tree) -> None:
    (record_id,) = tree.world.add_records(1)
    tree.slip(record_id)
    shot = base64.b64encode(photo()).decode()
    opened = citizen(tree, "open", **BODY, record_id=record_id, claim_code=SLIP, photo=shot, contact="0912")
    assert opened.status_code == 200, opened.text
    mine = {name: opened.json()[name] for name in ("number", "secret")}
    number = {"number": mine["number"]}
    lan = add_person(tree.world, "lan", "TYT-1", "clerk")
    (listed,) = desk(lan, "list")["complaints"]
    assert (listed["number"], listed["record_id"], listed["overdue"]) == (mine["number"], record_id, False)
    read = desk(lan, "read", **number, purpose="complaint")
    assert read["texts"]["contact"] == "0912"
    picture = lan.post("/v1/complaints/photo", {**number, "purpose": "complaint", "photo_id": read["photos"][0]})
    assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["content-disposition"].startswith("attachment")
    desk(lan, "ask", **number, question="Mũi 2 ngày nào?")
    seen = citizen(tree, "follow", **mine).json()
    assert (seen["state"], seen["question"], seen["unit_name"]) == ("waiting", "Mũi 2 ngày nào?", "Đơn vị TYT-1")
    assert seen["pause_ends"] == "2022-03-04T02:00:00Z"
    assert citizen(tree, "answer", **mine, answer="5/10").json()["state"] == "open"
    assert len(desk(lan, "reasons")) == 14
    desk(lan, "refuse", **number, reason="dates-differ", note="Sổ ghi 6/10")
    desk(lan, "told", **number)
    seen = citizen(tree, "follow", **mine).json()
    assert (seen["refusal"], seen["note"]) == ("dates-differ", "Sổ ghi 6/10")
    assert seen["refusal_words"]["vi"] == "Ngày tiêm không khớp với sổ tiêm."
    assert seen["remedy"]["en"].startswith("Send a photo of the slip")
    assert seen["appeal_until"] == "2022-03-31T02:00:00Z"
    assert citizen(tree, "appeal", **mine, why="Phiếu ghi 5/10").json()["unit"] == "SYT"
    an = add_person(tree.world, "an", "SYT", "overseer")
    done = desk(an, "confirm", **number, note="Đã sửa", changes={"dose.2.given_on": "06/10/2021"})
    assert (done["proposed"], done["version"], done["record_state"]) == (False, 2, "ready")
    counts = {one["unit"]: one for one in desk(an, "statistics")}
    assert (counts["TYT-1"]["received"], counts["TYT-1"]["refused"]) == (1, {"dates-differ": 1})
    assert (counts["TYT-1"]["appealed"], counts["TYT-1"]["appeals_won"], counts["SYT"]["confirmed"]) == (1, 1, 1)
    assert counts["SYT"]["untold"] == 1
    assert [step["event"] for step in citizen(tree, "follow", **mine).json()["steps"]][-2:] == ["confirmed", "told"]
    assert "lan" not in citizen(tree, "follow", **mine).text  # of staff the citizen learns the unit


def test_at_the_counter(tree: Tree) -> None:
    lan = add_person(tree.world, "lan", "TYT-1", "clerk")
    opened = desk(lan, "enter", **BODY)
    assert citizen(tree, "follow", number=opened["number"], secret=opened["secret"]).status_code == 200
    shot = base64.b64encode(photo()).decode()
    desk(lan, "bring-photo", number=opened["number"], photo=shot)
    assert citizen(tree, "photo", number=opened["number"], secret=opened["secret"], photo=shot).status_code == 200
    assert citizen(tree, "withdraw", number=opened["number"], secret=opened["secret"]).json()["state"] == "withdrawn"


def test_a_citizen_chooses_among_open_units(tree: Tree) -> None:
    found = citizen(tree, "units", province="01").json()
    assert {one["unit"] for one in found} == {"BYT", "SYT", "TYT-1", "TYT-2"}
    assert {"unit": "SYT", "name": "Sở Y tế"} in found
    assert citizen(tree, "units", province="79").json() == []


def test_lists_are_read_in_pages(tree: Tree) -> None:
    lan = add_person(tree.world, "lan", "TYT-1", "clerk")
    numbers = [tree.open().number for _ in range(3)]
    page = desk(lan, "list", limit=2)
    rest = desk(lan, "list", limit=2, after=page["next"])
    assert sorted(one["number"] for one in page["complaints"] + rest["complaints"]) == sorted(numbers)
    assert rest["next"] is None


def test_photos_that_are_refused(tree: Tree) -> None:
    for data, status, code in (
        (b"GIF89a", 422, "photo-type"),
        (png(60_000, 60_000), 422, "photo-pixels"),
        (photo()[:-400], 422, "photo-damaged"),
        (photo() + bytes(5 * 1024 * 1024), 413, "photo-large"),
    ):
        answer = citizen(tree, "open", **BODY, photo=base64.b64encode(data).decode())
        found = answer.json()["code"]
        assert (answer.status_code, found) == (status, code) or (code, found) == ("photo-large", "request-form")
    assert citizen(tree, "open", **BODY, photo="no base64!").json()["code"] == "request-form"


def test_the_service_sweeps_by_itself(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, swept = tree.open(), threading.Event()

    def sweeping(centre: Centre) -> dict[str, int]:
        done = sweep_complaints(centre)
        swept.set()
        return done

    monkeypatch.setattr("api.background.sweep_complaints", sweeping)
    tree.world.clock.forward(hours=24)
    with TestClient(create_app(tree.world.centre)):
        assert swept.wait(10)
    assert tree.acts(opened.number)[-1] == ("warned", "TYT-1", "24")


def test_by_post_only_and_limited(tree: Tree) -> None:
    paths = sorted(path for path in PUBLIC if path.startswith("/v1/citizen/complaints/"))
    assert len(paths) == 7
    app = create_app(tree.world.centre)
    app.state.rate_limit = RateLimit(len(paths))
    client = TestClient(app)
    for path in paths:
        assert client.get(path).status_code == 405
        assert client.post(path, json={}).status_code == 422
    for path in paths:
        assert client.post(path, json={}).json()["code"] == "too-many-requests"
