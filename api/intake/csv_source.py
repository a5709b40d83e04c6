"""CSV files: encoding and delimiter found out, rows streamed."""

import codecs
import csv
import io
from collections.abc import Generator
from pathlib import Path
from typing import Final

from api.intake.columns import read_header
from api.intake.faults import FileError
from api.intake.legacy import CONVERTERS, Font
from api.intake.syllables import score
from api.intake.texts import RawCell

_CHUNK: Final = 1 << 20  # bytes
_SAMPLE: Final = 1 << 18  # bytes of lines with other than ASCII letters: enough to tell encodings apart
_LINE: Final = 1 << 16  # characters of a line that the search for the delimiter looks at
_DELIMITERS: Final = ",;\t|"
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class CsvSource:
    """A CSV file. ``font`` is set where its bytes are an old encoding, here read as Latin-1 and converted later.

    ``notes`` name the encoding where it is not UTF-8, and the delimiter where that is no comma.
    """

    def __init__(self, path: Path) -> None:
        """Look through the whole file once for its encoding. Raises FileError ``file-encoding`` or ``file-empty``."""
        self._path = path
        self.notes: list[str] = []
        self._encoding, self.font = _find_encoding(path)
        if self.font is not None:
            self.notes.append(f"encoding {self.font.value}")
        elif self._encoding == "utf-16":
            self.notes.append("encoding utf-16")

    def rows(self) -> Generator[tuple[int, list[RawCell]], None, None]:
        """The rows as a spreadsheet counts them. Raises FileError ``file-quotes`` or ``file-encoding``."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            delimiter = _find_delimiter(file)
            if delimiter != ",":
                self.notes.append("delimiter " + {"\t": "tab"}.get(delimiter, delimiter))
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            begins = 1
            try:
                for number, cells in enumerate(reader, start=1):
                    begins = reader.line_num + 1
                    if not "".join(cells).isspace() and any(cells):
                        yield number, list(cells)
            except csv.Error:
                raise FileError("file-quotes", place=str(begins)) from None
            except UnicodeError:
                raise FileError("file-encoding") from None


def _find_encoding(path: Path) -> tuple[str, Font | None]:
    """The codec, and the font encoding where the bytes are read as Latin-1."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding in _BYTE_ORDER_MARKS:
            if start.startswith(mark):
                if encoding == "utf-8-sig":
                    break
                return encoding, None
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        utf8, empty, sample, rest, bad_line = True, True, bytearray(), b"", 1
        while chunk := file.read(_CHUNK):
            empty = empty and not chunk.strip(b"\xef\xbb\xbf \t\r\n,;")
            if b"\0" in chunk:
                raise FileError("file-encoding")
            if utf8:
                try:
                    decoder.decode(chunk)
                    bad_line += chunk.count(b"\n")
                except UnicodeDecodeError as error:
                    utf8 = False
                    bad_line += chunk.count(b"\n", 0, error.start)
            if len(sample) < _SAMPLE and not chunk.isascii():
                lines = (rest + chunk).splitlines(keepends=True)
                rest = lines.pop()
                for line in lines:
                    if not line.isascii() and len(sample) < _SAMPLE:
                        sample += line
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
        if empty:
            raise FileError("file-empty")
    if utf8:
        return "utf-8-sig", None
    return "latin-1", _find_font(bytes(sample or rest).decode("latin-1"), bad_line)


def _find_font(sample: str, line: int) -> Font:
    """The old encoding that makes the best Vietnamese of the sample.

    Raises FileError ``file-encoding`` with the first line that is no UTF-8: often a single cell is at fault.
    """
    scores = {font: score(convert(sample)) for font, convert in CONVERTERS.items()}
    font = max(scores, key=lambda each: scores[each])
    if scores[font] <= 0:
        raise FileError("file-encoding", place=f" (UTF-8: line {line})")
    return font


def _find_delimiter(file: io.TextIOBase) -> str:
    """The delimiter by which the first lines name the most columns; leaves the file at its first row.

    A first line ``sep=;`` (a spreadsheet's own hint) is obeyed and skipped.
    """
    lines = [file.readline(_LINE) for _ in range(20)]
    if lines[0].lower().startswith("sep=") and len(lines[0].rstrip("\r\n")) == 5:
        file.seek(0)
        file.readline()
        return lines[0][4]
    file.seek(0)
    best, most = ",", 0
    for delimiter in _DELIMITERS:
        known = 0
        for line in lines:
            try:
                known = max(known, read_header(next(csv.reader([line], delimiter=delimiter), [])).known)
            except csv.Error:
                continue
        if known > most:
            best, most = delimiter, known
    return best
