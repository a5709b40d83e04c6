"""Orders of revocation: looked at first, then given in one transaction, and taken back only by name.

A passport is revoked as long as one order that is not withdrawn holds it. Its own row is not touched: SQLite would
write the PDF anew with it. The order stands in three places: ``revoked_passports`` for the centre and the holder,
``revocation_entries`` for checkers, and in the record's state where it is about the newest version.
"""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, case, delete, func, insert, literal, select, update

from api.audit import Act, record_act, record_acts
from api.errors import CentreError
from api.revocation.criteria import Criteria
from api.revocation.entries import REVOKED, revoke_entries, withdraw_entries
from api.revocation.reasons import RevocationReason
from api.revocation.standing import is_revoked, state_before
from api.states import RecordState
from api.store.moves import Move, move
from api.store.schema import (
    confirmations,
    passports,
    record_versions,
    records,
    revocation_entries,
    revocation_orders,
    revoked_passports,
    tokens,
)
from api.store.transactions import Turn, writing
from certificates.records.model import instant_to_text
from certificates.revocation.hashes import HashType

AT_ONCE = 1000  # passports in memory
SAMPLE = 10
_WHO = ("made_by", "made_at", "withdrawn_by", "withdrawn_why", "withdrawn_at")
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an order would do: ``already`` are revoked for this very reason and stay as they are.

    ``units`` and ``signers`` (account@unit) count by who confirmed the passport, or signed it where nobody confirmed;
    ``states`` by how far it came. ``sample`` are certificate codes. All of it about the passports that are left.
    """

    passports: int
    already: int
    units: dict[str, int]
    signers: dict[str, int]
    states: dict[str, int]
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What an order did. ``order_id`` is None where all of it was revoked already and nothing changed."""

    order_id: str | None
    passports: int


def preview(engine: Engine, criteria: Criteria, reason: RevocationReason) -> Preview:
    """Count what would be revoked, and change nothing.

    Raises CentreError ``revocation-nothing`` when the criteria match no passport, and those of `Criteria.check`.
    """
    with engine.connect() as connection:
        criteria.check(connection)
        unit_of = {row.fingerprint: row.unit for row in connection.execute(select(tokens.c.fingerprint, tokens.c.unit))}
        by_unit, by_signer, by_state = Counter[str](), Counter[str](), Counter[str]()
        already, sample = 0, list[str]()
        same = (confirmations.c.record_id == passports.c.record_id) & (confirmations.c.version == passports.c.version)
        query = criteria.select(
            connection,
            passports.c.uvci,
            passports.c.state,
            passports.c.fingerprint,
            passports.c.account,
            confirmations.c.fingerprint.label("confirmed_with"),
            confirmations.c.account.label("confirmed_by"),
            is_revoked(passports.c.uvci, reason=reason.value).label("already"),
        ).outerjoin(confirmations, same)
        for row in connection.execute(query, execution_options={"yield_per": AT_ONCE}):
            if criteria.lot and not criteria.matches(row.document):
                continue
            if row.already:
                already += 1
                continue
            unit = unit_of[row.confirmed_with or row.fingerprint]
            by_unit[unit] += 1
            by_signer[f"{row.confirmed_by or row.account}@{unit}"] += 1
            by_state[row.state] += 1
            if len(sample) < SAMPLE:
                sample.append(row.uvci)
    if not by_unit and not already:
        raise CentreError("revocation-nothing", "no passport matches: nothing is revoked")
    return Preview(
        passports=by_unit.total(),
        already=already,
        units=dict(by_unit.most_common()),
        signers=dict(by_signer.most_common()),
        states=dict(by_state.most_common()),
        sample=tuple(sample),
    )


