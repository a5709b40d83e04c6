"""A list on its way: station, police, signature, and back into the records."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, update

from api.audit import verify_log
from api.errors import CentreError
from api.identity.corrections import correct
from api.identity.list_file import read_list
from api.identity.lists import make_list, show_lists, withdraw_list
from api.identity.matching import match_records
from api.identity.register import FileRegister
from api.identity.signed_lists import apply_list, show_rows
from api.signing.enrolment import suspend_token
from api.states import RecordState
from api.store.records import load_evidence
from api.store.schema import audit, records
from api.store.schema_identity import identity_words
from api.store.schema_worklists import correction_evidence, work_closings, work_items, work_steps
from api.store.transactions import writing
from certificates.errors import CertificateError
from certificates.records.model import PoliceWord
from certificates.records.verification import verify
from certificates.signed_file import sign_file
from tests.support.databases import NewAddress
from tests.support.police import CLERK, OFFICER, Commune, fill, make_commune, saved
from tests.support.together import together

HONG = "Nguyễn Thị Hồng"
REGISTER = "id,name,dob,sex,status\n001161012345,Nguyễn Thị Hồng,1961-03-07,F,\n"


@pytest.fixture
def commune(tmp_path: Path, new_address: NewAddress) -> Commune:
    return make_commune(tmp_path, new_address(tmp_path))


def match(commune: Commune, *, again: bool = False) -> None:
    path = commune.folder / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    register = FileRegister(path, clock=commune.clock)
    match_records(commune.engine, register, at=commune.clock(), by="x", again=again)


def desks(commune: Commune) -> dict[str, str]:
    """Whose work a record is, while it is somebody's."""
    with commune.engine.connect() as connection:
        return {row.record_id: f"{row.desk} {row.status}" for row in connection.execute(select(work_items))}


def where(commune: Commune, record_id: str) -> tuple[RecordState, str | None, int]:
    stored = commune.record(record_id)
    return stored.state, stored.reason, stored.record.version


@pytest.mark.both_databases
def test_police_correct_and_the_register_confirms(commune: Commune) -> None:
    ids = commune.take(
        {"name": "Nguyễn Thị Hồng", "id": ""},
        {"name": "Lê Văn Năm", "id": "12345"},
        {"name": "Trần Thị Sáu", "id": "001161012346"},
        {"name": "Ann Lee", "nation": "Hoa Kỳ", "id": "C1234567"},
        {"name": "Phạm Văn Bảy", "id": "001161012347", "born": ""},
    )
    match(commune)
    made = commune.export()
    assert made.classes == {"no-id": 1, "id-form": 1, "basics": 2}
    assert {row.record_id for row in read_list(made.file).rows} == set(ids.values()) - {ids["Ann Lee"]}
    filled = fill(
        made.file,
        {
            ids[HONG]: ("Sửa", None, datetime(1961, 3, 7, tzinfo=UTC).replace(tzinfo=None), None, 1161012345),
            ids["Lê Văn Năm"]: ("ĐÃ MẤT",),
            ids["Trần Thị Sáu"]: ("không tìm thấy",),
        },
    )
    applied = commune.apply(filled)
    assert applied.outcomes == {"applied": 3, "unchanged": 1}
    assert (applied.vouched_by, applied.police_by, applied.police_unit) == ("lan", "minh.ca", "CA-1")
    assert where(commune, ids[HONG]) == (RecordState.AWAITING_MATCH, None, 2)
    assert where(commune, ids["Lê Văn Năm"]) == (RecordState.DECEASED, "police-deceased", 1)
    assert where(commune, ids["Trần Thị Sáu"]) == (RecordState.UNVERIFIABLE, "police-not-found", 1)
    assert desks(commune) == {
        ids[HONG]: "police waiting",
        ids["Phạm Văn Bảy"]: "police open",
        ids["Ann Lee"]: "police open",
    }
    match(commune)
    assert where(commune, ids[HONG]) == (RecordState.READY, None, 2)
    with commune.engine.connect() as connection:
        word = connection.execute(select(identity_words).where(identity_words.c.record_id == ids[HONG])).one()
        acts = connection.execute(select(audit.c.act, audit.c.actor)).all()
    assert (word.health_by, word.health_unit, word.police_by, word.police_unit) == ("lan", "TYT-1", "minh.ca", "CA-1")
    assert ("police-corrected", "minh.ca@CA-1") in [tuple(act) for act in acts]
    with commune.engine.connect() as connection:
        proof = connection.execute(select(correction_evidence)).one()
        closings = work_closings.c
        closed = connection.execute(select(closings.record_id, closings.account, closings.unit)).all()
    assert (proof.kind, proof.reference, proof.account) == ("police-answer", made.list_id, "minh.ca@CA-1")
    assert {tuple(row) for row in closed} == {
        (ids[name], "minh.ca@CA-1", "CA-1") for name in (HONG, "Lê Văn Năm", "Trần Thị Sáu")
    }  # the unit above checks samples of what this unit of police closed
    verify_log(commune.engine)
    assert [row["outcome"] for row in show_rows(commune.engine, made.list_id)].count("applied") == 3
    with pytest.raises(CentreError, match="list-closed"):
        commune.apply(filled)
    (shown,) = show_lists(commune.engine, unit="TYT-1")
    assert (shown["state"], shown["police"]) == ("applied", "minh.ca")


