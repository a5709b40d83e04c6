"""One person's record, for somebody of the staff who says what for. Every look stands in the log, refused ones too."""

from enum import StrEnum

from sqlalchemy import Connection, select

from api.accounts.staff import Role, Staff, refuse_place, refuse_role
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.store.records import StoredRecord, load_record
from api.store.schema import records
from api.store.transactions import writing

READERS: tuple[Role, ...] = ("clerk", "police", "overseer", "ministry", "auditor")


class Purpose(StrEnum):
    """What a record is read for; there is no "other"."""

    CORRECTION = "correction"
    IDENTITY = "identity"  # a comparison with the population register
    DUPLICATE = "duplicate"
    COMPLAINT = "complaint"
    HOLDER_REQUEST = "holder-request"  # the person stands at the counter
    SAMPLE = "sample"  # a re-check of what the level below closed
    REVOCATION = "revocation"
    AUDIT = "audit"


def read_record(centre: Centre, staff: Staff, record_id: str, purpose: Purpose) -> StoredRecord:
    """The newest version of a record of this person's units.

    Raises CentreError ``role``, ``place``, ``record-unknown``.
    """
    refuse_role(staff, *READERS)
    now = centre.clock()
    with writing(centre.engine) as connection:
        refusal = _refusal(connection, staff, record_id)
        known = refusal is None or refusal.code != "record-unknown"
        record_act(
            connection,
            at=now,
            actor=staff.actor,
            act="read-record" if refusal is None else "read-refused",
            subject=record_id if known else "unknown",  # somebody may have typed a person's number
            reason=purpose.value,
        )
        found = load_record(connection, record_id) if refusal is None else None
    if found is None:
        raise refusal or CentreError("record-unknown")
    return found


def _refusal(connection: Connection, staff: Staff, record_id: str) -> CentreError | None:
    unit = connection.execute(select(records.c.unit).where(records.c.record_id == record_id)).scalar_one_or_none()
    if unit is None:
        return CentreError("record-unknown")
    try:
        refuse_place(connection, staff, unit)
    except CentreError as error:
        return error
    return None
