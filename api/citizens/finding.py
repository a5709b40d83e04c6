"""Whose record is meant: by identity number, by name and date of birth, or by the record's number on the slip.

Nothing here says to the asker whether somebody was found.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from api.duplicates.comparing import hints_of
from api.errors import CentreError
from api.intake.rows import known_key
from api.states import RecordState
from api.store.schema import records
from api.store.schema_intake import joined_people, person_hints
from certificates.errors import RecordError
from certificates.records.citizen_id import identify
from certificates.records.dates import PartialDate
from certificates.records.model import Person
from certificates.records.names import clean, comparable

COMMON: Final = 50  # people with one hint; among more nobody is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """How a person is asked for: one of the three ways. Made by `seek`."""

    record_id: str | None = None
    person: Person | None = field(default=None, repr=False)
    unit: str = ""

    @property
    def way(self) -> str:
        """For the log: record, id-number, name."""
        if self.person is None:
            return "record"
        return "id-number" if self.person.id_number else "name"

    def subject(self, secret: bytes) -> bytes:
        """What tries are counted by while nobody was found: a keyed hash of what was asked."""
        asked = json.dumps([self.record_id, self.person and self.person.to_dict(), self.unit])
        return hmac.new(secret, b"sought\0" + asked.encode(), hashlib.sha256).digest()


def seek(
    *,
    record_id: str = "",
    id_number: str = "",
    nationality: str = "VN",
    full_name: str = "",
    date_of_birth: str = "",
    unit: str = "",
) -> Sought:
    """Read what was typed. Dates are YYYY-MM-DD or DD/MM/YYYY; with a year only, ``unit`` is needed: where the doses
    were given.

    Raises CentreError ``citizen-form``, naming the fields.
    """
    if record_id.strip():
        return Sought(record_id=record_id.strip())
    if id_number.strip():
        try:
            kind, number = identify(id_number, nationality=nationality)
        except RecordError as error:
            raise CentreError("citizen-form", error.code, fields=("id_number",)) from None
        person = Person(
            full_name="",
            date_of_birth=None,
            sex=None,
            nationality=nationality,
            id_kind=kind,
            id_number=number,
        )
        return Sought(person=person)
    missing = [name for name, text in (("full_name", full_name), ("date_of_birth", date_of_birth)) if not text.strip()]
    if missing:
        raise CentreError("citizen-form", fields=tuple(missing) if len(missing) == 1 else ("id_number", *missing))
    born = read_birth(date_of_birth)
    if born.day is None and not unit.strip():
        raise CentreError("citizen-form", "where the day of birth is not known", fields=("unit",))
    person = Person(full_name=clean(full_name), date_of_birth=born, sex=None, id_kind=None, id_number=None)
    return Sought(person=person, unit=unit.strip())


def read_birth(text: str) -> PartialDate:
    """A date as people write it: day first with slashes, dots or dashes, or as machines do.

    Raises CentreError ``citizen-form``.
    """
    parts = text.strip().replace(".", "/").replace("-", "/").split("/")
    if len(parts[0]) != 4:
        parts.reverse()
    try:
        return PartialDate.parse("-".join(part.zfill(2) for part in parts))
    except RecordError:
        raise CentreError("citizen-form", fields=("date_of_birth",)) from None


def find_record(connection: Connection, sought: Sought) -> str | None:
    """The one record that is meant; None where there is none, or more than one. The statements are the same for all."""
    person = sought.person
    if person is None:
        meant: ColumnElement[bool] = records.c.record_id == sought.record_id
    elif person.id_number:
        key = known_key(person, "")
        own = select(records.c.record_id).where(records.c.person_key == key)
        joined = select(joined_people.c.record_id).where(joined_people.c.person_key == key)
        meant = records.c.record_id.in_(own.union(joined))
    else:
        hints = hints_of(person, sought.unit)
        hinted = select(person_hints.c.record_id).where(person_hints.c.hint.in_(hints)).distinct().limit(COMMON)
        meant = records.c.record_id.in_(hinted)
    standing = meant & (records.c.state != RecordState.JOINED.value)
    rows = connection.execute(select(records.c.record_id, records.c.document).where(standing)).all()
    found = [row.record_id for row in rows if person is None or _is(person, row.document)]
    return found[0] if len(found) == 1 else None


def _is(asked: Person, document: str) -> bool:
    """Hints are shared by many names; a number is one person's."""
    if asked.id_number:
        return True
    kept = Person.from_dict(json.loads(document)["person"])
    return comparable(asked.full_name) == comparable(kept.full_name) and asked.date_of_birth == kept.date_of_birth
