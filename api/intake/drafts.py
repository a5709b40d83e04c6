"""One person while rows are joined: what is added, what is a duplicate, what contradicts."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.audit import holds_number
from api.intake.columns import Column
from api.intake.faults import RowError
from api.intake.units import UnitBook
from api.intake.versions import check_open, next_state
from api.store.records import NewVersion, StoredRecord
from certificates.records.dates import PartialDate
from certificates.records.model import Dose, Person, VaccinationRecord
from certificates.records.names import comparable
from certificates.uvci import OPAQUE_ALPHABET

_RECORD_ID_SIZE: Final = 12  # of 32 letters: 60 bits


def new_record_id() -> str:
    """A record number: 12 characters without look-alikes, from the system's random source. It says nothing itself, and
    is never taken for a person's number: among 100 million, some 90 would be 12 digits."""
    while True:
        number = "".join(OPAQUE_ALPHABET[byte & 31] for byte in secrets.token_bytes(_RECORD_ID_SIZE))
        if not holds_number(number):
            return number


class Draft:
    """One person while rows are joined to it."""

    def __init__(self, stored: StoredRecord | None, *, record_id: str | None = None) -> None:
        """``record_id``: of a new record, where a slip names it already."""
        self.stored = stored
        self.record_id = stored.record.record_id if stored is not None else record_id or new_record_id()
        self.person: Person | None = stored.record.person if stored is not None else None
        self.doses: dict[int, Dose] = {dose.number: dose for dose in stored.record.doses} if stored is not None else {}
        self.changed = False

    def add(self, person: Person, dose: Dose, notes: list[str]) -> bool:
        """Join one row; False when its dose is there already. Raises RowError for a contradiction."""
        whole = _merge(self.person, person)
        there = self.doses.get(dose.number)
        if there is not None:
            dose = _fill(there, dose)
            if dose == there and whole == self.person:
                return False
        if self.stored is not None:
            check_open(self.stored)
        if self.person is not None:
            notes.append("joined" if there is None else "completed")
        self.person = whole
        self.doses[dose.number] = dose
        self.changed = True
        return True

    def finish(self, connection: Connection, key: str, *, units: UnitBook, at: datetime) -> NewVersion | None:
        """The version to write, or None when nothing changed."""
        if not self.changed or self.person is None:
            return None
        doses = tuple(self.doses[number] for number in sorted(self.doses))
        unit = units.answering(max(doses, key=lambda dose: (dose.given_on, dose.number)).unit)
        record = VaccinationRecord(
            record_id=self.record_id,
            version=1 if self.stored is None else self.stored.record.version + 1,
            unit=unit,
            person=self.person,
            doses=doses,
        )
        state, reason, evidence = next_state(connection, self.stored, record, at=at)
        return NewVersion(
            record=record,
            state=state,
            reason=reason,
            person_key=key,
            province=units.provinces[unit] if self.stored is None else self.stored.province,
            evidence=evidence,
        )


def _merge(there: Person | None, new: Person) -> Person:
    """The person with what the new row adds. What stands is never overwritten: a contradiction is refused.

    Raises RowError ``person-conflict``, ``fields`` naming every item that contradicts.
    """
    if there is None or there == new:
        return new
    birth = _narrower(there.date_of_birth, new.date_of_birth)
    numbered = there if there.id_kind is not None or new.id_kind is None else new  # a valid number outweighs another
    conflicts = [
        column
        for column, conflict in (
            (Column.FULL_NAME, not _same_name(there.full_name, new.full_name)),
            (Column.DATE_OF_BIRTH, birth is None and there.date_of_birth is not None),
            (Column.SEX, None not in (there.sex, new.sex) and there.sex is not new.sex),
            (Column.NATIONALITY, there.nationality != new.nationality),
            (Column.ID_NUMBER, None not in (numbered.id_number, new.id_number) and numbered.id_number != new.id_number),
        )
        if conflict
    ]
    if _own_name(there) and _own_name(new) and _own_name(there) != _own_name(new) and not conflicts:
        conflicts = [Column.FAMILY_NAME, Column.GIVEN_NAME]
    if conflicts:
        raise RowError("person-conflict", *conflicts)
    named = there if _own_name(there) else new
    return replace(
        there,
        family_name=named.family_name,
        given_name=named.given_name,
        date_of_birth=birth,
        sex=there.sex or new.sex,
        id_kind=numbered.id_kind,
        id_number=numbered.id_number or new.id_number,
    )


def _same_name(one: str, two: str) -> bool:
    return one == two or comparable(one) == comparable(two)


def _own_name(person: Person) -> tuple[str, str] | None:
    """Family and given name where the source has fields of their own, as they compare."""
    if person.family_name is None and person.given_name is None:
        return None
    return comparable(person.family_name or ""), comparable(person.given_name or "")


def _narrower(there: PartialDate | None, new: PartialDate | None) -> PartialDate | None:
    """The more precise of two dates that agree; None when they do not (or when there is none at all)."""
    if there is None or new is None:
        return there or new
    wide, narrow = sorted((there, new), key=lambda day: len(day.iso))
    return narrow if narrow.iso.startswith(wide.iso) else None


def dose_identity(dose: Dose) -> tuple[object, ...]:
    """What two entries of one dose have in common."""
    return dose.number, dose.given_on, dose.product, dose.lot.casefold(), dose.unit


def _fill(there: Dose, new: Dose) -> Dose:
    """The dose with what the new row adds. Raises RowError ``dose-conflict``, ``fields`` naming what contradicts."""
    differing = [
        column
        for column, one, two in (
            (Column.GIVEN_ON, there.given_on, new.given_on),
            (Column.PRODUCT, there.product, new.product),
            (Column.LOT, (there.lot or new.lot).casefold(), (new.lot or there.lot).casefold()),
            (Column.UNIT, there.unit, new.unit),
        )
        if one != two
    ]
    if differing:
        raise RowError("dose-conflict", *differing)
    return replace(there, lot=there.lot or new.lot, amount=there.amount or new.amount)
