"""Adding up the changes that writers of records and passports noted; and counting everything anew."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, delete, insert, select, tuple_

from api.store.areas import add_rows
from api.store.doses import DoseKey, dose_keys, note_changes
from api.store.schema import passports, record_versions, records
from api.store.schema_revoking import dose_changes, dose_counts
from api.store.transactions import Turn, again, writing

AT_ONCE: Final = 2000  # rows of one transaction


def note_doses_issued(connection: Connection, issued: Sequence[Row[Any]], *, at: datetime) -> None:
    """Passports (rows with record_id, version) were issued: note the doses that no earlier one of the record told."""
    if not issued:
        return
    changes = Counter[DoseKey]()
    fresh = {row.record_id: row.version for row in issued}
    same = (record_versions.c.record_id == passports.c.record_id) & (record_versions.c.version == passports.c.version)
    rows = connection.execute(
        select(passports.c.record_id, passports.c.version, record_versions.c.province, record_versions.c.document)
        .join(record_versions, same)
        .where(passports.c.record_id.in_(fresh), passports.c.state == "issued")
        .order_by(passports.c.record_id, passports.c.version)
    ).all()
    before: dict[str, Any] = {}
    for row in rows:
        if row.version == fresh[row.record_id]:
            changes.update(dose_keys(json.loads(row.document), row.province))
            if (last := before.get(row.record_id)) is not None:
                changes.subtract(dose_keys(json.loads(last.document), last.province))
        before[row.record_id] = row
    note_changes(connection, changes, "issued", at=at)


def add_up_changes(engine: Engine) -> int:
    """Move every noted change into the counts, page by page; returns how many. Several processes may do it at once."""
    done = 0
    while page := _add_up_page(engine):
        done += page
    return done


@again
def _add_up_page(engine: Engine) -> int:
    with writing(engine) as connection:
        mine = connection.execute(select(dose_changes).limit(AT_ONCE).with_for_update(skip_locked=True)).all()
        given, issued = Counter[DoseKey](), Counter[DoseKey]()
        for row in mine:
            key = DoseKey(row.province, row.unit, row.day, row.product, row.lot)
            given[key] += row.given
            issued[key] += row.issued
        # In one order, as others do.
        add_rows(connection, dose_counts, {key: (given[key], issued[key]) for key in sorted(given)})
        gone = tuple_(dose_changes.c.province, dose_changes.c.change_id)
        connection.execute(delete(dose_changes).where(gone.in_([(row.province, row.change_id) for row in mine])))
    return len(mine)


def recount(engine: Engine) -> int:
    """Forget the counts and count every record and passport anew, with nobody beside; returns how many keys there are.

    For a database from before doses were counted, and to prove that the counts are right.
    """
    given, issued = Counter[DoseKey](), Counter[DoseKey]()
    with writing(engine, Turn.ORDER) as connection:
        stream = {"yield_per": 1000}
        query = select(records.c.document, records.c.province)
        for row in connection.execute(query, execution_options=stream):
            given.update(dose_keys(json.loads(row.document), row.province))
        newest = passports.alias()
        later = select(newest.c.uvci).where(
            newest.c.record_id == passports.c.record_id,
            newest.c.version > passports.c.version,
            newest.c.state == "issued",
        )
        same = (record_versions.c.record_id == passports.c.record_id) & (
            record_versions.c.version == passports.c.version
        )
        query = (
            select(record_versions.c.document, record_versions.c.province)
            .select_from(passports)
            .join(record_versions, same)
            .where(passports.c.state == "issued", ~later.exists())
        )
        for row in connection.execute(query, execution_options=stream):
            issued.update(dose_keys(json.loads(row.document), row.province))
        connection.execute(delete(dose_changes))
        connection.execute(delete(dose_counts))
        rows = [{**key._asdict(), "given": given[key], "issued": issued[key]} for key in given.keys() | issued.keys()]
        if rows:
            connection.execute(insert(dose_counts), rows)
    return len(rows)
