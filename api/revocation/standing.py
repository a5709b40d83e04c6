"""Whether a passport is revoked: as long as an order that is not withdrawn holds it."""

from typing import Any

from sqlalchemy import ColumnElement, Exists, ScalarSelect, exists, func, select

from api.store.schema import revocation_orders, revoked_passports


def is_revoked(uvci: ColumnElement[str], *, reason: str | None = None, besides: str | None = None) -> Exists:
    """A condition for queries: an order in force revokes the passport; for this reason, or another order than this."""
    held, order, conditions = _in_force(uvci)
    if reason is not None:
        conditions.append(order.c.reason == reason)
    if besides is not None:
        conditions.append(order.c.order_id != besides)
    return exists().select_from(held, order).where(*conditions)


def state_before(uvci: ColumnElement[str]) -> ScalarSelect[str]:
    """Where the record stood before the first of the orders in force; each of them knows it."""
    held, order, conditions = _in_force(uvci)
    return select(func.max(held.c.record_state)).select_from(held, order).where(*conditions).scalar_subquery()


def _in_force(uvci: ColumnElement[str]) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    # Aliases: without them a query on these very tables would be asked about its own row.
    held, order = revoked_passports.alias(), revocation_orders.alias()
    return held, order, [held.c.uvci == uvci, order.c.order_id == held.c.order_id, order.c.withdrawn_at.is_(None)]
