"""New passports for the people of an order who did nothing wrong: their records go on the road again, as they are."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from api.audit import Act, record_acts
from api.errors import CentreError
from api.revocation.orders import read_pages
from api.revocation.proposals import find_order
from api.revocation.reasons import REISSUED, RevocationReason
from api.revocation.replacing import next_versions
from api.revocation.standing import reasons_in_force
from api.states import RecordState
from api.store.locks import lock_records
from api.store.records import NewVersion, write_versions
from api.store.schema import records
from api.store.transactions import writing

Progress = Callable[[int, int | None], None]


def reissue(
    engine: Engine, order_id: str, *, by: str, at: datetime, progress: Progress | None = None
) -> dict[str, int]:
    """Write the next version of every record that this order revoked: same person, same doses, a new certificate code.

    A page is a transaction; a record that has a newer version already, or that an order for another reason revokes as
    well, is left alone. Returns how many records stand where now. Raises CentreError ``order-unknown``,
    ``order-withdrawn``, ``order-reissue``.
    """
    with engine.connect() as connection:
        order = _check(connection, order_id)
    states, done = Counter[str](), 0
    with engine.connect() as reading:
        for page in read_pages(reading, order_id):
            with writing(engine) as connection:
                versions = _next_versions(connection, [row.record_id for row in page], at)
                write_versions(connection, versions, by=by, why=f"revoked by order {order_id}", at=at)
                acts = [Act(actor=by, act="reissue", subject=one.record.record_id, reason=order_id) for one in versions]
                record_acts(connection, acts, at=at)
            states.update(version.state.value for version in versions)
            done += len(page)
            if progress is not None:
                progress(done, order.passports)
    return dict(states.most_common())


def _check(connection: Connection, order_id: str) -> Row[Any]:
    order = find_order(connection, order_id)
    if order.withdrawn_at is not None:
        raise CentreError("order-withdrawn", "the order was taken back before")
    if order.fraud or RevocationReason(order.reason) not in REISSUED:
        raise CentreError("order-reissue", f"after {order.reason} each record is looked at by itself")
    return order


def _next_versions(connection: Connection, record_ids: Sequence[str], at: datetime) -> list[NewVersion]:
    """Of the records that stand as revoked, by no order that leaves their data in doubt."""
    lock_records(connection, record_ids)
    reasons = reasons_in_force(connection, record_ids)
    revoked = connection.execute(
        select(records.c.record_id).where(
            records.c.record_id.in_(record_ids), records.c.state == RecordState.REVOKED.value
        )
    ).scalars()
    clear = [one for one in revoked if reasons.get(one, set()) <= REISSUED]
    return list(next_versions(connection, clear, at))
