"""The log of acts: each row holds the hash of the one before, so that a change anywhere shows.

The hash of a row is SHA-256 over the previous hash (32 bytes; zeros before the first row) and the deterministic CBOR
array ``[sequence, at, actor, act, subject, reason]``.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import cbor2
from sqlalchemy import Connection, Engine, insert, select

from api.errors import CentreError
from api.store.schema import audit
from certificates.records.model import instant_to_text

GENESIS: Final = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did. ``actor`` is "account@unit" or a command's user, ``subject`` an id; never personal data."""

    actor: str
    act: str
    subject: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The last row of a log that was verified: whoever kept an older head can see that nothing was cut off."""

    sequence: int
    hash: bytes


def record_act(connection: Connection, *, at: datetime, actor: str, act: str, subject: str, reason: str = "") -> None:
    """Append one act, in the transaction of the act itself."""
    record_acts(connection, [Act(actor=actor, act=act, subject=subject, reason=reason)], at=at)


def record_acts(connection: Connection, acts: Iterable[Act], *, at: datetime) -> None:
    """Append several acts that happened together."""
    head = connection.execute(
        select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    ).one_or_none()
    sequence, previous = (head.sequence, head.hash) if head else (0, GENESIS)
    rows = []
    for act in acts:
        sequence += 1
        row = {
            "sequence": sequence,
            "at": instant_to_text(at),
            "actor": act.actor,
            "act": act.act,
            "subject": act.subject,
            "reason": act.reason,
        }
        previous = _hash(previous, list(row.values()))
        rows.append({**row, "hash": previous})
    if rows:
        connection.execute(insert(audit), rows)


def verify_log(engine: Engine) -> LogHead:
    """Walk the whole log.

    Raises CentreError ``audit-broken`` with the sequence number of the first row that does not fit.
    """
    sequence, previous = 0, GENESIS
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.sequence)):
            sequence += 1
            expected = _hash(previous, [sequence, row.at, row.actor, row.act, row.subject, row.reason])
            if row.sequence != sequence or row.hash != expected:
                raise CentreError("audit-broken", f"row {sequence} of the log was changed, removed or inserted")
            previous = expected
    return LogHead(sequence=sequence, hash=previous)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAct(Act):
    """An act as it stands in the log. ``at`` is RFC 3339 in UTC."""

    at: str


def read_log(
    engine: Engine, *, limit: int, actor: str | None = None, subject: str | None = None
) -> tuple[LoggedAct, ...]:
    """The newest ``limit`` acts, newest first, of one actor or on one subject where given."""
    query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
    if actor is not None:
        query = query.where(audit.c.actor == actor)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    with engine.connect() as connection:
        return tuple(
            LoggedAct(at=row.at, actor=row.actor, act=row.act, subject=row.subject, reason=row.reason)
            for row in connection.execute(query)
        )


def _hash(previous: bytes, row: list[object]) -> bytes:
    return hashlib.sha256(previous + cbor2.dumps(row, canonical=True)).digest()