def revoke(
    engine: Engine,
    criteria: Criteria,
    reason: RevocationReason,
    *,
    by: str,
    at: datetime,
    progress: Progress | None = None,
) -> Revoked:
    """Revoke whatever matches, all or nothing; what is revoked for this reason already stays as it is.

    Raises CentreError ``revocation-nothing`` when the criteria match no passport, and those of `Criteria.check`.
    """
    order_id, done = secrets.token_hex(8), 0
    with writing(engine, Turn.ORDER) as connection:
        criteria.check(connection)
        connection.execute(
            insert(revocation_orders).values(
                order_id=order_id,
                reason=reason.value,
                criteria=json.dumps(criteria.to_dict(), ensure_ascii=False),
                passports=0,
                made_by=by,
                made_at=instant_to_text(at),
            )
        )
        chosen = _choose(connection, order_id, criteria, reason)
        record_act(connection, at=at, actor=by, act="revoke", subject=order_id, reason=reason.value)
        for page in read_pages(connection, order_id):
            held = _drop_others(connection, order_id, criteria, page)
            revoke_entries(connection, held)
            _move(connection, held, RecordState.REVOKED, reason.value, at)
            record_acts(connection, _acts(held, by, "revoke-passport", order_id), at=at)
            done += len(held)
            if progress is not None:
                progress(done, chosen)
        connection.execute(
            update(revocation_orders).where(revocation_orders.c.order_id == order_id).values(passports=done)
        )
        if not done:
            connection.rollback()
    if not done:
        preview(engine, criteria, reason)  # raises, unless all of them are revoked already
        return Revoked(order_id=None, passports=0)
    return Revoked(order_id=order_id, passports=done)


def withdraw(engine: Engine, order_id: str, *, why: str, by: str, at: datetime) -> int:
    """Take an order back: what no other order holds is valid again, and records stand where they stood.

    Returns the number of passports that are valid again. Raises CentreError ``order-unknown``, ``order-withdrawn``,
    ``order-why`` (no reason is given).
    """
    if not why.strip():
        raise CentreError("order-why", "say why the order is taken back")
    freed = 0
    with writing(engine, Turn.ORDER) as connection:
        order = connection.execute(
            select(revocation_orders.c.withdrawn_at).where(revocation_orders.c.order_id == order_id)
        ).one_or_none()
        if order is None:
            raise CentreError("order-unknown", "there is no such order")
        if order.withdrawn_at is not None:
            raise CentreError("order-withdrawn", "the order was taken back before")
        connection.execute(
            update(revocation_orders)
            .where(revocation_orders.c.order_id == order_id)
            .values(withdrawn_by=by, withdrawn_why=why, withdrawn_at=instant_to_text(at))
        )
        record_act(connection, at=at, actor=by, act="unrevoke", subject=order_id, reason=why)
        for page in read_pages(connection, order_id):
            free = [row for row in page if not row.held]
            withdraw_entries(connection, [row.uvci for row in free])
            _move(connection, free, None, None, at)
            record_acts(connection, _acts(free, by, "unrevoke-passport", order_id), at=at)
            freed += len(free)
    return freed


def list_orders(engine: Engine) -> list[dict[str, Any]]:
    """Every order as a plain mapping, newest first; of certificate codes and records only how many were named.

    ``entries`` counts what checkers shall have of its passports, ``published`` how much of that lists have.
    """
    on_list = case((revocation_entries.c.published == REVOKED, 1), else_=0)
    with engine.connect() as connection:
        rows = connection.execute(
            select(revocation_orders).order_by(revocation_orders.c.made_at.desc(), revocation_orders.c.order_id)
        ).all()
        counts = connection.execute(
            select(revoked_passports.c.order_id, func.count(), func.sum(on_list))
            .join(revocation_entries, revocation_entries.c.uvci == revoked_passports.c.uvci)
            .where(revocation_entries.c.hash_type == HashType.UCI.value)
            .group_by(revoked_passports.c.order_id)
        ).all()
    known = {order_id: (entries, published) for order_id, entries, published in counts}
    return [_described(row, *known.get(row.order_id, (0, 0))) for row in rows]


