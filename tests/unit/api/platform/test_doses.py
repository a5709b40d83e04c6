"""Doses by the platform: each with an answer, none doubled, late ones told."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from api.platform.doses import enter_doses
from api.platform.late import count_late
from api.store.schema import audit, records
from api.store.schema_intake import entered_doses
from tests.support.centre import START, World
from tests.support.platform import Machine, add_machine, dose
from tests.support.together import together


@pytest.fixture
def machine(world: World) -> Machine:
    return add_machine(world)


def counted(world: World) -> int:
    with world.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(records)).scalar_one()


def results(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["results"]
    return found


@pytest.mark.both_databases
def test_every_dose_has_an_answer(world: World, machine: Machine) -> None:
    doses = [
        dose(1),
        dose(2, given_on="2022-02-26"),
        dose(3, id="x", id_number="001161000001"),
        dose(4, product="nước"),
        dose(5, unit="NOWHERE"),
        dose(6, sex="Nam", id_number="001161000001"),
    ]
    found = results(machine.post(*doses))
    assert [(one["id"], one["outcome"], one["code"], one["late_days"]) for one in found] == [
        ("d1", "accepted", None, 0),
        ("d2", "accepted", None, 3),
        ("x", "duplicate", None, 0),
        ("d4", "refused", "product-unknown", 0),
        ("d5", "refused", "unit-unknown", 0),
        ("d6", "refused", "person-conflict", 0),
    ]
    assert [one["late"] for one in found] == [False, True, False, False, False, False]
    assert found[3]["fields"] == ["product"]
    assert found[3]["sentence_vi"]
    assert found[0]["record"] == found[2]["record"]
    with world.engine.connect() as connection:
        kept = connection.execute(select(entered_doses).order_by(entered_doses.c.position)).all()
        act = connection.execute(select(audit).where(audit.c.act == "doses-entered")).one()
    assert [json.loads(row.document)["product"] for row in kept][3] == "nước"  # nothing that came in is lost
    assert [row.late_days for row in kept] == [0, 3, 0, 0, 0, 0]
    assert (act.actor, act.reason) == (
        f"platform:{machine.key_id}@BYT",
        "accepted 2, duplicate 1, refused 3, late 1",
    )
    assert count_late(world.engine, since=START.date()) == (
        {"unit": "TYT-1", "entered": 3, "late": 1, "longest_days": 3},
    )
    assert count_late(world.engine, since=START.date(), unit="TYT-2") == ()


@pytest.mark.both_databases
def test_the_same_request_again_has_the_same_answer_and_does_nothing(world: World, machine: Machine) -> None:
    first = machine.post(dose(1), dose(2))
    world.clock.forward(days=2)
    again = machine.post(dose(1), dose(2))
    assert results(again) == results(first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert counted(world) == 2
    other = machine.post(dose(1), name="request-2")
    assert [one["outcome"] for one in results(other)] == ["duplicate"]


def test_a_key_of_another_request(machine: Machine) -> None:
    machine.post(dose(1))
    refused = machine.post(dose(2))
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency-key-other")


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_identical_requests_at_once_make_one_of_each(world: World, machine: Machine) -> None:
    given = [(f"d{number}", {k: v for k, v in dose(number).items() if k != "id"}) for number in range(40)]
    platform = machine.platform
    calls = [
        partial(enter_doses, world.centre, platform, given, idempotency_key=f"same-or-not-{number % 4}")
        for number in range(16)
    ]
    with ThreadPoolExecutor(16) as pool:
        answers = together(pool, *calls)
    assert counted(world) == 40
    firsts = [answer for answer, again in answers if not again]
    assert len(firsts) == 4
    accepted = [one for answer in firsts for one in answer if one["outcome"] == "accepted"]
    assert len(accepted) == 40
    with world.engine.connect() as connection:
        stored = connection.execute(select(entered_doses.c.outcome, func.count()).group_by(entered_doses.c.outcome))
        assert {row[0]: row[1] for row in stored} == {"accepted": 40, "duplicate": 120}


def test_a_key_enters_for_its_part_of_the_tree_only(world: World) -> None:
    machine = add_machine(world, "TYT-1")
    found = results(machine.post(dose(1), dose(2, unit="TYT-2")))
    assert [(one["outcome"], one["code"]) for one in found] == [("accepted", None), ("refused", "unit-outside")]


@pytest.mark.parametrize("number", [0, 1001])
def test_one_to_a_thousand_doses(machine: Machine, number: int) -> None:
    response = machine.post(*(dose(each) for each in range(number)))
    assert (response.status_code, response.json()["code"]) == (422, "request-form")


@pytest.mark.parametrize(
    "change", [{"phone": "0912345678"}, {"dose_number": 1}, {"lot": "A\x00"}, {"full_name": "A" * 501}, {"id": ""}]
)
def test_what_has_not_the_form_of_a_dose(machine: Machine, change: dict[str, Any]) -> None:
    response = machine.post(dose(1) | change)
    assert (response.status_code, response.json()["code"]) == (422, "request-form")


def test_a_request_needs_a_name_and_its_doses_too(machine: Machine) -> None:
    assert machine.post(dose(1), name="short").status_code == 422
    assert machine.post(dose(1), dose(1)).json()["fields"] == ["doses.id"]
