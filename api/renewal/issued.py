"""What an issued passport means for renewal: its own is planned, and the one that it renews is told about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from api.notices.kinds import NoticeKind
from api.notices.writing import Notice, write_notices
from api.renewal.days import renewal_day
from api.store.counters import insert_new
from api.store.schema_revoking import renewals
from certificates.records.model import instant_from_text, instant_to_text


def find_renewed(connection: Connection, issued: Sequence[Row[Any]]) -> dict[str, Row[Any]]:
    """Of these passports (rows with uvci, record_id, version) those that renew another, with the row of that renewal.

    A version that came after the renewal's, such as a booster's, renews as well.
    """
    started = {
        row.record_id: row
        for row in connection.execute(
            select(renewals).where(
                renewals.c.record_id.in_([passport.record_id for passport in issued]), renewals.c.state == "started"
            )
        )
    }
    return {
        passport.uvci: row
        for passport in issued
        if (row := started.get(passport.record_id)) is not None and row.next_version <= passport.version
    }


def note_issued(
    connection: Connection, issued: Sequence[Row[Any]], renewing: dict[str, Row[Any]], *, at: datetime
) -> None:
    """Plan the renewal of these passports (rows with province and expires_at as well), and close what they renew."""
    if not issued:
        return
    now = instant_to_text(at)
    renewed = {one.uvci: renewing[one.uvci] for one in issued if one.uvci in renewing}
    connection.execute(
        insert_new(connection, renewals),
        [
            {
                "province": passport.province,
                "record_id": passport.record_id,
                "version": passport.version,
                "uvci": passport.uvci,
                "due_on": renewal_day(passport.uvci, instant_from_text(passport.expires_at)).isoformat(),
                "expires_at": passport.expires_at,
                "state": "waiting",
                "changed_at": now,
            }
            for passport in issued
        ],
    )
    if not renewed:
        return
    connection.execute(
        update(renewals)
        .where(
            renewals.c.province == bindparam("in_province"),
            renewals.c.record_id == bindparam("of_record"),
            renewals.c.version == bindparam("of_version"),
        )
        .values(state="done", changed_at=now),
        [
            {"in_province": row.province, "of_record": row.record_id, "of_version": row.version}
            for row in renewed.values()
        ],
    )
    write_notices(connection, [_tell(row, uvci) for uvci, row in renewed.items()], at=at)


def _tell(row: Row[Any], uvci: str) -> Notice:
    return Notice(
        record_id=row.record_id,
        province=row.province,
        kind=NoticeKind.RENEWED,
        uvci=row.uvci,
        new_uvci=uvci,
        until=row.expires_at,
    )
