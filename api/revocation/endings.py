"""Certificate codes that end at a time: written down with who decided it, and turned into orders when the time comes.

A code whose record was corrected ends 14 days after the person was told, and not before a newer passport was issued:
who did nothing wrong is never without one. After fraud, or for a wrong person, it ends at once.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, insert, or_, select, update

from api.audit import record_act
from api.context import Centre
from api.revocation.proposals import revoke_code
from api.revocation.reasons import RevocationReason
from api.revocation.standing import is_revoked
from api.store.schema import passports
from api.store.schema_complaints import code_endings
from api.store.transactions import writing
from certificates.records.model import instant_to_text

AFTER_TELLING: Final = timedelta(days=14)
AT_ONCE: Final = 100  # codes of one call
_ACTOR: Final = "centre"
_table = code_endings.c


def schedule_endings(
    connection: Connection,
    record_id: str,
    *,
    before_version: int,
    reason: RevocationReason,
    because: str,
    by: str,
    at: datetime,
    at_once: bool,
) -> int:
    """Let the codes of a record end: all that are of versions before this one, and not revoked. Returns how many.

    Args:
        because: the complaint; `note_told` finds them by it.
        at_once: else 14 days after `note_told`.
    """
    ends_at = instant_to_text(at) if at_once else None
    rows = connection.execute(
        select(passports.c.uvci, passports.c.province).where(
            passports.c.record_id == record_id, passports.c.version < before_version, ~is_revoked(passports.c.uvci)
        )
    ).all()
    known = {
        row.uvci: row
        for row in connection.execute(select(code_endings).where(_table.uvci.in_([row.uvci for row in rows])))
    }
    for row in rows:
        values = {
            "record_id": record_id,
            "reason": reason.value,
            "because": because,
            "made_by": by,
            "made_at": instant_to_text(at),
            "ends_at": ends_at,
            "ended_at": None,
            "order_id": None,
        }
        there = known.get(row.uvci)
        if there is None:
            connection.execute(insert(code_endings).values(uvci=row.uvci, province=row.province, **values))
        elif at_once or there.ended_at is not None:  # what was taken back since may end again
            connection.execute(update(code_endings).where(_table.uvci == row.uvci).values(**values))
    if rows:
        record_act(
            connection, at=at, actor=by, act="code-ending", subject=record_id, reason=f"{reason.value}, {because}"
        )
    return len(rows)


def note_told(connection: Connection, because: str, *, at: datetime) -> None:
    """The person knows: the 14 days begin, where they have not."""
    connection.execute(
        update(code_endings)
        .where(_table.because == because, _table.ends_at.is_(None))
        .values(ends_at=instant_to_text(at + AFTER_TELLING))
    )


def end_due_codes(centre: Centre, *, because: str | None = None) -> int:
    """Revoke what has reached its end. Any number of processes may do it at once. Returns how many.

    Each code has an order of its own: one decision, one person.

    Args:
        because: only of this complaint.
    """
    at = centre.clock()
    with centre.engine.connect() as connection:
        query = select(code_endings).where(_due(at)).order_by(_table.ends_at, _table.uvci).limit(AT_ONCE)
        due = connection.execute(query if because is None else query.where(_table.because == because)).all()
    for row in due:
        _end(centre, row, at)
    return len(due)


def _end(centre: Centre, row: Row[Any], at: datetime) -> None:
    """The order first: whoever was killed between the two finds it given, and notes it."""
    order_id = _give_order(centre, row, at)
    with writing(centre.engine) as connection:
        noted = connection.execute(
            update(code_endings)
            .where(_table.uvci == row.uvci, _table.province == row.province, _table.ended_at.is_(None))
            .values(ended_at=instant_to_text(at), order_id=order_id)
        ).rowcount
        if noted:
            record_act(connection, at=at, actor=_ACTOR, act="code-ended", subject=row.record_id, reason=row.made_by)


def _give_order(centre: Centre, row: Row[Any], at: datetime) -> str | None:
    """Revoke one code; None where it is revoked for this reason already."""
    return revoke_code(centre.engine, row.uvci, RevocationReason(row.reason), by=row.made_by, at=at)


def _due(at: datetime) -> ColumnElement[bool]:
    own, newer = passports.alias(), passports.alias()
    replaced = exists().where(
        own.c.uvci == _table.uvci,
        newer.c.record_id == own.c.record_id,
        newer.c.version > own.c.version,
        newer.c.state == "issued",
        ~is_revoked(newer.c.uvci),
    )
    return (
        _table.ended_at.is_(None)
        & (_table.ends_at <= instant_to_text(at))
        & or_(_table.reason != RevocationReason.SUPERSEDED.value, replaced)
    )
