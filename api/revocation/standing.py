"""Whether a passport is revoked: as long as an order that is not withdrawn holds it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, ScalarSelect, exists, func, select

from api.revocation.reasons import RevocationReason
from api.store.schema import passports, records, revocation_orders, revoked_passports


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


def reasons_in_force(connection: Connection, record_ids: Sequence[str]) -> dict[str, set[RevocationReason]]:
    """Why the passports of these records' newest versions are revoked: the reasons of all orders in force,
    and fraud where an order says so beside its reason."""
    held, order, conditions = _in_force(passports.c.uvci)
    rows = connection.execute(
        select(passports.c.record_id, order.c.reason, order.c.fraud)
        .join(records, (records.c.record_id == passports.c.record_id) & (records.c.version == passports.c.version))
        .join(held, conditions[0])
        .join(order, conditions[1])
        .where(conditions[2], passports.c.record_id.in_(record_ids))
    )
    reasons: dict[str, set[RevocationReason]] = {}
    for row in rows:
        known = reasons.setdefault(row.record_id, set())
        known.add(RevocationReason(row.reason))
        if row.fraud:
            known.add(RevocationReason.FRAUD)
    return reasons


def _in_force(uvci: ColumnElement[str]) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    # Aliases: without them a query on these very tables would be asked about its own row.
    held, order = revoked_passports.alias(), revocation_orders.alias()
    return held, order, [held.c.uvci == uvci, order.c.order_id == held.c.order_id, order.c.withdrawn_at.is_(None)]
