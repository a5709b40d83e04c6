"""Station exports as files: CSV in old and new encodings, and a minimal XLSX (ECMA-376, one sheet, inline strings)."""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from vaxseal.demo.dirt import Cell, Formula

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SERIAL_ZERO: Final = date(1899, 12, 30)  # day 0 of spreadsheet dates
_FIXED_TIME: Final = (2022, 1, 4, 8, 0, 0)  # the same file for the same seed

_PARTS: Final = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/styles.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Danh sách" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
        'Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (  # style 0: as it comes; style 1: a date (number format 14)
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        '<cellXfs><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}


def write_csv(path: Path, rows: Iterable[Sequence[Cell]], *, encoding: str) -> None:
    """A CSV with commas and a header, in ``encoding`` ("utf-8-sig", or "cp1258" as an old spreadsheet saves it)."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_as_text(cell) for cell in row])
    content = text.getvalue()
    path.write_bytes((tones_apart(content) if encoding == "cp1258" else content).encode(encoding))


def write_xlsx(path: Path, rows: Iterable[Sequence[Cell]]) -> None:
    """A workbook of one sheet. Dates are real dates of the spreadsheet, formulas real formulas."""
    lines = [
        f'<row r="{number}">{"".join(_cell(cell, column, number) for column, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    ]
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{''.join(lines)}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), declaration + part, zipfile.ZIP_DEFLATED)


def tones_apart(text: str) -> str:
    """The spelling of Windows-1258: letters with circumflex, breve or horn are whole, the five tones combining."""
    out: list[str] = []
    for character in text:
        marks = unicodedata.normalize("NFD", character)
        tone = "".join(mark for mark in marks if mark in _TONES)
        letter = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
        out.append(letter + tone)
    return "".join(out)


def _as_text(cell: Cell) -> str:
    if isinstance(cell, Formula):
        return cell.formula
    return cell if isinstance(cell, str) else f"{cell.day:02d}/{cell.month:02d}/{cell.year}"


def _cell(cell: Cell, column: int, row: int) -> str:
    place = f"{chr(ord('A') + column)}{row}"  # the exports have fewer than 26 columns
    if isinstance(cell, Formula):
        formula, shown = escape(cell.formula.removeprefix("=")), escape(cell.shown)
        return f'<c r="{place}" t="str"><f>{formula}</f><v>{shown}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" s="1"><v>{(cell - _SERIAL_ZERO).days}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>' if cell else ""
