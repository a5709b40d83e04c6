"""Spreadsheets: real ones by openpyxl, and broken ones by hand."""

import contextlib
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import Engine

from api.intake import xlsx_parts, xlsx_source
from api.intake.faults import FileError
from api.intake.importer import ImportReport, import_file
from api.intake.texts import RawCell, clean_cell
from api.intake.xlsx_source import XlsxSource
from tests.support.intake import NOW, ROW, outcomes, row, write_csv


def take(engine: Engine, path: Path) -> ImportReport:
    return import_file(engine, path, imported_by="lan", at=NOW)


def write_xlsx(path: Path, *rows: Any, title: str = "Mũi tiêm", mac: bool = False) -> Path:
    book = Workbook()
    if mac:
        book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - openpyxl wants it so
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for cells in rows:
        sheet.append(list(cells))
    book.save(path)
    return path


def cells_of(path: Path) -> list[tuple[int, list[RawCell]]]:
    return list(XlsxSource(path).rows())


@pytest.mark.parametrize("mac", [False, True])
def test_kinds_of_cells(tmp_path: Path, mac: bool) -> None:
    cells = ["chữ", 7, 0.25, True, date(2021, 10, 5), datetime(2021, 10, 5, 8, 30), None, "=1+1", "#N/A", "2021"]  # noqa: DTZ001
    path = write_xlsx(tmp_path / "a.xlsx", cells, [None], ["x"], mac=mac)
    assert cells_of(path) == [
        (1, ["chữ", 7, 0.25, True, "2021-10-05", "2021-10-05", "", "=1+1", "#N/A", "2021"]),
        (3, ["x"]),
    ]


def test_a_spreadsheet_is_taken_in(engine: Engine, tmp_path: Path) -> None:
    good = row(day=date(2021, 10, 5), born=1961, dose=1)
    number = row(id=1_161_012_346, dose=1)  # Excel took the number for a quantity
    formula = row(name='=CONCATENATE("a","b")')
    serial = row(id="001161012347", day=44474)
    report = take(
        engine, write_xlsx(tmp_path / "a.xlsx", ROW, *(each.values() for each in (good, number, formula, serial)))
    )
    assert outcomes(engine, report.import_id) == [
        (2, "accepted", None, None),
        (3, "accepted", None, None),
        (4, "refused", "cell-formula", "Họ và tên"),
        (5, "accepted", None, None),
    ]
    assert report.noted == {"leading-zeros": 1, "date-serial": 1}


def test_an_old_font_in_one_column(engine: Engine, tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "a.xlsx", ROW, row(name="Nguyeãn Thò Hoàng").values(), row(dose=2, day="2021-12-20").values()
    )
    report = take(engine, path)
    assert report.notes == ("column Họ và tên: converted from vni to Unicode",)
    assert (report.accepted, report.records_made) == (2, 1)


def test_the_first_sheet_that_holds_anything(tmp_path: Path, engine: Engine) -> None:
    book = Workbook()
    sheet = book.create_sheet("Dữ liệu")
    sheet.append(list(ROW))
    sheet.append(list(row().values()))
    book.save(tmp_path / "a.xlsx")
    report = take(engine, tmp_path / "a.xlsx")
    assert report.accepted == 1
    assert report.notes == ("sheet Dữ liệu; not read: Sheet",)


@pytest.mark.parametrize("state", ["visible", "hidden", "veryHidden"])
def test_the_sheet_with_the_columns_is_read(
    tmp_path: Path, engine: Engine, state: Literal["visible", "hidden", "veryHidden"]
) -> None:
    book = Workbook()
    guide, doses = book.active, book.create_sheet("Mũi tiêm")
    assert guide is not None
    guide.title, guide.sheet_state = "Hướng dẫn", state
    guide.append(["Điền theo mẫu", "Nam", "Nữ"])
    doses.append(list(ROW))
    doses.append(list(row().values()))
    book.save(tmp_path / "a.xlsx")
    report = take(engine, tmp_path / "a.xlsx")
    assert report.accepted == 1
    assert report.notes == ("sheet Mũi tiêm; not read: Hướng dẫn",)


