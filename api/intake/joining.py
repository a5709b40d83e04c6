"""Joining doses to records: one person with all doses, nothing doubled, nothing guessed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from api.duplicates.comparing import DoseReason, may_be_one_dose
from api.duplicates.finding import DoubtfulDose, note_doses, write_hints
from api.intake.drafts import Draft, dose_identity
from api.intake.faults import RowError
from api.intake.rows import person_key
from api.intake.units import UnitBook
from api.intake.versions import CLOSED
from api.states import RecordState
from api.store.arrays import one_of
from api.store.locks import lock_free
from api.store.records import NewVersion, StoredRecord, stored_record, write_versions
from api.store.schema import records
from api.store.schema_intake import joined_people
from certificates.records.model import Dose, Person

_WAITING: Final = (RecordState.INCOMPLETE.value, RecordState.MALFORMED_ID.value)


@dataclass(slots=True)
class Tally:
    """What became of doses and records."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)  # made, extended
    states: Counter[str] = field(default_factory=Counter)

    def add(self, told: Mapping[str, Any]) -> None:
        """Add what a step told."""
        for name in _TALLIED:
            getattr(self, name).update(told.get(name, {}))

    def to_json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in _TALLIED})


_TALLIED: Final = ("outcomes", "reasons", "noted", "records", "states")


@dataclass(slots=True, kw_only=True, repr=False)
class Entry:
    """One dose of a person, to be joined; and what became of it. ``number`` tells it from the others."""

    number: int
    person: Person
    dose: Dose
    notes: list[str]
    outcome: str = ""  # accepted, duplicate, refused
    error: RowError | None = None
    record_id: str = ""  # set before it is joined: that a new record shall have


def join_people(
    connection: Connection,
    people: Sequence[tuple[str, Sequence[Entry]]],
    tally: Tally,
    *,
    units: UnitBook,
    by: str,
    why: str,
    origin: str,
    at: datetime,
) -> None:
    """Make and extend the records of these persons (key and doses, each key once). Each entry gets its outcome.

    The caller keeps the persons' locks (`api.store.transactions.lock_people`) until its transaction ends.
    """
    known = {stored.person_key: stored for stored in _read_known(connection, [key for key, _ in people])}
    elsewhere = _joined(connection, [key for key, _ in people if key not in known])
    known |= elsewhere
    if _some_wait(connection):
        known |= _without_number(connection, [(key, entries) for key, entries in people if key not in known])
    versions: list[NewVersion] = []
    doubtful: list[DoubtfulDose] = []
    for key, stored, entries in _by_record(people, known, elsewhere):
        draft = Draft(stored, record_id=entries[0].record_id or None)
        doubts: list[tuple[Dose, Dose, DoseReason]] = []
        for entry in entries:
            doubts += _add(draft, entry)
            tally.outcomes[entry.outcome] += 1
            if entry.error is not None:
                tally.reasons[entry.error.code] += 1
            if entry.notes:
                tally.noted.update(entry.notes)
        version = draft.finish(connection, key, units=units, at=at)
        if version is not None:
            versions.append(version)
            tally.states[version.state.value] += 1
            tally.records["made" if stored is None else "extended"] += 1
        if doubts:
            doubtful += _doubts(doubts, version or stored)
    write_versions(connection, versions, by=by, why=why, at=at)
    write_hints(connection, versions, origin=origin)
    note_doses(connection, doubtful, origin=origin, at=at)


def _by_record(
    people: Sequence[tuple[str, Sequence[Entry]]],
    known: Mapping[str, StoredRecord],
    elsewhere: Mapping[str, StoredRecord],
) -> Iterator[tuple[str, StoredRecord | None, list[Entry]]]:
    """The key that a record has from now on, the record, and its entries, whatever keys they came under.

    A number that is found later becomes the key. Who was joined to another keeps that one's key and data.
    """
    groups: dict[str, tuple[str, StoredRecord | None, list[Entry]]] = {}
    for key, entries in people:
        stored = known.get(key)
        if stored is None:
            groups[key] = (key, None, list(entries))
            continue
        if key in elsewhere:
            for entry in entries:
                entry.person = stored.record.person
        own = stored.person_key if key in elsewhere else key
        record_id = stored.record.record_id
        before, _, there = groups.get(record_id, (own, stored, []))
        groups[record_id] = (own if before == stored.person_key else before, stored, [*there, *entries])
    for key, stored, entries in groups.values():
        yield key, stored, sorted(entries, key=lambda entry: entry.number)