def _described(row: Row[Any], entries: int, published: int) -> dict[str, Any]:
    criteria = json.loads(row.criteria)
    return {
        "order": row.order_id,
        "reason": row.reason,
        "criteria": {name: len(value) if name in ("codes", "records") else value for name, value in criteria.items()},
        "passports": row.passports,
        "entries": entries,
        "published": published,
        **{name: row._mapping[name] for name in _WHO},
    }


def _choose(connection: Connection, order_id: str, criteria: Criteria, reason: RevocationReason) -> int:
    """Put what matches under the order, in one statement; returns how many (with a lot, a few too many)."""
    newest = records.c.version == passports.c.version
    stands = case(  # where another order holds it, the record returns to where that one found it
        (records.c.state == RecordState.REVOKED.value, state_before(passports.c.uvci)), else_=records.c.state
    )
    query = criteria.select(
        connection, passports.c.uvci, literal(order_id), passports.c.province, case((newest, stands), else_=None)
    ).where(~is_revoked(passports.c.uvci, reason=reason.value))
    if criteria.lot:
        query = query.with_only_columns(*list(query.selected_columns)[:4])
    target = insert(revoked_passports).from_select(["uvci", "order_id", "province", "record_state"], query)
    return connection.execute(target, execution_options={"preserve_rowcount": True}).rowcount


def read_pages(connection: Connection, order_id: str) -> Iterator[Sequence[Row[Any]]]:
    """The order's passports, some at a time; ``held`` where another order in force holds one, too."""
    last = ""
    while page := connection.execute(_select_page(order_id, last)).all():
        yield page
        last = page[-1].uvci


def _select_page(order_id: str, after: str) -> Select[Any]:
    return (
        select(
            revoked_passports.c.uvci,
            revoked_passports.c.record_state,
            passports.c.record_id,
            passports.c.version,
            passports.c.expires_at,
            is_revoked(passports.c.uvci, besides=order_id).label("held"),
        )
        .join(passports, passports.c.uvci == revoked_passports.c.uvci)
        .where(revoked_passports.c.order_id == order_id, revoked_passports.c.uvci > after)
        .order_by(revoked_passports.c.uvci)
        .limit(AT_ONCE)
    )


def _drop_others(
    connection: Connection, order_id: str, criteria: Criteria, page: Sequence[Row[Any]]
) -> Sequence[Row[Any]]:
    """Of passports that were found by a lot, keep those that have it."""
    if not criteria.lot:
        return page
    same = (record_versions.c.record_id == passports.c.record_id) & (record_versions.c.version == passports.c.version)
    documents = connection.execute(
        select(passports.c.uvci, record_versions.c.document)
        .join(record_versions, same)
        .where(passports.c.uvci.in_([row.uvci for row in page]))
    )
    right = {row.uvci for row in documents if criteria.matches(row.document)}
    others = [row.uvci for row in page if row.uvci not in right]
    connection.execute(
        delete(revoked_passports).where(revoked_passports.c.order_id == order_id, revoked_passports.c.uvci.in_(others))
    )
    return [row for row in page if row.uvci in right]


def _move(
    connection: Connection, rows: Sequence[Row[Any]], state: RecordState | None, reason: str | None, at: datetime
) -> None:
    """Move the records whose newest version these passports are: to ``state``, or back to where they stood."""
    move(
        connection,
        [
            Move(
                record_id=row.record_id,
                version=row.version,
                only_from=None if state else RecordState.REVOKED.value,
                state=state.value if state else row.record_state,
                reason=reason,
            )
            for row in rows
            if row.record_state is not None
        ],
        at=at,
    )


def _acts(rows: Sequence[Row[Any]], by: str, act: str, order_id: str) -> list[Act]:
    return [Act(actor=by, act=act, subject=row.record_id, reason=order_id) for row in rows]