def test_two_sheets_of_doses_are_refused(tmp_path: Path, engine: Engine) -> None:
    book = Workbook()
    for title in ("Tháng 9", "Tháng 10"):
        sheet = book.create_sheet(title)
        sheet.append(list(ROW))
        sheet.append(list(row().values()))
    book.save(tmp_path / "a.xlsx")
    report = take(engine, tmp_path / "a.xlsx")
    assert report.reason == "sheets-several"
    assert "“Tháng 9”, “Tháng 10”" in report.sentence_vi
    book["Tháng 10"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    report = take(engine, tmp_path / "a.xlsx")
    assert (report.accepted, report.notes) == (1, ("sheet Tháng 9; not read: Sheet, Tháng 10",))


def test_a_refused_book_says_how_it_was_read(engine: Engine, tmp_path: Path) -> None:
    cells = {"Họ và tên": "x", "Ngày sinh": "", "Giới tính": "", "CCCD": ""}
    report = take(engine, write_csv(tmp_path / "a.csv", cells, delimiter=";"))
    assert (report.reason, report.notes) == ("columns-missing", ("delimiter ;",))


def test_a_word_beside_the_table(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_xlsx(tmp_path / "a.xlsx", ROW, [*row().values(), "đã gọi điện"]))
    assert report.reasons == {"row-shape": 1}


def test_what_spreadsheets_make_of_lots_and_old_days(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [1.2e22, "FK0112_x000D_", "FK_x0031_", "_xD800_", date(1900, 1, 15)])
    with zipfile.ZipFile(path) as book:
        first_days = b"15" in book.read("xl/worksheets/sheet1.xml")
    assert first_days
    ((_number, cells),) = cells_of(path)
    assert clean_cell(cells[0], None, []) == "1.2e+22"  # no lot number, and seen to be none
    assert cells[1:] == ["FK0112\r", "FK1", "_xD800_", "1900-01-15"]


def test_an_empty_book(engine: Engine, tmp_path: Path) -> None:
    assert take(engine, write_xlsx(tmp_path / "a.xlsx")).reason == "file-empty"
    assert take(engine, write_xlsx(tmp_path / "b.xlsx", ROW)).reason == "file-empty"


def test_truncated_books(engine: Engine, tmp_path: Path) -> None:
    whole = write_xlsx(tmp_path / "a.xlsx", ROW, row().values()).read_bytes()
    for size in (4, 100, len(whole) // 2, len(whole) - 30):
        (tmp_path / "b.xlsx").write_bytes(whole[:size])
        assert take(engine, tmp_path / "b.xlsx").reason == "file-truncated"


def test_books_that_confuse_their_readers() -> None:
    directory = _SMALL_BOOK.rindex(b"PK\x05\x06")
    before = _SMALL_BOOK[: directory + 12] + b"\xff\xff\xff\x00" + _SMALL_BOOK[directory + 16 :]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_SMALL_BOOK)) as known, zipfile.ZipFile(out, "w") as made:
        for name in known.namelist():
            part = known.read(name)
            if name.endswith("sheet1.xml"):
                part = b'<?xml version="1.0" encoding="UTF-88"?>' + part[part.index(b"<worksheet") :]
            made.writestr(name, part)
    for data in (before, out.getvalue()):
        with pytest.raises(FileError, match="file-truncated"):
            list(XlsxSource(io.BytesIO(data)).rows())


@given(st.data())
def test_damaged_books_are_refused_or_read(data: st.DataObject) -> None:
    damaged = bytearray(_SMALL_BOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FileError):
        list(XlsxSource(io.BytesIO(bytes(damaged))).rows())


def _small_book() -> bytes:
    out = io.BytesIO()
    book = Workbook()
    assert book.active is not None
    book.active.append(list(ROW))
    book.save(out)
    return out.getvalue()


