"""Claim codes on paper slips."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from api.intake.importer import import_file
from api.intake.slips import write_slips
from api.passports.claims import hash_claim_code
from api.store.schema import claim_codes
from tests.support.databases import NewAddress
from tests.support.intake import NOW, make_engine, row, write_csv

pytestmark = pytest.mark.both_databases

SECRET = bytes(range(32))


@pytest.fixture
def engine(tmp_path: Path, new_address: NewAddress) -> Engine:
    engine = make_engine(new_address(tmp_path))
    rows = [row(), row(id="001161012346", name="Lê An", unit="01-0002")]
    import_file(engine, write_csv(tmp_path / "a.csv", *rows), imported_by="lan", at=NOW)
    return engine


def slips(engine: Engine, unit: str | None = None, new: bool = False) -> list[dict[str, str]]:
    out = io.StringIO()
    count = write_slips(engine, SECRET, out, by="lan", at=NOW, unit=unit, new=new)
    found = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(found) == count
    return found


def test_codes_are_printed_once_and_kept_as_a_hash(engine: Engine) -> None:
    found = slips(engine)
    assert {slip["name"] for slip in found} == {"Nguyễn Thị Hồng", "Lê An"}
    with engine.connect() as connection:
        kept = {row.record_id: row.code_hash for row in connection.execute(select(claim_codes))}
    assert kept == {slip["record"]: hash_claim_code(SECRET, slip["record"], slip["code"]) for slip in found}
    assert slips(engine) == []


def test_slips_of_one_unit(engine: Engine) -> None:
    assert [slip["name"] for slip in slips(engine, unit="01-0002")] == ["Lê An"]
    assert [slip["name"] for slip in slips(engine)] == ["Nguyễn Thị Hồng"]


def test_new_codes_end_the_old_ones(engine: Engine) -> None:
    old = {slip["record"]: slip["code"] for slip in slips(engine)}
    new = {slip["record"]: slip["code"] for slip in slips(engine, new=True)}
    assert old.keys() == new.keys()
    assert all(old[record] != new[record] for record in old)
    with engine.connect() as connection:
        kept = {row.record_id: row.code_hash for row in connection.execute(select(claim_codes))}
    assert kept == {record: hash_claim_code(SECRET, record, code) for record, code in new.items()}
