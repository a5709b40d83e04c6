"""Which records a complaint may be about: those of the units in reach whose person has this name and date of birth."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from api.accounts.reading import Purpose
from api.accounts.staff import Staff
from api.audit import Act, record_acts
from api.complaints.routing import units_below
from api.complaints.scope import find_in_reach
from api.context import Centre
from api.duplicates.comparing import hints_of, plain_name
from api.errors import CentreError
from api.intake.cells import read_birth_date
from api.states import RecordState
from api.store.records import StoredRecord, stored_record
from api.store.schema import records
from api.store.schema_intake import person_hints
from api.store.transactions import writing
from certificates.errors import RecordError
from certificates.records.dates import PartialDate
from certificates.records.model import Person
from certificates.records.names import comparable

MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record that a complaint may be about. ``same_name``: marks and order of the words agree as well."""

    record_id: str
    unit: str
    state: RecordState
    full_name: str = field(repr=False)
    date_of_birth: PartialDate | None = field(repr=False)
    doses: int
    same_name: bool


def find_candidates(
    centre: Centre, complaint_id: str, *, staff: Staff, name: str, date_of_birth: str
) -> tuple[Candidate, ...]:
    """At most `MOST` of them, those of the same name first. It is asked for one complaint, and the log keeps that.

    Name without marks, its words in any order, and day and month in either order, for the old the year alone: what two
    hurried spellings share.

    Raises CentreError ``complaint-not-found``, ``role``, ``complaint-text`` (``fields``: what cannot be read).
    """
    try:
        born = read_birth_date(date_of_birth.strip(), [])
    except RecordError as error:
        raise CentreError("complaint-text", "the date cannot be read", fields=("date_of_birth",)) from error
    if not plain_name(name):
        raise CentreError("complaint-text", "a name is needed", fields=("person_name",))
    with writing(centre.engine) as connection:
        find_in_reach(connection, staff, complaint_id)
        sought = Person(full_name=name, date_of_birth=born, sex=None, id_kind=None, id_number=None)
        hinted = select(person_hints.c.record_id).where(person_hints.c.hint.in_(hints_of(sought, staff.unit)))
        mine = records.c.unit.in_(units_below(staff.unit)) & (records.c.state != RecordState.JOINED.value)
        query = select(records).where(records.c.record_id.in_(hinted), mine).order_by(records.c.record_id).limit(MOST)
        found = [_candidate(stored_record(row), name) for row in connection.execute(query)]
        acts = [("complaint-record-sought", complaint_id), *(("read-record", one.record_id) for one in found)]
        why = Purpose.COMPLAINT.value
        record_acts(
            connection,
            [Act(actor=staff.actor, act=act, subject=subject, reason=why) for act, subject in acts],
            at=centre.clock(),
        )
    return tuple(sorted(found, key=lambda one: (not one.same_name, one.record_id)))


def _candidate(stored: StoredRecord, name: str) -> Candidate:
    person = stored.record.person
    return Candidate(
        record_id=stored.record.record_id,
        unit=stored.record.unit,
        state=stored.state,
        full_name=person.full_name,
        date_of_birth=person.date_of_birth,
        doses=len(stored.record.doses),
        same_name=comparable(person.full_name) == comparable(name),
    )
