"""The first half of an import: a file is read to its end, and its rows lie ready by persons. Nothing is stored yet."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from api.intake.columns import Header, check_header
from api.intake.faults import FileError
from api.intake.letters import Letters, conversion_notes
from api.intake.reader import RowReader
from api.intake.rows import BUCKETS, bucket_of
from api.intake.sources import Table, open_table
from api.intake.spool import Spool
from api.intake.texts import Conversion

BATCH: Final = 1000  # rows that are looked at together


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file says as a whole. ``rows`` counts all of its rows."""

    header: Header
    conversions: Mapping[int, Conversion]
    rows: int


def read_through(
    path: Path, spool: Spool, *, unit: str | None, done: Collection[int], notes: list[str], told: Callable[[int], None]
) -> Reading:
    """Read a file to its end; its rows are in the spool then. Raises FileError.

    Rows are read as Unicode, while what letters tell of old fonts is gathered; only a file in which a column turns out
    to be in an old font is read once more.

    Args:
        path: the file.
        spool: an empty one.
        unit: the unit that all rows belong to, or None when a column names it.
        done: the numbers of rows that have their outcome: they are counted, and not needed again.
        notes: gets what the clerk shall know of the file, also of one that is refused.
        told: told the rows read so far.
    """
    with open_table(path) as table:
        header, font = table.header, table.font
        notes += table.notes
        check_header(header, unit_given=unit is not None)
        notes += _header_notes(header)
        known = {at: Conversion(font=font, mixed=False) for at in header.positions.values()} if font else {}
        letters = None if font else Letters(header)
        rows = _read(table, RowReader(header, known, unit=unit), letters, spool, done, told)
    if letters is not None and (found := letters.decide()):
        known = found
        spool.clear()
        with open_table(path) as table:
            _read(table, RowReader(header, known, unit=unit), None, spool, done, told)
        notes += conversion_notes(known, header)
    if rows == 0:
        raise FileError("file-empty")
    return Reading(header=header, conversions=known, rows=rows)


def _read(
    table: Table,
    reader: RowReader,
    letters: Letters | None,
    spool: Spool,
    done: Collection[int],
    told: Callable[[int], None],
) -> int:
    """Each row into its bucket; returns how many there are. One that cannot be read may be in any."""
    count = 0
    while batch := list(islice(table.rows, BATCH)):
        if letters is not None:
            letters.add([cells for _, cells in batch])
        for number, cells in batch:
            if number not in done:
                key = reader.key(cells)
                for position in table.header.left_out:
                    if position < len(cells):
                        cells[position] = ""
                spool.add(number % BUCKETS if key is None else bucket_of(key), (number, cells))
        count += len(batch)
        told(count)
    return count


def _header_notes(header: Header) -> Iterator[str]:
    if header.unknown:
        yield "unknown columns, kept but not read: " + ", ".join(header.unknown)
    if header.left_out:
        names = ", ".join(" ".join(header.names[position].split()) for position in sorted(header.left_out))
        yield "personal data that no certificate needs, not stored: " + names
