"""A record under complaint is *disputed*: nobody signs or changes it meanwhile. Where it stood is remembered.

The passport that the person has stays what it is. A record that a token is at work on is left alone until it is back.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Exists, delete, exists, insert, or_, select, update

from api.complaints.kinds import UNDECIDED, ComplaintKind
from api.intake.versions import IN_SIGNING
from api.signing.authorities import UNCHECKED
from api.states import RecordState
from api.store.moves import Move, move
from api.store.records import load_record, move_record
from api.store.schema import passports, revoked_passports
from api.store.schema_complaints import complaints, disputes
from certificates.records.model import instant_to_text

NONE: Final = "none"
WANTED: Final = "wanted"
HELD: Final = "held"
REASON: Final = "complaint"


def dispute(connection: Connection, record_id: str, *, at: datetime) -> str:
    """Set the record aside; the caller holds its lock.

    Returns `HELD`, `WANTED` (it is being signed: try again later) or `NONE` (it is revoked, or its doses are another
    record's: there is nothing to hold).
    """
    stored = load_record(connection, record_id)
    if stored is None or stored.state in (RecordState.REVOKED, RecordState.JOINED):
        return NONE
    if stored.state is RecordState.DISPUTED:
        return HELD
    if stored.state in IN_SIGNING or (stored.state is RecordState.HELD and stored.reason == UNCHECKED):
        return WANTED
    connection.execute(delete(disputes).where(disputes.c.record_id == record_id))
    connection.execute(
        insert(disputes).values(
            record_id=record_id,
            province=stored.province,
            version=stored.record.version,
            state=stored.state.value,
            reason=stored.reason,
            since=instant_to_text(at),
        )
    )
    move_record(connection, stored, RecordState.DISPUTED, REASON, at=at)
    return HELD


def restore(connection: Connection, record_id: str, *, at: datetime) -> None:
    """Put the record back where it stood. One that was revoked meanwhile returns there when its order is taken back."""
    was = connection.execute(select(disputes).where(disputes.c.record_id == record_id)).one_or_none()
    if was is None:
        return
    connection.execute(delete(disputes).where(disputes.c.record_id == record_id))
    back = Move(
        record_id=record_id,
        version=was.version,
        only_from=RecordState.DISPUTED.value,
        state=was.state,
        reason=was.reason,
    )
    move(connection, [back], at=at)
    connection.execute(
        update(revoked_passports)
        .where(
            revoked_passports.c.uvci.in_(select(passports.c.uvci).where(passports.c.record_id == record_id)),
            revoked_passports.c.record_state == RecordState.DISPUTED.value,
        )
        .values(record_state=was.state)
    )


def is_held_back(record_id: ColumnElement[str]) -> Exists:
    """A condition for queries: an undecided complaint says that the record's passport is another person's, or was sold.
    What was said of a unit's conduct does not count: it would show."""
    return exists().where(
        complaints.c.record_id == record_id,
        complaints.c.grave.is_not(None),
        complaints.c.kind != ComplaintKind.CONDUCT.value,
        or_(*(complaints.c.state == state for state in UNDECIDED)),  # IN is written out anew for each execution
    )


def hold_for_others(connection: Connection, record_id: str, *, besides: str, at: datetime) -> None:
    """Set it aside again where another complaint about it is undecided."""
    theirs = (
        (complaints.c.record_id == record_id)
        & (complaints.c.complaint_id != besides)
        & complaints.c.state.in_(UNDECIDED)
        & (complaints.c.dispute != NONE)
    )
    if connection.execute(select(complaints.c.complaint_id).where(theirs).limit(1)).first() is not None:
        standing = dispute(connection, record_id, at=at)
        connection.execute(update(complaints).where(theirs).values(dispute=standing))
