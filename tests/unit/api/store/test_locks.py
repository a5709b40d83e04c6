"""Many writers at once on PostgreSQL. SQLite has one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from api.states import RecordState
from api.store.locks import lock_free, lock_records
from api.store.schema import records
from api.store.transactions import Turn, again, writing
from certificates.pdf.layout import LAYOUT
from tests.support.centre import World
from tests.support.intake import row, take, write_csv
from tests.support.together import PATIENCE, together

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


def test_records_that_somebody_has_are_passed_by(world: World) -> None:
    engine, ids = world.engine, world.add_records(3)
    with writing(engine) as one, writing(engine) as two:
        lock_records(one, ids[:1])
        assert lock_free(two, records.c.record_id.in_(ids)) == set(ids[1:])


def test_agents_that_lease_at_once_get_different_records(world: World, pool: ThreadPoolExecutor) -> None:
    ids = world.add_records(40)
    agents = [world.agent("TYT-1") for _ in range(4)]
    leases = together(pool, *[lambda agent=agent: agent.lease(10) for agent in agents])
    leased = [job["record"]["record_id"] for lease in leases for job in lease["jobs"]]
    assert sorted(leased) == sorted(ids)


def test_what_a_token_may_hold_without_a_network_is_counted_once(
    world: World, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.signing.leasing.LARGEST_BATCH", 10)
    world.add_records(40)
    agent = world.agent("TYT-1")
    body = {"layout": LAYOUT, "limit": 8, "offline": True}
    answers = [one.json() for one in together(pool, *[lambda: agent.post("/v1/signing/lease", body)] * 4)]
    assert sum(len(answer.get("jobs", ())) for answer in answers) == 10


def test_an_import_waits_for_nobody(world: World, tmp_path: Path) -> None:
    """Nor does anybody wait for it: what it finds in other hands stands as being signed."""
    engine = world.engine
    first, second = (row(dose=number, day=f"0{number}/10/2021", unit="TYT-1") for number in ("1", "2"))
    take(engine, write_csv(tmp_path / "a.csv", first))
    with engine.connect() as connection:
        record_id = connection.execute(select(records.c.record_id)).scalar_one()
    with writing(engine) as theirs:
        lock_records(theirs, [record_id])
        report = take(engine, write_csv(tmp_path / "b.csv", first, second))
    assert (report.duplicate, dict(report.reasons)) == (1, {"record-in-signing": 1})
    assert take(engine, write_csv(tmp_path / "b.csv", first, second)).records_extended == 1


def test_a_suspended_token_waits_for_work_under_way(world: World, pool: ThreadPoolExecutor) -> None:
    """`Turn.ALONE` begins when whoever writes beside others has ended, and nobody else begins meanwhile."""
    engine, order = world.engine, list[str]()
    inside, go = threading.Event(), threading.Event()

    def beside() -> None:
        with writing(engine):
            inside.set()
            go.wait(PATIENCE)
            order.append("beside")

    def alone() -> None:
        with writing(engine, Turn.ALONE):
            order.append("alone")

    first = pool.submit(beside)
    assert inside.wait(PATIENCE)
    second = pool.submit(alone)
    go.set()
    first.result(PATIENCE)
    second.result(PATIENCE)
    assert order == ["beside", "alone"]


def test_what_got_into_anothers_way_is_done_again(world: World, pool: ThreadPoolExecutor) -> None:
    """Two transactions that lock the same two records in opposite order, as none of ours does."""
    engine, ids = world.engine, world.add_records(2)
    tries = list[str]()
    both = threading.Barrier(2)

    def crossing(engine: Engine, order: list[str]) -> None:
        with writing(engine) as connection:
            tries.append(order[0])
            for place, record_id in enumerate(order):
                change = update(records).where(records.c.record_id == record_id)
                connection.execute(change.values(state=RecordState.HELD.value))
                if place == 0 and len(tries) <= 2:
                    both.wait(PATIENCE)

    retried = again(crossing)
    together(pool, lambda: retried(engine, ids), lambda: retried(engine, ids[::-1]))
    assert len(tries) > 2
