"""Whether a passport is revoked: as long as an order that is not withdrawn holds it."""

from typing import Any

from sqlalchemy import ColumnElement, Exists, exists

from api.store.schema import revocation_orders, revoked_passports


def is_revoked(uvci: ColumnElement[str], *more: ColumnElement[bool]) -> Exists:
    """A condition for queries: an order in force, and such that ``more`` holds of it, revokes the passport."""
    return exists().where(revoked_passports.c.uvci == uvci, *in_force(), *more)


def in_force() -> tuple[ColumnElement[bool], ...]:
    """Conditions that join a row of ``revoked_passports`` to its order, which is not withdrawn."""
    joined: Any = revocation_orders.c.order_id == revoked_passports.c.order_id
    return joined, revocation_orders.c.withdrawn_at.is_(None)
