"""XLSX files, streamed: one row of the first filled sheet at a time, with bounds on what a small file may unpack to.

Reader of our own: libraries either load the whole sheet or do not tell a formula from its last value (ECMA-376, part 1,
chapter 18: sheet data, shared strings, styles). Nothing but the values, the formulas and the date formats is read.
"""

import math
import re
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from xml.parsers import expat

from api.intake.faults import FileError
from api.intake.legacy import Font
from api.intake.texts import RawCell

PART_LIMIT: Final = 512 << 20  # bytes that one part may unpack to: 100,000 rows of 20 columns need about 100 MB
STRINGS_LIMIT: Final = 96 << 20  # bytes of shared strings, which stay in memory
COLUMNS_LIMIT: Final = 256  # cells of a row; a national export has some 30
CELL_LIMIT: Final = 32_768  # characters of a cell (Excel's own limit is 32,767)
_CHUNK: Final = 1 << 16
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # 18.8.30
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_COLUMN: Final = re.compile(r"([A-Z]{1,3})[0-9]+", re.ASCII)
_DAY_ZERO: Final = date(1899, 12, 30)
_DAY_ZERO_1904: Final = date(1904, 1, 1)
_LAST_SERIAL: Final = 73_050  # 2099-12-31


class XlsxSource:
    """The first sheet of a workbook that holds anything. Dates come as YYYY-MM-DD, numbers as numbers, a formula as its
    text behind "="."""

    font: Font | None = None  # text is Unicode, though columns may hide an old font: that shows only cell by cell

    def __init__(self, path: Path) -> None:
        """Open the workbook. Raises FileError ``file-truncated``, ``file-kind`` or ``file-too-large``."""
        self.notes: list[str] = []
        self._path = path

    def rows(self) -> Iterator[tuple[int, list[RawCell]]]:
        """Row number and cells; blank rows are left out. Raises FileError."""
        try:
            with zipfile.ZipFile(self._path) as book:
                if "xl/workbook.bin" in book.namelist() or "xl/workbook.xml" not in book.namelist():
                    raise FileError("file-kind")
                workbook = _read_workbook(book)
                strings = _read_strings(book)
                formats = _read_date_styles(book)
                for name, part in workbook.sheets:
                    empty = True
                    for row in _read_sheet(book, part, strings, formats, workbook.day_zero):
                        empty = False
                        yield row
                    if not empty:
                        others = len(workbook.sheets) - 1
                        if others:
                            self.notes.append(f"sheet {name}; the other sheets were not read: {others}")
                        return
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            KeyError,
            OSError,
            expat.ExpatError,
            NotImplementedError,
        ) as error:
            raise FileError("file-truncated") from error
        except RuntimeError as error:  # zipfile: a part is encrypted
            raise FileError("file-encrypted") from error


class _Workbook:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.day_zero = _DAY_ZERO


class _Strings:
    """Shared strings in one block of bytes: a fraction of what as many Python strings would take."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._ends = array("Q")

    def append(self, text: str) -> None:
        self._block += text.encode("utf-8", "replace")
        if len(self._block) > STRINGS_LIMIT:
            raise FileError("file-too-large")
        self._ends.append(len(self._block))

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends):
            raise FileError("file-truncated")
        start = self._ends[index - 1] if index else 0
        return self._block[start : self._ends[index]].decode()


def _parse(book: zipfile.ZipFile, part: str, prepare: Callable[[expat.XMLParserType], None]) -> Iterator[None]:
    """Feed one part to a parser piece by piece. Refuses document types (entities) and bombs."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    prepare(parser)
    read = 0
    with book.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            if read > PART_LIMIT:
                raise FileError("file-too-large")
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
    yield


