"""Several people, and several processes, at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from api.errors import CentreError
from api.store.schema_worklists import sample_draws, work_asides, work_raised, work_rechecks, work_steps
from api.worklists.asides import AsideReason, put_aside, return_due
from api.worklists.escalation import raise_old
from api.worklists.keeping import keep_worklists
from api.worklists.rechecks import list_rechecks, recheck
from tests.support.centre import World
from tests.support.together import together
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, Add, measures, staff
from tests.unit.api.worklists.test_sampling import close, everything

pytestmark = pytest.mark.both_databases


def count(world: World, table: object) -> int:
    with world.engine.connect() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]
    return found


def test_a_day_is_drawn_once_and_a_closing_checked_once(world: World, add: Add) -> None:
    world = everything(world)
    with ThreadPoolExecutor(8) as pool:
        together(pool, *(lambda: keep_worklists(world.centre) for _ in range(4)))
        assert count(world, sample_draws) == 2
        close(world, add, 3)
        world.clock.forward(days=1)
        together(pool, *(lambda: keep_worklists(world.centre) for _ in range(4)))
        assert count(world, work_rechecks) == 3
        sampled = list_rechecks(world.centre, OVERSEER)[0]
        outcomes: list[str] = []

        def check(name: str) -> None:
            person = staff(name, "overseer", unit=OVERSEER.unit)
            try:
                outcomes.append(recheck(world.centre, person, sampled.closing_id, error=None))
            except CentreError as error:
                outcomes.append(error.code)

        together(pool, *(lambda name=name: check(name) for name in ("a", "b", "c")))
    assert sorted(outcomes) == ["ok", "recheck-done", "recheck-done"]
    assert measures(world)["rechecked:ok"] == 1


def test_what_several_processes_look_at_happens_once(world: World, add: Add) -> None:
    ids = [add() for _ in range(4)]
    outcomes: list[str] = []

    def aside(record_id: str) -> None:
        try:
            put_aside(world.centre, CLERK, record_id, reason=AsideReason.ILL, days=14)
            outcomes.append("aside")
        except CentreError as error:
            outcomes.append(error.code)

    with ThreadPoolExecutor(8) as pool:
        together(pool, *(lambda: aside(ids[0]) for _ in range(3)))
        assert sorted(outcomes) == ["aside", "work-aside", "work-aside"]
        world.clock.forward(days=14)
        together(
            pool,
            *(lambda: raise_old(world.centre) for _ in range(3)),
            *(lambda: return_due(world.centre) for _ in range(3)),
        )
        raise_old(world.centre)
        return_due(world.centre)
    assert count(world, work_asides) == 0
    assert count(world, work_raised) == 4
    with world.engine.connect() as connection:
        kinds = connection.execute(select(work_steps.c.kind, func.count()).group_by(work_steps.c.kind)).all()
    assert sorted(map(tuple, kinds)) == [("aside", 1), ("back", 1), ("raised", 4)]
    assert measures(world)["raised/clerk"] == 4
