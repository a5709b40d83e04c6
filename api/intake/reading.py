"""The first half of an import: a file is read to its end, and its rows lie ready by persons. Nothing is stored yet."""

import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from api.intake.columns import Header, check_header
from api.intake.crew import Crew
from api.intake.faults import FileError
from api.intake.letters import Letters, conversion_notes, letters_of
from api.intake.reader import RowReader, header_of
from api.intake.rows import BUCKETS, bucket_of
from api.intake.sources import Table, open_table
from api.intake.spool import Row, Spool
from api.intake.texts import Conversion, RawCell
from api.intake.units import UnitBook

BATCH: Final = 1000  # rows that are looked at together


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the rows of a file are read; goes to worker processes as it is."""

    names: tuple[str, ...]  # the header
    conversions: Mapping[int, Conversion] | None  # None: not decided yet, rows are read as Unicode
    unit: str | None

    def reader(self) -> RowReader:
        return RowReader(header_of(self.names), self.conversions or {}, unit=self.unit)


def read_through(
    path: Path,
    crew: Crew,
    spool: Spool,
    *,
    unit: str | None,
    done: Collection[int],
    notes: list[str],
    told: Callable[[int], None],
) -> tuple[Reading, int]:
    """Read a file to its end; its rows are in the spool then. Raises FileError.

    Rows are read as Unicode, while what letters tell of old fonts is gathered; only a file in which a column turns out
    to be in an old font is read once more.

    Args:
        path: the file.
        crew: looks at the rows.
        spool: an empty one.
        unit: the unit that all rows belong to, or None when a column names it.
        done: the numbers of rows that have their outcome: they are counted, and not needed again.
        notes: gets what the clerk shall know of the file, also of one that is refused.
        told: told the rows read so far.

    Returns:
        How its rows are read, and how many there are.
    """
    with open_table(path) as table:
        header, font = table.header, table.font
        notes += table.notes
        check_header(header, unit_given=unit is not None)
        notes += _header_notes(header)
        known = {at: Conversion(font=font, mixed=False) for at in header.positions.values()} if font else None
        reading = Reading(names=header.names, conversions=known, unit=unit)
        letters, rows = _read(table, reading, crew, spool, done, told)
    found = letters.decide()
    reading = Reading(names=header.names, conversions=known or found, unit=unit)
    if found:
        spool.clear()
        with open_table(path) as table:
            _read(table, reading, crew, spool, done, told)
        notes += conversion_notes(found, header)
    if rows == 0:
        raise FileError("file-empty")
    return reading, rows


def _read(
    table: Table, reading: Reading, crew: Crew, spool: Spool, done: Collection[int], told: Callable[[int], None]
) -> tuple[Letters, int]:
    """Each row into its bucket. One that cannot be read may be in any: it is refused wherever it is."""
    letters, count = Letters(), 0
    under_way: deque[list[Row]] = deque()

    def calls() -> Iterator[tuple[Any, ...]]:
        while batch := list(islice(table.rows, BATCH)):
            under_way.append(batch)
            yield reading, [cells for _, cells in batch]

    for result in crew.run(look_at, calls()):
        seen = json.loads(result)
        letters.add(seen["letters"])
        for (number, cells), bucket in zip(under_way.popleft(), seen["buckets"], strict=True):
            count += 1
            if number not in done:
                for position in table.header.left_out:
                    if position < len(cells):
                        cells[position] = ""
                spool.add(number % BUCKETS if bucket is None else bucket, (number, cells))
        told(count)
    return letters, count


def look_at(_engine: Engine, _units: UnitBook, reading: Reading, rows: Sequence[list[RawCell]]) -> str:
    """The buckets of some rows, None for one that cannot be read, and what their letters tell; as JSON."""
    reader = reading.reader()
    keys = map(reader.key, rows)
    letters = letters_of(header_of(reading.names), rows) if reading.conversions is None else {}
    return json.dumps({"buckets": [None if key is None else bucket_of(key) for key in keys], "letters": letters})


def _header_notes(header: Header) -> Iterator[str]:
    if header.unknown:
        yield "unknown columns, kept but not read: " + ", ".join(header.unknown)
    if header.left_out:
        names = ", ".join(" ".join(header.names[position].split()) for position in sorted(header.left_out))
        yield "personal data that no certificate needs, not stored: " + names
