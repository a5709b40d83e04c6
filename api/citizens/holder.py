"""Who has proved to be the person of a record, or stands at a counter; and how long that counts."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, bindparam, delete, insert, select

from api.auth import bearer_hash
from api.context import Centre
from api.errors import CentreError
from api.store.counters import sweep
from api.store.schema_citizens import citizen_sessions
from api.store.transactions import writing
from certificates.records.model import instant_from_text, instant_to_text

SESSION_LIFE: Final = timedelta(minutes=30)
CITIZEN: Final = "citizen"
_SESSION: Final = select(citizen_sessions).where(citizen_sessions.c.token_hash == bindparam("hash"))
Proof = Literal["code", "slip", "counter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody who may see this record. ``actor`` is as the log names it: "citizen", or account@unit at a counter."""

    record_id: str
    proof: Proof
    actor: str
    app: str
    expires_at: datetime


def open_holder(
    connection: Connection, record_id: str, proof: Proof, *, app: str, actor: str = CITIZEN, at: datetime
) -> tuple[str, Holder]:
    """Half an hour for who proved it. Returns the bearer, and what it stands for."""
    bearer = secrets.token_urlsafe(32)
    holder = Holder(record_id=record_id, proof=proof, actor=actor, app=app, expires_at=at + SESSION_LIFE)
    sweep(connection, citizen_sessions, citizen_sessions.c.expires_at < instant_to_text(at))
    connection.execute(
        insert(citizen_sessions).values(
            token_hash=bearer_hash(bearer),
            record_id=record_id,
            proof=proof,
            app=app,
            actor=actor,
            expires_at=instant_to_text(holder.expires_at),
        )
    )
    return bearer, holder


def find_holder(centre: Centre, bearer: str, *, app: str, actor: str = CITIZEN) -> Holder:
    """Raises CentreError ``citizen-session-ended``: over, closed, of another app, or of another clerk's visit."""
    with centre.engine.connect() as connection:
        row = connection.execute(_SESSION, {"hash": bearer_hash(bearer)}).one_or_none()
    ended = row is None or instant_from_text(row.expires_at) <= centre.clock()
    if row is None or ended or (row.app, row.actor) != (app, actor):
        raise CentreError("citizen-session-ended")
    return Holder(
        record_id=row.record_id,
        proof=row.proof,
        actor=row.actor,
        app=row.app,
        expires_at=instant_from_text(row.expires_at),
    )


def close_holder(centre: Centre, bearer: str) -> None:
    """The bearer is worth nothing from now on."""
    with writing(centre.engine) as connection:
        connection.execute(delete(citizen_sessions).where(citizen_sessions.c.token_hash == bearer_hash(bearer)))
