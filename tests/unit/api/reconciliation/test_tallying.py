import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from api.reconciliation.tallying import add_up_changes, recount
from api.store.records import write_versions
from api.store.schema_revoking import dose_changes, dose_counts
from api.store.transactions import writing
from certificates.records.model import Dose
from tests.support.centre import World, new_version

pytestmark = pytest.mark.both_databases


def counts(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    """Given and issued by unit and lot."""
    add_up_changes(world.engine)
    with world.engine.connect() as connection:
        rows = connection.execute(
            select(dose_counts.c.unit, dose_counts.c.lot, func.sum(dose_counts.c.given), func.sum(dose_counts.c.issued))
            .group_by(dose_counts.c.unit, dose_counts.c.lot)
            .order_by(dose_counts.c.unit, dose_counts.c.lot)
        )
        return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}


def write(world: World, version: int, **changed: Any) -> None:
    newer = new_version(1, unit="TYT-1", at=world.clock(), version=version)
    doses: tuple[Dose, ...] = newer.record.doses
    newer = replace(newer, record=replace(newer.record, doses=(doses[0], replace(doses[1], **changed))))
    with writing(world.engine) as connection:
        write_versions(connection, [newer], by="test", why="test", at=world.clock())


def issue(world: World) -> None:
    world.agent("TYT-1").work()
    world.agent("BYT").work()


def test_doses_are_counted_when_they_are_given_and_when_they_are_issued(world: World) -> None:
    world.add_records(2)
    assert counts(world) == {("TYT-1", "ABW1234"): (2, 0), ("TYT-1", "ABX5678"): (2, 0)}
    issue(world)
    assert counts(world) == {("TYT-1", "ABW1234"): (2, 2), ("TYT-1", "ABX5678"): (2, 2)}
    write(world, 2, lot="ab x9999")
    assert counts(world)["TYT-1", "ABX5678"] == (1, 2)
    issue(world)
    assert counts(world)["TYT-1", "ABX5678"] == (1, 1)
    assert counts(world)["TYT-1", "ABX9999"] == (1, 1)
    write(world, 3, lot="ab x9999")  # renewed: nothing new was given or told
    issue(world)
    before = counts(world)
    assert before["TYT-1", "ABX9999"] == (1, 1)
    write(world, 4, country="LA")  # given elsewhere
    issue(world)
    assert counts(world)["TYT-1", "ABX9999"] == (0, 0)
    noted = counts(world)
    recount(world.engine)
    assert {key: pair for key, pair in noted.items() if pair != (0, 0)} == counts(world)


def test_several_processes_add_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.reconciliation.tallying.AT_ONCE", 3)
    for _ in range(6):
        world.add_records(1)
    threads = [threading.Thread(target=add_up_changes, args=(world.engine,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(world) == {("TYT-1", "ABW1234"): (6, 0), ("TYT-1", "ABX5678"): (6, 0)}
    with world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(dose_changes)).scalar_one() == 0
