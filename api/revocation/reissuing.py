"""New passports for the people of an order who did nothing wrong: their records go on the road again, as they are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, select

from api.audit import Act, record_acts
from api.errors import CentreError
from api.intake.versions import next_state
from api.revocation.orders import Progress, read_pages
from api.revocation.reasons import RevocationReason
from api.revocation.standing import reasons_in_force
from api.states import RecordState
from api.store.records import NewVersion, stored_record, write_versions
from api.store.schema import records, revocation_orders
from api.store.transactions import Turn, writing

# With any other reason the data or the doses are in doubt.
REISSUED: Final = frozenset(
    {RevocationReason.TOKEN_COMPROMISED, RevocationReason.LATE_SIGNATURE, RevocationReason.HOLDERS_WISH}
)


def reissue(
    engine: Engine, order_id: str, *, by: str, at: datetime, progress: Progress | None = None
) -> dict[str, int]:
    """Write the next version of every record that this order revoked: same person, same doses, a new certificate code.

    A page is a transaction; a record that has a newer version already, or that an order for another reason revokes as
    well, is left alone. Returns how many records stand
    where now. Raises CentreError ``order-unknown``, ``order-withdrawn``, ``order-reissue``.
    """
    with engine.connect() as connection:
        order = _check(connection, order_id)
    states, done = Counter[str](), 0
    with engine.connect() as reading:
        for page in read_pages(reading, order_id):
            with writing(engine, Turn.ORDER) as connection:
                versions = list(_next_versions(connection, [row.record_id for row in page], at))
                write_versions(connection, versions, by=by, why=f"revoked by order {order_id}", at=at)
                record_acts(connection, _acts(versions, by, order_id), at=at)
            states.update(version.state.value for version in versions)
            done += len(page)
            if progress is not None:
                progress(done, order.passports)
    return dict(states.most_common())


def _check(connection: Connection, order_id: str) -> Row[Any]:
    order = connection.execute(select(revocation_orders).where(revocation_orders.c.order_id == order_id)).one_or_none()
    if order is None:
        raise CentreError("order-unknown", "there is no such order")
    if order.withdrawn_at is not None:
        raise CentreError("order-withdrawn", "the order was taken back before")
    if RevocationReason(order.reason) not in REISSUED:
        raise CentreError("order-reissue", f"after {order.reason} each record is looked at by itself")
    return order


def _next_versions(connection: Connection, record_ids: list[str], at: datetime) -> Iterator[NewVersion]:
    """Of the records that stand as revoked, by no order that leaves their data in doubt."""
    reasons = reasons_in_force(connection, record_ids)
    query = select(records).where(records.c.record_id.in_(record_ids), records.c.state == RecordState.REVOKED.value)
    for row in connection.execute(query).all():
        if not reasons.get(row.record_id, set()) <= REISSUED:
            continue
        stored = stored_record(row)
        record = replace(stored.record, version=stored.record.version + 1)
        state, why, evidence = next_state(connection, stored, record, at=at)
        yield NewVersion(
            record=record,
            state=state,
            reason=why,
            person_key=stored.person_key,
            province=row.province,
            evidence=evidence,
        )


def _acts(versions: list[NewVersion], by: str, order_id: str) -> list[Act]:
    return [Act(actor=by, act="reissue", subject=one.record.record_id, reason=order_id) for one in versions]
