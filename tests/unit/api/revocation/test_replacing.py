"""Honest holders have their new passport before the old one is revoked; except where the key itself is lost."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.notices.kinds import NoticeKind
from api.revocation import running
from api.revocation.orders import list_orders
from api.revocation.reasons import Reissue, RevocationReason, reissue_for
from api.revocation.running import run_orders
from api.store.records import write_versions
from api.store.schema import passports, records
from api.store.schema_revoking import notices
from api.store.transactions import writing
from tests.support.centre import World, new_version
from tests.support.revoking import codes, entries, order, take_back, world_with_passports

WISH = RevocationReason.HOLDERS_WISH
SUPERSEDED = RevocationReason.SUPERSEDED


@pytest.fixture
def station(tmp_path: Path) -> World:
    return world_with_passports(tmp_path, "station")


def asked(world: World, code: str) -> str:
    body = {"certificate_code": code, "date_of_birth": "1980-04-05"}
    return str(world.client.post("/v1/citizen/passport", json=body).json()["status"])


def told(world: World) -> list[tuple[str, str, str | None]]:
    with world.engine.connect() as connection:
        query = select(notices.c.kind, notices.c.uvci, notices.c.new_uvci).order_by(notices.c.record_id)
        return [tuple(row) for row in connection.execute(query)]


def run(world: World) -> int:
    return run_orders(world.engine, at=world.clock()).revoked


def test_the_old_code_is_good_until_the_new_one_is_issued(station: World) -> None:
    old = codes(station, "TYT-1")
    order(station, WISH, unit="TYT-1")
    assert [asked(station, code) for code in old] == ["valid"] * 2
    (listed,) = list_orders(station.engine)
    assert (listed["state"], listed["reissue"], listed["waiting"], listed["passports"]) == ("waiting", "first", 2, 0)
    assert entries(station) == []
    station.agent("TYT-1").work(limit=1)
    assert run(station) == 1
    assert list_orders(station.engine)[0]["waiting"] == 1
    station.agent("TYT-1").work()
    assert run(station) == 1
    assert list_orders(station.engine)[0]["state"] == "done"
    assert [asked(station, code) for code in old] == ["revoked"] * 2
    new = [code for code in codes(station, "TYT-1") if code not in old]
    assert [asked(station, code) for code in new] == ["valid"] * 2
    assert sorted(told(station)) == sorted(
        (NoticeKind.REPLACED.value, before, after) for before, after in zip(old, new, strict=True)
    )


def test_a_replacement_that_is_signed_while_the_order_runs_is_not_caught(
    station: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.revocation.running.AT_ONCE", 1)
    made = order(station, WISH, unit="TYT-1", run=False)
    for _ in range(2):  # all are chosen, and the first one's record is on the road
        running._step(station.engine, made.order_id or "", station.clock(), {})
    assert [one["state"] for one in list_orders(station.engine)] == ["running"]
    station.agent("TYT-1").work()
    run(station)
    station.agent("TYT-1").work()
    run(station)
    assert list_orders(station.engine)[0]["passports"] == 2
    assert [asked(station, code) for code in codes(station, "TYT-1")].count("valid") == 2


def test_at_the_deadline_it_is_revoked_all_the_same(station: World) -> None:
    order(station, WISH, unit="TYT-1")
    station.clock.forward(days=13)
    assert run(station) == 0
    station.clock.forward(days=1)
    assert run(station) == 2
    assert list_orders(station.engine)[0]["state"] == "done"


def test_the_key_is_lost(station: World) -> None:
    old = codes(station, "TYT-1")
    order(station, RevocationReason.TOKEN_COMPROMISED, unit="TYT-1")
    assert [asked(station, code) for code in old] == ["revoked"] * 2
    assert station.state("r00000001")[0] == "ready"
    station.agent("TYT-1").work()
    assert {kind for kind, _, _ in told(station)} == {"replaced"}
    assert len(told(station)) == 2


def test_taken_back_while_it_waits(station: World) -> None:
    made = order(station, WISH, unit="TYT-1")
    assert take_back(station, made) == 0
    station.agent("TYT-1").work()
    station.clock.forward(days=15)
    assert run(station) == 0
    assert {asked(station, code) for code in codes(station)} == {"valid"}


def test_a_superseded_passport_goes_when_its_successor_is_there(station: World) -> None:
    newer = new_version(1, unit="TYT-1", at=station.clock(), version=2)
    with writing(station.engine) as connection:
        write_versions(connection, [newer], by="test", why="test", at=station.clock())
    (old,) = codes(station)[:1]
    order(station, SUPERSEDED, codes=(old,))
    assert asked(station, old) == "valid"
    station.agent("TYT-1").work()
    assert run(station) == 1
    order(station, SUPERSEDED, codes=tuple(codes(station, "TYT-1")[-1:]))  # nothing is to come for that one
    assert asked(station, codes(station, "TYT-1")[-1]) == "revoked"


def test_what_nobody_has_in_hand_is_revoked_and_made_anew(station: World) -> None:
    with writing(station.engine) as connection:
        connection.execute(update(passports).values(state="held"))
        connection.execute(update(records).values(state="held"))
    order(station, WISH, unit="TYT-1")
    assert list_orders(station.engine)[0]["passports"] == 2
    assert station.state("r00000001")[0] == "ready"


def test_a_complaint_is_waited_for(station: World) -> None:
    with writing(station.engine) as connection:
        connection.execute(update(records).values(state="disputed"))
    order(station, WISH, unit="TYT-1")
    assert (station.state("r00000001")[0], list_orders(station.engine)[0]["waiting"]) == ("disputed", 2)
    station.clock.forward(days=14)
    assert run(station) == 2
    assert station.state("r00000001")[0] == "revoked"


def test_after_fraud_nobody_gets_a_new_one() -> None:
    assert {reissue_for(reason, fraud=True) for reason in RevocationReason} == {Reissue.NO}
    assert reissue_for(RevocationReason.LOT_RECALLED, fraud=False) is Reissue.NO
