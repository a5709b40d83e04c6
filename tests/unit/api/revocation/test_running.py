"""Orders in pages: beside everybody else, cut off and gone on with, and nothing slips between."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.audit import verify_log
from api.revocation import running
from api.revocation.orders import list_orders
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.store.schema import records
from tests.support.centre import World
from tests.support.databases import NewAddress
from tests.support.revoking import codes, entries, order, take_back, world_with_passports

pytestmark = pytest.mark.both_databases


@pytest.fixture
def station(tmp_path: Path, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("api.revocation.running.AT_ONCE", 1)
    return world_with_passports(tmp_path, "station", address=new_address(tmp_path))


def states(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(records.c.state).order_by(records.c.record_id)).scalars())


def test_cut_off_after_a_page_and_gone_on_with(station: World) -> None:
    def stop(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    order(station, unit="TYT-1", run=False)
    with pytest.raises(KeyboardInterrupt):
        run_orders(station.engine, at=station.clock(), progress=stop)
    assert states(station).count("revoked") == 1
    assert list_orders(station.engine)[0]["chosen"] == 1
    assert run_orders(station.engine, at=station.clock()).revoked == 1
    assert len(entries(station)) == 2
    (listed,) = list_orders(station.engine)
    assert (listed["state"], listed["passports"], listed["chosen"]) == ("done", 2, 0)
    assert run_orders(station.engine, at=station.clock()).revoked == 0
    verify_log(station.engine)


def test_what_is_signed_while_an_order_runs_is_caught(station: World) -> None:
    order(station, unit="TYT-1", run=False)
    station.add_records(1, unit="TYT-1")
    station.add_records(1, unit="TYT-2")
    station.agent("TYT-1").work()
    station.agent("TYT-2").work()
    assert run_orders(station.engine, at=station.clock()).revoked == 3
    assert states(station) == ["revoked", "revoked", "issued", "revoked", "issued"]
    station.add_records(1, unit="TYT-1")
    station.agent("TYT-1").work()  # when it is done, it is about nothing new
    run_orders(station.engine, at=station.clock())
    assert states(station)[-1] == "issued"


def test_of_a_lot_only_what_has_it(station: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = order(station, RevocationReason.LOT_RECALLED, lot="abx 5678", run=False)
    monkeypatch.setattr("api.revocation.criteria.Criteria.matches", lambda _self, document: '"r00000001"' in document)
    assert run_orders(station.engine, at=station.clock()).revoked == 1
    assert made.passports == 3


def test_several_processes_at_one_order(station: World) -> None:
    order(station, unit="TYT-1", run=False)
    done: list[Any] = []

    def run() -> None:
        done.append(run_orders(station.engine, at=station.clock()).revoked)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.append(run_orders(station.engine, at=station.clock()).revoked)
    assert sum(done) == 2
    assert states(station) == ["revoked", "revoked", "issued"]


def test_taken_back_before_it_has_come_to_all(station: World) -> None:
    made = order(station, unit="TYT-1", run=False)
    running._step(station.engine, made.order_id or "", station.clock(), {})
    running._step(station.engine, made.order_id or "", station.clock(), {})
    assert states(station).count("revoked") == 1
    assert take_back(station, made) == 1
    assert states(station) == ["issued"] * 3
    assert entries(station) == []
    assert codes(station)
