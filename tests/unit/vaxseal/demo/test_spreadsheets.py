"""The files of the demo's stations, read by programs that did not write them."""

import warnings
from datetime import date, datetime
from pathlib import Path

import openpyxl
from python_calamine import load_workbook

from vaxseal.demo.dirt import Cell, Formula
from vaxseal.demo.spreadsheets import write_csv, write_xlsx

ROWS: list[list[Cell]] = [
    ["Họ và tên", "Ngày sinh", "Ghi chú"],
    ["H'Ƀiă Êban & <con>", date(1944, 9, 6), " hai  dấu cách "],
    [Formula('=A2&" "&C2', "shown"), "", "x"],
]


def test_xlsx_is_read_by_calamine(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ROWS)
    rows = load_workbook(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert rows[1] == ["H'Ƀiă Êban & <con>", date(1944, 9, 6), " hai  dấu cách "]
    assert rows[2][0] == "shown"


def test_xlsx_is_read_by_openpyxl(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses a named default style, which no reader needs
        sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert sheet["B2"].value == datetime(1944, 9, 6)  # noqa: DTZ001 - spreadsheet dates have no zone
    assert sheet["A3"].value == '=A2&" "&C2'


def test_csv_holds_dates_and_formulas_as_text(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ROWS, encoding="utf-8-sig")
    lines = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert lines[1] == "H'Ƀiă Êban & <con>,06/09/1944, hai  dấu cách "
    assert lines[2].startswith('"=A2&""')
