"""An XLSX file of one sheet of text (ECMA-376, part 1, chapter 18): title, header, rows.

Every cell is a text by its type, so nothing that people entered can become a formula, a number or a date; who opens the
file can write into the columns that are open. The same rows give the same parts.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no characters of XML 1.0
_MOMENT: Final = (2022, 1, 1, 0, 0, 0)
_PLAIN, _BOLD, _OPEN = 0, 1, 2  # styles

_FIXED_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFFF7D6"/></patternFill></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyFont="1"/>'
    '<xf numFmtId="49" fillId="2" applyFill="1" applyProtection="1"><protection locked="0"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading, its width in characters, whether people may write into it, and the answers to choose."""

    heading: str
    width: int
    open: bool = False
    choices: tuple[str, ...] = ()


def writable(text: str) -> str:
    """Text as it will stand in the file: what XML cannot carry is replaced."""
    return _UNWRITABLE.sub("\ufffd", text)


def write_sheet(name: str, title: Sequence[str], columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> bytes:
    """The file: ``title`` in row 1, the headings in row 2, ``rows`` from row 3."""
    lines = [_row(1, title, [_BOLD] * len(title)), _row(2, [one.heading for one in columns], [_BOLD] * len(columns))]
    styles = [_OPEN if column.open else _PLAIN for column in columns]
    lines += [_row(number, row, styles) for number, row in enumerate(rows, 3)]
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="2" topLeftCell="A3"'
        ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{''.join(_width(number, column) for number, column in enumerate(columns, 1))}</cols>"
        f"<sheetData>{''.join(lines)}</sheetData>"
        '<sheetProtection sheet="1" formatColumns="0" sort="0" autoFilter="0"/>'
        f"{_choices(columns, len(rows))}</worksheet>"
    )
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name={_quoted(name)} sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>"
    )
    parts = {**_FIXED_PARTS, "xl/workbook.xml": book, "xl/worksheets/sheet1.xml": sheet}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(zipfile.ZipInfo(part, _MOMENT), _HEAD + text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _row(number: int, cells: Sequence[str], styles: Sequence[int]) -> str:
    written = (
        f'<c r="{_letters(place)}{number}" s="{style}"'
        + (f' t="inlineStr"><is><t xml:space="preserve">{_text(cell)}</t></is></c>' if cell else "/>")
        for place, (cell, style) in enumerate(zip(cells, styles, strict=True))
    )
    return f'<row r="{number}">{"".join(written)}</row>'


def _text(cell: str) -> str:
    """What would read as an escape of a letter (22.9.2.19) is taken apart by a blank of no width."""
    return escape(writable(cell).replace("_x", "_\u200bx"))


def _width(number: int, column: Column) -> str:
    return f'<col min="{number}" max="{number}" width="{column.width}" customWidth="1"/>'


def _choices(columns: Sequence[Column], rows: int) -> str:
    found = [
        f'<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="{letter}3:{letter}{rows + 2}">'
        f"<formula1>{escape(_quoted_list(column.choices))}</formula1></dataValidation>"
        for letter, column in ((_letters(place), column) for place, column in enumerate(columns))
        if column.choices and rows
    ]
    return f'<dataValidations count="{len(found)}">{"".join(found)}</dataValidations>' if found else ""


def _quoted_list(choices: tuple[str, ...]) -> str:
    return f'"{",".join(choices)}"'


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


def _letters(place: int) -> str:
    """A to Z: no list of ours has more columns."""
    return chr(ord("A") + place)
