"""Orders at work: their passports are revoked, replaced or freed page by page, beside everybody else.

A page is a transaction under the locks of its records; the order's row keeps other processes off the same order. Any
process may go on where another one stopped. Where honest holders are replaced first, a page only puts their records on
the road again; the old code is revoked when the new one is issued (`api.revocation.replacing`), or at the deadline.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, select, text, update

from api.audit import Act, record_acts
from api.revocation.choosing import choose
from api.revocation.criteria import Criteria
from api.revocation.entries import postpone_entries, revoke_entries, withdraw_entries
from api.revocation.reasons import Reissue
from api.revocation.replacing import put_back, replace_first
from api.revocation.standing import is_revoked, state_before
from api.revocation.states import AT_WORK, OrderState
from api.states import RecordState
from api.store.arrays import insert_many, one_of
from api.store.locks import lock_records
from api.store.moves import Move, move
from api.store.schema import passports, record_versions, records, revocation_orders, revoked_passports
from api.store.schema_revoking import order_passports
from api.store.transactions import Turn, again, writing
from certificates.records.model import instant_to_text

AT_ONCE: Final = 500  # passports of one transaction
_MANY: Final = 10_000
_ACTOR: Final = "centre"
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What was done: passports that are revoked now, wait for their replacement now, or are valid again."""

    revoked: int = 0
    waiting: int = 0
    freed: int = 0

    def __add__(self, other: "Ran") -> "Ran":
        return Ran(
            revoked=self.revoked + other.revoked,
            waiting=self.waiting + other.waiting,
            freed=self.freed + other.freed,
        )


def run_orders(engine: Engine, *, at: datetime, order_id: str | None = None, progress: Progress | None = None) -> Ran:
    """Do whatever orders (or this one) have to do now. An order that another process is at work on is left to it."""
    query = select(revocation_orders.c.order_id).where(revocation_orders.c.state.in_(AT_WORK))
    if order_id is not None:
        query = query.where(revocation_orders.c.order_id == order_id)
    with engine.connect() as connection:
        found = connection.execute(query.order_by(revocation_orders.c.made_at)).scalars().all()
    done = Ran()
    for one in found:
        reached = dict[str, str]()
        while (step := _step(engine, one, at, reached)) is not None:
            done += step
            if progress is not None:
                progress(done.revoked + done.waiting + done.freed, None)
    return done


@again
def _step(engine: Engine, order_id: str, at: datetime, reached: dict[str, str]) -> Ran | None:
    """One page, or None when there is nothing to do now. ``reached``: the last code of this run's pages, by state."""
    with writing(engine) as connection:
        order = _take(connection, order_id)
        if order is None:
            return None
        if order.state == OrderState.WITHDRAWING.value:
            return _free_page(connection, order, at, reached)
        if order.collected_at is None:
            count = choose(connection, order_id, Criteria.from_dict(json.loads(order.criteria)), order.reason)
            if count > _MANY and connection.dialect.name == "postgresql":
                connection.execute(text("ANALYZE order_passports"))  # else each page is looked for in all of them
            _set(connection, order_id, collected_at=instant_to_text(at))
            return Ran()
        if (ran := _revoke_page(connection, order, at, reached)) is not None:
            return ran
        if order.state == OrderState.WAITING.value:
            _end(connection, order, at)
            return None
    with writing(engine, Turn.ALONE) as connection:  # who stores a passport now may be catching it
        order = _take(connection, order_id)
        if order is None or order.state != OrderState.RUNNING.value:
            return None
        if _has(connection, order, "chosen", "ripe"):
            return Ran()
        _end(connection, order, at)
        return None


def _take(connection: Connection, order_id: str) -> Row[Any] | None:
    """The order, if it has something to do and no other process is at it; who catches a passport does not wait."""
    return connection.execute(
        select(revocation_orders)
        .where(revocation_orders.c.order_id == order_id, revocation_orders.c.state.in_(AT_WORK))
        .with_for_update(key_share=True, skip_locked=True)
    ).one_or_none()


