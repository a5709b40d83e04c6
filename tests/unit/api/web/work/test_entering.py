"""A complaint that is taken down at a counter, over HTTP."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.complaints.following import Followed, follow
from tests.support.citizens import SLIP, add_citizen
from tests.support.complaints import Tree
from tests.support.desk_world import Desks, make_desks
from tests.support.photos import photo, picture
from tests.support.staff import add_person

PLACE = "/work/complaints/new"
GIVEN = {"kind": "data-wrong", "statement": "Sai ngày sinh", "person_name": "Lê Thị Hạnh", "unit": "TYT-1"}


@pytest.fixture
def desks(tmp_path: Path) -> Desks:
    return make_desks(tmp_path)


def enter(desks: Desks, person: Any = None, files: Any = None, **given: str) -> Any:
    bearer = (person or desks.clerk).bearer
    headers = {"Origin": "http://testserver", "Accept-Language": "en"}
    browser = TestClient(desks.world.client.app, cookies={"staff": bearer}, headers=headers)
    return browser.post(PLACE, data=GIVEN | given, files=files)


def followed(desks: Desks, answer: Any) -> Followed:
    """By the number and secret that the page shows."""
    assert answer.status_code == 200
    number, secret = re.findall(r'<dd class="big code">([^<]+)</dd>', answer.text)
    return follow(desks.world.centre, number, secret)


def test_the_slip_ties_it_to_its_record(desks: Desks) -> None:
    record_id = add_citizen(desks.world)
    found = followed(desks, enter(desks, person_name="", record_id=record_id, claim_code=SLIP, grave="wrong-person"))
    row = Tree(world=desks.world).row(found.number)
    assert (row.record_id, row.grave, row.received_by) == (record_id, "wrong-person", "lan@TYT-1")


def test_conduct_of_another_unit_needs_no_name_and_goes_above(desks: Desks) -> None:
    conduct = {"kind": "conduct", "person_name": ""}
    own = enter(desks, **conduct)
    assert (own.status_code, 'id="new-unit-wrong"' in own.text) == (403, True)
    other = add_person(desks.world, "nam", "TYT-2", "clerk")
    assert followed(desks, enter(desks, other, **conduct)).unit == "XA-1"


def test_where_no_unit_is_known_the_commune_or_else_the_province_answers(desks: Desks) -> None:
    assert followed(desks, enter(desks, unit="", lives_in="TYT-1")).unit == "TYT-1"
    assert followed(desks, enter(desks, unit="")).unit == "BYT"


def test_a_photo_is_kept(desks: Desks) -> None:
    taken = {"photo": ("slip.jpg", photo(image=picture(16, 16)), "image/jpeg")}
    steps = followed(desks, enter(desks, files=taken)).steps
    assert "photo-added" in {step.event for step in steps}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"kind": "", "statement": "", "person_name": ""}, ["kind", "statement"]),
        ({"person_name": ""}, ["person_name"]),
        ({"unit": "NIRGENDS"}, ["unit"]),
        ({"lives_in": "NIRGENDS"}, ["lives_in"]),
        ({"record_id": "r00000001", "claim_code": "0"}, ["claim_code", "record_id"]),
        ({"accused": "x" * 201}, ["accused"]),
        ({"grave": "other"}, ["grave"]),
        ({"photo": ""}, ["photo"]),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    desks: Desks, given: dict[str, str], fields: list[str]
) -> None:
    files = {"photo": ("a.jpg", b"no picture", "image/jpeg")} if "photo" in given else None
    answer = enter(desks, files=files, **({} if files else given))
    assert answer.status_code in (404, 422)
    assert sorted(re.findall(r'id="new-(\w+)-wrong"', answer.text)) == fields
    assert all(text in answer.text for text in (GIVEN | given).values())


def test_a_visit_to_the_counter_ties_it_to_the_record_and_conduct_to_nobody(desks: Desks) -> None:
    record_id = add_citizen(desks.world, contact=None)
    headers = {"Origin": "http://testserver", "Accept-Language": "en"}
    browser = TestClient(desks.world.client.app, cookies={"staff": desks.clerk.bearer}, headers=headers)
    there = f"/work/counter/{record_id}/complaint"
    typed = {"kind": "data-wrong", "statement": "Sai ngày sinh", "unit": ""}
    over = browser.post(there, data=typed)
    assert (over.status_code, 'value="Sai ngày sinh"' in over.text) == (401, True)
    assert "The visit is over" in browser.get(there).text
    browser.post("/work/counter", data={"record_id": record_id, "purpose": "complaint"})
    assert "It is tied to this record." in browser.get(there).text
    refused = browser.post(there, data=typed | {"statement": ""})
    assert (refused.status_code, 'id="new-statement-wrong"' in refused.text) == (422, True)
    tree = Tree(world=desks.world)
    assert tree.row(followed(desks, browser.post(there, data=typed)).number).record_id == record_id
    conduct = typed | {"kind": "conduct", "unit": "CA-1", "record_id": record_id, "claim_code": "x"}
    row = tree.row(followed(desks, browser.post(there, data=conduct)).number)
    assert (row.record_id, row.named_unit, row.unit) == (None, "CA-1", "XA-1")
