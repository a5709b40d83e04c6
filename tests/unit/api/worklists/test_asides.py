"""Putting aside has a reason and an end, and is seen above."""

import pytest

from api.errors import CentreError
from api.worklists.asides import AsideReason, call_back, put_aside, return_due
from api.worklists.listing import list_above, list_work
from certificates.records.model import instant_to_text
from tests.support.centre import World
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, PROVINCE, Add, measures, staff


def test_a_record_aside_is_off_the_list_and_in_the_sight_of_the_unit_above(world: World, add: Add) -> None:
    one = add()
    until = put_aside(world.centre, CLERK, one, reason=AsideReason.ABROAD, days=10)
    assert list_work(world.centre, CLERK, desk="clerk").items == ()
    (aside,) = list_work(world.centre, CLERK, desk="clerk", status="aside").items
    (shown,) = list_above(world.centre, OVERSEER).items
    assert (shown.record_id, shown.why, shown.aside_reason, shown.aside_until, shown.aside_by) == (
        one,
        "aside",
        "abroad",
        until,
        "lan",
    )
    assert aside.aside_until == until
    assert measures(world)["aside/clerk"] == 1
    with pytest.raises(CentreError, match="work-aside"):
        put_aside(world.centre, CLERK, one, reason=AsideReason.ABROAD, days=10)
    world.clock.forward(days=10, seconds=-1)
    assert return_due(world.centre) == 0
    world.clock.forward(seconds=1)
    assert instant_to_text(world.clock()) == until
    assert return_due(world.centre) == 1
    assert [item.record_id for item in list_work(world.centre, CLERK, desk="clerk").items] == [one]
    assert list_above(world.centre, OVERSEER).items == ()
    assert "aside/clerk" not in measures(world)


def test_there_is_no_longer_than_the_setting(world: World, add: Add) -> None:
    one = add()
    for days in (0, 31):
        with pytest.raises(CentreError, match="aside-days"):
            put_aside(world.centre, CLERK, one, reason=AsideReason.ILL, days=days)


def test_an_overseer_calls_back(world: World, add: Add) -> None:
    one = add()
    with pytest.raises(CentreError, match="work-not-aside"):
        call_back(world.centre, OVERSEER, one)
    put_aside(world.centre, CLERK, one, reason=AsideReason.REFUSES, days=5)
    with pytest.raises(CentreError, match="place"):
        call_back(world.centre, staff("x", "overseer", unit="TYT-1"), one)
    with pytest.raises(CentreError, match="role"):
        call_back(world.centre, staff("x", "auditor", unit=PROVINCE), one)
    with pytest.raises(CentreError, match="work-unknown"):
        call_back(world.centre, OVERSEER, "nobody")
    call_back(world.centre, OVERSEER, one)
    assert list_above(world.centre, OVERSEER).items == ()
    assert len(list_work(world.centre, CLERK, desk="clerk").items) == 1
