"""Orders of revocation: what one would do, and how far each of them is.

A passport is revoked as long as one order that is not withdrawn holds it. Its own row is not touched: SQLite would
write the PDF anew with it. The order stands in three places: ``revoked_passports`` for the centre and the holder,
``revocation_entries`` for checkers, and in the record's state where it is about the newest version. What it has chosen
and not revoked yet is in ``order_passports``.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, case, func, select

from api.errors import CentreError
from api.revocation.criteria import Criteria
from api.revocation.entries import REVOKED
from api.revocation.reasons import RevocationReason
from api.revocation.standing import is_revoked
from api.revocation.states import AT_WORK
from api.store.schema import (
    confirmations,
    passports,
    revocation_entries,
    revocation_orders,
    revoked_passports,
    tokens,
)
from api.store.schema_revoking import order_passports
from certificates.revocation.hashes import HashType

AT_ONCE = 1000  # passports in memory
SAMPLE = 10
_SHOWN = (
    *("state", "made_by", "made_unit", "made_at", "approved_by", "approved_unit", "approved_at", "publish_from"),
    *("reissue", "deadline", "done_at", "withdrawn_by", "withdrawn_why", "withdrawn_at"),
)


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


def list_orders(engine: Engine, *, order_id: str | None = None) -> list[dict[str, Any]]:
    """Every order as a plain mapping, newest first; of certificate codes and records only how many were named.

    ``entries`` counts what checkers shall have of its passports, ``published`` how much of that lists have;
    ``waiting`` passports whose holders get a new one first, ``chosen`` those that no page has come to yet.
    """
    on_list = case((revocation_entries.c.published == REVOKED, 1), else_=0)
    with engine.connect() as connection:
        query = select(revocation_orders).order_by(revocation_orders.c.made_at.desc(), revocation_orders.c.order_id)
        if order_id is not None:
            query = query.where(revocation_orders.c.order_id == order_id)
        rows = connection.execute(query).all()
        open_ones = [row.order_id for row in rows if row.state in AT_WORK]
        left = {
            (row.order_id, row.state): int(row.left)
            for row in connection.execute(
                select(order_passports.c.order_id, order_passports.c.state, func.count().label("left"))
                .where(order_passports.c.order_id.in_(open_ones))
                .group_by(order_passports.c.order_id, order_passports.c.state)
            )
        }
        counts = connection.execute(
            select(revoked_passports.c.order_id, func.count(), func.sum(on_list))
            .join(revocation_entries, revocation_entries.c.uvci == revoked_passports.c.uvci)
            .where(revocation_entries.c.hash_type == HashType.UCI.value)
            .group_by(revoked_passports.c.order_id)
        ).all()
    known = {order_id: (entries, published) for order_id, entries, published in counts}
    return [
        _described(row, *known.get(row.order_id, (0, 0)))
        | {
            "waiting": left.get((row.order_id, "waiting"), 0),
            "chosen": left.get((row.order_id, "chosen"), 0) + left.get((row.order_id, "ripe"), 0),
        }
        for row in rows
    ]


def _described(row: Row[Any], entries: int, published: int) -> dict[str, Any]:
    criteria = json.loads(row.criteria)
    return {
        "order": row.order_id,
        "reason": row.reason,
        "fraud": bool(row.fraud),
        "criteria": {name: len(value) if name in ("codes", "records") else value for name, value in criteria.items()},
        "passports": row.passports,
        "entries": entries,
        "published": published,
        "units": json.loads(row.units or "{}"),
        **{name: row._mapping[name] for name in _SHOWN},
    }


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
