"""The second half of an import: rows of some persons are understood, joined, and given their outcome, all at once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import Engine, insert

from api.intake.columns import NAMES, Column
from api.intake.faults import RowError
from api.intake.joining import Entry, Tally, join_people
from api.intake.outcomes import ROW_COLUMNS, column_name, sentence
from api.intake.reader import header_of
from api.intake.reading import Reading
from api.intake.rows import BUCKETS, shard_of
from api.intake.spool import unpacked
from api.intake.texts import RawCell
from api.intake.units import UnitBook
from api.store.bulk import insert_rows
from api.store.schema import import_rows
from api.store.schema_intake import import_tallies
from api.store.transactions import Turn, lock_people, writing

WHY_IMPORTED: Final = "import"
ROWS: Final = 5000  # of one step, as far as buckets can be so small
_PERSONS: Final = 2000  # in one look into the database


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the rows of one import are read, and for whom."""

    import_id: str
    reading: Reading
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Rows that are joined in one transaction: those in these buckets of persons' keys, ends included."""

    number: int
    first: int
    last: int


def steps_for(counts: Sequence[int], *, after: int) -> list[Step]:
    """The steps for so many rows in each bucket, numbered from ``after`` on. Neighbours lie far apart: processes that
    take them in turn seldom want the same persons' lock."""
    found: list[tuple[int, int]] = []
    first = rows = 0
    for bucket, count in enumerate(counts):
        rows += count
        if rows and (rows >= ROWS or bucket == BUCKETS - 1):
            found.append((first, bucket))
            first, rows = bucket + 1, 0
    apart = sorted(range(len(found)), key=lambda place: (place % 16, place))
    return [
        Step(number=after + number, first=found[place][0], last=found[place][1]) for number, place in enumerate(apart)
    ]


def join_step(engine: Engine, units: UnitBook, plan: Plan, step: Step, packed: list[bytes]) -> str:
    """Understand the rows of one step and join them; returns its `Tally` as JSON.

    Their outcomes and its mark in ``import_tallies`` are in the same transaction: what was done is never done again.
    """
    tally = Tally()
    people, cells_of, refused = _understand(plan, units, packed, tally)
    with writing(engine, Turn.IMPORT) as connection:
        lock_people(connection, range(shard_of(step.first), shard_of(step.last) + 1))
        insert_rows(connection, import_rows, ROW_COLUMNS, refused)
        in_turn = iter(sorted(people.items()))
        while some := list(islice(in_turn, _PERSONS)):
            join_people(
                connection, some, tally, units=units, by=plan.by, why=WHY_IMPORTED, origin=plan.import_id, at=plan.at
            )
            ends = [_end(plan, entry, cells_of[entry.number]) for _, entries in some for entry in entries]
            insert_rows(connection, import_rows, ROW_COLUMNS, ends)
        result = tally.to_json()
        mark = {"import_id": plan.import_id, "number": step.number, "result": result}
        connection.execute(insert(import_tallies), mark)
    return result


def _understand(
    plan: Plan, units: UnitBook, packed: list[bytes], tally: Tally
) -> tuple[dict[str, list[Entry]], dict[int, str], list[tuple[Any, ...]]]:
    """The doses by persons' keys, the cells of each row as they are stored, and the rows that are refused."""
    header, reader = header_of(plan.reading.names), plan.reading.reader()
    people: dict[str, list[Entry]] = {}
    cells_of: dict[int, str] = {}
    refused: list[tuple[Any, ...]] = []
    for number, cells in unpacked(packed):
        kept = _cells_text(cells)
        try:
            read = reader.read(cells)
            units.check(read.dose.unit)
        except RowError as error:
            code, column = error.code, column_name(error.column, header)
            refused.append((plan.import_id, number, "refused", code, column, sentence(code), None, kept, None))
            tally.outcomes["refused"] += 1
            tally.reasons[code] += 1
        else:
            entry = Entry(number=number, person=read.person, dose=read.dose, notes=list(read.notes))
            people.setdefault(read.person_key, []).append(entry)
            cells_of[number] = kept
    return people, cells_of, refused


def _cells_text(cells: Sequence[RawCell]) -> str:
    try:
        return orjson.dumps(cells).decode()
    except TypeError:  # a number of more than 64 bits
        return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def _end(plan: Plan, entry: Entry, cells: str) -> tuple[Any, ...]:
    reason = column = detail = None
    if entry.error is not None:
        reason, detail = entry.error.code, sentence(entry.error.code)
        column = ", ".join(NAMES[Column(name)][0] for name in entry.error.fields)
    notes = ",".join(entry.notes) or None
    return plan.import_id, entry.number, entry.outcome, reason, column, detail, notes, cells, entry.record_id
