"""Verified corrections that go back to the platform and to the register: what waits, what arrived, what is stuck.

A message names a version of a record; what it says is made of that version when it is sent, so nothing about a person
lies here. Messages about one record go to a target one after the other, in the order of versions.
"""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, func, insert, or_, select, update

from api.audit import record_act
from api.errors import CentreError
from api.identity.opening import Target
from api.store.records import StoredRecord
from api.store.schema import record_versions
from api.store.schema_identity import outbox, partners
from api.store.transactions import writing
from certificates.records.model import Attestation, Evidence, Person, RegisterAnswer, instant_to_text

Basis = Literal["register", "police", "attestation"]  # who confirmed the person
OPEN: Final = ("waiting", "refused")
STUCK_TRIES: Final = 5
STUCK_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that did not arrive yet. ``reason``: of the last failure, a code."""

    message_id: str
    target: str
    record_id: str
    version: int
    state: str
    attempts: int
    reason: str | None
    made_at: str
    next_at: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "message": self.message_id,
            "target": self.target,
            "record": self.record_id,
            "version": self.version,
            "state": self.state,
            "attempts": self.attempts,
            "reason": self.reason,
            "made_at": self.made_at,
            "next_at": self.next_at,
        }


_NAMES: Final = tuple(field.name for field in fields(Message))


def put(
    connection: Connection, records: Sequence[StoredRecord], targets: Collection[Target], *, basis: Basis, at: datetime
) -> None:
    """In the transaction that verified these records: a message each to each target, unless it is there already."""
    if not records or not targets:
        return
    ids = [stored.record.record_id for stored in records]
    known = {
        (row.target, row.record_id, row.version)
        for row in connection.execute(
            select(outbox.c.target, outbox.c.record_id, outbox.c.version).where(outbox.c.record_id.in_(ids))
        )
    }
    now = instant_to_text(at)
    rows = [
        {
            "message_id": secrets.token_hex(16),
            "province": stored.province,
            "target": target,
            "record_id": stored.record.record_id,
            "version": stored.record.version,
            "basis": basis,
            "state": "waiting",
            "attempts": 0,
            "next_at": now,
            "made_at": now,
        }
        for stored in records
        for target in targets
        if (target, stored.record.record_id, stored.record.version) not in known
    ]
    if rows:
        connection.execute(insert(outbox), rows)


def basis_of(evidence: Evidence) -> Basis:
    """Who confirmed the person."""
    if isinstance(evidence, RegisterAnswer):
        return "register"
    return "attestation" if isinstance(evidence, Attestation) else "police"


def corrected(connection: Connection, records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """Those whose person is another one, to the letter, than when the record was made."""
    later = {stored.record.record_id: stored for stored in records if stored.record.version > 1}
    if not later:
        return []
    first = connection.execute(
        select(record_versions.c.record_id, record_versions.c.document).where(
            record_versions.c.record_id.in_(later), record_versions.c.version == 1
        )
    )
    return [
        later[row.record_id]
        for row in first
        if Person.from_dict(json.loads(row.document)["person"]) != later[row.record_id].record.person
    ]


def list_stuck(engine: Engine, *, at: datetime, limit: int = 100) -> tuple[Message, ...]:
    """What a target refuses, has not taken after some tries, or has not taken for a day; oldest first."""
    old = instant_to_text(at - STUCK_AFTER)
    stuck = or_(outbox.c.state == "refused", outbox.c.attempts >= STUCK_TRIES, outbox.c.made_at <= old)
    query = select(outbox).where(outbox.c.state.in_(OPEN), stuck).order_by(outbox.c.made_at, outbox.c.message_id)
    with engine.connect() as connection:
        return tuple(
            Message(**{name: getattr(row, name) for name in _NAMES}) for row in connection.execute(query.limit(limit))
        )


def count_messages(engine: Engine) -> list[dict[str, Any]]:
    """How many messages are in which state, by target, and how the targets are."""
    with engine.connect() as connection:
        counts = connection.execute(
            select(outbox.c.target, outbox.c.state, func.count().label("messages"), func.min(outbox.c.made_at))
            .group_by(outbox.c.target, outbox.c.state)
            .order_by(outbox.c.target, outbox.c.state)
        ).all()
        known = {row.name: row for row in connection.execute(select(partners))}
    return [
        {
            "target": target,
            "state": state,
            "messages": messages,
            "oldest": oldest,
            "failures": known[target].failures if target in known else 0,
        }
        for target, state, messages, oldest in counts
    ]


def retry(engine: Engine, message_id: str, *, by: str, at: datetime) -> None:
    """Send an open message with the next round, also one that was refused. Raises CentreError ``message-unknown``."""
    _change(engine, message_id, {"state": "waiting", "next_at": instant_to_text(at)}, "retry-message", "", by=by, at=at)


def set_aside(engine: Engine, message_id: str, *, why: str, by: str, at: datetime) -> None:
    """Give an open message up, with a reason: the next one about its record goes out. Raises ``message-unknown``."""
    values = {"state": "set-aside", "reason": "set-aside", "closed_at": instant_to_text(at), "closed_by": by}
    _change(engine, message_id, values, "set-message-aside", why, by=by, at=at)


def _change(
    engine: Engine, message_id: str, values: dict[str, str], act: str, why: str, *, by: str, at: datetime
) -> None:
    with writing(engine) as connection:
        changed = connection.execute(
            update(outbox).where(outbox.c.message_id == message_id, outbox.c.state.in_(OPEN)).values(values)
        ).rowcount
        if changed != 1:
            raise CentreError("message-unknown", "no such message waits")
        record_act(connection, at=at, actor=by, act=act, subject=message_id, reason=why)
