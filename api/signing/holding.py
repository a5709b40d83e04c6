"""Records that were held: after the cause was removed they go back on the road, by name and with a reason."""

from sqlalchemy import Connection, select, update

from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.passports.release import release_all
from api.states import RecordState
from api.store.locks import lock_records
from api.store.moves import Move, move
from api.store.schema import confirmations, passports, records, tokens
from api.store.transactions import writing


def resume_held(centre: Centre, record_id: str, *, by: str, reason: str) -> str:
    """Try a held record again: its signed passport at the gate, or, unsigned, the queue it was leased from.

    Returns the state it has afterwards. Raises CentreError ``record-not-held``.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        lock_records(connection, [record_id])
        record = connection.execute(
            select(records.c.version).where(records.c.record_id == record_id, records.c.state == RecordState.HELD.value)
        ).one_or_none()
        if record is None:
            raise CentreError("record-not-held", "there is no such record, or it is not held")
        this = (passports.c.record_id == record_id) & (passports.c.version == record.version)
        passport = connection.execute(select(passports.c.uvci).where(this)).one_or_none()
        if passport is not None:
            connection.execute(update(passports).where(this).values(state="signed", reason=None))
            state = RecordState.SIGNED.value
        else:
            state = _unsigned_state(connection, record_id, record.version, centre.settings.mode)
        move(connection, [Move(record_id=record_id, state=state)], at=now)
        record_act(connection, at=now, actor=by, act="resume-held", subject=record_id, reason=reason)
    if passport is not None:
        release_all(centre, [passport.uvci])
    with centre.engine.connect() as connection:
        return str(connection.execute(select(records.c.state).where(records.c.record_id == record_id)).scalar_one())


def _unsigned_state(connection: Connection, record_id: str, version: int, mode: str) -> str:
    """`confirmed` where the word of a token that still counts stands behind this version, else `ready`."""
    word = connection.execute(
        select(confirmations.c.record_id)
        .join(tokens, tokens.c.fingerprint == confirmations.c.fingerprint)
        .where(
            confirmations.c.record_id == record_id,
            confirmations.c.version == version,
            tokens.c.suspended_at.is_(None),
        )
    ).one_or_none()
    confirmed = mode == "two-tier" and word is not None
    return (RecordState.CONFIRMED if confirmed else RecordState.READY).value
