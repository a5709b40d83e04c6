"""Finding possible duplicates: hints are written with the records; what shares one is compared once both are stored."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, func, select

from api.duplicates.comparing import DoseReason, hints_of, may_be_one
from api.store.arrays import one_of
from api.store.bulk import insert_rows
from api.store.counters import insert_new
from api.store.records import NewVersion, StoredRecord, stored_record
from api.store.schema import records
from api.store.schema_intake import person_hints, possible_duplicates
from api.store.transactions import Turn, writing
from certificates.records.model import Dose, VaccinationRecord, instant_to_text

COMMON: Final = 50  # what more people share says nothing: a date that was filled in, a name of thousands
_PAGE: Final = 5000  # hints that are looked at together
_AT_ONCE: Final = 500  # of those that people share
_HINT: Final = ("hint", "record_id", "province", "origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulDose:
    """A dose that may be one with a dose of this record. ``entered``: it stands in the record under its number."""

    record: VaccinationRecord
    province: str
    there: Dose
    new: Dose
    reason: DoseReason


def write_hints(connection: Connection, versions: Sequence[NewVersion], *, origin: str) -> None:
    """Store what these people have in common with others, in the transaction that stores them."""
    rows = [
        (hint, version.record.record_id, version.province, origin, version.record.version)
        for version in versions
        for hint in hints_of(version.record.person, version.record.unit)
    ]
    insert_rows(connection, person_hints, _HINT, [row[:4] for row in rows if row[4] == 1])
    later = [dict(zip(_HINT, row[:4], strict=True)) for row in rows if row[4] > 1]
    if later:
        connection.execute(insert_new(connection, person_hints), later)


def compare_people(engine: Engine, *, origin: str, at: datetime) -> int:
    """Compare the people of an import or request with all who share a hint; returns how many new pairs were found.

    A hint that more than `COMMON` people share is passed over. To be called when those people are stored for all to
    see: of two imports at once, the later call finds their pairs.
    """
    mine = (
        select(person_hints.c.hint)
        .where(person_hints.c.origin == origin, person_hints.c.hint > bindparam("last"))
        .order_by(person_hints.c.hint)
        .distinct()
        .limit(_PAGE)
        .subquery()
    )
    end = select(func.max(mine.c.hint))
    shared = (
        select(mine.c.hint)
        .join(person_hints, person_hints.c.hint == mine.c.hint)
        .group_by(mine.c.hint)
        .having(func.count().between(2, COMMON))
    )
    found, last = 0, ""
    while True:
        with writing(engine, Turn.IMPORT) as connection:
            following = connection.execute(end, {"last": last}).scalar()
            if following is None:
                return found
            doubtful = connection.execute(shared, {"last": last}).scalars().all()
            for begin in range(0, len(doubtful), _AT_ONCE):
                found += _compare(connection, doubtful[begin : begin + _AT_ONCE], origin, at)
        last = following


def _compare(connection: Connection, hints: Sequence[str], origin: str, at: datetime) -> int:
    people: dict[str, list[str]] = {}
    mine: set[str] = set()
    for row in connection.execute(select(person_hints).where(one_of(connection, person_hints.c.hint, hints))):
        people.setdefault(row.hint, []).append(row.record_id)
        if row.origin == origin:
            mine.add(row.record_id)
    known = _load(connection, {record_id for some in people.values() for record_id in some})
    pairs = {
        (one, other)
        for some in people.values()
        for one, other in combinations(sorted(record_id for record_id in some if record_id in known), 2)
        if one in mine or other in mine
    }
    rows = [_person_row(known[one], known[other], origin, at) for one, other in sorted(pairs)]
    return _store(connection, [row for row in rows if row is not None])


def note_doses(connection: Connection, doses: Iterable[DoubtfulDose], *, origin: str, at: datetime) -> None:
    """Store doses that two stations entered and that may be one."""
    _store(
        connection,
        [
            {
                "duplicate_id": _name("dose", dose.record.record_id, json.dumps(dose.new.to_dict(), sort_keys=True)),
                "province": dose.province,
                "kind": "dose",
                "reason": dose.reason,
                "record_id": dose.record.record_id,
                "unit": dose.there.unit,
                "other": json.dumps(dose.new.to_dict(), ensure_ascii=False),
                "other_unit": dose.new.unit,
                "found_at": instant_to_text(at),
                "origin": origin,
                "state": "open",
            }
            for dose in doses
        ],
    )


def _load(connection: Connection, record_ids: set[str]) -> dict[str, StoredRecord]:
    rows = connection.execute(select(records).where(records.c.record_id.in_(record_ids), records.c.state != "joined"))
    return {row.record_id: stored_record(row) for row in rows}


def _person_row(one: StoredRecord, other: StoredRecord, origin: str, at: datetime) -> dict[str, Any] | None:
    reason = may_be_one(one.record.person, other.record.person)
    if reason is None:
        return None
    return {
        "duplicate_id": _name("person", one.record.record_id, other.record.record_id),
        "province": one.province,
        "kind": "person",
        "reason": reason,
        "record_id": one.record.record_id,
        "unit": one.record.unit,
        "other": other.record.record_id,
        "other_unit": other.record.unit,
        "found_at": instant_to_text(at),
        "origin": origin,
        "state": "open",
    }


def _store(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """What was found before stays as it is, decided or not."""
    if not rows:
        return 0
    known = set(
        connection.execute(
            select(possible_duplicates.c.duplicate_id).where(
                possible_duplicates.c.duplicate_id.in_([row["duplicate_id"] for row in rows])
            )
        ).scalars()
    )
    new = list({row["duplicate_id"]: row for row in rows if row["duplicate_id"] not in known}.values())
    if new:
        connection.execute(insert_new(connection, possible_duplicates), new)
    return len(new)


def _name(*parts: str) -> str:
    """The same pair has the same number, whoever finds it."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
