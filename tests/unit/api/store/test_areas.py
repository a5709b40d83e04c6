"""Counts of areas are the sums of their units', whatever is counted and however the tree changes."""

from datetime import date

import pytest
from sqlalchemy import select, update

from api.signing.enrolment import add_unit, close_unit
from api.states import RecordState
from api.store.areas import TO_MEND, find_area_differences, follow_tree
from api.store.counts import fold
from api.store.moves import Move, move
from api.store.schema import units
from api.store.schema_oversight import area_ages, area_counts, area_days, unit_areas
from api.store.transactions import writing
from tests.support.centre import World
from tests.support.revoking import set_up_tree

pytestmark = pytest.mark.both_databases
DAY = "2022-03-01"


@pytest.fixture
def world(world: World) -> World:
    set_up_tree(world)
    return world


def folded(world: World) -> None:
    with writing(world.engine) as connection:
        while fold(connection):
            pass
    with world.engine.connect() as connection:
        assert find_area_differences(connection) == {}


def count(world: World, area: str, measure: str) -> int:
    with world.engine.connect() as connection:
        query = select(area_counts.c.records).where(area_counts.c.area == area, area_counts.c.measure == measure)
        return sum(connection.execute(query).scalars())


def test_what_a_station_counts_is_counted_above_it(world: World) -> None:
    (one, *_) = world.add_records(3, unit="TYT-1", state=RecordState.AWAITING_MATCH)
    world.add_records(2, unit="TYT-2")
    folded(world)
    assert [count(world, area, "taken-in") for area in ("TYT-1", "TYT-2", "SO-01", "SO-02", "BYT")] == [3, 2, 5, 0, 5]
    with writing(world.engine) as connection:
        move(connection, [Move(record_id=one, state="mismatched", reason="register-mismatch:sex")], at=world.clock())
    folded(world)
    assert (count(world, "BYT", "mismatch-sex"), count(world, "BYT", "awaiting_match")) == (1, 2)
    with world.engine.connect() as connection:
        ages = select(area_ages.c.measure, area_ages.c.since).where(area_ages.c.area == "BYT")
        found = {tuple(row) for row in connection.execute(ages)}
        assert found == {(TO_MEND, DAY), ("mismatch-sex", DAY), ("due:3", "2022-01-03")}
        days = select(area_days.c.came, area_days.c.gone).where(area_days.c.area == "BYT")
        left = connection.execute(days.where(area_days.c.measure == "awaiting_match")).one()
    assert tuple(left) == (3, 1)


def test_counts_go_along_when_the_tree_changes(world: World) -> None:
    world.add_records(2, unit="TYT-1", state=RecordState.UNVERIFIABLE)
    world.add_records(1, unit="TYT-2")
    folded(world)
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code == "TYT-2").values(parent="SO-02"))
    folded(world)
    assert [count(world, area, "taken-in") for area in ("SO-01", "SO-02", "BYT")] == [2, 1, 3]
    close_unit(world.engine, code="TYT-1", successor="TYT-2", closed_on=date(2022, 3, 1), by="test", at=world.clock())
    world.add_records(4, unit="TYT-1")
    folded(world)
    assert [count(world, area, "taken-in") for area in ("TYT-2", "SO-01", "SO-02", "BYT")] == [7, 0, 7, 7]
    with writing(world.engine) as connection:
        assert follow_tree(connection) == 0


def test_a_new_unit_is_in_its_areas_at_once(world: World) -> None:
    folded(world)
    add_unit(
        world.engine,
        code="TYT-9",
        name="Trạm",
        kind="station",
        province="01",
        parent="SO-01",
        opened_on=date(2022, 3, 1),
        by="test",
        at=world.clock(),
    )
    with world.engine.connect() as connection:
        areas = connection.execute(select(unit_areas.c.area).where(unit_areas.c.unit == "TYT-9")).scalars().all()
    assert sorted(areas) == ["BYT", "SO-01", "TYT-9"]


def test_counts_from_before_there_were_areas_are_added_up(world: World) -> None:
    world.add_records(2, unit="TYT-1", state=RecordState.UNVERIFIABLE)
    folded(world)
    with writing(world.engine) as connection:
        for table in (unit_areas, area_counts, area_ages, area_days):
            connection.execute(table.delete())
        connection.exec_driver_sql("DELETE FROM area_tree")
    folded(world)
    assert count(world, "BYT", "unverifiable") == 2
