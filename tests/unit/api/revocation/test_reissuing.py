from pathlib import Path

import pytest
from sqlalchemy import select

from api.audit import read_log
from api.errors import CentreError
from api.identity.corrections import correct
from api.revocation.proposals import Proposed
from api.revocation.reasons import REISSUED, RevocationReason
from api.revocation.reissuing import reissue
from api.store.schema import passports
from certificates.errors import RecordError
from tests.support.centre import World
from tests.support.databases import NewAddress
from tests.support.revoking import codes, order, take_back, world_with_passports

pytestmark = pytest.mark.both_databases

COMPROMISED = RevocationReason.TOKEN_COMPROMISED


@pytest.fixture(params=["two-tier", "station"])
def issued(request: pytest.FixtureRequest, tmp_path: Path, new_address: NewAddress) -> World:
    return world_with_passports(tmp_path, request.param, address=new_address(tmp_path))


@pytest.fixture
def station(tmp_path: Path, new_address: NewAddress) -> World:
    return world_with_passports(tmp_path, "station", address=new_address(tmp_path))


def asked(world: World, code: str) -> str:
    body = {"certificate_code": code, "date_of_birth": "1980-04-05"}
    return str(world.client.post("/v1/citizen/passport", json=body).json()["status"])


def given(world: World, reason: RevocationReason = COMPROMISED) -> Proposed:
    return order(world, reason, unit="TYT-1")


def again(world: World, done: Proposed) -> dict[str, int]:
    assert done.order_id
    return reissue(world.engine, done.order_id, by="an", at=world.clock())


def test_everybody_gets_a_new_code(issued: World) -> None:
    """The key is lost: the old codes are revoked at once, and the records are on the road again with that."""
    old, done = codes(issued, "TYT-1"), given(issued)
    assert {asked(issued, code) for code in old} == {"revoked"}
    assert issued.state("r00000001")[0] == "ready"
    assert again(issued, done) == {}
    assert read_log(issued.engine, limit=1)[0].act == "reissue"
    issued.agent("TYT-1").work()
    if issued.centre.settings.mode == "two-tier":
        assert issued.state("r00000001")[0] == "confirmed"
        issued.agent("BYT").work()
    new = set(codes(issued, "TYT-1")) - set(old)
    assert len(new) == 2
    assert {asked(issued, code) for code in new} == {"valid"}
    assert {asked(issued, code) for code in old} == {"revoked"}


def test_what_is_not_put_back(station: World) -> None:
    def refused(order_id: str) -> str:
        with pytest.raises(CentreError) as caught:
            reissue(station.engine, order_id, by="an", at=station.clock())
        return caught.value.code

    assert refused("none") == "order-unknown"
    for reason in set(RevocationReason) - REISSUED:
        done = given(station, reason)
        assert done.order_id
        assert refused(done.order_id) == "order-reissue"
        take_back(station, done)
        assert refused(done.order_id) == "order-withdrawn"


def test_fraud_beside_another_reason_wins(station: World) -> None:
    """Revoked for fraud first: the later order for another reason does not bring the record back."""
    first = given(station, RevocationReason.FRAUD)
    later = given(station, COMPROMISED)
    assert again(station, later) == {}
    with pytest.raises(RecordError, match="record-disputed"):
        correct(station.engine, "r00000001", {"dose.2.lot": "X1"}, by="an", why="lot", at=station.clock())
    take_back(station, first)
    assert again(station, later) == {"ready": 2}


def test_wrong_data_are_corrected_by_name_but_not_after_fraud(station: World) -> None:
    given(station, RevocationReason.WRONG_DATA)
    changed = correct(
        station.engine, "r00000001", {"dose.2.lot": "ABX5679"}, by="an", why="lot misread", at=station.clock()
    )
    assert (changed.record.version, changed.state.value) == (2, "ready")
    station.agent("TYT-1").work()
    with station.engine.connect() as connection:
        query = select(passports.c.uvci).where(passports.c.record_id == "r00000001", passports.c.version == 2)
        assert asked(station, connection.execute(query).scalar_one()) == "valid"
    order(station, RevocationReason.FRAUD, unit="TYT-2")
    with pytest.raises(RecordError, match="record-disputed"):
        correct(station.engine, "r00000003", {"dose.2.lot": "X1"}, by="an", why="lot", at=station.clock())
