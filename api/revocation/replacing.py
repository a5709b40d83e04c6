"""New passports for people who did nothing wrong, before their old one is revoked or, where the key is lost, after it.

A replacement is the next version of the record: the same person, the same doses, a new certificate code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, tuple_, update

from api.audit import Act, record_acts
from api.intake.versions import next_state
from api.notices.kinds import NoticeKind
from api.notices.writing import Notice, write_notices
from api.revocation.reasons import REISSUED, RevocationReason
from api.revocation.standing import reasons_in_force
from api.states import RecordState
from api.store.records import NewVersion, stored_record, write_versions
from api.store.schema import passports, records
from api.store.schema_revoking import order_passports

_STANDS: Final = frozenset({RecordState.ISSUED, RecordState.RENEWED})
_UNRELEASED: Final = frozenset({RecordState.SIGNED, RecordState.HELD, RecordState.REVOKED})
_ON_THE_ROAD: Final = _STANDS | {RecordState.SIGNED, RecordState.HELD}


def replace_first(connection: Connection, order: Row[Any], rows: Sequence[Row[Any]], at: datetime) -> set[str]:
    """Put the records of these passports on the road again, and return the codes that wait until they are through.

    A record that has a newer version, or a complaint, waits for what comes of that. Not among those that wait: whose
    replacement is out already; what nobody has in hand yet; what an order revokes already.
    """
    issued = _issued(connection, [(row.record_id, row.newest) for row in rows if row.newest > row.version])
    nexts: dict[str, int] = {}
    again: list[Row[Any]] = []
    for row in rows:
        state = RecordState(row.record_state)
        if row.newest > row.version:
            if (row.record_id, row.newest) not in issued:
                nexts[row.uvci] = row.newest
        elif order.reason != RevocationReason.SUPERSEDED.value and state not in _UNRELEASED:
            nexts[row.uvci] = row.version + 1
            if state in _STANDS:
                again.append(row)
    _write_next(connection, order, [row.record_id for row in again], at)
    _wait(connection, order, nexts, state="waiting")
    return set(nexts)


def put_back(connection: Connection, order: Row[Any], rows: Sequence[Row[Any]], at: datetime) -> None:
    """Put the records of passports that are revoked now on the road again, unless an order has their data in doubt."""
    reasons = reasons_in_force(connection, [row.record_id for row in rows])
    clear = {record_id for record_id, why in reasons.items() if why <= REISSUED}
    mine = [
        row
        for row in rows
        if row.record_id in clear and row.newest == row.version and RecordState(row.record_state) in _ON_THE_ROAD
    ]
    _write_next(connection, order, [row.record_id for row in mine], at)
    _wait(connection, order, {row.uvci: row.version + 1 for row in mine}, state="revoked")


def note_replaced(connection: Connection, issued: Sequence[Row[Any]], *, at: datetime) -> None:
    """Passports (rows with uvci, record_id, version) were issued: the codes that waited for them may be revoked now,
    and their holders are told."""
    found = connection.execute(
        select(order_passports).where(
            order_passports.c.record_id.in_([row.record_id for row in issued]),
            order_passports.c.state.in_(("waiting", "revoked")),
            order_passports.c.next_version.is_not(None),
        )
    ).all()
    new = {row.record_id: row for row in issued}
    through = [row for row in found if row.next_version <= new[row.record_id].version]
    if not through:
        return
    connection.execute(
        update(order_passports)
        .where(order_passports.c.order_id == bindparam("of_order"), order_passports.c.uvci == bindparam("code"))
        .values(state=bindparam("to")),
        [
            {"of_order": row.order_id, "code": row.uvci, "to": "ripe" if row.state == "waiting" else "replaced"}
            for row in through
        ],
    )
    write_notices(
        connection,
        [
            Notice(
                record_id=row.record_id,
                province=row.province,
                kind=NoticeKind.REPLACED,
                uvci=row.uvci,
                new_uvci=new[row.record_id].uvci,
            )
            for row in through
        ],
        at=at,
    )


def next_versions(connection: Connection, record_ids: Sequence[str], at: datetime) -> Iterator[NewVersion]:
    """The next version of each of these records, the same but for its number."""
    for row in connection.execute(select(records).where(records.c.record_id.in_(record_ids))).all():
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


def _write_next(connection: Connection, order: Row[Any], record_ids: Sequence[str], at: datetime) -> None:
    if record_ids:
        versions = list(next_versions(connection, record_ids, at))
        write_versions(connection, versions, by="centre", why=f"revoked by order {order.order_id}", at=at)
        acts = [Act(actor="centre", act="reissue", subject=one, reason=order.order_id) for one in record_ids]
        record_acts(connection, acts, at=at)


def _wait(connection: Connection, order: Row[Any], nexts: dict[str, int], *, state: str) -> None:
    if nexts:
        connection.execute(
            update(order_passports)
            .where(order_passports.c.order_id == order.order_id, order_passports.c.uvci == bindparam("code"))
            .values(state=state, next_version=bindparam("next")),
            [{"code": uvci, "next": version} for uvci, version in nexts.items()],
        )


def _issued(connection: Connection, keys: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of these record versions whose passport is issued."""
    if not keys:
        return set()
    rows = connection.execute(
        select(passports.c.record_id, passports.c.version).where(
            tuple_(passports.c.record_id, passports.c.version).in_(keys), passports.c.state == "issued"
        )
    )
    return {(row.record_id, row.version) for row in rows}
