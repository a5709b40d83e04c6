"""The tables of the population, parted by province on PostgreSQL: the same statements, the same road."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, insert, select, text

from api.intake.slips import write_slips
from api.passports.citizen import fetch_passport
from api.store import versions
from api.store.database import connect
from api.store.schema import certificate_codes, metadata
from tests.support.centre import World, make_world
from tests.support.databases import postgres
from tests.support.revoking import order

PARTED = sorted(table.name for table in metadata.tables.values() if "province" in table.primary_key.columns)
OF_THE_COUNTRY = {"units", certificate_codes.name}  # they say where something is, and are few or narrow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    address = postgres().address(postgres().new_database())
    parted = MetaData()
    for table in metadata.sorted_tables:
        copied: Table = table.to_metadata(parted)
        if table.name in PARTED:
            copied.dialect_options["postgresql"]["partition_by"] = "LIST (province)"
    engine = connect(address)
    with engine.begin() as connection:
        parted.create_all(connection)
        for name in PARTED:
            connection.execute(text(f"CREATE TABLE {name}_01 PARTITION OF {name} FOR VALUES IN ('01')"))
            connection.execute(text(f"CREATE TABLE {name}_rest PARTITION OF {name} DEFAULT"))
        versions.version_table.create(connection)
        connection.execute(insert(versions.version_table).values(version_num=versions.NEWEST))
    engine.dispose()
    made = make_world(tmp_path, address=address)
    yield made
    made.engine.dispose()


def test_whatever_knows_its_province_has_it_in_its_key() -> None:
    having = {table.name for table in metadata.tables.values() if "province" in table.columns}
    assert having - set(PARTED) == OF_THE_COUNTRY
    assert {"records", "intents", "jobs", "passports", "claim_codes"} <= set(PARTED)


def test_a_record_goes_its_road_through_parted_tables(world: World, tmp_path: Path) -> None:
    world.add_records(3)
    with (tmp_path / "slips.csv").open("w", encoding="utf-8", newline="") as out:
        assert write_slips(world.engine, world.centre.secret, out, by="test", at=world.clock()) == 3
    assert {one["outcome"] for one in world.agent("TYT-1").work()} == {"accepted"}
    assert {one["outcome"] for one in world.agent("BYT").work()} == {"accepted"}
    with world.engine.connect() as connection:
        rows = connection.execute(text("SELECT uvci, state FROM passports_01")).all()
        codes = connection.execute(select(certificate_codes.c.uvci)).scalars().all()
        assert connection.execute(text("SELECT count(*) FROM passports_rest")).scalar_one() == 0
    assert {row.state for row in rows} == {"issued"}
    assert sorted(codes) == sorted(row.uvci for row in rows)
    asked = {"certificate_code": rows[0].uvci, "date_of_birth": "1980-04-05"}
    assert fetch_passport(world.centre, **asked).status == "valid"
    assert order(world, codes=(rows[0].uvci,)).passports == 1
    assert fetch_passport(world.centre, **asked).status == "revoked"
