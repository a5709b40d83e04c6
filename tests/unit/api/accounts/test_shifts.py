"""The person at a station's token proves the account beside it."""

from datetime import timedelta
from typing import Any

import pytest

from api.accounts.administration import disable_account
from api.accounts.second_factor import code_at
from api.audit import read_log
from tests.support.centre import Agent, World
from tests.support.staff import PASSWORD, Person, add_person


@pytest.fixture
def world(make: Any) -> World:
    """A centre that wants people proven."""
    made: World = make("two-tier", desk_accounts="proven")
    return made


@pytest.fixture
def lan(world: World) -> Person:
    return add_person(world, "lan", "TYT-1", "signer")


def begin(person: Person, **given: str) -> Any:
    body = {"account": person.account, "password": PASSWORD, "code": person.code, **given}
    return person.world.client.post("/v1/auth/shift", json=body)


def log_in(world: World, account: str, unit: str = "TYT-1", **more: str) -> tuple[int, str, Agent]:
    agent = Agent(world=world, key=world.keys[unit], account=account)
    challenge = agent.challenge()
    answer = agent.answer(challenge, **more)
    agent.bearer = answer.json().get("token", "")
    return answer.status_code, answer.json().get("code", ""), agent


def lease(agent: Agent) -> Any:
    return agent.post("/v1/signing/lease", {"layout": "x", "limit": 1}).json()["code"]


@pytest.mark.both_databases
def test_a_station_signs_as_who_was_proven(world: World, lan: Person) -> None:
    assert world.client.post("/v1/auth/ways", json={}).json() == {"person": "password"}
    assert log_in(world, "lan")[:2] == (401, "person-unproven")
    answer = begin(lan, account="LAN").json()
    assert (answer["account"], answer["unit"], answer["expires_at"]) == ("lan", "TYT-1", "2022-03-01T10:00:00Z")
    world.add_records(1)
    status, _, agent = log_in(world, "lan", shift=answer["shift"])
    assert status == 200
    assert agent.work()[0]["outcome"] == "accepted"
    status, _, again = log_in(world, "lan", shift=answer["shift"])  # once for the shift
    assert (status, lease(again)) == (200, "layout")
    acts = [(act.act, act.actor, act.reason) for act in read_log(world.engine, limit=20) if act.act == "login"]
    assert acts == [("login", "lan@TYT-1", "shift")] * 2
    assert world.client.post("/v1/auth/end-shift", json={"shift": answer["shift"]}).json() == {"ended": True}
    assert lease(agent) == lease(again) == "session-ended"
    assert log_in(world, "lan", shift=answer["shift"])[:2] == (401, "shift-ended")


def test_a_shift_is_one_persons_and_ends(world: World, lan: Person) -> None:
    hoa = add_person(world, "hoa", "TYT-1", "signer")
    shift = begin(lan).json()["shift"]
    assert log_in(world, "hoa", shift=shift)[:2] == (401, "shift-ended")
    assert log_in(world, "hoa", shift=hoa.bearer)[:2] == (401, "shift-ended")  # a session of the pages is none
    assert log_in(world, "hoa", shift="x")[:2] == (401, "shift-ended")
    assert log_in(world, "lan", "TYT-2", shift=shift)[:2] == (403, "account-not-signer")
    world.clock.forward(hours=7)
    _, _, agent = log_in(world, "lan", shift=shift)
    assert agent.post("/v1/signing/lease", {"layout": "x", "limit": 1}).json()["code"] == "layout"
    world.clock.forward(hours=1)
    assert lease(agent) == "session-ended"  # with the shift, though the token came an hour ago
    assert log_in(world, "lan", shift=shift)[:2] == (401, "shift-ended")


def test_a_shift_opens_nothing_else_and_outlives_no_account(world: World, lan: Person) -> None:
    shift = begin(lan).json()["shift"]
    bearer, lan.bearer = lan.bearer, shift
    assert lan.get("/v1/staff/me").json()["code"] == "staff-session-ended"
    lan.bearer = bearer
    assert world.client.post("/v1/auth/end-shift", json={"shift": bearer}).status_code == 200
    assert lan.get("/v1/staff/me").status_code == 200  # it ends shifts only
    _, _, agent = log_in(world, "lan", shift=shift)
    disable_account(world.centre, account="lan", by="root", reason="left")
    assert lease(agent) == "session-ended"


def test_guesses_are_slowed_down_as_at_the_log_in(world: World, lan: Person) -> None:
    for _ in range(3):
        assert begin(lan, password="another password").json()["code"] == "staff-login-refused"
    assert begin(lan).json()["code"] == "staff-login-paused"
    world.clock.forward(seconds=30)
    assert begin(lan).status_code == 200
    assert begin(lan).json()["code"] == "staff-login-refused"  # digits are good once, here and there
    later = code_at(lan.secret, world.clock() + timedelta(seconds=30))
    assert begin(lan, code=later).status_code == 200


def test_the_ministrys_hsm_works_without_a_person(world: World) -> None:
    add_person(world, "minh", "BYT", "signer")
    assert log_in(world, "minh", "BYT")[0] == 200


def test_where_a_name_is_enough_a_shift_is_taken_all_the_same(make: Any) -> None:
    world: World = make("two-tier")
    lan = add_person(world, "lan", "TYT-1", "signer")
    assert world.client.post("/v1/auth/ways", json={}).json() == {"person": "name"}
    assert log_in(world, "lan")[0] == 200
    assert log_in(world, "lan", shift=begin(lan).json()["shift"])[0] == 200
