"""Where a person may act: the dated tree of units, with those that were closed and their successors."""

from datetime import date
from typing import Any

import pytest

from api.accounts.administration import move_account
from api.accounts.staff import Staff, refuse_place, units_above, working_unit
from api.errors import CentreError
from api.signing.enrolment import add_unit, close_unit
from tests.support.centre import Agent, World
from tests.support.staff import add_person


@pytest.fixture
def tree(world: World) -> World:
    """BYT above TINH above XA-1 and XA-2; XA-3 below it opens later."""
    for code, parent, opened in (
        ("TINH", "BYT", date(2020, 1, 1)),
        ("XA-1", "TINH", date(2020, 1, 1)),
        ("XA-2", "TINH", date(2020, 1, 1)),
        ("XA-3", "TINH", date(2022, 3, 2)),
    ):
        add_unit(
            world.engine,
            code=code,
            name=code,
            kind="station",
            province="01",
            parent=parent,
            opened_on=opened,
            by="test",
            at=world.clock(),
        )
    return world


def close(world: World, unit: str, successor: str) -> None:
    close_unit(
        world.engine, code=unit, successor=successor, closed_on=world.clock().date(), by="test", at=world.clock()
    )


def may(world: World, at: str, unit: str) -> bool:
    staff = Staff(account="a", unit=at, roles=frozenset({"overseer"}))
    try:
        with world.engine.connect() as connection:
            refuse_place(connection, staff, unit)
    except CentreError:
        return False
    return True


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")


def test_a_person_acts_at_the_own_unit_and_below(tree: World) -> None:
    for at, unit in (("XA-1", "XA-1"), ("TINH", "XA-1"), ("BYT", "XA-2"), ("BYT", "BYT")):
        assert may(tree, at, unit), (at, unit)
    for at, unit in (("XA-1", "XA-2"), ("XA-1", "TINH"), ("TINH", "BYT"), ("TINH", "TYT-1"), ("BYT", "NONE")):
        assert not may(tree, at, unit), (at, unit)


def test_a_closed_unit_stands_where_its_successor_stands(tree: World) -> None:
    close(tree, "XA-1", "TYT-1")
    assert may(tree, "TYT-1", "XA-1")
    assert not may(tree, "TINH", "XA-1")
    close(tree, "TYT-1", "XA-2")
    assert may(tree, "XA-2", "XA-1")
    assert may(tree, "TINH", "XA-1")
    with tree.engine.connect() as connection:
        assert units_above(connection, "XA-1") == ("XA-1", "TYT-1", "XA-2", "TINH", "BYT")
        assert [working_unit(connection, unit) for unit in ("XA-1", "XA-2")] == ["XA-2", "XA-2"]


def test_a_ring_of_successors_ends(tree: World) -> None:
    with tree.engine.connect() as connection:
        assert working_unit(connection, "XA-1") == "XA-1"
    close(tree, "XA-1", "XA-2")
    with pytest.raises(CentreError, match="unit-successor"):
        close(tree, "XA-2", "XA-1")


def test_nobody_works_for_a_unit_that_is_closed_or_not_open_yet(tree: World) -> None:
    person = add_person(tree, "thu", "XA-1", "clerk")
    assert person.get("/v1/staff/me").status_code == 200
    close(tree, "XA-1", "XA-2")
    assert code(person.get("/v1/staff/me")) == (403, "unit-closed")
    assert code(person.log_in()) == (403, "unit-closed")
    move_account(tree.centre, account="thu", unit="XA-2", by="root")
    assert person.get("/v1/staff/me").json()["unit"] == "XA-2"
    move_account(tree.centre, account="thu", unit="XA-3", by="root")
    assert code(person.get("/v1/staff/me")) == (403, "unit-closed")
    tree.clock.forward(hours=24 - 8)  # the next day in Viet Nam begins at 17:00 UTC
    assert person.log_in().status_code == 200


def test_a_token_of_a_closed_unit_is_used_by_the_successors_signers(tree: World) -> None:
    add_person(tree, "lan", "TYT-1", "signer")
    add_person(tree, "thu", "XA-2", "signer")
    close(tree, "TYT-1", "XA-2")

    def answer(account: str) -> tuple[int, str]:
        agent = Agent(world=tree, key=tree.keys["TYT-1"], account=account)
        return code(agent.answer(agent.challenge()))

    assert answer("thu") == (200, "")
    assert answer("lan") == (403, "account-not-signer")
