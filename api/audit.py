"""The log of acts: each row holds the hash of the one before, so that a change anywhere shows.

The hash of a row is SHA-256 over the previous hash (32 bytes; zeros before the first row) and the deterministic CBOR
array ``[sequence, at, actor, act, subject, reason]``.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import cbor2
from sqlalchemy import Connection, Engine, insert, select, text

from api.errors import CentreError
from api.store.schema import audit
from certificates.records.model import instant_to_text

GENESIS: Final = bytes(32)
_KEPT: Final = "vaxseal-acts"
_AT_MOST: Final = 5000  # acts that a transaction keeps in memory
_LOCK: Final = text("SELECT pg_advisory_xact_lock(1986082819)")  # the log's one writer on PostgreSQL, until its commit


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
    """Append several acts that happened together. They stand in the log when their transaction ends."""
    told = instant_to_text(at)
    rows = [(told, act.actor, act.act, act.subject, act.reason) for act in acts]
    kept: list[tuple[str, ...]] | None = connection.info.get(_KEPT)
    if kept is None:
        _append(connection, rows)
        return
    kept += rows
    if len(kept) > _AT_MOST:
        _append(connection, kept)
        kept.clear()


@contextmanager
def keep_acts(connection: Connection) -> Iterator[None]:
    """Keep what this transaction records until its end: others wait for the log only while its rows are written.

    A transaction of more than `_AT_MOST` acts writes earlier; it must have nobody beside it who waits for the log.
    """
    kept: list[tuple[str, ...]] = []
    info = connection.info  # of a connection that broke meanwhile it could not be asked for
    info[_KEPT] = kept
    try:
        yield
        if connection.in_transaction():  # else it was rolled back, and nothing happened
            _append(connection, kept)
    finally:
        info.pop(_KEPT, None)


def _append(connection: Connection, acts: Iterable[tuple[str, ...]]) -> None:
    acts = list(acts)
    if not acts:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    head = connection.execute(
        select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    ).one_or_none()
    sequence, previous = (head.sequence, head.hash) if head else (0, GENESIS)
    rows = []
    for act in acts:
        sequence += 1
        previous = _hash(previous, [sequence, *act])
        rows.append({"sequence": sequence, **dict(zip(_COLUMNS, act, strict=True)), "hash": previous})
    connection.execute(insert(audit), rows)


_COLUMNS: Final = ("at", "actor", "act", "subject", "reason")


def verify_log(engine: Engine) -> LogHead:
    """Walk the whole log.

    Raises CentreError ``audit-broken`` with the sequence number of the first row that does not fit.
    """
    sequence, previous = 0, GENESIS
    rows = select(audit).order_by(audit.c.sequence)
    with engine.connect() as connection, connection.execute(rows, execution_options={"yield_per": 1000}) as found:
        for row in found:
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
