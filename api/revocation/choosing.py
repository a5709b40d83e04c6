"""Which passports an order is about: all that match when its mark is set, and what is signed while it runs."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, exists, literal, null, select

from api.revocation.criteria import Criteria
from api.revocation.standing import is_revoked
from api.revocation.states import OrderState
from api.store.counters import insert_new
from api.store.schema import passports, revocation_orders
from api.store.schema_revoking import order_passports

_COLUMNS = ("uvci", "province", "record_id", "version", "order_id", "state", "next_version")


def choose(
    connection: Connection, order_id: str, criteria: Criteria, reason: str, only: Sequence[str] | None = None
) -> int:
    """Put what matches under the order, in one statement; of a lot a few too many. Returns how many it added.

    What another order revokes for the same reason stays with that one.

    Args:
        only: of these certificate codes, which are new; the order's own replacements are not among what it is about.
    """
    chosen = criteria.select(
        connection,
        passports.c.uvci,
        passports.c.province,
        passports.c.record_id,
        passports.c.version,
        literal(order_id),
        literal("chosen"),
        null(),
    ).where(~is_revoked(passports.c.uvci, reason=reason))
    if criteria.lot:
        chosen = chosen.with_only_columns(*list(chosen.selected_columns)[: len(_COLUMNS)])
    if only is not None:
        replacement = exists().where(
            order_passports.c.order_id == order_id,
            order_passports.c.record_id == passports.c.record_id,
            order_passports.c.next_version <= passports.c.version,
        )
        chosen = chosen.where(passports.c.uvci.in_(only), ~replacement)
    target = insert_new(connection, order_passports).from_select(list(_COLUMNS), chosen)
    return int(connection.execute(target, execution_options={"preserve_rowcount": True}).rowcount)


def catch_signed(connection: Connection, uvcis: Sequence[str]) -> None:
    """Hold passports that are being stored against the orders that run.

    The caller writes `Turn.BESIDE`, and an order begins alone: every passport is either there when it begins, or here.
    """
    running = connection.execute(
        select(revocation_orders).where(revocation_orders.c.state == OrderState.RUNNING.value)
    ).all()
    for order in running:
        choose(connection, order.order_id, Criteria.from_dict(json.loads(order.criteria)), order.reason, uvcis)
