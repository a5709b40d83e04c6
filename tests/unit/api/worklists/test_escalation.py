"""Age climbs the tree."""

from api.states import RecordState
from api.worklists.asides import AsideReason, put_aside
from api.worklists.escalation import raise_old
from api.worklists.history import read_history
from api.worklists.listing import list_above
from tests.support.centre import World
from tests.unit.api.store.test_moves import place
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, Add, measures, staff

MINISTRY = staff("thu", "overseer", unit="BYT")


def test_what_waits_is_shown_a_level_higher_every_two_weeks(world: World, add: Add) -> None:
    one = add()
    world.clock.forward(days=14, seconds=-1)
    assert raise_old(world.centre) == 0
    world.clock.forward(seconds=1)
    assert raise_old(world.centre) == 1
    assert [(item.record_id, item.why, item.raised) for item in list_above(world.centre, OVERSEER).items] == [
        (one, "age", 1)
    ]
    assert list_above(world.centre, MINISTRY).items == ()
    world.clock.forward(days=14)
    assert raise_old(world.centre) == 1
    assert [item.record_id for item in list_above(world.centre, MINISTRY).items] == [one]
    assert [item.record_id for item in list_above(world.centre, OVERSEER).items] == [one]
    world.clock.forward(days=100)
    assert raise_old(world.centre) == 0
    assert measures(world)["raised/clerk"] == 1
    with world.engine.connect() as connection:
        steps = [event for event in read_history(connection, one) if event.what == "raised"]
    assert [(step.by, step.code) for step in steps] == [("centre@TYT-3", "T-01"), ("centre@TYT-3", "BYT")]


def test_what_is_mended_is_shown_no_more_and_a_correction_makes_nothing_young(world: World, add: Add) -> None:
    one = add()
    put_aside(world.centre, CLERK, one, reason=AsideReason.ILL, days=30)
    world.clock.forward(days=13)
    place(world, one, RecordState.AWAITING_MATCH, by="lan")
    place(world, one, RecordState.MISMATCHED, by=None)
    world.clock.forward(days=1)
    assert raise_old(world.centre) == 1
    place(world, one, RecordState.READY)
    assert list_above(world.centre, OVERSEER).items == ()
    assert "raised/clerk" not in measures(world)