@pytest.mark.both_databases
def test_where_the_register_is_wrong_the_signed_word_of_police_counts(commune: Commune) -> None:
    ids = commune.take({"name": "Nguyễn Thị Hòa"}, {"name": "Lê Văn Năm", "id": ""})
    match(commune)
    assert where(commune, ids["Nguyễn Thị Hòa"])[0] is RecordState.MISMATCHED
    applied = commune.apply(fill(commune.export().file, dict.fromkeys(ids.values(), ("Đúng",))))
    assert {row.record_id: row.reason for row in applied.rows} == {
        ids["Nguyễn Thị Hòa"]: None,
        ids["Lê Văn Năm"]: "record-incomplete",  # police cannot confirm what is not there
    }
    stored = commune.record(ids["Nguyễn Thị Hòa"])
    assert stored.state is RecordState.READY
    with commune.engine.connect() as connection:
        evidence = load_evidence(connection, stored.record.record_id, 1)
        acts = connection.execute(select(audit.c.act).where(audit.c.subject == stored.record.record_id)).scalars().all()
    assert isinstance(evidence, PoliceWord)
    assert (evidence.attested_by, evidence.unit, evidence.vouched_by) == ("minh.ca", "CA-1", "lan")
    assert verify(stored.record, evidence, today=commune.clock().date()).record == stored.record
    assert list(acts) == ["register-disputed", "work-settled", "police-confirmed"]


@pytest.mark.both_databases
def test_who_hands_the_same_list_in_at_the_same_time(commune: Commune) -> None:
    ids = commune.take({"name": "A", "id": ""}, {"name": "B", "id": "", "born": "01/02/1970"})
    file = fill(commune.export().file, {ids["A"]: ("Sửa", None, None, None, "001161012345"), ids["B"]: ("Đã mất",)})
    cms = sign_file(file, commune.keys["CA-1"], account="minh.ca", at=commune.clock())

    def hand_in() -> str:
        try:
            apply_list(commune.engine, commune.settings, file, cms, by="lan@TYT-1", at=commune.clock())
        except CentreError as error:
            return error.code
        return "applied"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(together(pool, *[hand_in] * 4)) == ["applied", *["list-closed"] * 3]
    assert where(commune, ids["A"]) == (RecordState.AWAITING_MATCH, None, 2)
    verify_log(commune.engine)


def test_what_police_call_wrong_goes_back_to_the_station(commune: Commune) -> None:
    ids = commune.take({"name": "Nguyễn Thị Hòa"}, {"name": "Lê Văn Năm", "id": ""})
    match(commune)
    commune.apply(fill(commune.export().file, dict.fromkeys(ids.values(), ("Sai",))))
    assert where(commune, ids["Nguyễn Thị Hòa"]) == (RecordState.MISMATCHED, "police-wrong", 1)
    assert where(commune, ids["Lê Văn Năm"]) == (RecordState.INCOMPLETE, "id-number-missing", 1)
    assert desks(commune) == dict.fromkeys(ids.values(), "clerk open")
    with commune.engine.connect() as connection:
        steps = connection.execute(select(work_steps.c.kind, work_steps.c.code, work_steps.c.account)).all()
    assert {tuple(step) for step in steps} == {("handed-back", "data-wrong", "minh.ca")}


def test_what_the_station_did_not_give_to_police_is_on_no_list(commune: Commune) -> None:
    commune.take({"name": "A", "id": ""})
    with pytest.raises(CentreError, match="list-empty"):
        make_list(commune.engine, "TYT-1", staff=CLERK, at=commune.clock())