def _refuse_doctype(*_declaration: object) -> None:
    raise FileError("file-kind")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _read_workbook(book: zipfile.ZipFile) -> _Workbook:
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for _ in _parse(book, "xl/_rels/workbook.xml.rels", _on_start(relation)):
        pass
    workbook = _Workbook()

    def element(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "sheet":
            target = next((targets.get(value, "") for key, value in attributes.items() if _local(key) == "id"), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            workbook.sheets.append((attributes.get("name", ""), part))
        elif local == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            workbook.day_zero = _DAY_ZERO_1904

    for _ in _parse(book, "xl/workbook.xml", _on_start(element)):
        pass
    workbook.sheets = [(name, part) for name, part in workbook.sheets if part in book.namelist()]
    if not workbook.sheets:
        raise FileError("file-truncated")
    return workbook


def _on_start(handler: Callable[[str, dict[str, str]], None]) -> Callable[[expat.XMLParserType], None]:
    def prepare(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = handler

    return prepare


def _read_strings(book: zipfile.ZipFile) -> _Strings:
    strings = _Strings()
    if "xl/sharedStrings.xml" not in book.namelist():
        return strings
    pieces: list[str] = []
    inside = {"t": False, "rPh": False}

    def start(name: str, _attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "si":
            pieces.clear()
        elif local in inside:
            inside[local] = True

    def end(name: str) -> None:
        local = _local(name)
        if local == "si":
            strings.append("".join(pieces))
        elif local in inside:
            inside[local] = False

    def text(data: str) -> None:
        if inside["t"] and not inside["rPh"]:  # rPh: how East Asian text is read aloud, not part of it
            pieces.append(data)

    def prepare(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text

    for _ in _parse(book, "xl/sharedStrings.xml", prepare):
        pass
    return strings


def _read_date_styles(book: zipfile.ZipFile) -> frozenset[int]:
    """The cell styles (positions in ``cellXfs``) that show a number as a date."""
    if "xl/styles.xml" not in book.namelist():
        return frozenset()
    own: dict[int, bool] = {}
    styles: list[int] = []
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "numFmt":
            own[int(attributes.get("numFmtId", "0"))] = _shows_date(attributes.get("formatCode", ""))
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            styles.append(int(attributes.get("numFmtId", "0")))

    def end(name: str) -> None:
        if _local(name) == "cellXfs":
            inside[0] = False

    def prepare(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler, parser.EndElementHandler = start, end

    try:
        for _ in _parse(book, "xl/styles.xml", prepare):
            pass
    except ValueError as error:
        raise FileError("file-truncated") from error
    return frozenset(index for index, style in enumerate(styles) if own.get(style, style in _DATE_FORMATS))


def _shows_date(code: str) -> bool:
    bare = _QUOTED.sub("", code).lower()
    return any(letter in bare for letter in "dy")


class _SheetReader:
    """The handlers of one sheet: collects finished rows."""

    def __init__(self, strings: _Strings, date_styles: frozenset[int], day_zero: date) -> None:
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
        local = self._names.setdefault(name, _local(name))
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
        local = self._names.setdefault(name, _local(name))
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
            return self._strings[int(value)] if value else ""
        if self._type == "n":
            return self._number(value) if value else ""
        if self._type == "b":
            return value == "1"
        if self._type == "d":
            return value[:10]
        return value  # inlineStr, str, e

    def _number(self, text: str) -> RawCell:
        number = float(text)
        if not math.isfinite(number):
            raise FileError("file-truncated")
        if self._style in self._date_styles and 0 <= number <= _LAST_SERIAL:
            if number < 1:
                return text  # a time of day
            return (self._day_zero + timedelta(days=int(number))).isoformat()
        return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _read_sheet(
    book: zipfile.ZipFile, part: str, strings: _Strings, date_styles: frozenset[int], day_zero: date
) -> Iterator[tuple[int, list[RawCell]]]:
    reader = _SheetReader(strings, date_styles, day_zero)
    last = 0
    try:
        for _ in _parse(book, part, reader.prepare):
            while reader.ready:
                number, cells = reader.ready.popleft()
                if number <= last:
                    raise FileError("file-truncated")
                last = number
                yield number, cells
    except (ValueError, OverflowError) as error:
        raise FileError("file-truncated") from error


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
