"""Joining the rows of one import to records: one person with all doses, nothing doubled, nothing guessed."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby, islice
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select, update

from api.intake.columns import NAMES, Column
from api.intake.drafts import Draft, dose_identity
from api.intake.faults import RowError, row_sentence
from api.intake.rows import person_key
from api.intake.units import UnitBook
from api.intake.versions import CLOSED
from api.states import RecordState
from api.store.locks import lock_free
from api.store.records import NewVersion, StoredRecord, stored_record, write_versions
from api.store.schema import import_rows, records
from certificates.records.model import Dose, Person

_BATCH: Final = 500  # persons
_WAITING: Final = (RecordState.INCOMPLETE.value, RecordState.MALFORMED_ID.value)
WHY_IMPORTED: Final = "import"


@dataclass(slots=True)
class Joined:
    """What became of the rows and records of one import."""

    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)
    records_made: int = 0
    records_extended: int = 0
    states: Counter[str] = field(default_factory=Counter)


def join_staged(
    connection: Connection,
    import_id: str,
    *,
    units: UnitBook,
    by: str,
    at: datetime,
    progress: Callable[[int], None],
) -> Joined:
    """Make and extend records from the staged rows that were understood; every row gets its final outcome.

    The caller's transaction makes it all or nothing.
    """
    joined = Joined()
    done = 0
    people = groupby(_understood(connection, import_id), key=lambda row: row.person_key)
    while batch := [(key, list(rows)) for key, rows in islice(people, _BATCH)]:
        done += _join_batch(connection, import_id, batch, joined, units=units, by=by, at=at)
        progress(done)
    _count(connection, import_id, joined)
    return joined


def _understood(connection: Connection, import_id: str) -> Iterator[Any]:
    """Staged rows, those of one person together, in the order of the file. Read in pages: memory stays flat."""
    key, number = "", 0
    page = (
        select(import_rows.c.person_key, import_rows.c.row_number, import_rows.c.reading, import_rows.c.notes)
        .where(
            import_rows.c.import_id == import_id,
            import_rows.c.person_key.is_not(None),
            (import_rows.c.person_key > bindparam("key"))
            | ((import_rows.c.person_key == bindparam("key")) & (import_rows.c.row_number > bindparam("number"))),
        )
        .order_by(import_rows.c.person_key, import_rows.c.row_number)
        .limit(1000)
    )
    while rows := connection.execute(page, {"key": key, "number": number}).all():
        yield from rows
        key, number = rows[-1].person_key, rows[-1].row_number


def _join_batch(
    connection: Connection,
    import_id: str,
    batch: Sequence[tuple[str, list[Row[Any]]]],
    joined: Joined,
    *,
    units: UnitBook,
    by: str,
    at: datetime,
) -> int:
    known = {stored.person_key: stored for stored in _read_known(connection, [key for key, _ in batch])}
    if _some_wait(connection):
        known |= _without_number(connection, [(key, rows) for key, rows in batch if key not in known])
    versions: list[NewVersion] = []
    outcomes: list[dict[str, Any]] = []
    for key, rows in batch:
        stored = known.get(key)
        draft = Draft(stored)
        for row in rows:
            outcomes.append(_outcome(row, draft))
        version = draft.finish(connection, key, units=units, at=at)
        if version is not None:
            versions.append(version)
            joined.states[version.state.value] += 1
            if stored is None:
                joined.records_made += 1
            else:
                joined.records_extended += 1
        for outcome in outcomes[-len(rows) :]:
            outcome["new_record_id"] = draft.record_id
    write_versions(connection, versions, by=by, why=WHY_IMPORTED, at=at)
    connection.execute(
        update(import_rows)
        .where(import_rows.c.import_id == import_id, import_rows.c.row_number == bindparam("number"))
        .values(
            outcome=bindparam("new_outcome"),
            reason=bindparam("new_reason"),
            column_name=bindparam("new_column"),
            detail=bindparam("new_detail"),
            notes=bindparam("new_notes"),
            record_id=bindparam("new_record_id"),
            person_key=None,
            reading=None,
        ),
        outcomes,
    )
    return len(outcomes)


def _read_known(connection: Connection, keys: Sequence[str]) -> list[StoredRecord]:
    """Records of these persons, kept from now on. One that somebody else has at this moment counts as leased: an import
    waits for nobody, and nobody waits for an import of hours."""
    theirs = records.c.person_key.in_(keys)
    free = lock_free(connection, theirs & records.c.state.not_in([state.value for state in CLOSED]))
    found = [stored_record(row) for row in connection.execute(select(records).where(theirs))]
    return [
        stored
        if stored.record.record_id in free or stored.state in CLOSED
        else replace(stored, state=RecordState.LEASED)
        for stored in found
    ]


def _some_wait(connection: Connection) -> bool:
    """Whether any record may lack its number: a first import need not look for them."""
    return (
        connection.execute(select(records.c.record_id).where(records.c.state.in_(_WAITING)).limit(1)).first()
        is not None
    )


def _without_number(connection: Connection, batch: Sequence[tuple[str, list[Row[Any]]]]) -> dict[str, StoredRecord]:
    """By the key of a person with a number: the stored record that lacks it and holds the very same dose.

    Lists go out without numbers and come back with them (letter 2262/BYT-CNTT). Where two persons of a batch could be
    the one who was meant, neither is.
    """
    sought: dict[str, list[tuple[str, Dose]]] = {}
    for key, rows in batch:
        for row in rows:
            person, dose = _read(row)
            if person.id_kind is not None and person.date_of_birth is not None:
                alone = person_key(replace(person, id_kind=None, id_number=None), dose)
                sought.setdefault(alone, []).append((key, dose))
    found: dict[str, StoredRecord] = {}
    for stored in _read_known(connection, list(sought)):
        keys = {
            key
            for key, dose in sought[stored.person_key]
            if dose_identity(dose) in map(dose_identity, stored.record.doses)
        }
        if len(keys) == 1:
            found[keys.pop()] = stored
    return found


def _read(row: Row[Any]) -> tuple[Person, Dose]:
    person, dose = row.reading.split("\n")
    return _person(person), Dose.from_dict(json.loads(dose))


def _outcome(row: Row[Any], draft: "Draft") -> dict[str, Any]:
    notes = row.notes.split(",") if row.notes else []
    outcome: dict[str, Any] = {"number": row.row_number, "new_reason": None, "new_column": None, "new_detail": None}
    try:
        new = draft.add(*_read(row), notes)
    except RowError as error:
        vietnamese, english = row_sentence(error.code)
        column = ", ".join(NAMES[Column(field)][0] for field in error.fields)
        outcome |= {
            "new_outcome": "refused",
            "new_reason": error.code,
            "new_column": column,
            "new_detail": f"{vietnamese} / {english}",
        }
    else:
        outcome["new_outcome"] = "accepted" if new else "duplicate"
    return outcome | {"new_notes": ",".join(notes) or None}


@lru_cache(maxsize=8)
def _person(text: str) -> Person:
    """The rows of one person stand together and mostly say the same of it."""
    return Person.from_dict(json.loads(text))


def _count(connection: Connection, import_id: str, joined: Joined) -> None:
    rows = connection.execute(
        select(import_rows.c.outcome, import_rows.c.reason, func.count())
        .where(import_rows.c.import_id == import_id)
        .group_by(import_rows.c.outcome, import_rows.c.reason)
    )
    for outcome, reason, count in rows:
        joined.rows += count
        if outcome == "accepted":
            joined.accepted += count
        elif outcome == "duplicate":
            joined.duplicate += count
        else:
            joined.refused += count
            joined.reasons[reason] = count
    noted = connection.execute(
        select(import_rows.c.notes, func.count())
        .where(import_rows.c.import_id == import_id, import_rows.c.notes.is_not(None))
        .group_by(import_rows.c.notes)
    )
    counter: Counter[str] = Counter()
    for notes, count in noted:
        for note in notes.split(","):
            counter[note] += count
    joined.noted = dict(sorted(counter.items()))