def _revoke_page(connection: Connection, order: Row[Any], at: datetime, reached: dict[str, str]) -> Ran | None:
    states = ["chosen", "ripe"]
    if order.deadline <= instant_to_text(at):
        states.append("waiting")
    page = _lock_page(connection, order, states, reached)
    if not page:
        return None
    others = _others(connection, order, page)
    _mark(connection, order, others, "dropped")
    page = [row for row in page if row.uvci not in others]
    waiting = set[str]()
    if order.reissue == Reissue.FIRST.value:
        waiting = replace_first(connection, order, [row for row in page if row.at == "chosen"], at)
    revoked = [row for row in page if row.uvci not in waiting]
    _revoke(connection, order, revoked, at)
    if order.reissue != Reissue.NO.value:
        put_back(connection, order, revoked, at)
    _set(connection, order.order_id, passports=order.passports + len(revoked))
    return Ran(revoked=len(revoked), waiting=len(waiting))


def _revoke(connection: Connection, order: Row[Any], rows: Sequence[Row[Any]], at: datetime) -> None:
    if not rows:
        return
    newest = [row for row in rows if row.newest == row.version]
    stood = {
        row.uvci: row.before if row.record_state == RecordState.REVOKED.value else row.record_state for row in newest
    }
    insert_many(
        connection,
        revoked_passports,
        [
            {
                "uvci": row.uvci,
                "order_id": order.order_id,
                "province": row.province,
                "record_state": stood.get(row.uvci),
            }
            for row in rows
        ],
    )
    revoke_entries(connection, rows, not_before=order.publish_from)
    _move(connection, dict.fromkeys(newest, RecordState.REVOKED.value), order.reason, at)
    _mark(connection, order, [row.uvci for row in rows], "revoked")
    _log(connection, "revoke-passport", order, rows, at)


def _free_page(connection: Connection, order: Row[Any], at: datetime, reached: dict[str, str]) -> Ran | None:
    """Of an order that was taken back: what no other order holds goes back where it stood."""
    page = _lock_page(connection, order, ["chosen", "waiting", "ripe", "revoked", "replaced"], reached)
    if not page:
        _set(connection, order.order_id, state=OrderState.WITHDRAWN.value, done_at=instant_to_text(at))
        return None
    mine = [row for row in page if row.at in ("revoked", "replaced")]
    free = [row for row in mine if not row.held]
    withdraw_entries(connection, [row.uvci for row in free])
    postpone_entries(connection, [row.uvci for row in mine if row.held])
    back = {
        row: row.stood
        for row in free
        if row.stood is not None and (row.newest, row.record_state) == (row.version, RecordState.REVOKED.value)
    }
    _move(connection, back, None, at)
    _mark(connection, order, [row.uvci for row in page], "dropped")
    _log(connection, "unrevoke-passport", order, free, at)
    return Ran(freed=len(free))


def _end(connection: Connection, order: Row[Any], at: datetime) -> None:
    """Nothing is left but what waits for its replacement."""
    if not _has(connection, order, "waiting"):
        _set(connection, order.order_id, state=OrderState.DONE.value, done_at=instant_to_text(at))
    elif order.state != OrderState.WAITING.value:
        _set(connection, order.order_id, state=OrderState.WAITING.value)


def _has(connection: Connection, order: Row[Any], *states: str) -> bool:
    mine = (order_passports.c.order_id == order.order_id) & order_passports.c.state.in_(states)
    return connection.execute(select(order_passports.c.uvci).where(mine).limit(1)).first() is not None


