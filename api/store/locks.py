"""Rows of ``records`` that a transaction keeps for itself: whatever hangs on a record is changed under its row's lock.

SQLite has one writer, and needs none of this.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select

from api.store.arrays import one_of
from api.store.schema import records


def lock_records(connection: Connection, record_ids: Collection[str]) -> None:
    """Wait for these records and keep them until the transaction ends. In the order of their ids, as everybody does:
    nobody waits for a record while somebody else waits for one of his."""
    if connection.dialect.name != "sqlite":
        _lock(connection, one_of(connection, records.c.record_id, record_ids), wait=True)


def lock_free(connection: Connection, condition: ColumnElement[bool]) -> set[str]:
    """Keep the records of this condition that nobody else has; returns their ids. Waits for nobody."""
    return _lock(connection, condition, wait=False)


def _lock(connection: Connection, condition: ColumnElement[bool], *, wait: bool) -> set[str]:
    query = select(records.c.record_id).where(condition).order_by(records.c.record_id)
    return set(connection.execute(query.with_for_update(key_share=True, skip_locked=not wait)).scalars().all())
