"""Questions to the register about one person: bounded by day, each with a purpose, each in the log.

A clerk learns which fields differ, as the register's answer says it (letter 9438/BYT-CNTT), and no more: neither the
registered value nor how near the entered one is, which would often tell it. Police see both side by side.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, insert

from api.accounts.reading import Purpose
from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.identity.register import Register
from api.store.counters import add_up
from api.store.records import StoredRecord, load_record
from api.store.schema_identity import register_queries, register_quotas
from api.store.transactions import writing
from certificates.errors import RecordError
from certificates.records.dates import VIETNAM, local_day
from certificates.records.model import Person, RegisterStatus, instant_to_text
from certificates.records.near_misses import Difference, find_differences
from certificates.records.verification import HOME

RECORD_LIMIT: Final = 10  # a day about one record, whoever asks: nobody finds a date by asking for each day
Kind = Literal["compare", "entries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the register says of a record: fields of `Person` that differ; none where it does not know the person."""

    status: RegisterStatus
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownEntry:
    """One entry that may be meant, beside what was entered. For police only."""

    registered: Person
    differences: tuple[Difference, ...]


def compare_record(centre: Centre, register: Register, record_id: str, *, staff: Staff, purpose: Purpose) -> Compared:
    """Ask which fields differ. For clerks and police.

    Raises CentreError ``role``, ``place``, ``query-foreigner``, ``query-limit``, and those of `Register.ask`;
    RecordError ``record-unknown``.
    """
    refuse_role(staff, "clerk", "police")
    stored = _admit(centre, record_id, "compare", staff=staff, purpose=purpose)
    (answer,) = register.ask([stored.record.person])
    items = {
        "full_name": answer.name,
        "date_of_birth": answer.date_of_birth,
        "sex": answer.sex,
        "id_number": answer.id_number,
    }
    found = answer.status is RegisterStatus.FOUND
    return Compared(
        status=answer.status, differing=tuple(name for name, agrees in items.items() if found and not agrees)
    )


def show_entries(
    centre: Centre, register: Register, record_id: str, *, staff: Staff, purpose: Purpose
) -> tuple[StoredRecord, tuple[ShownEntry, ...]]:
    """What the register has, beside what was entered. For police of the record's commune.

    Raises as `compare_record` does, and as `Register.look_up`.
    """
    refuse_role(staff, "police")
    stored = _admit(centre, record_id, "entries", staff=staff, purpose=purpose)
    entered = stored.record.person
    return stored, tuple(
        ShownEntry(registered=entry, differences=find_differences(entered, entry))
        for entry in register.look_up(entered)
    )


def _admit(centre: Centre, record_id: str, kind: Kind, *, staff: Staff, purpose: Purpose) -> StoredRecord:
    """Count and write down a question before it is asked; one that the register leaves unanswered counts, too."""
    now = centre.clock()
    try:
        with writing(centre.engine) as connection:
            stored = _find(connection, record_id, staff)
            _count(connection, f"account:{staff.account}", centre.settings.register_queries_per_day, now)
            _count(connection, f"record:{record_id}", RECORD_LIMIT, now)
            connection.execute(
                insert(register_queries).values(
                    query_id=secrets.token_hex(16),
                    province=stored.province,
                    record_id=record_id,
                    kind=kind,
                    purpose=purpose.value,
                    account=staff.account,
                    unit=staff.unit,
                    asked_at=instant_to_text(now),
                )
            )
            record_act(
                connection,
                at=now,
                actor=staff.actor,
                act=f"register-{kind}",
                subject=record_id,
                reason=purpose.value,
            )
    except CentreError as error:
        if error.code in ("query-limit", "place"):
            with writing(centre.engine) as connection:
                record_act(
                    connection,
                    at=now,
                    actor=staff.actor,
                    act="register-query-refused",
                    subject=record_id,
                    reason=error.code,
                )
        raise
    return stored


def _find(connection: Connection, record_id: str, staff: Staff) -> StoredRecord:
    stored = load_record(connection, record_id)
    if stored is None:
        raise RecordError("record-unknown", "there is no record of this number")
    refuse_place(connection, staff, stored.record.unit)
    if stored.record.person.nationality != HOME:
        raise CentreError("query-foreigner", "the register knows citizens only")
    return stored


def _count(connection: Connection, subject: str, limit: int, now: datetime) -> None:
    key = {"day": local_day(now).isoformat(), "subject": subject}
    if add_up(connection, register_quotas, key, register_quotas.c.queries, 1) > limit:
        tomorrow = datetime.combine(local_day(now) + timedelta(days=1), time(), VIETNAM)
        raise CentreError(
            "query-limit", "enough questions for a day", retry_after=int((tomorrow - now).total_seconds())
        )