def test_who_vouches_for_the_doses_is_not_the_police(commune: Commune) -> None:
    ids = commune.take({"name": "A", "id": "", "Người nhập": "thu"})
    for account in ("lan", "LAN", "huong", "thu"):  # made the list, imported, entered the dose
        file = fill(commune.export().file, dict.fromkeys(ids.values(), ("Đã mất",)))
        (outcome,) = commune.apply(file, account=account).rows
        assert (outcome.outcome, outcome.reason) == ("refused", "word-same-person")
    correct(commune.engine, ids["A"], {"full_name": "B"}, by="minh.ca@TYT-1", why="x", at=commune.clock())
    (outcome,) = commune.apply(fill(commune.export().file, dict.fromkeys(ids.values(), ("Đã mất",)))).rows
    assert outcome.reason == "word-same-person"
    assert where(commune, ids["A"])[0] is RecordState.INCOMPLETE


UNUSABLE = {
    ("vâng",): "conclusion-unknown",
    (None, "Lê Thị Hoa"): "conclusion-missing",
    ("Sửa",): "conclusion-empty",
    ("Đúng", "Lê Thị Hoa"): "conclusion-contradiction",
    ("Sửa", None, "31/02/1961"): "date-impossible",
    ("Sửa", "=A1"): "cell-formula",
    ("Sửa", None, None, "Nam nữ"): "sex-form",
    ("Sửa", None, "07/03/1961"): "correction-empty",
    ("Sửa", None, None, None, "001161012345"): "correction-same-person",
}


def test_rows_that_say_nothing_usable(commune: Commune) -> None:
    names = [f"Nguyễn Thị {letter}" for letter in "ABCDEGHIK"]
    ids = commune.take({"name": HONG}, {"name": "Lê Văn Năm", "id": "5"}, *({"name": name, "id": ""} for name in names))
    answers: dict[str, tuple[Any, ...]] = {ids[name]: answer for name, answer in zip(names, UNUSABLE, strict=True)}
    answers[ids["Lê Văn Năm"]] = ("Sửa", None, None, None, "001061012345")
    applied = commune.apply(fill(commune.export().file, answers))
    found = {row.record_id: (row.outcome, row.reason) for row in applied.rows}
    assert found.pop(ids["Lê Văn Năm"]) == ("applied", None)  # the others count all the same
    expected = zip(names, UNUSABLE.values(), strict=True)
    assert found == {ids[name]: ("refused", reason) for name, reason in expected}
    for name in names:
        assert where(commune, ids[name]) == (RecordState.INCOMPLETE, "id-number-missing", 1)
    for told in applied.to_dict()["rows"]:
        if told["outcome"] == "refused":
            assert told["why_vi"] != told["why_en"] != told["reason"]  # in words that somebody can act on


def test_records_that_moved_meanwhile_are_left(commune: Commune) -> None:
    ids = commune.take({"name": "A", "id": ""}, {"name": "B", "id": "", "born": "01/02/1970"})
    made = commune.export()
    correct(commune.engine, ids["A"], {"id_number": "001161012349"}, by="lan", why="card", at=commune.clock())
    with writing(commune.engine) as connection:
        connection.execute(update(records).where(records.c.record_id == ids["B"]).values(state="leased"))
    applied = commune.apply(fill(made.file, dict.fromkeys(ids.values(), ("Đã mất",))))
    assert {row.record_id: row.reason for row in applied.rows} == {
        ids["A"]: "version-moved",
        ids["B"]: "record-state",
    }


def changed(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def changing(file: bytes) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(file))
        change(book.worksheets[0])
        return saved(book)

    return changing


CHANGES = {
    "a name": changed(lambda sheet: sheet["E3"].__setattr__("value", "Nguyễn Thị Hoa")),
    "a number": changed(lambda sheet: sheet["H3"].__setattr__("value", "001161012345")),
    "a version": changed(lambda sheet: sheet["B3"].__setattr__("value", "2")),
    "a record": changed(lambda sheet: sheet["A3"].__setattr__("value", "R-1")),
    "who vouches": changed(lambda sheet: sheet["E1"].__setattr__("value", "minh")),
    "the unit": changed(lambda sheet: sheet["C1"].__setattr__("value", "TYT-2")),
    "a row less": changed(lambda sheet: sheet.delete_rows(3)),
    "a row twice": changed(lambda sheet: sheet.append([cell.value for cell in sheet[3]])),
    "a row more": changed(lambda sheet: sheet.append(["R-1", "1"])),
}


