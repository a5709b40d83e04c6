import base64
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from api.accounts.administration import (
    add_account,
    enable_account,
    list_accounts,
    move_account,
    reset_account,
    set_roles,
)
from api.accounts.proposals import approve, list_open, propose_token, propose_unit, reject
from api.accounts.staff import Staff
from api.audit import read_log
from api.errors import CentreError
from api.signing.enrolment import NewUnit, enrol_token
from api.store.schema import tokens, units
from tests.support.centre import World
from tests.support.softkeys import SoftKey, make_key
from tests.support.staff import Person, add_person

NEW = NewUnit(code="TYT-3", name="Trạm", kind="station", province="01", opened_on=date(2022, 1, 1), parent="TYT-1")


@pytest.fixture
def key() -> SoftKey:
    return make_key("ES256", common_name="SPECIMEN TYT-1 spare")


@pytest.fixture
def minister(world: World) -> Person:
    return add_person(world, "bo", "TYT-1", "ministry")


@pytest.fixture
def operator(world: World) -> Person:
    return add_person(world, "op", "TYT-1", "operator")


def refusal(call: Any, *args: Any, **given: Any) -> str:
    with pytest.raises(CentreError) as caught:
        call(*args, **given)
    return caught.value.code


def is_enrolled(world: World, key: SoftKey) -> bool:
    mine = select(tokens.c.unit).where(tokens.c.fingerprint == key.certificate.fingerprint)
    with world.engine.connect() as connection:
        return connection.execute(mine).one_or_none() is not None


def test_a_token_is_let_in_by_two_people(world: World, key: SoftKey, operator: Person, minister: Person) -> None:
    body = {"unit": "TYT-1", "certificate": base64.b64encode(key.certificate_der).decode()}
    made = operator.post("/v1/staff/proposals/token", body).json()
    assert (made["state"], made["made_by"]) == ("open", "op@TYT-1")
    assert not is_enrolled(world, key)
    assert [one["proposal_id"] for one in minister.get("/v1/staff/proposals").json()["proposals"]] == [
        made["proposal_id"]
    ]
    answer = minister.post("/v1/staff/proposals/approve", {"proposal_id": made["proposal_id"]}).json()
    assert (answer["state"], answer["decided_by"]) == ("approved", "bo@TYT-1")
    assert is_enrolled(world, key)
    acts = [(act.actor, act.act) for act in read_log(world.engine, limit=9, subject=made["subject"])]
    assert acts == [
        ("bo@TYT-1", "approve-token"),
        ("op@TYT-1", "enrol-authority"),
        ("op@TYT-1", "enrol-token"),
        ("op@TYT-1", "propose-token"),
    ]
    assert minister.get("/v1/staff/proposals").json() == {"proposals": []}


def test_a_unit_is_approved_by_two_people(world: World, operator: Person, minister: Person) -> None:
    body = {**dataclasses.asdict(NEW), "opened_on": "2022-01-01"}
    made = operator.post("/v1/staff/proposals/unit", body).json()
    with world.engine.connect() as connection:
        assert connection.execute(select(units).where(units.c.code == "TYT-3")).one_or_none() is None
    approve(world.centre, minister.staff, made["proposal_id"])
    with world.engine.connect() as connection:
        assert connection.execute(select(units.c.parent).where(units.c.code == "TYT-3")).scalar_one() == "TYT-1"
    assert refusal(propose_unit, world.centre, NEW, by="root") == "unit-exists"
    passport = dataclasses.replace(NEW, code="B1234567")  # no unit of the log is called like a person's document
    assert refusal(propose_unit, world.centre, passport, by="root") == "unit-form"


def test_nobody_approves_what_is_ones_own(world: World, key: SoftKey, minister: Person) -> None:
    for by in ("bo", "bo@TYT-1"):
        made = propose_token(world.centre, "TYT-1", key.certificate_der, by=by)
        assert refusal(approve, world.centre, minister.staff, made.proposal_id) == "second-person"
    assert not is_enrolled(world, key)


def test_who_may_not_decide(world: World, key: SoftKey, operator: Person, minister: Person) -> None:
    made = propose_token(world.centre, "TYT-1", key.certificate_der, by="root")
    elsewhere = add_person(world, "khac", "TYT-2", "ministry")
    assert refusal(approve, world.centre, operator.staff, made.proposal_id) == "role"
    clerk = add_person(world, "thu", "TYT-1", "clerk")
    assert refusal(reject, world.centre, clerk.staff, made.proposal_id) == "role"
    assert refusal(approve, world.centre, elsewhere.staff, made.proposal_id) == "place"
    assert refusal(reject, world.centre, elsewhere.staff, made.proposal_id) == "place"
    assert list_open(world.centre, elsewhere.staff) == ()
    assert refusal(approve, world.centre, minister.staff, "none") == "proposal-unknown"
    assert refusal(propose_token, world.centre, "TYT-1", key.certificate_der, by="x", staff=elsewhere.staff) == "place"
    assert refusal(propose_unit, world.centre, NEW, by="x", staff=elsewhere.staff) == "place"
    assert len(list_open(world.centre)) == 1


def test_a_unit_without_one_above_is_for_the_top_of_the_tree(world: World, minister: Person) -> None:
    root = dataclasses.replace(NEW, code="BYT-2", parent=None)
    below = Staff(account="x", unit="TYT-3", roles=frozenset({"ministry"}))
    approve(world.centre, minister.staff, propose_unit(world.centre, NEW, by="root").proposal_id)
    assert refusal(propose_unit, world.centre, root, by="x", staff=below) == "place"
    propose_unit(world.centre, root, by="x", staff=minister.staff)


