"""Files as they come: encodings, delimiters, headers, and what is refused whole."""

import codecs
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from api.store.schema import import_rows, imports
from tests.support.intake import ID, ROW, csv_text, outcomes, people, row, take, write_csv

ENCODINGS = {
    "utf-8": lambda text: text.encode(),
    "utf-8-sig": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_unicode_files(engine: Engine, tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(ENCODINGS[encoding](csv_text([row()], delimiter)))
    report = take(engine, path)
    assert report.accepted == 1, report
    assert people(engine)[0].record.person.full_name == "Nguyễn Thị Hồng"


def test_a_hint_of_the_delimiter(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\r\n" + csv_text([row()], ";"), encoding="utf-8-sig")
    assert take(engine, path).accepted == 1


@pytest.mark.parametrize(
    ("font", "name", "sex", "nation"),
    [
        ("tcvn3", "NguyÔn ThÞ Hång", "N÷", "ViÖt Nam"),
        ("vni", "Nguyeãn Thò Hoàng", "Nöõ", "Vieät Nam"),
        ("windows-1258", "NguyêÞn Thiò HôÌng", "NýÞ", "Viêòt Nam"),
    ],
)
def test_old_encodings_of_a_whole_file(
    engine: Engine, tmp_path: Path, font: str, name: str, sex: str, nation: str
) -> None:
    english = dict(zip(ROW, _ENGLISH, strict=True))
    rows = [{english[key]: value for key, value in row(name=name, sex=sex, nation=nation).items()}]
    report = take(engine, write_csv(tmp_path / "a.csv", *rows, encoding="latin-1"))
    assert report.accepted == 1, report
    assert f"encoding {font}" in report.notes
    assert report.noted[font] == 1
    assert people(engine)[0].record.person.full_name == "Nguyễn Thị Hồng"


_ENGLISH = (
    *("Full name", "Date of birth", "Sex", "Nationality", "ID number", "Dose number", "Date of vaccination"),
    *("Vaccine name", "Manufacturer", "Lot number", "Dosage", "Facility code", "Entered by"),
)


def test_an_old_font_behind_unicode(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(name="NguyÔn ThÞ Hång")))
    assert "column Họ và tên: converted from tcvn3 to Unicode" in report.notes
    assert people(engine)[0].record.person.full_name == "Nguyễn Thị Hồng"


def test_an_old_font_in_the_header(engine: Engine, tmp_path: Path) -> None:
    old = {"Hä vµ tªn" if key == "Họ và tên" else key: value for key, value in row(name="NguyÔn ThÞ Hång").items()}
    assert take(engine, write_csv(tmp_path / "a.csv", old)).accepted == 1


def test_notes_of_converted_cells(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row(name="Ðặng\u00a0Thị H\u200bồng")))
    assert report.noted == {"eth": 1, "zero-width": 1, "no-break-space": 1}
    assert people(engine)[0].record.person.full_name == "Đặng Thị Hồng"


def test_family_and_given_name_in_own_columns(engine: Engine, tmp_path: Path) -> None:
    cells = {key: value for key, value in row().items() if key != "Họ và tên"}
    take(engine, write_csv(tmp_path / "a.csv", {"Họ đệm": "Nguyễn Thị", "Tên": "Hồng", **cells}))
    person = people(engine)[0].record.person
    assert (person.full_name, person.family_name, person.given_name) == ("Nguyễn Thị Hồng", "Nguyễn Thị", "Hồng")


def test_titles_above_and_bilingual_names(engine: Engine, tmp_path: Path) -> None:
    names = {
        f"{vietnamese}/{english}": value for (vietnamese, value), english in zip(ROW.items(), _ENGLISH, strict=True)
    }
    path = tmp_path / "a.csv"
    path.write_text("DANH SÁCH TIÊM CHỦNG\r\n\r\n" + csv_text([names]), encoding="utf-8")
    assert outcomes(engine, take(engine, path).import_id) == [(4, "accepted", None, None)]


def test_unknown_columns_are_named_and_needless_personal_data_is_not_stored(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_csv(tmp_path / "a.csv", row() | {"Số điện thoại": "0912345678", "Nhóm máu": "O"}))
    assert report.notes == (
        "unknown columns, kept but not read: Nhóm máu",
        "personal data that no certificate needs, not stored: Số điện thoại",
    )
    with engine.connect() as connection:
        cells = json.loads(connection.execute(select(import_rows.c.cells)).scalar_one())
    assert cells[-2:] == ["", "O"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file-empty"),
        (b"\xef\xbb\xbf\r\n ,,\r\n", "file-empty"),
        (csv_text([row()]).split("\r\n")[0].encode(), "file-empty"),
        (b"PK\x03\x04 cut off", "file-truncated"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "file-encrypted"),
        (b"%PDF-1.7\n1 0 obj\n", "file-kind"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "file-kind"),
        (b"\x89PNG\r\n\x1a\n\x00", "file-kind"),
        (b"{\\rtf1 a}", "file-kind"),
        ("<html><table><tr><td>Họ và tên</td></tr></table></html>".encode(), "file-kind"),
        (csv_text([row()]).encode("utf-16-le"), "file-encoding"),
        (b"Name;\xff\xfe\x80\x81\r\n\x80\xff\r\n", "file-encoding"),
        (csv_text([row()]).encode() + b'"never closed' + b"x" * 200_000, "file-quotes"),
        (csv_text([row() | {"CCCD": "1"}]).encode(), "columns-double"),
        (b"a,b,c\r\n1,2,3\r\n", "columns-missing"),
    ],
)
def test_refused_files(engine: Engine, tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    report = take(engine, path)
    assert (report.state, report.reason) == ("failed", reason)
    assert report.sentence_vi
    assert report.sentence_en
    assert people(engine) == []
    with engine.connect() as connection:
        assert connection.execute(select(imports.c.state, imports.c.reason)).all() == [("failed", reason)]


def test_missing_columns_are_named(engine: Engine, tmp_path: Path) -> None:
    cells = {key: value for key, value in row().items() if key not in (ID, "Số lô", "Mã cơ sở tiêm")}
    report = take(engine, write_csv(tmp_path / "a.csv", cells))
    assert report.reason == "columns-missing"
    for name in (ID, "Số lô", "Mã cơ sở tiêm"):
        assert f"“{name}”" in report.sentence_vi


def test_no_file_and_no_unit(engine: Engine, tmp_path: Path) -> None:
    assert take(engine, tmp_path / "nothing.csv").reason == "file-unreadable"
    assert take(engine, write_csv(tmp_path / "a.csv", row()), unit="99").reason == "unit-unknown"
    assert (tmp_path / "old.xls").write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600))
    assert take(engine, tmp_path / "old.xls").reason == "file-kind"


@pytest.mark.parametrize("length", [10, 200_000])
def test_a_quotation_mark_is_looked_for_where_its_row_begins(engine: Engine, tmp_path: Path, length: int) -> None:
    text = csv_text([row(), row(amount="một\nhai"), row()])
    path = tmp_path / "a.csv"
    path.write_text(text + '"never closed\n' + "x\n" * length, encoding="utf-8")
    assert "line 6." in take(engine, path).sentence_en  # the header, a row, one of two lines, a row, and this


def test_a_bad_letter_in_utf_8_is_named_by_its_line(engine: Engine, tmp_path: Path) -> None:
    text = csv_text([row(), row(lot="XX1"), row()]).encode()
    (tmp_path / "a.csv").write_bytes(text.replace("Hồng".encode(), b"H\xf4ng").replace(b"H\xf4ng", "Hồng".encode(), 1))
    report = take(engine, tmp_path / "a.csv")
    assert (report.reason, "line 3" in report.sentence_en) == ("file-encoding", True)


def test_a_file_name_in_an_old_encoding(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row())
    report = take(engine, path.rename(tmp_path / "danh s\udce1ch.csv"))
    assert (report.state, report.file_name) == ("complete", "danh s?ch.csv")
