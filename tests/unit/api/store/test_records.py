"""Versions of records, as they are written and read back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from api.states import RecordState
from api.store.records import NewVersion, load_evidence, load_record, move_record, write_evidence, write_versions
from api.store.schema import record_versions, records
from api.store.transactions import writing
from certificates.records.dates import PartialDate
from certificates.records.model import Attestation, Dose, IdKind, Person, Sex, VaccinationRecord
from tests.support.databases import NewAddress
from tests.support.intake import NOW, make_engine

pytestmark = pytest.mark.both_databases

PERSON = Person(
    full_name="Ann Lee",
    date_of_birth=PartialDate(1961),
    sex=Sex.FEMALE,
    nationality="US",
    id_kind=IdKind.PASSPORT,
    id_number="C1234567",
)
DOSE = Dose(number=1, given_on=date(2021, 10, 5), product="vaxzevria", lot="ABX1234", unit="01-0001")
RECORD = VaccinationRecord(record_id="R1", version=1, unit="01-0001", person=PERSON, doses=(DOSE,))
EVIDENCE = Attestation(
    person_digest=PERSON.digest, document="passport", attested_by="minh", unit="01-0001", attested_at=NOW
)


def version(number: int, state: RecordState = RecordState.AWAITING_MATCH) -> NewVersion:
    record = replace(RECORD, version=number)
    return NewVersion(record=record, state=state, reason=None, person_key="key", province="01", evidence=EVIDENCE)


@pytest.fixture
def engine(tmp_path: Path, new_address: NewAddress) -> Engine:
    engine = make_engine(new_address(tmp_path))
    with writing(engine) as connection:
        write_versions(connection, [version(1)], by="lan", why="import", at=NOW)
    return engine


def test_a_version_comes_back_whole(engine: Engine) -> None:
    with engine.connect() as connection:
        stored = load_record(connection, "R1")
        assert stored is not None
        assert (stored.record, stored.state, stored.person_key) == (RECORD, RecordState.AWAITING_MATCH, "key")
        assert connection.execute(select(records.c.digest)).scalar_one() == RECORD.digest
        assert load_evidence(connection, "R1", 1) == EVIDENCE
        assert load_record(connection, "R2") is None
        assert load_evidence(connection, "R1", 2) is None


def test_the_next_version_keeps_the_one_before(engine: Engine) -> None:
    with writing(engine) as connection:
        write_versions(connection, [version(2, RecordState.READY)], by="lan", why="correction", at=NOW)
    with engine.connect() as connection:
        stored = load_record(connection, "R1")
        kept = connection.execute(select(record_versions.c.version, record_versions.c.why)).all()
    assert stored is not None
    assert (stored.record.version, stored.state) == (2, RecordState.READY)
    assert kept == [(1, "import"), (2, "correction")]


def test_a_version_is_written_once(engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(engine) as connection:
        write_versions(connection, [version(1)], by="lan", why="import", at=NOW)


def test_later_evidence_takes_the_place_of_earlier(engine: Engine) -> None:
    later = replace(EVIDENCE, attested_by="hoa")
    with writing(engine) as connection:
        write_evidence(connection, RECORD, later, province="01", at=NOW)
        assert load_evidence(connection, "R1", 1) == later


def test_a_record_moves_only_from_where_it_was_read(engine: Engine) -> None:
    with writing(engine) as connection:
        stored = load_record(connection, "R1")
        assert stored is not None
        assert move_record(connection, stored, RecordState.READY, None, at=NOW)
        assert not move_record(connection, stored, RecordState.MISMATCHED, "register-mismatch", at=NOW)
        assert load_record(connection, "R1") == replace(stored, state=RecordState.READY)
