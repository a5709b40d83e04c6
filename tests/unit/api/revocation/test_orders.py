import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.audit import read_log, verify_log
from api.errors import CentreError
from api.passports.release import release_pending
from api.revocation.criteria import Criteria
from api.revocation.orders import list_orders, preview
from api.revocation.reasons import RevocationReason
from api.store.records import write_versions
from api.store.schema import passports, records, revocation_orders
from api.store.transactions import writing
from certificates.revocation.hashes import uci_hash
from tests.support.centre import World, new_version
from tests.support.databases import NewAddress
from tests.support.revoking import FRAUD, codes, entries, order, take_back, world_with_passports

pytestmark = pytest.mark.both_databases

LOT = RevocationReason.LOT_RECALLED


@pytest.fixture(params=["two-tier", "station"])
def issued(request: pytest.FixtureRequest, tmp_path: Path, new_address: NewAddress) -> World:
    return world_with_passports(tmp_path, request.param, address=new_address(tmp_path))


@pytest.fixture
def station(tmp_path: Path, new_address: NewAddress) -> World:
    return world_with_passports(tmp_path, "station", address=new_address(tmp_path))


def states(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(records.c.state).order_by(records.c.record_id)).scalars())


def asked(world: World, code: str) -> str:
    body = {"certificate_code": code, "date_of_birth": "1980-04-05"}
    return str(world.client.post("/v1/citizen/passport", json=body).json()["status"])


def test_an_order_is_looked_at_first(issued: World) -> None:
    seen = preview(issued.engine, Criteria(unit="TYT-1"), FRAUD)
    assert (seen.passports, seen.already, seen.units, seen.signers) == (2, 0, {"TYT-1": 2}, {"y.ta@TYT-1": 2})
    assert seen.states == {"issued": 2}
    assert sorted(seen.sample) == sorted(codes(issued, "TYT-1"))
    assert states(issued) == ["issued"] * 3
    assert entries(issued) == []


def test_an_order(issued: World) -> None:
    done = order(issued, unit="TYT-1")
    assert done.passports == 2
    assert states(issued) == ["revoked", "revoked", "issued"]
    assert issued.state("r00000001") == ("revoked", "fraud")
    assert [asked(issued, code) for code in codes(issued)] == ["revoked", "revoked", "valid"]
    signer = issued.keys["BYT" if issued.centre.settings.mode == "two-tier" else "TYT-1"].certificate
    assert {(one.scope, one.hash_type, one.hash) for one in entries(issued)} == {
        (signer.kid, "UCI", uci_hash(code)) for code in codes(issued, "TYT-1")
    }
    assert {one.expires_at for one in entries(issued)} == {"2023-03-01T02:00:00Z"}
    acts = [(act.actor, act.act, act.subject, act.reason) for act in read_log(issued.engine, limit=4)]
    assert acts[3] == ("an@BYT", "propose-revocation", done.order_id, "fraud: 2")
    assert acts[2] == ("binh@SO-01", "revoke", done.order_id, "fraud")
    assert sorted(acts[:2]) == [
        ("centre", "revoke-passport", number, done.order_id) for number in ("r00000001", "r00000002")
    ]
    verify_log(issued.engine)


def test_twice_changes_nothing(issued: World) -> None:
    order(issued, unit="TYT-1")
    head, before = verify_log(issued.engine), entries(issued)
    again = order(issued, unit="TYT-1")
    assert (again.order_id, again.passports) == (None, 0)
    assert (verify_log(issued.engine), entries(issued)) == (head, before)
    assert len(list_orders(issued.engine)) == 1
    assert preview(issued.engine, Criteria(unit="TYT-1"), FRAUD).already == 2
    more = order(issued, signed_with=tuple(key.certificate.kid for key in issued.keys.values()))
    assert more.passports == 1


def test_nothing_matches(station: World) -> None:
    for criteria in ({"token": station.keys["BYT"].certificate.fingerprint}, {"lot": "XX"}, {"account": "nobody"}):
        with pytest.raises(CentreError, match="revocation-nothing"):
            order(station, **criteria)
        with pytest.raises(CentreError, match="revocation-nothing"):
            preview(station.engine, Criteria(**criteria), FRAUD)
    assert list_orders(station.engine) == []


def test_taken_back(issued: World) -> None:
    done = order(issued, unit="TYT-1")
    issued.clock.forward(hours=1)
    assert take_back(issued, done, "wrong station") == 2
    assert states(issued) == ["issued"] * 3
    assert [asked(issued, code) for code in codes(issued)] == ["valid"] * 3
    assert entries(issued) == []  # nothing had gone out
    (listed,) = list_orders(issued.engine)
    assert (listed["withdrawn_by"], listed["withdrawn_why"], listed["state"]) == ("an", "wrong station", "withdrawn")
    acts = [(act.actor, act.act, act.reason) for act in read_log(issued.engine, limit=3)]
    assert acts[-1] == ("an@BYT", "unrevoke", "wrong station")
    assert acts[0] == ("centre", "unrevoke-passport", done.order_id)
    assert order(issued, unit="TYT-1").passports == 2


def test_two_orders_over_one_passport(issued: World) -> None:
    """It is valid again only when both are taken back, and its record stands where it stood before the first."""
    first = order(issued, unit="TYT-1")
    second = order(issued, LOT, lot="ABX5678")
    assert (first.passports, second.passports) == (2, 3)
    assert take_back(issued, first) == 0
    assert states(issued) == ["revoked"] * 3
    assert len(entries(issued)) == 3
    assert take_back(issued, second) == 3
    assert states(issued) == ["issued"] * 3


@pytest.mark.parametrize("state", ["signed", "held"])
def test_what_is_not_released_is_revoked_and_never_released(station: World, state: str) -> None:
    with writing(station.engine) as connection:
        connection.execute(update(passports).values(state=state))
        connection.execute(update(records).values(state=state))
    done = order(station, unit="TYT-1")
    release_pending(station.centre)
    assert states(station)[:2] == ["revoked", "revoked"]
    with station.engine.connect() as connection:
        assert set(connection.execute(select(passports.c.state)).scalars()) >= {state}
    take_back(station, done)
    assert states(station)[0] == state
    release_pending(station.centre)
    assert states(station)[0] == ("issued" if state == "signed" else "held")


def test_the_passport_of_an_old_version_leaves_the_record_alone(station: World) -> None:
    newer = new_version(1, unit="TYT-1", at=station.clock(), version=2)
    with writing(station.engine) as connection:
        write_versions(connection, [newer], by="test", why="test", at=station.clock())
    done = order(station, RevocationReason.WRONG_DATA, codes=tuple(codes(station, "TYT-1")[:1]))
    assert states(station)[0] == "ready"
    assert asked(station, codes(station)[0]) == "revoked"
    station.agent("TYT-1").work()
    with station.engine.connect() as connection:
        query = select(passports.c.uvci).where(passports.c.record_id == "r00000001", passports.c.version == 2)
        fresh = connection.execute(query).scalar_one()
    assert asked(station, fresh) == "valid"
    take_back(station, done)
    assert states(station)[0] == "issued"


def test_the_list_of_orders_holds_no_certificate_code(station: World) -> None:
    order(station, codes=tuple(codes(station, "TYT-1")))
    (listed,) = list_orders(station.engine)
    assert listed["criteria"] == {"codes": 2}
    assert codes(station)[0] not in json.dumps(listed)
    with station.engine.connect() as connection:
        assert codes(station)[0] in connection.execute(select(revocation_orders.c.criteria)).scalar_one()