def _lock_page(
    connection: Connection, order: Row[Any], states: Sequence[str], reached: dict[str, str]
) -> Sequence[Row[Any]]:
    """Some passports of the order in these states, under the locks of their records.

    ``at``: how far it is in the order; ``newest`` and ``record_state``: of its record; ``before``: where that stood
    before it was revoked; ``stood``: where this order found it; ``held``: another order revokes it; ``again``: for the
    same reason.
    """
    this = order_passports.c.order_id == order.order_id
    some = select(order_passports.c.uvci, order_passports.c.record_id).order_by(order_passports.c.uvci).limit(AT_ONCE)
    keys: Sequence[Row[str, str]] = []
    for state in states:  # one at a time, as the index has them in order: of several all that is left would be sorted
        mine = this & (order_passports.c.state == state)
        if state in reached:  # past what the pages before left behind in the index
            keys = connection.execute(some.where(mine, order_passports.c.uvci > reached[state])).all()
        keys = keys or connection.execute(some.where(mine)).all()
        if keys:
            reached[state] = keys[-1].uvci
            break
    if not keys:
        return []
    lock_records(connection, {key.record_id for key in keys})
    uvci, codes = passports.c.uvci, [key.uvci for key in keys]
    query = (
        select(
            uvci,
            passports.c.record_id,
            passports.c.version,
            passports.c.province,
            passports.c.expires_at,
            passports.c.state.label("passport_state"),
            order_passports.c.state.label("at"),
            records.c.version.label("newest"),
            records.c.state.label("record_state"),
            state_before(uvci).label("before"),
            revoked_passports.c.record_state.label("stood"),
            is_revoked(uvci, besides=order.order_id).label("held"),
            is_revoked(uvci, besides=order.order_id, reason=order.reason).label("again"),
        )
        .join(passports, (uvci == order_passports.c.uvci) & (passports.c.province == order_passports.c.province))
        .join(records, (records.c.record_id == passports.c.record_id) & (records.c.province == passports.c.province))
        .outerjoin(
            revoked_passports,
            (revoked_passports.c.uvci == order_passports.c.uvci) & (revoked_passports.c.order_id == order.order_id),
        )
        .where(this, order_passports.c.state.in_(states), one_of(connection, order_passports.c.uvci, codes))
        .order_by(uvci)
    )
    return connection.execute(query).all()


def _others(connection: Connection, order: Row[Any], page: Sequence[Row[Any]]) -> set[str]:
    """What another order revoked for this reason meanwhile; and of what was found by a lot, what does not have it."""
    others = {row.uvci for row in page if row.again}
    criteria = Criteria.from_dict(json.loads(order.criteria))
    if criteria.lot:
        same = (record_versions.c.record_id == passports.c.record_id) & (
            record_versions.c.version == passports.c.version
        )
        documents = connection.execute(
            select(passports.c.uvci, record_versions.c.document)
            .join(record_versions, same)
            .where(passports.c.uvci.in_([row.uvci for row in page]))
        )
        others |= {row.uvci for row in documents if not criteria.matches(row.document)}
    return others


def _move(connection: Connection, moves: dict[Row[Any], str], reason: str | None, at: datetime) -> None:
    """Move the records whose newest version these passports are; they are locked."""
    steps = [
        Move(record_id=row.record_id, version=row.version, state=state, reason=reason) for row, state in moves.items()
    ]
    move(connection, steps, at=at)


def _mark(connection: Connection, order: Row[Any], uvcis: Iterable[str], state: str) -> None:
    codes = list(uvcis)
    if codes:
        mine = (order_passports.c.order_id == order.order_id) & one_of(connection, order_passports.c.uvci, codes)
        connection.execute(update(order_passports).where(mine).values(state=state))


def _set(connection: Connection, order_id: str, **values: Any) -> None:
    connection.execute(update(revocation_orders).where(revocation_orders.c.order_id == order_id).values(**values))


def _log(connection: Connection, act: str, order: Row[Any], rows: Sequence[Row[Any]], at: datetime) -> None:
    acts = [Act(actor=_ACTOR, act=act, subject=row.record_id, reason=order.order_id) for row in rows]
    record_acts(connection, acts, at=at)
