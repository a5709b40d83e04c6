"""Whole files: every row ends somewhere, nothing is doubled, nothing counts before the file is there."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select

from api.intake import reading, steps
from api.intake.claiming import claimed
from api.intake.faults import FILE_SENTENCES, ROW_SENTENCES
from api.states import RecordState
from api.store.schema import audit, import_rows, records, units
from api.store.schema_intake import import_tallies
from api.store.transactions import writing
from tests.support.intake import csv_text, make_engine, outcomes, people, row, take, write_csv

pytestmark = pytest.mark.both_databases


def test_two_doses_are_one_record(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row(), row(dose=2, day="2021-12-20", lot="ABX9"))
    report = take(engine, path)
    assert (report.state, report.rows, report.accepted, report.records_made) == ("complete", 2, 2, 1)
    assert report.noted == {"joined": 1}
    (stored,) = people(engine)
    assert stored.state is RecordState.AWAITING_MATCH
    assert [dose.number for dose in stored.record.doses] == [1, 2]
    assert stored.record.doses[0].to_dict() == {
        "number": 1,
        "given_on": "2021-10-05",
        "product": "vaxzevria",
        "lot": "ABX1234",
        "amount": "0,5 ml",
        "unit": "01-0001",
        "country": "VN",
        "entered_by": "lan",
    }
    with engine.connect() as connection:
        acts = connection.execute(select(audit.c.act, audit.c.subject)).all()
    assert acts == [("import-completed", report.import_id)]


def test_the_same_file_again_is_all_duplicates(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row(), row(dose=2, day="20/12/2021"), row(name="Lê An", id=""))
    take(engine, path)
    before = [stored.record.digest for stored in people(engine)]
    report = take(engine, path)
    assert report.notes[0].startswith("the same file was taken in before: import ")
    assert (report.accepted, report.duplicate, report.records_made, report.records_extended) == (0, 3, 0, 0)
    assert [stored.record.digest for stored in people(engine)] == before


def test_a_row_twice_in_one_file(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(), row()))
    assert outcomes(engine, report.import_id) == [(2, "accepted", None, None), (3, "duplicate", None, None)]


def test_persons_without_number_or_birth_date_are_not_guessed_together(engine: Engine, tmp_path: Path) -> None:
    named = {"id": "", "name": "Lê An"}
    report = take(
        engine,
        write_csv(
            tmp_path / "a.csv",
            row(**named, born="1950"),
            row(**named, born="1950", dose=2, day="20/12/2021"),
            row(**named, born="1951"),
            row(**named, born=""),
            row(**named, born="", dose=2, day="20/12/2021"),
            row(**named, born="1950", unit="01-0002"),
        ),
    )
    assert (report.accepted, report.records_made) == (6, 5)
    assert report.states == {"incomplete": 5}


def test_names_that_differ_only_in_writing_are_one_person(engine: Engine, tmp_path: Path) -> None:
    rows = [row(id="", name="Hoà Thị Thuý"), row(id="", name="HÒA THỊ THÚY", dose=2, day="20/12/2021")]
    assert take(engine, write_csv(tmp_path / "a.csv", *rows)).records_made == 1


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"name": "Nguyễn Thị Hoa"}, "Họ và tên"),
        ({"born": "08/03/1961"}, "Ngày sinh"),
        ({"sex": "Nam", "born": "1962"}, "Ngày sinh, Giới tính"),
    ],
)
def test_another_person_under_one_number_is_refused(
    engine: Engine, tmp_path: Path, change: dict[str, str], column: str
) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(), row(dose=2, day="20/12/2021", **change)))
    assert outcomes(engine, report.import_id)[1] == (3, "refused", "person-conflict", column)
    assert len(people(engine)[0].record.doses) == 1


def test_what_was_missing_is_filled_in(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_csv(tmp_path / "a.csv", row(sex="", born="1961")))
    assert people(engine)[0].state is RecordState.INCOMPLETE
    report = take(engine, write_csv(tmp_path / "b.csv", row()))
    assert (report.accepted, report.records_extended, report.noted) == (1, 1, {"completed": 1})
    (stored,) = people(engine)
    assert (stored.record.version, stored.state) == (2, RecordState.AWAITING_MATCH)
    assert stored.record.person.date_of_birth.iso == "1961-03-07"


def test_a_missing_lot_and_own_name_fields_are_filled_in(engine: Engine, tmp_path: Path) -> None:
    own = {key: value for key, value in row(name="Y Bhăm Niê").items() if key != "Họ và tên"}
    take(engine, write_csv(tmp_path / "a.csv", row(name="Y Bhăm Niê", lot="", amount="")))
    assert people(engine)[0].reason == "lot-missing"
    report = take(engine, write_csv(tmp_path / "b.csv", {"Họ đệm": "Niê", "Tên": "Y Bhăm"} | own))
    assert outcomes(engine, report.import_id)[0][1:3] == (
        "refused",
        "person-conflict",
    )  # another order
    report = take(engine, write_csv(tmp_path / "c.csv", {"Họ đệm": "Y Bhăm", "Tên": "Niê"} | own))
    assert (report.accepted, report.noted) == (1, {"completed": 1})
    (stored,) = people(engine)
    assert (stored.record.person.family_name, stored.record.person.given_name) == ("Y Bhăm", "Niê")
    assert (stored.record.doses[0].lot, stored.record.doses[0].amount) == ("ABX1234", "0,5 ml")
    assert stored.state is RecordState.AWAITING_MATCH
    report = take(engine, write_csv(tmp_path / "d.csv", {"Họ đệm": "Y", "Tên": "Bhăm Niê"} | own))
    assert outcomes(engine, report.import_id) == [(2, "refused", "person-conflict", "Họ đệm, Tên")]
    assert take(engine, write_csv(tmp_path / "e.csv", row(name="Y Bhăm Niê", lot=""))).duplicate == 1


@pytest.mark.parametrize("before", ["", "00116101234", "không có"])
def test_a_list_that_comes_back_with_numbers_completes_the_records(engine: Engine, tmp_path: Path, before: str) -> None:
    second = {"dose": 2, "day": "20/12/2021"}
    take(engine, write_csv(tmp_path / "a.csv", row(id=before), row(id=before, **second)))
    (waiting,) = people(engine)
    report = take(engine, write_csv(tmp_path / "b.csv", row(**second), row()))
    assert (report.accepted, report.duplicate, report.records_made, report.records_extended) == (1, 1, 0, 1)
    assert report.noted == {"completed": 1}
    (stored,) = people(engine)
    assert (stored.record.record_id, stored.record.version) == (waiting.record.record_id, 2)
    assert (stored.record.person.id_number, stored.state) == ("001161012345", RecordState.AWAITING_MATCH)
    assert take(engine, tmp_path / "b.csv").duplicate == 2


def test_a_record_whose_rows_come_with_and_without_its_number(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_csv(tmp_path / "a.csv", row(id="")))
    second, third = {"dose": 2, "day": "20/12/2021"}, {"dose": 3, "day": "20/03/2022"}
    report = take(engine, write_csv(tmp_path / "b.csv", row(), row(id="", **second), row(**third)))
    assert (report.state, report.accepted, report.records_made, report.records_extended) == ("complete", 3, 0, 1)
    (stored,) = people(engine)
    assert (len(stored.record.doses), stored.record.person.id_number) == (3, "001161012345")
    assert take(engine, write_csv(tmp_path / "c.csv", row(), row(**third))).duplicate == 2


@pytest.mark.parametrize(
    "other",
    [
        {"lot": "ABX9999"},
        {"day": "06/10/2021"},
        {"dose": 2, "day": "20/12/2021"},
        {"born": "1961"},
        {"unit": "01-0002"},
    ],
)
def test_a_number_for_somebody_alike_is_a_person_of_its_own(
    engine: Engine, tmp_path: Path, other: dict[str, Any]
) -> None:
    take(engine, write_csv(tmp_path / "a.csv", row(id="")))
    report = take(engine, write_csv(tmp_path / "b.csv", row(**other)))
    assert (report.accepted, report.records_made, report.records_extended) == (1, 1, 0)


def test_two_numbers_for_one_record_without_are_not_guessed(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_csv(tmp_path / "a.csv", row(id="")))
    report = take(engine, write_csv(tmp_path / "b.csv", row(), row(id="001161012346")))
    assert (report.accepted, report.records_made, report.records_extended) == (2, 2, 0)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"day": "06/10/2021"}, "Ngày tiêm"),
        ({"vaccine": "Pfizer", "maker": "Pfizer"}, "Tên vắc xin"),
        ({"lot": "ABX9999"}, "Số lô"),
        ({"unit": "01-0002"}, "Mã cơ sở tiêm"),
    ],
)
def test_a_dose_that_is_there_otherwise_is_refused(
    engine: Engine, tmp_path: Path, change: dict[str, str], column: str
) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(), row(**change)))
    assert outcomes(engine, report.import_id)[1] == (3, "refused", "dose-conflict", column)


@pytest.mark.parametrize(
    ("change", "reason", "column"),
    [
        ({"day": "31/02/2021"}, "date-impossible", "Ngày tiêm"),
        ({"born": "hôm qua"}, "date-form", "Ngày sinh"),
        ({"day": ""}, "given-on-missing", "Ngày tiêm"),
        ({"day": "2021"}, "given-on-partial", "Ngày tiêm"),
        ({"born": "1850"}, "date-year", "Ngày sinh"),
        ({"name": ""}, "name-missing", "Họ và tên"),
        ({"name": "Nguyễn 2"}, "name-letters", "Họ và tên"),
        ({"sex": "?"}, "sex-form", "Giới tính"),
        ({"nation": "Sao Hỏa"}, "nationality-form", "Quốc tịch"),
        ({"dose": "nhắc lại"}, "dose-number-form", "Mũi tiêm số"),
        ({"vaccine": ""}, "product-missing", "Tên vắc xin"),
        ({"vaccine": "Nước"}, "product-unknown", "Tên vắc xin"),
        ({"maker": "Moderna"}, "manufacturer-mismatch", "Hãng sản xuất"),
        ({"unit": ""}, "unit-missing", "Mã cơ sở tiêm"),
        ({"unit": "99"}, "unit-unknown", "Mã cơ sở tiêm"),
        ({"name": "=A1"}, "cell-formula", "Họ và tên"),
        ({"lot": "#N/A"}, "cell-error", "Số lô"),
        ({"lot": "A\x07"}, "cell-control-character", "Số lô"),
        ({"name": "Nguy\ufffdn"}, "text-encoding", "Họ và tên"),
        ({"name": "A" * 10_000}, "cell-too-long", "Họ và tên"),
    ],
)
def test_refused_rows(engine: Engine, tmp_path: Path, change: dict[str, str], reason: str, column: str) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(**change), row(id="001161012346")))
    assert outcomes(engine, report.import_id) == [(2, "refused", reason, column), (3, "accepted", None, None)]
    assert report.reasons == {reason: 1}
    with engine.connect() as connection:
        stored = connection.execute(select(import_rows).where(import_rows.c.row_number == 2)).one()
    assert json.loads(stored.cells) == [str(cell) for cell in row(**change).values()]  # nothing that came in is lost
    assert stored.detail == " / ".join(ROW_SENTENCES[reason])


def test_a_delimiter_inside_a_cell(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text([row()]).rstrip() + ",còn nữa\r\n", encoding="utf-8")
    assert outcomes(engine, take(engine, path).import_id) == [(2, "refused", "row-shape", "Người nhập")]


def test_rows_of_another_unit(engine: Engine, tmp_path: Path) -> None:
    rows = [row(unit=""), row(id="001161012346", unit="01-0002")]
    report = take(engine, write_csv(tmp_path / "a.csv", *rows), unit="01-0001")
    assert [each[1:3] for each in outcomes(engine, report.import_id)] == [("accepted", None), ("refused", "unit-other")]


def test_the_successor_answers_for_a_closed_unit(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_csv(tmp_path / "a.csv", row(unit="01-0003")))
    (stored,) = people(engine)
    assert (stored.record.unit, stored.record.doses[0].unit) == ("01-0002", "01-0003")


def test_malformed_and_missing_numbers(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(id="12345"), row(id="", name="Lê An")))
    assert report.states == {"malformed_id": 1, "incomplete": 1}


@pytest.mark.parametrize(
    "state", [RecordState.LEASED, RecordState.CONFIRMED, RecordState.SIGNED, RecordState.DISPUTED, RecordState.REVOKED]
)
def test_a_record_that_must_keep_still(engine: Engine, tmp_path: Path, state: RecordState) -> None:
    take(engine, write_csv(tmp_path / "a.csv", row()))
    with writing(engine) as connection:
        connection.execute(records.update().values(state=state.value))
    report = take(engine, write_csv(tmp_path / "b.csv", row(), row(dose=2, day="20/12/2021")))
    expected = "record-disputed" if state in (RecordState.DISPUTED, RecordState.REVOKED) else "record-in-signing"
    assert [each[1:3] for each in outcomes(engine, report.import_id)] == [("duplicate", None), ("refused", expected)]
    assert people(engine)[0].record.version == 1


def test_a_fault_late_in_the_file_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [row(id=f"001161{number:06}", born="?" if number == 7 else "1961") for number in range(1500)]
    path.write_bytes(csv_text(rows).encode() + b'"never closed')
    assert take(engine, path).reason == "file-quotes"
    assert people(engine) == []
    with engine.connect() as connection:
        for table in (import_rows, import_tallies):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


@pytest.mark.parametrize("calls", range(7))
def test_what_was_interrupted_goes_on_where_it_stopped(
    engine: Engine, tmp_path: Path, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(steps, "ROWS", 2)
    rows = [row(id=f"00116100000{number}") for number in range(1, 5)] + [row(id="001161000009", name="?")]
    path = write_csv(tmp_path / "a.csv", *rows)  # three batches to read, three steps to join
    told: list[int] = []

    def stop_there(_done: int, _total: int | None) -> None:
        told.append(1)
        if len(told) > calls:
            raise KeyboardInterrupt

    if calls < 6:
        with pytest.raises(KeyboardInterrupt):
            take(engine, path, progress=stop_there)
    else:
        take(engine, path)
    before = {stored.record.record_id for stored in people(engine)}
    done: list[int] = []
    report = take(engine, path, progress=lambda at, _total: done.append(at))
    if calls == 6:
        assert (report.duplicate, report.refused) == (4, 1)
        return
    assert "gone on with where it was interrupted" in report.notes
    assert len(done) == 3 + 3 - max(0, calls - 2)  # what was read is read again, what was joined is joined
    assert (report.rows, report.accepted, report.refused, report.records_made) == (5, 4, 1, 4)
    assert len(outcomes(engine, report.import_id)) == 5
    after = {stored.record.record_id for stored in people(engine)}
    assert len(after) == 4
    assert before <= after
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(import_tallies)).scalar_one() == 0


def test_rows_keep_their_outcome_when_the_rest_is_read_by_other_rules(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "ROWS", 2)
    ids = [f"00116100000{number}" for number in range(1, 7)]
    path = write_csv(tmp_path / "a.csv", *(row(id=number, unit="01-0009") for number in ids))

    def stop_after_a_step(_done: int, total: int | None) -> None:
        if total is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(engine, path, progress=stop_after_a_step)
    unit = {"code": "01-0009", "name": "Station", "kind": "station", "province": "01", "opened_on": "2000-01-01"}
    with writing(engine) as connection:
        connection.execute(insert(units), unit)
    report = take(engine, path)
    assert (report.rows, report.refused, report.accepted) == (6, 2, 4)
    assert [number for number, *_ in outcomes(engine, report.import_id)] == [2, 3, 4, 5, 6, 7]


def test_letters_of_an_old_font_in_one_column_are_seen_at_the_end_and_read_again(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 1)
    rows = [row(name="Tran Van An", id=""), row(name="NguyÔn ThÞ Hång")]
    path = write_csv(tmp_path / "a.csv", *rows)
    calls: list[int] = []

    def stop_there(_done: int, _total: int | None) -> None:
        calls.append(1)
        if len(calls) > 3:  # one batch into the second reading
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(engine, path, progress=lambda done, total: stop_there(done, total))
    report = take(engine, path)
    assert any("converted from" in note for note in report.notes)
    assert {stored.record.person.full_name for stored in people(engine)} == {"Tran Van An", "Nguyễn Thị Hồng"}
    assert report.accepted == 2


def test_a_file_that_somebody_else_imports_now(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row())
    with claimed(engine, hashlib.sha256(path.read_bytes()).digest()):
        report = take(engine, path)
    assert (report.state, report.reason, report.import_id) == ("failed", "import-running", "")
    assert take(engine, path).accepted == 1


@given(content=st.binary(max_size=400))
def test_any_bytes_end_as_a_report(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(content)
        assert take(make_engine(Path(folder) / "vaxseal.sqlite3"), path).state == "failed"


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["name", "born", "sex", "nation", "id", "dose", "day", "vaccine", "maker", "lot", "amount"]
            ),
            st.text(max_size=20).map(lambda text: text.replace("\0", "")),
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_cells_end_with_an_outcome(changes: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        engine = make_engine(Path(folder) / "vaxseal.sqlite3")
        path = Path(folder) / "a.csv"
        path.write_bytes(csv_text([row(**change) for change in changes]).encode("utf-8", "replace"))
        report = take(engine, path)
        assert (report.state, report.rows) == ("complete", len(changes)), report
        assert report.accepted + report.duplicate + report.refused == len(changes)


def test_progress_goes_to_the_end(engine: Engine, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    take(engine, write_csv(tmp_path / "a.csv", row(), row()), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(2, None), (4, 4)]


def test_every_sentence_is_there_twice() -> None:
    for sentences in (*FILE_SENTENCES.values(), *ROW_SENTENCES.values()):
        assert len(sentences) == 2
        assert all(sentence.endswith(".") for sentence in sentences)


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from api.intake import importer, reading, steps
from api.store.database import connect

reading.BATCH = steps.ROWS = 50
calls = []

def die(done, total):
    calls.append(done)
    if len(calls) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

address = sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])
at = datetime(2026, 3, 2, 8, tzinfo=UTC)
importer.import_file(connect(address), Path(sys.argv[2]), imported_by="lan", at=at, progress=die)
"""


@pytest.mark.parametrize("calls", [3, 6])
def test_a_killed_import_goes_on(engine: Engine, tmp_path: Path, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path / "a.csv", *(row(id=f"001161{number:06}") for number in range(200)))
    address = engine.url.database if engine.dialect.name == "sqlite" else engine.url.render_as_string(False)
    assert address is not None
    dead = subprocess.run([sys.executable, "-c", _KILLED, address, path, str(calls)], timeout=60)
    assert dead.returncode == -signal.SIGKILL
    monkeypatch.setattr(reading, "BATCH", 50)
    monkeypatch.setattr(steps, "ROWS", 50)
    done: list[int] = []
    report = take(engine, path, progress=lambda at, _total: done.append(at))
    assert len(done) == (8 if calls == 3 else 6)  # of four batches and four steps, two behind it
    assert (report.accepted, report.records_made, len(people(engine))) == (200, 200, 200)
