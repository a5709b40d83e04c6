"""Records compared with the register, attested, corrected, and extended afterwards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from api.audit import verify_log
from api.errors import CentreError
from api.identity import matching
from api.identity.attestation import attest
from api.identity.corrections import correct
from api.identity.matching import MatchReport, match_records
from api.identity.register import FileRegister
from api.intake.importer import import_file
from api.signing.enrolment import close_unit
from api.states import RecordState
from api.store.records import StoredRecord, load_evidence, stored_record
from api.store.schema import audit, record_versions, records
from api.store.schema_identity import match_runs
from api.store.transactions import writing
from certificates.errors import RecordError
from certificates.records.model import Person, RegisterAnswer, instant_to_text
from certificates.records.verification import verify
from tests.support.databases import NewAddress
from tests.support.intake import NOW, make_engine, row, write_csv

pytestmark = pytest.mark.both_databases

HONG = "001161012345,Nguyễn Thị Hồng,1961-03-07,F,found"


@pytest.fixture
def engine(tmp_path: Path, new_address: NewAddress) -> Engine:
    return make_engine(new_address(tmp_path))


def take(engine: Engine, tmp_path: Path, *rows: dict[str, object]) -> None:
    report = import_file(engine, write_csv(tmp_path / "a.csv", *rows), imported_by="lan", at=NOW)
    assert report.accepted == len(rows), report


def match(engine: Engine, tmp_path: Path, *lines: str, again: bool = False) -> MatchReport:
    path = tmp_path / "register.csv"
    path.write_text("id,name,dob,sex,status\n" + "\n".join(lines), encoding="utf-8")
    return match_records(engine, FileRegister(path, clock=lambda: NOW), at=NOW, by="lan", again=again)


def only(engine: Engine) -> StoredRecord:
    with engine.connect() as connection:
        return stored_record(connection.execute(select(records)).one())


def acts(engine: Engine) -> list[str]:
    verify_log(engine)
    with engine.connect() as connection:
        return list(connection.execute(select(audit.c.act).order_by(audit.c.sequence)).scalars())


def test_a_match_makes_the_record_ready_with_its_evidence(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    assert match(engine, tmp_path, HONG).states == {"ready": 1}
    stored = only(engine)
    with engine.connect() as connection:
        evidence = load_evidence(connection, stored.record.record_id, 1)
    assert evidence is not None
    assert verify(stored.record, evidence, today=NOW.date()).record == stored.record
    assert acts(engine) == ["import-completed", "records-matched"]


@pytest.mark.parametrize(
    ("line", "state", "reason"),
    [
        (HONG.replace("Hồng", "Hoa"), RecordState.MISMATCHED, "register-mismatch:full_name"),
        (
            HONG.replace("1961-03-07", "1961-03-08").replace(",F,", ",M,"),
            RecordState.MISMATCHED,
            "register-mismatch:date_of_birth,sex",
        ),
        (HONG.replace("found", "deceased"), RecordState.DECEASED, "register-deceased"),
        (HONG.replace("found", "merged"), RecordState.MERGED, "register-merged"),
        ("", RecordState.UNVERIFIABLE, "register-no-answer"),
    ],
)
def test_other_answers(engine: Engine, tmp_path: Path, line: str, state: RecordState, reason: str) -> None:
    take(engine, tmp_path, row())
    report = match(engine, tmp_path, line)
    stored = only(engine)
    assert (stored.state, stored.reason, report.reasons) == (state, reason, {reason: 1})
    again = match(engine, tmp_path, HONG)
    assert again.asked == (1 if state is RecordState.UNVERIFIABLE else 0)
    match(engine, tmp_path, HONG, again=True)
    assert only(engine).state is RecordState.READY


def test_foreigners_are_attested_by_name(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row(nation="Hoa Kỳ", id="C1234567", name="Ann Lee"))
    report = match(engine, tmp_path)
    assert (report.asked, report.foreigners, only(engine).reason) == (0, 1, "attestation-needed")
    record_id = only(engine).record.record_id
    with pytest.raises(RecordError, match="attestation-unit"):
        attest(engine, record_id, document="passport", by="minh", unit="01-0002", at=NOW)
    with pytest.raises(RecordError, match="attestation-document"):
        attest(engine, record_id, document="driving licence", by="minh", unit="01-0001", at=NOW)
    assert only(engine).state is RecordState.AWAITING_MATCH
    attest(engine, record_id, document="passport", by="minh", unit="01-0001", at=NOW)
    assert (only(engine).state, only(engine).reason) == (RecordState.READY, None)
    assert acts(engine)[-1] == "person-attested"
    with pytest.raises(RecordError, match="record-state"):
        attest(engine, record_id, document="passport", by="minh", unit="01-0001", at=NOW)
    with pytest.raises(RecordError, match="record-unknown"):
        attest(engine, "nobody", document="passport", by="minh", unit="01-0001", at=NOW)


def test_who_inherited_a_closed_units_work_attests_for_it(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row(nation="Hoa Kỳ", id="C1234567", name="Ann Lee"))
    record_id = only(engine).record.record_id
    with pytest.raises(RecordError, match="attestation-unit"):
        attest(engine, record_id, document="passport", by="minh", unit="01-0002", at=NOW)
    close_unit(engine, code="01-0001", successor="01-0002", closed_on=NOW.date(), by="op", at=NOW)
    made = attest(engine, record_id, document="passport", by="minh", unit="01-0002", at=NOW)
    assert (made.attested_by, made.unit, only(engine).state) == ("minh", "01-0001", RecordState.READY)


def test_a_citizen_cannot_be_attested(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    with pytest.raises(RecordError, match="attestation-not-foreigner"):
        attest(engine, only(engine).record.record_id, document="passport", by="minh", unit="01-0001", at=NOW)


def test_a_register_that_answers_for_somebody_else_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    path = tmp_path / "register.csv"
    path.write_text(f"id,name,dob,sex,status\n{HONG}\n", encoding="utf-8")

    class Confused(FileRegister):
        def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
            return [replace(answer, person_digest=bytes(32)) for answer in super().ask(persons)]

    report = match_records(engine, Confused(path, clock=lambda: NOW), at=NOW, by="lan")
    assert (report.stopped, report.unanswered, report.asked) == ("register-answers", 1, 0)
    assert only(engine).state is RecordState.AWAITING_MATCH

    class Silent(FileRegister):
        def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
            return []

    assert match_records(engine, Silent(path), at=NOW, by="lan").stopped == "register-answers"
    assert only(engine).state is RecordState.AWAITING_MATCH


class Fails(FileRegister):
    """Answers as the file says until some batch, and from there on fails with these codes, one a batch."""

    def __init__(self, path: Path, good: int, *codes: str) -> None:
        super().__init__(path, clock=lambda: NOW)
        self.good, self.codes, self.asked = good, list(codes), list[str]()

    def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
        self.asked += [person.id_number or "" for person in persons]
        self.good -= 1
        if self.good < 0 and self.codes:
            raise CentreError(self.codes.pop(0))
        return super().ask(persons)


def test_a_run_that_stopped_is_gone_on_with(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "BATCH", 2)
    numbers = [f"00116100000{number}" for number in range(7)]
    take(engine, tmp_path, *(row(id=number) for number in numbers))
    path = tmp_path / "register.csv"
    path.write_text("id,name,dob,sex,status\n" + "\n".join(HONG.replace(HONG[:12], n) for n in numbers[::2]))
    away = Fails(path, 2, "partner-away")
    first = match_records(engine, away, at=NOW, by="lan")
    assert (first.asked, first.unanswered, first.stopped) == (4, 2, "partner-away")
    back = Fails(path, 99)
    second = match_records(engine, back, at=NOW + timedelta(minutes=5), by="lan")
    assert (second.asked, second.stopped) == (3, None)
    assert sorted(away.asked[:4] + back.asked) == numbers  # nobody twice, not even whom the register did not know
    with engine.connect() as connection:
        run = connection.execute(select(match_runs)).one()
    assert (run.state, run.asked, run.begun_at) == ("complete", 7, instant_to_text(NOW))
    again = Fails(path, 99)
    match_records(engine, again, at=NOW + timedelta(days=1), by="lan")
    assert sorted(again.asked) == numbers[1::2]  # a new run asks about the unknown ones again


def test_unusable_answers_hold_up_nobody_else(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "BATCH", 1)
    numbers = [f"00116100000{number}" for number in range(5)]
    take(engine, tmp_path, *(row(id=number) for number in numbers))
    path = tmp_path / "register.csv"
    path.write_text("id,name,dob,sex,status\n" + "\n".join(HONG.replace(HONG[:12], n) for n in numbers))
    report = match_records(engine, Fails(path, 1, "partner-answer", "register-answers"), at=NOW, by="lan")
    assert (dict(report.states), report.unanswered, report.stopped) == ({"ready": 3}, 2, None)
    report = match_records(engine, Fails(path, 0, *["partner-answer"] * 9), at=NOW, by="lan")
    assert (report.asked, report.unanswered, report.stopped) == (0, 2, "partner-answer")


def test_a_record_changed_while_the_register_was_asked_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    path = tmp_path / "register.csv"
    path.write_text(f"id,name,dob,sex,status\n{HONG}\n", encoding="utf-8")

    class Slow(FileRegister):
        def ask(self, persons: Sequence[Person]) -> list[RegisterAnswer]:
            correct(engine, only(engine).record.record_id, {"sex": "Nam"}, by="lan", why="meanwhile", at=NOW)
            return super().ask(persons)

    report = match_records(engine, Slow(path, clock=lambda: NOW), at=NOW, by="lan")
    assert (report.changed_meanwhile, dict(report.states)) == (1, {})
    assert (only(engine).state, only(engine).record.version) == (RecordState.AWAITING_MATCH, 2)


def test_a_correction_is_asked_about_anew(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row(name="Nguyễn Thị Hoa"))
    assert match(engine, tmp_path, HONG).states == {"mismatched": 1}
    record_id = only(engine).record.record_id
    corrected = correct(engine, record_id, {"full_name": "Nguyễn Thị Hồng"}, by="lan", why="ID card seen", at=NOW)
    assert (corrected.state, corrected.record.version) == (RecordState.AWAITING_MATCH, 2)
    assert match(engine, tmp_path, HONG).states == {"ready": 1}
    with engine.connect() as connection:
        versions = connection.execute(select(record_versions.c.version, record_versions.c.why)).all()
    assert versions == [(1, "import"), (2, "ID card seen")]


def test_evidence_goes_over_while_the_person_stays_the_same(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    match(engine, tmp_path, HONG)
    record_id = only(engine).record.record_id
    assert correct(engine, record_id, {"dose.1.lot": "ABX9"}, by="lan", why="book", at=NOW).state is RecordState.READY
    assert correct(engine, record_id, {"sex": "Nam"}, by="lan", why="?", at=NOW).state is RecordState.AWAITING_MATCH


def test_a_dose_more_on_an_issued_record_is_signed_anew(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    match(engine, tmp_path, HONG)
    with writing(engine) as connection:
        connection.execute(records.update().values(state="issued"))
    take(engine, tmp_path, row(dose=2, day="20/12/2021"))
    stored = only(engine)
    assert (stored.state, stored.record.version, len(stored.record.doses)) == (RecordState.READY, 2, 2)


def test_a_dose_more_does_not_wash_a_mismatch_away(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    match(engine, tmp_path, HONG.replace("Hồng", "Hoa"))
    take(engine, tmp_path, row(dose=2, day="20/12/2021"))
    assert (only(engine).state, only(engine).reason) == (RecordState.MISMATCHED, "register-mismatch:full_name")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lot": "x"}, "correction-field"),
        ({"dose.7.lot": "x"}, "correction-field"),
        ({"dose.1.number": "2"}, "correction-field"),
        ({"dose.¹.lot": "x"}, "correction-field"),
        ({"full_name": "A" * 501}, "cell-too-long"),
        ({"sex": "Nữ"}, "correction-empty"),
        ({"date_of_birth": "31/02/1961"}, "date-impossible"),
        ({"dose.1.product": "Nước"}, "product-unknown"),
        ({"id_number": "001161012346"}, "correction-same-person"),
        ({"full_name": "=A1"}, "cell-formula"),
    ],
)
def test_corrections_refused(engine: Engine, tmp_path: Path, changes: dict[str, str], code: str) -> None:
    take(engine, tmp_path, row(), row(id="001161012346", name="Lê Thị Hoa"))
    with engine.connect() as connection:
        ids = {
            stored.record.person.id_number: stored.record.record_id
            for stored in map(stored_record, connection.execute(select(records)).all())
        }
    with pytest.raises(RecordError) as refusal:
        correct(engine, ids["001161012345"], changes, by="lan", why="test", at=NOW)
    assert refusal.value.code == code


def test_corrections_of_what_must_keep_still(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, row())
    with pytest.raises(RecordError, match="record-unknown"):
        correct(engine, "nobody", {"sex": "Nam"}, by="lan", why="test", at=NOW)
    with writing(engine) as connection:
        connection.execute(records.update().values(state="leased"))
    with pytest.raises(RecordError, match="record-in-signing"):
        correct(engine, only(engine).record.record_id, {"sex": "Nam"}, by="lan", why="test", at=NOW)


def test_more_records_than_one_batch(engine: Engine, tmp_path: Path) -> None:
    take(engine, tmp_path, *(row(id=f"001161{number:06}") for number in range(450)))
    steps: list[tuple[int, int | None]] = []
    path = tmp_path / "register.csv"
    path.write_text("id,name,dob,sex,status\n", encoding="utf-8")
    report = match_records(
        engine,
        FileRegister(path, clock=lambda: NOW),
        at=NOW,
        by="lan",
        progress=lambda done, total: steps.append((done, total)),
    )
    assert (report.asked, steps) == (450, [(200, 450), (400, 450), (450, 450)])