def test_what_is_settled_stays_so(world: World, key: SoftKey, operator: Person, minister: Person) -> None:
    mine = propose_token(world.centre, "TYT-1", key.certificate_der, by=operator.staff.actor)
    assert reject(world.centre, operator.staff, mine.proposal_id).state == "rejected"
    assert refusal(reject, world.centre, operator.staff, mine.proposal_id) == "proposal-settled"
    assert refusal(approve, world.centre, minister.staff, mine.proposal_id) == "proposal-settled"
    late = propose_token(world.centre, "TYT-1", key.certificate_der, by="root")
    world.clock.forward(days=14)
    assert refusal(approve, world.centre, minister.staff, late.proposal_id) == "proposal-settled"
    assert list_open(world.centre) == ()


def test_what_changed_meanwhile_is_looked_at_again(world: World, key: SoftKey, minister: Person) -> None:
    made = [propose_token(world.centre, "TYT-1", key.certificate_der, by="root") for _ in range(2)]
    approve(world.centre, minister.staff, made[0].proposal_id)
    assert refusal(approve, world.centre, minister.staff, made[1].proposal_id) == "enrol-exists"
    assert [one.state for one in list_open(world.centre)] == ["open"]


@pytest.mark.both_databases
def test_a_proposal_is_approved_once(world: World, key: SoftKey, minister: Person) -> None:
    made = propose_token(world.centre, "TYT-1", key.certificate_der, by="root")

    def try_it(_number: int) -> str:
        try:
            return approve(world.centre, minister.staff, made.proposal_id).state
        except CentreError as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(try_it, range(4))) == ["approved", *["proposal-settled"] * 3]


def test_in_production_one_person_enrols_nothing(world: World, key: SoftKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.signing.enrolment.check_standing", lambda *_args, **_given: "own")
    monkeypatch.setattr("api.signing.enrolment._SPECIMEN", "nothing is one")
    settings = world.centre.settings.model_copy(update={"environment": "production"})
    given = {"settings": settings, "by": "root", "at": world.clock()}
    assert refusal(enrol_token, world.engine, "TYT-1", key.certificate_der, **given) == "enrol-two-people"
    assert not is_enrolled(world, key)
    centre = dataclasses.replace(world.centre, settings=settings)
    made = propose_token(centre, "TYT-1", key.certificate_der, by="root")
    approve(centre, add_person(world, "bo", "TYT-1", "ministry").staff, made.proposal_id)
    assert is_enrolled(world, key)


def in_production(world: World) -> Any:
    settings = world.centre.settings.model_copy(update={"environment": "production"})
    return dataclasses.replace(world.centre, settings=settings)


@pytest.mark.parametrize("change", ["add", "roles", "reset", "enable", "move"])
def test_who_decides_is_let_in_by_another_who_does(world: World, minister: Person, change: str) -> None:
    centre = in_production(world)
    if change == "add":
        waiting = add_account(centre, account="moi", unit="TYT-1", roles=("ministry",), by="root").waiting
    else:
        new = add_person(world, "moi", "TYT-1", "clerk" if change == "roles" else "ministry")
        waiting = {
            "roles": lambda: set_roles(centre, account="moi", roles=("ministry",), by="root"),
            "reset": lambda: reset_account(centre, account="moi", by="root", reason="x").waiting,
            "enable": lambda: enable_account(centre, account="moi", by="root", reason="x"),
            "move": lambda: move_account(centre, account="moi", unit="TYT-1", by="root"),
        }[change]()
        assert new.get("/v1/staff/me").status_code == 401
    assert waiting is not None
    itself = Staff(account="moi", unit="TYT-1", roles=frozenset({"ministry"}))
    assert refusal(approve, centre, itself, waiting.proposal_id) == "second-person"
    approve(centre, minister.staff, waiting.proposal_id)
    assert [one["disabled_at"] for one in list_accounts(centre, unit="TYT-1") if one["account"] == "moi"] == [None]


def test_what_is_agreed_to_is_what_was_proposed(world: World, minister: Person) -> None:
    centre = in_production(world)
    first = add_account(centre, account="moi", unit="TYT-1", roles=("ministry",), by="root").waiting
    second = reset_account(centre, account="moi", by="root", reason="x").waiting
    assert first is not None
    assert second is not None
    assert refusal(approve, centre, minister.staff, first.proposal_id) == "proposal-settled"
    approve(centre, minister.staff, second.proposal_id)


def test_who_decides_nothing_and_who_is_the_first_wait_for_nobody(world: World) -> None:
    centre = in_production(world)
    assert add_account(centre, account="dau", unit="BYT", roles=("ministry",), by="root").waiting is None
    assert add_account(centre, account="hai", unit="BYT", roles=("ministry",), by="root").waiting is None
    add_person(world, "bo", "BYT", "ministry")
    assert add_account(centre, account="thu", unit="TYT-1", roles=("clerk",), by="root").waiting is None
    assert add_account(centre, account="ba", unit="BYT", roles=("ministry",), by="root").waiting is not None
    assert add_account(world.centre, account="tu", unit="BYT", roles=("ministry",), by="root").waiting is None
