"""Two people of two units for an order over more than one passport: one proposes with counts, another one approves.

One passport is revoked by one person. An order in force has a mark: whatever was signed before it is found, and what
is signed while it runs is caught (`api.revocation.choosing`); the passports themselves are seen to page by page.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, insert, literal, select, update

from api.accounts.staff import Role, Staff, refuse_place, refuse_role
from api.audit import record_act
from api.config import Settings
from api.errors import CentreError
from api.revocation.criteria import Criteria
from api.revocation.orders import preview
from api.revocation.reasons import Reissue, RevocationReason, reissue_for
from api.revocation.running import run_orders
from api.revocation.standing import is_revoked
from api.revocation.states import IN_FORCE, OrderState
from api.store.schema import revocation_orders
from api.store.transactions import Turn, writing
from certificates.records.model import instant_from_text, instant_to_text

PROPOSES: Final[tuple[Role, ...]] = ("operator", "overseer", "ministry")
APPROVES: Final[tuple[Role, ...]] = ("overseer", "ministry")
STANDS: Final = timedelta(hours=72)  # how long a proposal waits for its second person
SERVER: Final = ""  # the unit of whoever works at the server itself: in no part of the tree, and never the second one


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """An order: ``running`` where it is about one passport, else ``proposed``. ``order_id`` and ``state`` are None
    where all that matches is revoked already and nothing changed."""

    order_id: str | None
    state: OrderState | None
    passports: int
    already: int


def propose(
    engine: Engine,
    settings: Settings,
    criteria: Criteria,
    reason: RevocationReason,
    *,
    staff: Staff,
    at: datetime,
    fraud: bool = False,
) -> Proposed:
    """Propose to revoke whatever matches; an order over one passport is in force at once, and over that one only.

    Args:
        fraud: published without an undo window, and nobody is given a new passport first. Reason fraud is always so.

    Raises CentreError ``role``, ``place`` (a passport went through the hands of a unit elsewhere in the tree),
    ``revocation-nothing``, and those of `Criteria.check`.
    """
    refuse_role(staff, *PROPOSES)
    seen = preview(engine, criteria, reason)
    if not seen.passports:
        return Proposed(order_id=None, state=None, passports=0, already=seen.already)
    fraud = fraud or reason is RevocationReason.FRAUD
    order_id, alone = secrets.token_hex(8), seen.passports == 1
    if alone:
        criteria = Criteria(codes=seen.sample)
    values: dict[str, Any] = {
        "order_id": order_id,
        "reason": reason.value,
        "criteria": json.dumps(criteria.to_dict(), ensure_ascii=False),
        "passports": seen.passports,
        "made_by": staff.account,
        "made_unit": staff.unit,
        "made_at": instant_to_text(at),
        "state": OrderState.PROPOSED.value,
        "fraud": int(fraud),
        "reissue": reissue_for(reason, fraud=fraud).value,
        "units": json.dumps(seen.units),
    }
    with writing(engine, Turn.ALONE) as connection:
        _refuse_places(connection, staff, seen.units)
        connection.execute(insert(revocation_orders).values(values))
        record_act(
            connection,
            at=at,
            actor=staff.actor,
            act="revoke" if alone else "propose-revocation",
            subject=order_id,
            reason=f"{reason.value}: {seen.passports}",
        )
        if alone:
            _put_in_force(connection, order_id, settings, fraud=fraud, at=at)
    state = OrderState.RUNNING if alone else OrderState.PROPOSED
    return Proposed(order_id=order_id, state=state, passports=seen.passports, already=seen.already)


def revoke_code(engine: Engine, uvci: str, reason: RevocationReason, *, by: str, at: datetime) -> str | None:
    """Revoke one code whose end somebody decided before, as of now: without an undo window, and without a replacement.

    Returns the order, or None where another one revokes the code for this reason; one that was cut off is finished.
    """
    order_id, fraud = secrets.token_hex(8), reason is RevocationReason.FRAUD
    text = json.dumps(Criteria(codes=(uvci,)).to_dict())
    with writing(engine, Turn.ALONE) as connection:
        if connection.execute(select(is_revoked(literal(uvci), reason=reason.value))).scalar_one():
            return None
        same = (revocation_orders.c.criteria == text) & (revocation_orders.c.reason == reason.value)
        known = connection.execute(
            select(revocation_orders.c.order_id).where(same, revocation_orders.c.state == OrderState.RUNNING.value)
        ).scalar()
        if known is None:
            connection.execute(
                insert(revocation_orders).values(
                    order_id=order_id,
                    reason=reason.value,
                    criteria=text,
                    passports=0,
                    made_by=by,
                    made_at=instant_to_text(at),
                    state=OrderState.RUNNING.value,
                    fraud=int(fraud),
                    reissue=Reissue.NO.value,
                    publish_from=instant_to_text(at),
                    deadline=instant_to_text(at),
                )
            )
            record_act(connection, at=at, actor=by, act="revoke", subject=order_id, reason=reason.value)
    run_orders(engine, at=at, order_id=known or order_id)
    return known or order_id


def approve(engine: Engine, settings: Settings, order_id: str, *, staff: Staff, at: datetime) -> None:
    """Put a proposal in force: what matches now is revoked from here on, page by page.

    Raises CentreError ``role``, ``place``, ``order-unknown``, ``order-not-proposed``, ``order-lapsed``,
    ``order-same-person``, ``order-same-unit``.
    """
    refuse_role(staff, *APPROVES)
    with writing(engine, Turn.ALONE) as connection:
        order = _proposal(connection, order_id)
        if instant_from_text(order.made_at) + STANDS < at:
            raise CentreError("order-lapsed", "the proposal is too old: make it anew")
        if staff.account == order.made_by:
            raise CentreError("order-same-person", "somebody else must approve")
        if staff.unit == order.made_unit:
            raise CentreError("order-same-unit", "somebody of another unit must approve")
        _refuse_places(connection, staff, json.loads(order.units))
        connection.execute(
            update(revocation_orders)
            .where(revocation_orders.c.order_id == order_id)
            .values(approved_by=staff.account, approved_unit=staff.unit, approved_at=instant_to_text(at))
        )
        _put_in_force(connection, order_id, settings, fraud=bool(order.fraud), at=at)
        record_act(connection, at=at, actor=staff.actor, act="revoke", subject=order_id, reason=order.reason)


def withdraw(engine: Engine, order_id: str, *, why: str, staff: Staff, at: datetime) -> OrderState:
    """Refuse a proposal, or take an order in force back: what no other order holds is valid again at once.

    Records, and what lists shall say, are put right page by page (`api.revocation.running`). Whoever proposed or
    approved an order may do it, and whoever might propose it. Returns the state it has now. Raises CentreError
    ``order-unknown``, ``order-withdrawn``, ``order-why`` (no reason is given), ``role``, ``place``.
    """
    if not why.strip():
        raise CentreError("order-why", "say why the order is taken back")
    with writing(engine, Turn.ALONE) as connection:
        order = find_order(connection, order_id)
        if staff.account not in (order.made_by, order.approved_by):
            refuse_role(staff, *PROPOSES)
            _refuse_places(connection, staff, json.loads(order.units or "{}"))
        proposed = order.state == OrderState.PROPOSED.value
        if not proposed and order.state not in IN_FORCE:
            raise CentreError("order-withdrawn", "the order was taken back before")
        state = OrderState.REFUSED if proposed else OrderState.WITHDRAWING
        connection.execute(
            update(revocation_orders)
            .where(revocation_orders.c.order_id == order_id)
            .values(state=state.value, withdrawn_by=staff.account, withdrawn_why=why, withdrawn_at=instant_to_text(at))
        )
        act = "refuse-revocation" if proposed else "unrevoke"
        record_act(connection, at=at, actor=staff.actor, act=act, subject=order_id, reason=why)
    return state


def _refuse_places(connection: Connection, staff: Staff, units: Iterable[str]) -> None:
    for unit in () if staff.unit == SERVER else units:
        refuse_place(connection, staff, unit)


def check_places(engine: Engine, staff: Staff, units: Iterable[str]) -> None:
    """Raises CentreError ``place`` unless all of these units are in the person's part of the tree."""
    with engine.connect() as connection:
        _refuse_places(connection, staff, units)


def find_order(connection: Connection, order_id: str) -> Row[Any]:
    """The row. Raises CentreError ``order-unknown``."""
    order = connection.execute(select(revocation_orders).where(revocation_orders.c.order_id == order_id)).one_or_none()
    if order is None:
        raise CentreError("order-unknown", "there is no such order")
    return order


def _proposal(connection: Connection, order_id: str) -> Row[Any]:
    order = find_order(connection, order_id)
    if order.state != OrderState.PROPOSED.value:
        raise CentreError("order-not-proposed", "the order waits for nobody's approval")
    return order


def _put_in_force(connection: Connection, order_id: str, settings: Settings, *, fraud: bool, at: datetime) -> None:
    """From the end of this transaction, which has nobody beside it, what is signed is held against the order."""
    window = timedelta(0) if fraud else timedelta(minutes=settings.undo_minutes)
    connection.execute(
        update(revocation_orders)
        .where(revocation_orders.c.order_id == order_id)
        .values(
            state=OrderState.RUNNING.value,
            passports=0,
            publish_from=instant_to_text(at + window),
            deadline=instant_to_text(at + timedelta(days=settings.replace_days)),
        )
    )
