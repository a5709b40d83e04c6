"""Opening an import file: which kind it is, and its rows one by one."""

import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from api.intake.columns import HEADER_ROWS, Header, names_columns, read_header
from api.intake.csv_source import CsvSource
from api.intake.faults import FileError
from api.intake.legacy import Font
from api.intake.texts import RawCell
from api.intake.xlsx_source import XlsxSource

_OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")  # old .xls, and every encrypted .xlsx
# PDF, JPEG, PNG, GIF, RTF, and the HTML or XML tables that some systems export as .xls
_OTHER_KINDS = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"{\\rtf", b"<")


class Source(Protocol):
    """A file whose rows can be walked once. ``notes`` say how it was read (encoding, delimiter, sheet)."""

    notes: list[str]

    @property
    def font(self) -> Font | None:
        """The old encoding that all of its text is in, or None."""
        ...

    def rows(self) -> Generator[tuple[int, list[RawCell]], None, None]:
        """Row number as the spreadsheet counts, and the cells. Blank rows are left out. Raises FileError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A header and the rows below it."""

    header: Header
    rows: Iterator[tuple[int, list[RawCell]]]
    notes: list[str]
    font: Font | None


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a CSV or XLSX file, by what it holds and not by its name, and find the header; close it at the end.

    Raises FileError ``file-unreadable``, ``file-empty``, ``file-kind``, ``file-encrypted``, ``file-truncated``,
    ``file-too-large``, ``file-encoding`` or ``file-quotes``; some of them later, from ``rows``.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
            xlsx = zipfile.is_zipfile(file)
    except OSError:
        raise FileError("file-unreadable") from None
    if not start:
        raise FileError("file-empty")
    if start == _OLE2:
        raise FileError("file-kind" if path.suffix.lower() == ".xls" else "file-encrypted")
    if start.startswith(_OTHER_KINDS):
        raise FileError("file-kind")
    if start.startswith(b"PK") and not xlsx:
        raise FileError("file-truncated")
    source: Source = XlsxSource(path) if xlsx else CsvSource(path)
    with closing(source.rows()) as rows:
        header = _find_header(rows)
        yield Table(header=header, rows=rows, notes=source.notes, font=source.font)


def _find_header(rows: Iterator[tuple[int, list[RawCell]]]) -> Header:
    first: list[RawCell] | None = None
    for _number, cells in islice(rows, HEADER_ROWS):
        if (header := names_columns(cells)) is not None:
            return header
        first = first or cells
    if first is None:
        raise FileError("file-empty")
    return read_header(["" if cell is None else str(cell) for cell in first])  # `check_header` says what is missing
