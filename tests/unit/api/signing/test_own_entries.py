"""Who entered a dose does not confirm it."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select, update

from api.store.records import NewVersion, write_versions
from api.store.schema import record_versions, units
from api.store.schema_accounts import own_entries
from api.store.transactions import writing
from certificates.records.model import VaccinationRecord
from tests.support.centre import World, new_version
from tests.support.records import answer
from tests.support.staff import add_person


def entered(world: World, number: int, *, dose_by: str = "", made_by: str = "test") -> str:
    version = new_version(number, unit="TYT-1", at=world.clock())
    doses = tuple(dataclasses.replace(dose, entered_by=dose_by) for dose in version.record.doses)
    record: VaccinationRecord = dataclasses.replace(version.record, doses=doses)
    made: NewVersion = dataclasses.replace(
        version, record=record, evidence=answer(record.person, answered_at=world.clock())
    )
    with writing(world.engine) as connection:
        write_versions(connection, [made], by=made_by, why="test", at=world.clock())
    return record.record_id


def leased(world: World, account: str) -> tuple[set[str], int]:
    found = world.agent("TYT-1", account=account).lease()
    return {job["record"]["record_id"] for job in found["jobs"]}, found["waiting"]


@pytest.mark.both_databases
def test_another_signer_gets_what_one_entered(world: World) -> None:
    for name in ("lan", "thu"):
        add_person(world, name, "TYT-1", "signer")
    mine = {
        entered(world, 1, dose_by="lan"),
        entered(world, 2, dose_by="lan@TYT-1"),
        entered(world, 3, made_by="lan@TYT-1"),
    }
    others = {entered(world, 4, dose_by="thu"), entered(world, 5, dose_by="lan.chi"), entered(world, 6)}
    assert leased(world, "lan") == (others, 0)
    assert leased(world, "thu") == (mine, 0)
    with world.engine.connect() as connection:
        assert connection.execute(select(own_entries)).all() == []


def test_a_batch_is_filled_beyond_what_one_entered(world: World) -> None:
    for name in ("lan", "thu"):
        add_person(world, name, "TYT-1", "signer")
    for number in range(5):
        entered(world, number, dose_by="lan")
    others = {entered(world, number) for number in range(5, 8)}
    agent = world.agent("TYT-1", account="lan")
    found = agent.lease(limit=2)
    assert {job["record"]["record_id"] for job in found["jobs"]} < others
    assert found["waiting"] == 1
    assert agent.lease(limit=2)["waiting"] == 0


@pytest.mark.parametrize("accounts", [("lan",), ()], ids=["one signer", "no accounts"])
def test_where_nobody_else_signs_it_is_noted_and_told(world: World, accounts: Any) -> None:
    overseer = add_person(world, "so", "TYT-2", "overseer")
    for name in accounts:
        add_person(world, name, "TYT-1", "signer")
    entered(world, 1, dose_by="lan")
    entered(world, 2)
    with world.engine.begin() as connection:  # TYT-1 stands below the overseer
        connection.execute(update(units).where(units.c.code == "TYT-1").values(parent="TYT-2"))
    agent = world.agent("TYT-1", account="lan")
    found = agent.lease()

    def told() -> Any:
        return overseer.get("/v1/staff/own-entries?since=2022-03-01").json()["entries"]

    assert told() == []  # nothing is signed yet
    agent.submit(found["lease_id"], [agent.sign(job) for job in found["jobs"]])
    assert told() == [{"unit": "TYT-1", "account": "lan", "records": 1, "one_person": True}]
    assert overseer.get("/v1/staff/own-entries?since=2022-03-02").json()["entries"] == []
    stranger = add_person(world, "bo", "BYT", "overseer")
    assert stranger.get("/v1/staff/own-entries?since=2022-03-01").json()["entries"] == []
    add_person(world, "thu", "TYT-1", "signer")
    assert told()[0]["one_person"] is False


def test_the_ministry_signs_after_whoever_entered(world: World) -> None:
    entered(world, 1, dose_by="lan")
    world.agent("TYT-1", account="y.ta").work()
    assert len(world.agent("BYT", account="lan").lease()["jobs"]) == 1


def test_a_damaged_document_is_put_aside_all_the_same(world: World) -> None:
    for name in ("lan", "thu"):
        add_person(world, name, "TYT-1", "signer")
    record_id = entered(world, 1)
    with world.engine.begin() as connection:
        mine = record_versions.c.record_id == record_id
        connection.execute(update(record_versions).where(mine).values(document="lan"))
    assert leased(world, "lan") == (set(), 0)
    assert world.state(record_id)[0] == "held"
