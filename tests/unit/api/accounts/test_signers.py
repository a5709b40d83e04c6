"""The person's account beside the token."""

from typing import Any

import pytest

from api.accounts.administration import disable_account, enable_account, set_roles
from tests.support.centre import Agent, World
from tests.support.staff import add_person


def answer(world: World, account: str, unit: str = "TYT-1") -> tuple[int, str]:
    agent = Agent(world=world, key=world.keys[unit], account=account)
    response = agent.answer(agent.challenge())
    return response.status_code, response.json().get("code", "")


def test_a_unit_without_signers_accounts_takes_any_name(world: World) -> None:
    add_person(world, "an", "TYT-2", "signer")
    add_person(world, "thu", "TYT-1", "clerk")
    assert answer(world, "anybody") == (200, "")


def test_where_accounts_are_required_there_is_no_signing_without(make: Any) -> None:
    world: World = make("two-tier", desk_accounts="required")
    assert answer(world, "anybody") == (403, "account-not-signer")
    add_person(world, "lan", "TYT-1", "signer")
    assert answer(world, "lan") == (200, "")


@pytest.mark.parametrize("account", ["stranger", "clerk", "LAN", "elsewhere"])
def test_who_signs_is_a_signer_of_that_unit(world: World, account: str) -> None:
    add_person(world, "lan", "TYT-1", "signer", "clerk")
    add_person(world, "clerk", "TYT-1", "clerk")
    add_person(world, "elsewhere", "TYT-2", "signer")
    assert answer(world, "lan") == (200, "")
    assert answer(world, account) == (403, "account-not-signer")


def test_a_session_ends_with_the_account(world: World) -> None:
    add_person(world, "lan", "TYT-1", "signer")
    agent = world.agent("TYT-1", account="lan")

    def lease() -> Any:
        return agent.post("/v1/signing/lease", {"layout": "x", "limit": 1}).json()["code"]

    assert lease() == "layout"
    disable_account(world.centre, account="lan", by="root", reason="left")
    assert lease() == "account-not-signer"
    enable_account(world.centre, account="lan", by="root", reason="back")
    assert lease() == "layout"
    add_person(world, "thu", "TYT-1", "signer")
    set_roles(world.centre, account="lan", roles=("clerk",), by="root")
    assert lease() == "account-not-signer"
