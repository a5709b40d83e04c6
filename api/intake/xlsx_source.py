"""XLSX files, streamed: one row of the sheet of doses at a time, with bounds on what a small file may unpack to.

Reader of our own, for the reasons of ADR 5 (ECMA-376, part 1, chapter 18: sheet data, shared strings, styles).
Nothing but the values, the formulas and the date formats is read.
"""

import math
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from api.intake.columns import HEADER_ROWS, names_columns
from api.intake.faults import FileError
from api.intake.legacy import Font
from api.intake.texts import RawCell
from api.intake.xlsx_parts import (
    DAY_ZERO,
    Sheet,
    Strings,
    local_name,
    parse,
    read_date_styles,
    read_strings,
    read_workbook,
)

COLUMNS_LIMIT: Final = 256  # cells of a row; a national export has some 30
CELL_LIMIT: Final = 32_768  # characters of a cell (Excel's own limit is 32,767)
ROWS_LIMIT: Final = 1 << 20  # a spreadsheet has no more
_COLUMN: Final = re.compile(r"([A-Z]{1,3})[0-9]+", re.ASCII)
_LAST_SERIAL: Final = 73_050  # 2099-12-31
_NO_SUCH_DAY: Final = 60  # 29 February 1900 in spreadsheets, which count days from 1 January before it
_ESCAPED: Final = re.compile("_x((?!D[89A-F])[0-9A-F]{4})_", re.IGNORECASE)  # 22.9.2.19 ST_Xstring; no surrogates


class XlsxSource:
    """The one sheet of a workbook that names the columns, or else the first that holds anything.

    Dates come as YYYY-MM-DD, numbers as numbers, a formula as its text behind "=".
    """

    font: Font | None = None  # text is Unicode, though columns may hide an old font: that shows only cell by cell

    def __init__(self, path: Path | IO[bytes]) -> None:
        """Open the workbook. Raises FileError ``file-truncated``, ``file-kind`` or ``file-too-large``."""
        self.notes: list[str] = []
        self._path = path

    def rows(self) -> Generator[tuple[int, list[RawCell]], None, None]:
        """Row number and cells; blank rows are left out. Raises FileError, also ``sheets-several``."""
        try:
            with zipfile.ZipFile(self._path) as book:
                if "xl/workbook.bin" in book.namelist() or "xl/workbook.xml" not in book.namelist():
                    raise FileError("file-kind")
                workbook = read_workbook(book)
                strings = read_strings(book)
                formats = read_date_styles(book)

                def walk(sheet: Sheet) -> Iterator[tuple[int, list[RawCell]]]:
                    return _read_sheet(book, sheet.part, strings, formats, workbook.day_zero)

                sheet = _choose(workbook.sheets, walk)
                if len(workbook.sheets) > 1:
                    others = ", ".join(other.name for other in workbook.sheets if other is not sheet)
                    self.notes.append(f"sheet {sheet.name}; not read: {others}")
                yield from walk(sheet)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            LookupError,  # a part that is missing, an encoding that nobody knows
            OSError,
            ValueError,  # a directory that points before the file
            expat.ExpatError,
            NotImplementedError,
        ) as error:
            raise FileError("file-truncated") from error
        except RuntimeError as error:  # zipfile: a part is encrypted
            raise FileError("file-encrypted") from error


def _choose(sheets: list[Sheet], walk: Callable[[Sheet], Iterator[tuple[int, list[RawCell]]]]) -> Sheet:
    """The sheet of doses. Raises FileError ``sheets-several``: the rows of a second one would end nowhere."""
    filled, tables = [], []
    for sheet in sorted(sheets, key=lambda sheet: sheet.hidden):
        top = [cells for _number, cells in islice(walk(sheet), HEADER_ROWS)]
        if top:
            filled.append(sheet)
        if any(names_columns(cells) for cells in top):
            tables.append(sheet)
    shown = [sheet for sheet in tables if not sheet.hidden]
    if len(shown) > 1:
        raise FileError("sheets-several", columns=tuple(sheet.name for sheet in shown))
    return (tables or filled or sheets)[0]


class _SheetReader:
    """The handlers of one sheet: collects finished rows."""

    def __init__(self, strings: Strings, date_styles: frozenset[int], day_zero: date) -> None:
        self.ready: deque[tuple[int, list[RawCell]]] = deque()
        self._strings, self._date_styles, self._day_zero = strings, date_styles, day_zero
        self._row, self._cells, self._next = 0, list[RawCell](), 0
        self._type, self._style, self._position = "", -1, 0
        self._value, self._formula, self._has_formula = list[str](), list[str](), False
        self._sink: list[str] | None = None
        self._size = 0
        self._names: dict[str, str] = {}

    def prepare(self, parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.setdefault(name, local_name(name))
        if local == "c":
            match = _COLUMN.fullmatch(attributes.get("r", ""))
            self._position = _column_index(match.group(1)) if match else self._next
            self._next = self._position + 1
            self._type, self._style = attributes.get("t", "n"), int(attributes.get("s", "-1"))
            self._value, self._formula, self._has_formula, self._size = [], [], False, 0
        elif local in ("v", "t"):
            self._sink = self._value
        elif local == "f":
            self._has_formula, self._sink = True, self._formula
        elif local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._cells, self._next = [], 0
        elif local == "rPh":
            self._sink = None

    def _text(self, data: str) -> None:
        if self._sink is not None:
            self._sink.append(data[: max(0, CELL_LIMIT - self._size)])
            self._size += len(data)

    def _end(self, name: str) -> None:
        local = self._names.setdefault(name, local_name(name))
        if local in ("v", "t", "f"):
            self._sink = None
        elif local == "c":
            cell = self._cell()
            if cell != "" and self._position < COLUMNS_LIMIT:
                self._cells.extend([""] * (self._position - len(self._cells)))
                self._cells.append(cell)
        elif local == "row" and any(not isinstance(cell, str) or cell.strip() for cell in self._cells):
            self.ready.append((self._row, self._cells))

    def _cell(self) -> RawCell:
        if self._has_formula:
            return "=" + "".join(self._formula)
        value = "".join(self._value)
        if self._type == "s":
            return _unescape(self._strings[int(value)]) if value else ""
        if self._type == "n":
            return self._number(value) if value else ""
        if self._type == "b":
            return value == "1"
        if self._type == "d":
            return value[:10]
        return _unescape(value)  # inlineStr, str, e

    def _number(self, text: str) -> RawCell:
        number = float(text)
        if not math.isfinite(number):
            raise FileError("file-truncated")
        if self._style in self._date_styles and 0 <= number <= _LAST_SERIAL:
            if number < 1:
                return text  # a time of day
            days = int(number) + (self._day_zero == DAY_ZERO and number < _NO_SUCH_DAY)
            return (self._day_zero + timedelta(days=days)).isoformat()
        return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _read_sheet(
    book: zipfile.ZipFile, part: str, strings: Strings, date_styles: frozenset[int], day_zero: date
) -> Iterator[tuple[int, list[RawCell]]]:
    reader = _SheetReader(strings, date_styles, day_zero)
    last = 0
    try:
        for _ in parse(book, part, reader.prepare):
            while reader.ready:
                number, cells = reader.ready.popleft()
                if not last < number <= ROWS_LIMIT:
                    raise FileError("file-truncated")
                last = number
                yield number, cells
    except (ValueError, OverflowError) as error:
        raise FileError("file-truncated") from error


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
