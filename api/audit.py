"""The log of acts: each row holds the hash of the one before (`certificates.act_chain`), so a change anywhere shows.

It holds ids, codes and counts. What a person wrote stands beside it as a note, sealed by a keyed hash in the log: a
note can be erased when its time is over, and never changed.
"""

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, text
from sqlalchemy.exc import OperationalError

from api.errors import CentreError
from api.store.arrays import insert_many
from api.store.schema import audit
from api.store.schema_audit import audit_notes
from certificates.act_chain import BEGINNING, NOTE, SALT_SIZE, LogHead, LogRow, follow, note_seal, row_hash, unit_of
from certificates.errors import CertificateError
from certificates.records.model import instant_to_text

_KEPT: Final = "vaxseal-acts"
_AT_MOST: Final = 5000  # acts that a transaction keeps in memory
_STREAMED: Final = 1000  # rows
_LOCK: Final = text("SELECT pg_advisory_xact_lock(1986082819)")  # the log's one writer on PostgreSQL, until its commit
_LAST: Final = select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
_ITEM: Final = r"[A-Za-z0-9._:@/+=-]+(?: [0-9]{1,9})?"
_CODES: Final = re.compile(rf"(?:{_ITEM}(?:, {_ITEM})*)?")
_NUMBER: Final = re.compile(r"\b(?:[0-9]{9}|[0-9]{12}|[A-Z]{1,2}[0-9]{6,9})\b|UVCI")  # of persons and certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did. ``actor`` is "account@unit" or a command's user, ``subject`` an id; never personal data.

    Attributes:
        reason: codes, ids and counts ("rows 7, refused 2"); anything else is kept as a note.
        token: fingerprint of the certificate whose key was at work.
    """

    actor: str
    act: str
    subject: str
    reason: str = ""
    token: bytes | None = None


def record_act(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    act: str,
    subject: str,
    reason: str = "",
    token: bytes | None = None,
) -> None:
    """Append one act, in the transaction of the act itself."""
    record_acts(connection, [Act(actor=actor, act=act, subject=subject, reason=reason, token=token)], at=at)


def record_acts(connection: Connection, acts: Iterable[Act], *, at: datetime) -> None:
    """Append several acts that happened together. They stand in the log when their transaction ends.

    Raises ValueError: a subject that is no id.
    """
    told = instant_to_text(at)
    rows = [(told, act) for act in acts]
    for _, act in rows:
        _refuse_personal(act.subject)
    kept: list[tuple[str, Act]] | None = connection.info.get(_KEPT)
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
    kept: list[tuple[str, Act]] = []
    info = connection.info  # of a connection that broke meanwhile it could not be asked for
    info[_KEPT] = kept
    try:
        yield
        if connection.in_transaction():  # else it was rolled back, and nothing happened
            _append(connection, kept)
    finally:
        info.pop(_KEPT, None)


def _append(connection: Connection, acts: list[tuple[str, Act]]) -> None:
    if not acts:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    head = read_head(connection)
    sequence, previous = head.sequence, head.hash
    rows, notes = [], []
    for at, act in acts:
        sequence += 1
        reason = act.reason
        if not _is_code(reason):
            salt = secrets.token_bytes(SALT_SIZE)
            notes.append({"sequence": sequence, "salt": salt, "note": reason})
            reason = note_seal(salt, reason)
        previous = row_hash(previous, sequence, at, act.actor, act.act, act.subject, reason, act.token)
        rows.append(
            {
                "sequence": sequence,
                "at": at,
                "actor": act.actor,
                "act": act.act,
                "subject": act.subject,
                "reason": reason,
                "hash": previous,
                "token": act.token,
                "unit": unit_of(act.actor),
            }
        )
    insert_many(connection, audit, rows)
    if notes:
        connection.execute(insert(audit_notes), notes)


def read_head(connection: Connection) -> LogHead:
    """The last row as it stands: nothing is verified."""
    row = connection.execute(_LAST).one_or_none()
    return LogHead(sequence=row.sequence, hash=row.hash) if row else BEGINNING


@lru_cache(maxsize=4096)  # few reasons are told, and often
def _is_code(reason: str) -> bool:
    """Whether a reason tells nothing of a person by its form: what people type has blanks, other letters, numbers."""
    return _CODES.fullmatch(reason) is not None and not holds_number(reason)


def _refuse_personal(subject: str) -> None:
    if not (subject.isascii() and subject.isprintable()) or holds_number(subject):
        raise ValueError("the subject of an act is an id, nothing else")


def holds_number(told: str) -> bool:
    """Whether a person's or a certificate's number stands in a text: no id that is logged has one."""
    return _NUMBER.search(told) is not None


def verify_log(
    engine: Engine,
    heads: Collection[LogHead] = (),
    *,
    progress: Callable[[int, int | None], None] | None = None,
) -> LogHead:
    """Walk the whole log: every hash, every unit, every note that was not erased.

    Args:
        heads: what somebody kept of this log, signed checkpoints for example: it must still contain them.
        progress: is told how many rows were verified, of how many.

    Raises CentreError ``audit-broken`` with the number of the first row that does not fit, ``audit-rewritten`` (a kept
    head is another one now), ``audit-cut`` (the log ends before a kept head).
    """
    kept = {one.sequence: one.hash for one in heads if one.sequence}
    if len(kept) < len({(one.sequence, one.hash) for one in heads if one.sequence}):
        raise CentreError("audit-rewritten", "two of the checkpoints contradict each other")
    head = BEGINNING
    with engine.connect() as connection:
        total = connection.execute(select(func.max(audit.c.sequence))).scalar_one()
        rows = select_acts().order_by(audit.c.sequence)
        try:
            with connection.execute(rows, execution_options={"yield_per": _STREAMED}) as found:
                for part in found.partitions():
                    head = _verify_rows(head, part, kept)
                    if progress is not None:
                        progress(head.sequence, total)
        except OperationalError:  # SQLite: a text that is none
            raise _broken(f"a row after {head.sequence}") from None
        astray = ~audit_notes.c.sequence.between(1, head.sequence)
        if connection.execute(select(audit_notes.c.sequence).where(astray).limit(1)).one_or_none():
            raise _broken("a note without a row")
    beyond = max(kept, default=0)
    if beyond > head.sequence:
        raise CentreError("audit-cut", f"the log ends with row {head.sequence}, a checkpoint knows row {beyond}")
    return head


def _verify_rows(head: LogHead, rows: Iterable[Row[Any]], kept: dict[int, bytes]) -> LogHead:
    for row in rows:
        try:
            head = follow(head, [log_row(row)])
        except CertificateError as error:
            raise CentreError(error.code, error.detail) from error
        if row.unit != unit_of(row.actor) or not _note_fits(row):
            raise _broken(f"row {row.sequence}")
        if kept.get(row.sequence, row.hash) != row.hash:
            raise CentreError("audit-rewritten", f"row {row.sequence} is another than the one of a checkpoint")
    return head


def _note_fits(row: Row[Any]) -> bool:
    """A note is the one that was sealed; where it was erased, salt and note are gone together."""
    if row.salt is None and row.note is None:
        return True
    sound = isinstance(row.salt, bytes) and isinstance(row.note, str) and row.reason.startswith(NOTE)
    return sound and note_seal(row.salt, row.note) == row.reason


def _broken(which: str) -> CentreError:
    return CentreError("audit-broken", f"{which} of the log was changed, removed or inserted")


def log_row(row: Row[Any]) -> LogRow:
    """A row of the table, for `certificates.act_chain`."""
    return LogRow(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        act=row.act,
        subject=row.subject,
        reason=row.reason,
        token=row.token,
        hash=row.hash,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAct(Act):
    """An act as it stands in the log, with its note. ``at`` is RFC 3339 in UTC."""

    sequence: int
    at: str
    unit: str | None


def read_log(
    engine: Engine, *, limit: int, actor: str | None = None, subject: str | None = None
) -> tuple[LoggedAct, ...]:
    """The newest ``limit`` acts, newest first, of one actor or on one subject where given."""
    query = select_acts().order_by(audit.c.sequence.desc()).limit(limit)
    if actor is not None:
        query = query.where(audit.c.actor == actor)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    with engine.connect() as connection:
        return tuple(map(logged, connection.execute(query)))


def select_acts() -> Select[Any]:
    """Rows of the log with their notes, for `logged`."""
    return select(audit, audit_notes.c.salt, audit_notes.c.note).outerjoin(
        audit_notes, audit_notes.c.sequence == audit.c.sequence
    )


def logged(row: Row[Any]) -> LoggedAct:
    """A row of `select_acts`."""
    return LoggedAct(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        act=row.act,
        subject=row.subject,
        reason=row.reason if row.note is None else row.note,
        token=row.token,
        unit=row.unit,
    )