_SMALL_BOOK = _small_book()


def other_part(path: Path, **parts: bytes) -> Path:
    """The small book with its ``sheet`` or ``strings`` replaced."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    replaced = {names[short]: content for short, content in parts.items()}
    with zipfile.ZipFile(io.BytesIO(_SMALL_BOOK)) as book, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in set(book.namelist()) | set(replaced):
            new.writestr(name, replaced[name] if name in replaced else book.read(name))
    return path


_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def test_shared_strings(tmp_path: Path) -> None:
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Lê</t></si><si/>'
        "<si><r><t>Nguyễn </t></r><r><rPr><b/></rPr><t>An</t></r><rPh><t>reading</t></rPh></si></sst>"
    )
    sheet = b'<row><c t="s"><v>2</v></c><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="s"/></row>'
    path = other_part(tmp_path / "a.xlsx", strings=strings.encode(), sheet=_HEAD + sheet + b"</sheetData></worksheet>")
    assert cells_of(path) == [(1, ["Nguyễn An", "", "Lê"])]


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_parts, "PART_LIMIT", 1 << 20)
    bomb = other_part(tmp_path / "a.xlsx", sheet=_HEAD + b" " * (2 << 20) + b"</sheetData></worksheet>")
    assert bomb.stat().st_size < 50_000
    with pytest.raises(FileError, match="file-too-large"):
        cells_of(bomb)
    monkeypatch.setattr(xlsx_parts, "STRINGS_LIMIT", 1000)
    strings = b"<sst>" + b"<si><t>aaaaaaaaaa</t></si>" * 200 + b"</sst>"
    with pytest.raises(FileError, match="file-too-large"):
        cells_of(other_part(tmp_path / "b.xlsx", strings=strings))


@pytest.mark.parametrize("sheet", [b"<a>" * (3 << 20), b'<row><c r="' + b"A" * (8 << 20)])
def test_what_packs_too_well_is_refused_early(tmp_path: Path, sheet: bytes) -> None:
    # deep nesting and endless words: unbounded, 60 kB of them took 2.5 GB or minutes
    with pytest.raises(FileError, match="file-too-large"):
        cells_of(other_part(tmp_path / "a.xlsx", sheet=_HEAD + sheet))


def test_entities_are_refused(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    with pytest.raises(FileError, match="file-kind"):
        cells_of(other_part(tmp_path / "a.xlsx", strings=laughs))


@pytest.mark.parametrize(
    "sheet",
    [
        b'<row r="1"><c t="s"><v>99</v></c></row>',
        b'<row r="1"><c t="s"><v>x</v></c></row>',
        b'<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>',
        b'<row r="one"><c><v>1</v></c></row>',
        b'<row r="99999999999999999999"><c><v>1</v></c></row>',
        b'<row r="1"><c><v>1e999</v></c></row>',
        b'<row r="1"><c><v>1</v>',
    ],
)
def test_sheets_that_contradict_themselves(tmp_path: Path, sheet: bytes) -> None:
    with pytest.raises(FileError, match="file-truncated"):
        cells_of(other_part(tmp_path / "a.xlsx", sheet=_HEAD + sheet + b"</sheetData></worksheet>"))


def test_a_huge_cell_is_cut_and_far_columns_are_left(tmp_path: Path) -> None:
    sheet = b'<row><c t="inlineStr"><is><t>' + b"a" * 100_000 + b'</t></is></c><c r="XFD1"><v>1</v></c></row>'
    ((number, cells),) = cells_of(other_part(tmp_path / "a.xlsx", sheet=_HEAD + sheet + b"</sheetData></worksheet>"))
    assert number == 1
    assert len(cells) == 1
    assert 500 < len(str(cells[0])) <= xlsx_source.CELL_LIMIT


def test_other_archives(tmp_path: Path, engine: Engine) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert take(engine, tmp_path / "a.xlsx").reason == "file-kind"
