"""The parts of a workbook around its sheets: which sheets there are, shared strings, and the styles that show dates."""

import re
import zipfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.parsers import expat

from api.intake.faults import FileError

PART_LIMIT: Final = 512 << 20  # bytes that one part may unpack to: 100,000 rows of 20 columns need about 100 MB
RATIO_LIMIT: Final = 100  # honest sheets pack 10:1 to 30:1, a bomb nearly 1000:1 ...
_RATIO_FROM: Final = 1 << 20  # ... and small parts may do as they like
STRINGS_LIMIT: Final = 96 << 20  # bytes of shared strings, which stay in memory
DAY_ZERO: Final = date(1899, 12, 30)
_CHUNK: Final = 1 << 16
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # 18.8.30
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DAY_ZERO_1904: Final = date(1904, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    name: str
    part: str
    hidden: bool


class Workbook:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.day_zero = DAY_ZERO


class Strings:
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


def parse(book: zipfile.ZipFile, part: str, prepare: Callable[[expat.XMLParserType], None]) -> Iterator[None]:
    """Feed one part to a parser piece by piece. Refuses document types (entities) and bombs."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    prepare(parser)
    read, packed = 0, book.getinfo(part).compress_size
    with book.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            # Deep nesting and endless words cost far more than their size: the ratio stops them before the size does.
            if read > PART_LIMIT or (read > _RATIO_FROM and read > RATIO_LIMIT * packed):
                raise FileError("file-too-large")
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
    yield


def _refuse_doctype(*_declaration: object) -> None:
    raise FileError("file-kind")


def local_name(name: str) -> str:
    return name.rpartition(" ")[2]


def read_workbook(book: zipfile.ZipFile) -> Workbook:
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if local_name(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for _ in parse(book, "xl/_rels/workbook.xml.rels", _on_start(relation)):
        pass
    workbook = Workbook()

    def element(name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        if local == "sheet":
            target = next((targets.get(value, "") for key, value in attributes.items() if local_name(key) == "id"), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            hidden = attributes.get("state", "visible") != "visible"
            workbook.sheets.append(Sheet(name=attributes.get("name", ""), part=part, hidden=hidden))
        elif local == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            workbook.day_zero = _DAY_ZERO_1904

    for _ in parse(book, "xl/workbook.xml", _on_start(element)):
        pass
    workbook.sheets = [sheet for sheet in workbook.sheets if sheet.part in book.namelist()]
    if not workbook.sheets:
        raise FileError("file-truncated")
    return workbook


def _on_start(handler: Callable[[str, dict[str, str]], None]) -> Callable[[expat.XMLParserType], None]:
    def prepare(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = handler

    return prepare


def read_strings(book: zipfile.ZipFile) -> Strings:
    strings = Strings()
    if "xl/sharedStrings.xml" not in book.namelist():
        return strings
    pieces: list[str] = []
    inside = {"t": False, "rPh": False}

    def start(name: str, _attributes: dict[str, str]) -> None:
        local = local_name(name)
        if local == "si":
            pieces.clear()
        elif local in inside:
            inside[local] = True

    def end(name: str) -> None:
        local = local_name(name)
        if local == "si":
            strings.append("".join(pieces))
        elif local in inside:
            inside[local] = False

    def text(data: str) -> None:
        if inside["t"] and not inside["rPh"]:  # rPh: how East Asian text is read aloud, not part of it
            pieces.append(data)

    def prepare(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text

    for _ in parse(book, "xl/sharedStrings.xml", prepare):
        pass
    return strings


def read_date_styles(book: zipfile.ZipFile) -> frozenset[int]:
    """The cell styles (positions in ``cellXfs``) that show a number as a date."""
    if "xl/styles.xml" not in book.namelist():
        return frozenset()
    own: dict[int, bool] = {}
    styles: list[int] = []
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = local_name(name)
        if local == "numFmt":
            own[int(attributes.get("numFmtId", "0"))] = _shows_date(attributes.get("formatCode", ""))
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            styles.append(int(attributes.get("numFmtId", "0")))

    def end(name: str) -> None:
        if local_name(name) == "cellXfs":
            inside[0] = False

    def prepare(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler, parser.EndElementHandler = start, end

    try:
        for _ in parse(book, "xl/styles.xml", prepare):
            pass
    except ValueError as error:
        raise FileError("file-truncated") from error
    return frozenset(index for index, style in enumerate(styles) if own.get(style, style in _DATE_FORMATS))


def _shows_date(code: str) -> bool:
    bare = _QUOTED.sub("", code).lower()
    return any(letter in bare for letter in "dy")
