"""Who entered a dose does not confirm it. Where a unit has one signer only that cannot be: then it is noted, and told.

"Entered" is what a record says of its doses, and who made its newest version.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select

from api.accounts.signers import signers_of
from api.accounts.staff import Staff, units_above
from api.auth import Session
from api.context import Centre
from api.signing.work import VersionRow
from api.store.schema import confirmations, passports
from api.store.schema_accounts import own_entries
from certificates.errors import RecordError
from certificates.records.model import VaccinationRecord, instant_to_text


def has_other_signers(connection: Connection, session: Session) -> bool:
    """Whether somebody else of the unit may sign what this person entered."""
    return bool((signers_of(connection, session.unit) or frozenset()) - {session.account})


def is_own_entry(row: VersionRow, session: Session) -> bool:
    """Of a row of `api.signing.work.select_versions`: whether the person at the token entered some of it."""
    if session.account in (row.made_by, row.made_by.partition("@")[0]):
        return True
    if session.account not in row.document:  # most, and reading the document takes longer
        return False
    try:
        names = [dose.entered_by for dose in VaccinationRecord.from_dict(json.loads(row.document)).doses]
    except (ValueError, RecordError):  # damaged: it is put aside for that
        return False
    return any(session.account in (name, name.partition("@")[0]) for name in names)


def note_own_entries(connection: Connection, session: Session, rows: Iterable[VersionRow], now: datetime) -> None:
    """Of rows that were handed out, remember those that the person at the token entered."""
    own = {(row.record_id, row.version): row.province for row in rows if is_own_entry(row, session)}
    if not own:
        return
    noted = select(own_entries.c.record_id, own_entries.c.version).where(
        own_entries.c.record_id.in_({record_id for record_id, _ in own}), own_entries.c.account == session.account
    )
    known = {(row.record_id, row.version) for row in connection.execute(noted)}
    values = [
        {
            "record_id": record_id,
            "province": province,
            "version": version,
            "account": session.account,
            "unit": session.unit,
            "noted_at": instant_to_text(now),
        }
        for (record_id, version), province in own.items()
        if (record_id, version) not in known
    ]
    if values:
        connection.execute(insert(own_entries), values)


def count_own_entries(centre: Centre, staff: Staff, *, since: str) -> list[dict[str, Any]]:
    """Records that somebody entered and signed alone since a day ("2022-03-01"), by unit and account; most first.

    ``one_person``: the unit still has no other signer.
    """

    def signed(table: Any) -> Any:
        same = and_(table.c.record_id == own_entries.c.record_id, table.c.version == own_entries.c.version)
        return select(table.c.version).where(same, table.c.account == own_entries.c.account).exists()

    counted = func.count().label("records")
    query = (
        select(own_entries.c.unit, own_entries.c.account, counted)
        .where(own_entries.c.noted_at >= since, or_(signed(confirmations), signed(passports)))
        .group_by(own_entries.c.unit, own_entries.c.account)
        .order_by(counted.desc(), own_entries.c.unit, own_entries.c.account)
    )
    with centre.engine.connect() as connection:
        rows = [row for row in connection.execute(query) if staff.unit in units_above(connection, row.unit)]
        signers = {row.unit: signers_of(connection, row.unit) or frozenset() for row in rows}
    return [
        {
            "unit": row.unit,
            "account": row.account,
            "records": row.records,
            "one_person": not signers[row.unit] - {row.account},
        }
        for row in rows
    ]
