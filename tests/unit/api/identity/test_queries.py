"""Questions about one person on both databases: many at once, and what another one may not ask."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.accounts.reading import Purpose
from api.accounts.staff import ROLES, Staff
from api.audit import verify_log
from api.errors import CentreError
from api.identity.opening import open_register
from api.identity.queries import compare_record, show_entries
from api.states import RecordState
from api.store.schema_identity import register_queries
from tests.support.centre import World, make_world
from tests.support.databases import NewAddress
from tests.support.together import together

pytestmark = pytest.mark.both_databases
CLERK = Staff(account="lan", unit="TYT-1", roles=frozenset({"clerk"}))


@pytest.fixture
def world(tmp_path: Path, new_address: NewAddress) -> World:
    return make_world(tmp_path, address=new_address(tmp_path), register_queries_per_day=4)


def test_no_more_questions_than_a_day_has_however_many_ask_at_once(world: World) -> None:
    ids = world.add_records(8, state=RecordState.MISMATCHED)
    register = open_register(world.centre.settings, world.engine, world.clock)

    def ask(record_id: str) -> str:
        try:
            compare_record(world.centre, register, record_id, staff=CLERK, purpose=Purpose.CORRECTION)
        except CentreError as error:
            return error.code
        return "asked"

    with ThreadPoolExecutor(8) as pool:
        answers = together(pool, *[lambda record_id=record_id: ask(record_id) for record_id in ids])
    assert sorted(answers) == ["asked"] * 4 + ["query-limit"] * 4
    with world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(register_queries)).scalar_one() == 4
    verify_log(world.engine)
    world.clock.forward(days=1)
    assert ask(ids[0]) == "asked"


def test_entries_are_for_police_whatever_else_somebody_is(world: World) -> None:
    (one,) = world.add_records(1, state=RecordState.MISMATCHED)
    register = open_register(world.centre.settings, world.engine, world.clock)
    staff = Staff(account="lan", unit="TYT-1", roles=frozenset(ROLES) - {"police"})
    with pytest.raises(CentreError, match="role"):
        show_entries(world.centre, register, one, staff=staff, purpose=Purpose.IDENTITY)
