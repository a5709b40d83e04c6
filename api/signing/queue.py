"""Moving records between the queues of signers, inside the transaction that looked at them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, update

from api.signing.quotas import give_back
from api.states import RecordState
from api.store.locks import lock_free
from api.store.moves import Move, Standing, move
from api.store.schema import jobs, leases, records
from certificates.records.model import instant_to_text

AT_ONCE: Final = 1000  # lapsed jobs that one call takes back
_LATE: Final = (jobs.c.state == "leased") & (leases.c.deadline < bindparam("now"))
_OF_LEASE: Final = leases.c.lease_id == jobs.c.lease_id
_OVERDUE: Final = select(jobs.c.record_id).join(leases, _OF_LEASE).where(_LATE).limit(AT_ONCE)


def return_lapsed(connection: Connection, now: datetime) -> int:
    """Take back what was not returned in time, some at a time.

    The intents stay: the next lease has the same UVCI and iat.
    """
    overdue = connection.execute(_OVERDUE, {"now": instant_to_text(now)}).scalars().all()
    if not overdue:
        return 0
    # Looked at again under the records' locks: another one may have taken them back, and leased them anew.
    free = lock_free(connection, records.c.record_id.in_(overdue))
    lapsed = connection.execute(
        select(jobs.c.job_id, jobs.c.lease_id, jobs.c.record_id, jobs.c.version, jobs.c.came_from)
        .join(leases, _OF_LEASE)
        .where(_LATE, jobs.c.record_id.in_(free)),
        {"now": instant_to_text(now)},
    ).all()
    close_jobs(connection, lapsed, state="lapsed", reason="lease-lapsed", now=now)
    return len(lapsed)


def close_jobs(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], *, state: str, reason: str, now: datetime
) -> None:
    """Close open jobs unsigned (rows with job_id, lease_id, record_id, version, came_from); their records may be leased
    again, and count no more in their quotas."""
    if not rows:
        return
    at = instant_to_text(now)
    connection.execute(
        update(jobs).where(jobs.c.job_id == bindparam("key")).values(state=state, reason=reason, closed_at=at),
        [{"key": row.job_id} for row in rows],
    )
    leased = RecordState.LEASED.value
    back = [
        Move(record_id=row.record_id, version=row.version, only_from=leased, state=row.came_from, reason=reason)
        for row in rows
    ]
    move(connection, back, at=now)
    give_back(connection, Counter(row.lease_id for row in rows))


def move_records(
    connection: Connection, standings: dict[str, Standing], moves: Mapping[str, tuple[str, str | None]], now: datetime
) -> None:
    """Set state and reason of records that this transaction has locked, and of their standings."""
    to = [Move(record_id=record_id, state=state, reason=reason) for record_id, (state, reason) in moves.items()]
    standings |= move(connection, to, at=now, before=standings)