def _add(draft: Draft, entry: Entry) -> list[tuple[Dose, Dose, DoseReason]]:
    """Join one dose; returns the doses of other stations that may be the same one."""
    entry.record_id = draft.record_id
    others = [dose for dose in draft.doses.values() if dose.unit != entry.dose.unit]
    try:
        new = draft.add(entry.person, entry.dose, entry.notes)
    except RowError as error:
        entry.outcome, entry.error = "refused", error
        others = [dose for dose in others if error.code == "dose-conflict" and dose.number == entry.dose.number]
    else:
        entry.outcome = "accepted" if new else "duplicate"
        others = others if new else []
    found = [(dose, entry.dose, may_be_one_dose(dose, entry.dose)) for dose in others]
    return [(there, dose, reason) for there, dose, reason in found if reason is not None]


def _doubts(
    doubts: Sequence[tuple[Dose, Dose, DoseReason]], of: NewVersion | StoredRecord | None
) -> Iterator[DoubtfulDose]:
    for there, new, reason in doubts:
        if of is not None:
            yield DoubtfulDose(record=of.record, province=of.province, there=there, new=new, reason=reason)


def read_holders(connection: Connection, keys: Sequence[str]) -> dict[str, StoredRecord]:
    """By key: the record of this person, or the one that it was joined to. For who only looks."""
    query = select(records).where(records.c.person_key.in_(keys), records.c.state != RecordState.JOINED.value)
    found = {row.person_key: stored_record(row) for row in connection.execute(query)}
    elsewhere = select(joined_people.c.person_key.label("sought"), records).where(
        joined_people.c.person_key.in_([key for key in keys if key not in found]),
        records.c.record_id == joined_people.c.record_id,
    )
    return found | {row.sought: stored_record(row) for row in connection.execute(elsewhere)}


def _joined(connection: Connection, keys: Sequence[str]) -> dict[str, StoredRecord]:
    """By key: the record that holds the doses of a person who was joined to another."""
    rows = connection.execute(select(joined_people).where(one_of(connection, joined_people.c.person_key, keys))).all()
    if not rows:
        return {}
    holders = _kept(connection, records.c.record_id.in_({row.record_id for row in rows}))
    by_id = {stored.record.record_id: stored for stored in holders}
    return {row.person_key: by_id[row.record_id] for row in rows if row.record_id in by_id}


def _read_known(connection: Connection, keys: Sequence[str]) -> list[StoredRecord]:
    """Records of these persons, kept from now on. One that somebody else has at this moment counts as leased: an import
    waits for no record, and nobody waits long for an import."""
    theirs = one_of(connection, records.c.person_key, keys)
    return _kept(connection, theirs & (records.c.state != RecordState.JOINED.value))


def _kept(connection: Connection, theirs: ColumnElement[bool]) -> list[StoredRecord]:
    found = connection.execute(select(records).where(theirs)).all()
    if not found:
        return []
    free = lock_free(connection, theirs & records.c.state.not_in([state.value for state in CLOSED]))
    read = map(stored_record, connection.execute(select(records).where(theirs)))
    return [
        stored
        if stored.record.record_id in free or stored.state in CLOSED
        else replace(stored, state=RecordState.LEASED)
        for stored in read
    ]


def _some_wait(connection: Connection) -> bool:
    """Whether any record may lack its number: a first import need not look for them."""
    return (
        connection.execute(select(records.c.record_id).where(records.c.state.in_(_WAITING)).limit(1)).first()
        is not None
    )


def _without_number(connection: Connection, people: Sequence[tuple[str, Sequence[Entry]]]) -> dict[str, StoredRecord]:
    """By the key of a person with a number: the stored record that lacks it and holds the very same dose.

    Lists go out without numbers and come back with them (letter 2262/BYT-CNTT). Where two persons of a batch could be
    the one who was meant, neither is.
    """
    sought: dict[str, list[tuple[str, Dose]]] = {}
    for key, entries in people:
        for entry in entries:
            if entry.person.id_kind is not None and entry.person.date_of_birth is not None:
                alone = person_key(replace(entry.person, id_kind=None, id_number=None), entry.dose)
                sought.setdefault(alone, []).append((key, entry.dose))
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