def test_police_fill_in_their_columns_and_nothing_else(commune: Commune) -> None:
    ids = commune.take({"name": "A", "id": ""}, {"name": "B", "id": "", "born": "01/02/1970"})
    file = fill(commune.export().file, dict.fromkeys(ids.values(), ("Đã mất",)))
    for name, change in CHANGES.items():
        with pytest.raises(CentreError) as refusal:
            commune.apply(change(file))
        assert refusal.value.code == "list-changed", name
    assert where(commune, ids["A"])[0] is RecordState.INCOMPLETE
    assert commune.apply(file).outcomes == {"applied": 2}


def test_rows_may_come_back_in_another_order(commune: Commune) -> None:
    ids = commune.take({"name": "A", "id": ""}, {"name": "B", "id": "", "born": "01/02/1970"})
    book = openpyxl.load_workbook(io.BytesIO(fill(commune.export().file, {ids["A"]: ("Đã mất",)})))
    sheet = book.worksheets[0]
    rows = [[cell.value for cell in cells] for cells in sheet.iter_rows(min_row=3)]
    for number, values in enumerate(reversed(rows), 3):
        for place, value in enumerate(values, 1):
            sheet.cell(number, place).value = value
    assert commune.apply(saved(book)).outcomes == {"applied": 1, "unchanged": 1}
    assert where(commune, ids["A"])[0] is RecordState.DECEASED


def test_whose_signature_counts(commune: Commune) -> None:
    commune.take({"name": "A", "id": ""})
    made = commune.export()
    file, stranger = made.file, commune.keys["CA-1"]
    with pytest.raises(CentreError, match="place"):
        commune.apply(file, unit="CA-2")  # police of another commune
    with pytest.raises(CentreError, match="list-signer"):
        commune.apply(file, unit="TYT-1")  # health cannot be its own police
    with pytest.raises(CertificateError, match="file-content"):
        commune.apply(file, cms=sign_file(file + b"x", commune.keys["CA-1"], account="minh.ca", at=commune.clock()))
    with pytest.raises(CertificateError, match="file-cms"):
        commune.apply(file, cms=b"x")
    for at in (commune.clock() - timedelta(days=1), commune.clock() + timedelta(days=2)):
        with pytest.raises(CentreError, match="list-time"):
            commune.apply(file, cms=sign_file(file, stranger, account="minh.ca", at=at))
    with pytest.raises(CentreError, match="certificate-ended"):
        commune.apply(file, cms=sign_file(file, stranger, account="minh.ca", at=datetime(2030, 1, 1, tzinfo=UTC)))
    fingerprint = commune.keys["CA-1"].certificate.fingerprint
    suspend_token(commune.engine, fingerprint, by="x", at=commune.clock(), reason="lost")
    with pytest.raises(CentreError, match="token-suspended"):
        commune.apply(file)


def test_lists_that_this_service_never_made(commune: Commune) -> None:
    commune.take({"name": "A", "id": ""})
    file = changed(lambda sheet: sheet["B1"].__setattr__("value", "0123456789ABCDEF"))(commune.export().file)
    with pytest.raises(CentreError, match="list-unknown"):
        commune.apply(file)
    for other in (b"", b"PK\x03\x04", changed(lambda sheet: sheet.delete_rows(1))(file), b"x" * (5 << 20)):
        with pytest.raises(CertificateError, match="list-form"):
            commune.apply(other)
    with pytest.raises(CentreError, match="list-unknown"):
        show_rows(commune.engine, "0123456789ABCDEF")


def test_a_record_is_on_one_list_at_a_time(commune: Commune) -> None:
    commune.take({"name": "A", "id": ""})
    made = commune.export()
    with pytest.raises(CentreError, match="list-empty"):
        commune.export()
    with pytest.raises(CentreError, match="list-unknown"):
        withdraw_list(commune.engine, "0", staff=CLERK, why="lost", at=commune.clock())
    withdraw_list(commune.engine, made.list_id, staff=CLERK, why="lost", at=commune.clock())
    with pytest.raises(CentreError, match="list-closed"):
        commune.apply(made.file)
    assert commune.export().rows == 1


def test_who_makes_lists(commune: Commune) -> None:
    commune.take({"name": "A", "id": ""})
    with pytest.raises(CentreError, match="list-empty"):
        commune.export(only=["R-1"])
    for staff, code in ((OFFICER, "role"), (replace(CLERK, unit="TYT-2"), "place")):
        with pytest.raises(CentreError, match=code):
            withdraw_list(commune.engine, commune.export().list_id, staff=staff, why="x", at=commune.clock())
        withdraw_all(commune)


def withdraw_all(commune: Commune) -> None:
    for shown in show_lists(commune.engine):
        if shown["state"] == "out":
            withdraw_list(commune.engine, shown["list"], staff=CLERK, why="x", at=commune.clock())
