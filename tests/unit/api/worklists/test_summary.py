"""Who is slow, from the counts alone."""

from collections import Counter
from datetime import date

import pytest

from api.errors import CentreError
from api.states import RecordState
from api.worklists.days import look_at_days
from api.worklists.keeping import keep_worklists
from api.worklists.summary import median, slowest, summarise
from tests.support.centre import World
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, Add, staff


def test_median_and_oldest_age_by_unit_and_class(world: World, add: Add) -> None:
    for days in (10, 20, 1):
        add(reason="register-mismatch:sex")
        world.clock.forward(days=days)
    add(RecordState.UNVERIFIABLE)
    add(RecordState.READY, unit="T-01")
    for _ in range(2):
        summary = summarise(world.centre, OVERSEER)
        station, police = summary.below
        assert (station.unit, police.unit, police.classes) == ("TYT-3", "CA-3", ())
        assert [
            (one.work_class, one.desk, one.records, one.median_days, one.oldest_days) for one in station.classes
        ] == [
            ("mismatch-sex", "clerk", 3, 21, 31),
            ("unverifiable", "clerk", 1, 0, 0),
        ]
        assert summary.whole.totals["taken-in"] == 5
        assert summary.whole.totals["ready"] == 1
        assert [(unit, age.work_class) for unit, age in slowest(summary)] == [
            ("TYT-3", "mismatch-sex"),
            ("TYT-3", "unverifiable"),
        ]
        kept = keep_worklists(world.centre)  # what the clock does changes no answer
    assert (kept.committed, kept.back) == (0, 0)
    alone = summarise(world.centre, CLERK)
    assert (alone.below, alone.whole.oldest_days) == ((), 31)
    assert slowest(alone)[0][0] == "TYT-3"
    with pytest.raises(CentreError, match="place"):
        summarise(world.centre, staff("x", "clerk", unit="TYT-1"), unit="TYT-3")


def test_medians() -> None:
    assert median(Counter({3: 1, 5: 1})) == 3
    assert median(Counter({3: 1, 5: 2})) == 5
    with pytest.raises(ValueError, match="nothing"):
        median(Counter())


def test_days_have_an_order_and_an_end(world: World) -> None:
    for since, until in (
        (date(2022, 3, 2), date(2022, 3, 1)),
        (date(2022, 1, 1), date(2022, 4, 3)),
        (date.max, date.min),
    ):
        with pytest.raises(CentreError, match="days-range"):
            look_at_days(world.centre, OVERSEER, since=since, until=until)
    with pytest.raises(CentreError, match="place"):
        look_at_days(world.centre, CLERK, since=date.max, until=date.max, unit="TYT-1")
    assert look_at_days(world.centre, OVERSEER, since=date.max, until=date.max) == ()
