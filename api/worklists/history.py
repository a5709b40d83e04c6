"""What was done about a record, oldest first: its versions, and the steps of its work."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from api.accounts.reading import READERS, Purpose
from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.store.schema import record_versions, records
from api.store.schema_worklists import correction_evidence, work_steps
from api.store.transactions import writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a record: a version, with what it rests on, or a step."""

    at: str
    by: str
    what: str
    code: str
    value: str = ""


def look_up_history(centre: Centre, staff: Staff, record_id: str, purpose: Purpose) -> Sequence[Event]:
    """The history of a record of this person's units. That it was read, and what for, stands in the log.

    Raises CentreError ``role``, ``record-unknown``, ``place``.
    """
    refuse_role(staff, *READERS)
    with writing(centre.engine) as connection:
        unit = connection.execute(select(records.c.unit).where(records.c.record_id == record_id)).scalar_one_or_none()
        if unit is None:
            raise CentreError("record-unknown")
        refuse_place(connection, staff, unit)
        record_act(
            connection,
            at=centre.clock(),
            actor=staff.actor,
            act="read-history",
            subject=record_id,
            reason=purpose.value,
        )
        return read_history(connection, record_id)


def read_history(connection: Connection, record_id: str) -> Sequence[Event]:
    """Who did what and when, oldest first: versions and steps. No data of the person."""
    proof = correction_evidence.c
    versions = connection.execute(
        select(record_versions.c.made_at, record_versions.c.made_by, record_versions.c.version, record_versions.c.why)
        .add_columns(proof.kind, proof.reference)
        .outerjoin(
            correction_evidence,
            (proof.record_id == record_versions.c.record_id) & (proof.version == record_versions.c.version),
        )
        .where(record_versions.c.record_id == record_id)
        .order_by(record_versions.c.version)
    )
    events = [
        Event(
            at=row.made_at,
            by=row.made_by,
            what=f"version {row.version}",
            code=row.why,
            value=": ".join(part for part in (row.kind, row.reference) if part),
        )
        for row in versions
    ]
    steps = connection.execute(
        select(work_steps).where(work_steps.c.record_id == record_id).order_by(work_steps.c.number)
    )
    events += [
        Event(at=row.at, by=f"{row.account}@{row.unit}", what=row.kind, code=row.code, value=row.value) for row in steps
    ]
    return sorted(events, key=lambda event: event.at)
