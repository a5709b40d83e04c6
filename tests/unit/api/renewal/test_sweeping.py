import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from api.audit import read_log
from api.renewal.sweeping import Swept, forecast, sweep_renewals
from api.signing.enrolment import enrol_token
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema import passports, records
from api.store.schema_revoking import notices, renewals
from api.store.transactions import writing
from tests.support.centre import World, new_version
from tests.support.databases import NewAddress
from tests.support.revoking import FRAUD, codes, order, world_with_passports
from tests.support.softkeys import make_key

pytestmark = pytest.mark.both_databases


@pytest.fixture
def issued(tmp_path: Path, new_address: NewAddress) -> World:
    """Three passports, two of them of TYT-1; all are due."""
    world = world_with_passports(tmp_path, "two-tier", address=new_address(tmp_path))
    world.clock.forward(days=365 - 10)
    return world


def sweep(world: World) -> Swept:
    return sweep_renewals(world.engine, by="centre", at=world.clock())


def states(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(records.c.state).order_by(records.c.record_id)).scalars())


def planned(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(renewals).order_by(renewals.c.record_id, renewals.c.version)))


def told(world: World) -> list[tuple[str, str]]:
    with world.engine.connect() as connection:
        query = select(notices.c.record_id, notices.c.kind).order_by(notices.c.record_id, notices.c.kind)
        return [tuple(row) for row in connection.execute(query)]


def sign(world: World) -> None:
    """TYT-1 confirms and the ministry signs, with the key that follows last year's."""
    world.agent("TYT-1").work()
    key = make_key(
        "ES256", not_before=world.clock() - timedelta(days=40), not_after=world.clock() + timedelta(days=700)
    )
    der, settings = key.certificate_der, world.centre.settings
    enrol_token(world.engine, "BYT", der, settings=settings, by="test", at=world.clock())
    world.keys["BYT"] = key
    world.agent("BYT").work()


def test_from_issued_over_expiring_to_renewed(issued: World) -> None:
    old = codes(issued, "TYT-1")
    assert sweep(issued) == Swept(started=3, put_off=0, dropped=0)
    assert states(issued) == ["expiring"] * 3
    assert sweep(issued) == Swept(started=0, put_off=0, dropped=0)
    sign(issued)
    assert states(issued) == ["renewed", "renewed", "expiring"]
    with issued.engine.connect() as connection:
        made = connection.execute(
            select(passports).where(passports.c.record_id == "r00000001").order_by(passports.c.version)
        ).all()
    assert [(one.version, one.state) for one in made] == [(1, "issued"), (2, "issued")]
    assert made[1].expires_at > made[0].expires_at
    assert made[0].uvci == old[0] != made[1].uvci
    body = {"certificate_code": old[0], "date_of_birth": "1980-04-05"}
    assert issued.client.post("/v1/citizen/passport", json=body).json()["status"] == "valid"
    assert told(issued)[:2] == [("r00000001", "expiring"), ("r00000001", "renewed")]
    assert [(one.version, one.state, one.next_version) for one in planned(issued)[:2]] == [
        (1, "done", 2),
        (2, "waiting", None),
    ]
    acts = [act.subject for act in read_log(issued.engine, limit=50) if act.act == "renew"]
    assert sorted(acts) == ["r00000001", "r00000002", "r00000003"]


def test_a_year_later_it_is_renewed_again(issued: World) -> None:
    sweep(issued)
    sign(issued)
    issued.clock.forward(days=365 - 10)
    assert sweep(issued).started == 2


def test_before_its_day_nothing_is_renewed(issued: World) -> None:
    issued.clock.forward(days=-30)
    seen = forecast(issued.engine, at=issued.clock())
    assert (seen.now, sum(seen.by_day.values())) == (0, 3)
    assert sweep(issued) == Swept(started=0, put_off=0, dropped=0)
    issued.clock.forward(days=30)
    assert forecast(issued.engine, at=issued.clock()).by_unit == {"TYT-1": 2, "TYT-2": 1}
    assert states(issued) == ["issued"] * 3


def test_what_is_revoked_or_disputed_waits_from_day_to_day(issued: World) -> None:
    order(issued, FRAUD, codes=tuple(codes(issued)[:1]))
    with writing(issued.engine) as connection:
        connection.execute(
            update(records).where(records.c.record_id == "r00000002").values(state=RecordState.DISPUTED.value)
        )
    assert forecast(issued.engine, at=issued.clock()).now == 1
    assert sweep(issued) == Swept(started=1, put_off=2, dropped=0)
    assert [one.reason for one in planned(issued)[:2]] == ["revoked", "disputed"]
    with writing(issued.engine) as connection:
        connection.execute(update(records).where(records.c.record_id == "r00000002").values(state="issued"))
    issued.clock.forward(days=1)
    assert sweep(issued) == Swept(started=1, put_off=1, dropped=0)
    issued.clock.forward(days=10)
    assert sweep(issued).dropped == 1


def test_a_newer_version_takes_its_place(issued: World) -> None:
    newer = new_version(1, unit="TYT-1", at=issued.clock(), version=2)
    with writing(issued.engine) as connection:
        write_versions(connection, [newer], by="test", why="test", at=issued.clock())
    assert sweep(issued) == Swept(started=2, put_off=0, dropped=1)
    assert planned(issued)[0].reason == "newer-version"


def test_a_booster_meanwhile_renews_as_well(issued: World) -> None:
    sweep(issued)
    newer = new_version(1, unit="TYT-1", at=issued.clock(), version=3)
    with writing(issued.engine) as connection:
        write_versions(connection, [newer], by="test", why="test", at=issued.clock())
    sign(issued)
    assert states(issued)[0] == "renewed"


def test_first_passports_are_leased_before_renewals(issued: World) -> None:
    sweep(issued)
    issued.add_records(1)
    leased = issued.agent("TYT-1").lease(limit=1)
    assert leased["jobs"][0]["record"]["record_id"] == "r00000004"
    assert leased["waiting"] == 2


def test_a_lapsed_lease_comes_back_as_a_renewal(issued: World) -> None:
    sweep(issued)
    issued.agent("TYT-1").lease()
    assert states(issued)[0] == "leased"
    issued.clock.forward(hours=3)
    issued.agent("TYT-2").lease()
    assert states(issued)[0] == "expiring"


def test_two_sweeps_at_once_renew_each_record_once(issued: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.renewal.sweeping.AT_ONCE", 1)
    threads = [threading.Thread(target=sweep, args=(issued,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep(issued)
    assert [one.version for one in planned(issued)] == [1, 1, 1]
    with issued.engine.connect() as connection:
        assert set(connection.execute(select(records.c.version)).scalars()) == {2}
