"""The first half of an import: batches of rows are understood and staged, each in a transaction of its own."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine, insert

from api.intake.columns import NAMES, Column, Header, read_header
from api.intake.faults import RowError, row_sentence
from api.intake.legacy import Font
from api.intake.rows import read_row
from api.intake.texts import ColumnEvidence, Conversion, RawCell
from api.intake.units import UnitBook
from api.store.bulk import insert_rows
from api.store.schema import import_rows
from api.store.schema_intake import import_staging, import_steps
from api.store.transactions import writing

BUCKETS: Final = 1024  # of persons' keys; a step of joining has one or more
ROW_COLUMNS: Final = (
    "import_id",
    "row_number",
    "outcome",
    "reason",
    "column_name",
    "detail",
    "notes",
    "cells",
    "record_id",
)
_COLUMNS: Final = ("import_id", "bucket", "row_number", "person_key", "reading", "notes", "cells")
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Row = tuple[int, list[RawCell]]


def bucket_of(person_key: str) -> int:
    """0 to 1023: persons of one key are always in one bucket."""
    return int(person_key[:3], 16) >> 2


def shard_of(bucket: int) -> int:
    """0 to 63: the lock that stands for this bucket's persons."""
    return bucket >> 4


@lru_cache(maxsize=256)
def sentence(code: str) -> str:
    """What is wrong with a row, in both languages."""
    return " / ".join(row_sentence(code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the rows of one import are read; goes to worker processes as it is."""

    import_id: str
    names: tuple[str, ...]  # the header
    unit: str | None
    conversions: Mapping[int, Conversion] | None  # None: not decided yet, the rows are read as Unicode


@dataclass(slots=True)
class Seen:
    """What the batches of one import held so far."""

    rows: int = 0
    letters: dict[int, ColumnEvidence] = field(default_factory=dict)

    def add(self, told: Mapping[str, Any]) -> None:
        """Count what `stage` told."""
        self.rows += told["rows"]
        for position, (scores, plain, unicode_words) in told["letters"].items():
            column = self.letters.setdefault(int(position), ColumnEvidence())
            column.scores.update({Font(name): score for name, score in scores.items()})
            column.plain += plain
            column.unicode_words += unicode_words


def stage(engine: Engine, units: UnitBook, plan: Plan, number: int, rows: Sequence[Row]) -> str:
    """Understand one batch and store it, with what its letters tell; returns that as JSON.

    The batch and its mark in ``import_steps`` are one transaction: what was done is never done again.
    """
    header = _header(plan.names)
    letters = {} if plan.conversions is not None else _letters(header, rows)
    staged: list[tuple[Any, ...]] = []
    refused: list[tuple[Any, ...]] = []
    reasons: Counter[str] = Counter()
    for row, cells in rows:
        for position in header.left_out:
            if position < len(cells):
                cells[position] = ""
        kept = _to_json(cells)
        try:
            read = read_row(cells, header, plan.conversions or {}, unit=plan.unit)
            units.check(read.dose.unit)
        except RowError as error:
            code, column = error.code, column_name(error.column, header)
            refused.append((plan.import_id, row, "refused", code, column, sentence(code), None, kept, None))
            reasons[code] += 1
        else:
            reading = _to_json((*read.person.to_dict().values(), *read.dose.to_dict().values()))
            notes, bucket = ",".join(read.notes) or None, bucket_of(read.person_key)
            staged.append((plan.import_id, bucket, row, read.person_key, reading, notes, kept))
    told = {position: (found.scores, found.plain, found.unicode_words) for position, found in letters.items()}
    counts = {"outcomes": {"refused": len(refused)}, "reasons": reasons}
    result = _to_json({"rows": len(rows), "letters": told, **counts})
    with writing(engine) as connection:
        insert_rows(connection, import_staging, _COLUMNS, staged)
        insert_rows(connection, import_rows, ROW_COLUMNS, refused)
        connection.execute(
            insert(import_steps).values(import_id=plan.import_id, phase="read", number=number, result=result)
        )
    return result


@lru_cache(maxsize=2)
def _header(names: tuple[str, ...]) -> Header:
    return read_header(names)


def _letters(header: Header, rows: Sequence[Row]) -> dict[int, ColumnEvidence]:
    found: dict[int, ColumnEvidence] = {}
    for position in header.positions.values():
        for cell, count in Counter(cells[position] for _, cells in rows if position < len(cells)).items():
            if isinstance(cell, str) and not cell.isascii():
                if position not in found:
                    found[position] = ColumnEvidence()
                found[position].add(cell, count)
    return found


def column_name(column: str, header: Header) -> str:
    """The column as the file calls it, else as we do."""
    position = header.positions.get(Column(column)) if column in set(Column) else None
    if position is not None:
        return " ".join(header.names[position].split())
    return NAMES[Column(column)][0] if column in set(Column) else " ".join(column.split())


def decide(seen: Seen) -> dict[int, Conversion]:
    """The conversions that the whole file asks for, by the position of the column."""
    decided = {position: column.decide() for position, column in sorted(seen.letters.items())}
    return {position: conversion for position, conversion in decided.items() if conversion is not None}


def conversion_notes(conversions: Mapping[int, Conversion], header: Header) -> Iterator[str]:
    """What the clerk reads of them."""
    for position, conversion in conversions.items():
        name = " ".join(header.names[position].split())
        yield f"column {name}: converted from {conversion.font.value} to Unicode"


def conversions_text(conversions: Mapping[int, Conversion]) -> str:
    """JSON, for ``import_steps``."""
    return _to_json({position: (each.font.value, each.mixed) for position, each in conversions.items()})


def conversions_from(text: str) -> dict[int, Conversion]:
    """The inverse of `conversions_text`."""
    return {int(at): Conversion(font=Font(font), mixed=mixed) for at, (font, mixed) in json.loads(text).items()}
