"""How long photos are kept: while the complaint is open, and then for as long as it may be appealed against and a while
more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, tuple_, update

from api.complaints.cases import CENTRE, Case, find_case, note_event
from api.complaints.events import Event
from api.store.schema_complaints import complaint_photos
from certificates.records.model import instant_to_text

KEPT_FOR: Final = timedelta(days=90)
_AT_ONCE: Final = 200
_table = complaint_photos.c


def delete_photos_after(connection: Connection, case: Case, closed_at: datetime | None) -> None:
    """Set the end of a complaint's photos; None: it is open."""
    connection.execute(
        update(complaint_photos)
        .where(_table.complaint_id == case.complaint_id, _table.province == case.province)
        .values(delete_after=closed_at and instant_to_text(closed_at + KEPT_FOR))
    )


def delete_old_photos(connection: Connection, *, at: datetime) -> int:
    """Delete what has had its time, some at a time; returns how many. What another process deletes is left to it."""
    old = (
        select(_table.complaint_id, _table.province, _table.sha256)
        .where(_table.delete_after < instant_to_text(at))
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(old).all()
    if rows:
        key = tuple_(_table.complaint_id, _table.province, _table.sha256)
        connection.execute(delete(complaint_photos).where(key.in_([tuple(row) for row in rows])))
    for complaint_id in sorted({row.complaint_id for row in rows}):
        case = find_case(connection, complaint_id, lock=True)
        note_event(connection, case, Event.PHOTOS_DELETED, actor=CENTRE, at=at)
    return len(rows)
