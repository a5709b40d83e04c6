"""Doses counted while they are written: by the unit that gave them, day, product and lot.

A writer only notes changes; `api.reconciliation.tallying` adds them up. So a station's entries of one day do not wait
for an import that is about the same station, as they would if both held one counter.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, select

from api.store.bulk import insert_rows
from api.store.counts import Key, count
from api.store.coverage import STOCK, count_coverage
from api.store.schema import records
from api.store.schema_revoking import dose_changes
from certificates.records.dates import local_day
from certificates.records.model import VaccinationRecord

HERE = "VN"  # doses from elsewhere come out of nobody's delivery


class DoseKey(NamedTuple):
    """What doses are counted by. ``day`` is YYYY-MM-DD, ``lot`` as `plain_lot` gives it."""

    province: str
    unit: str
    day: str
    product: str
    lot: str


@lru_cache(maxsize=1 << 14)
def plain_lot(lot: str) -> str:
    """Without blanks and in capitals: the same lot is typed in many ways."""
    return "".join(lot.split()).upper()


def note_given(connection: Connection, versions: Sequence[tuple[VaccinationRecord, str]], *, at: datetime) -> None:
    """Note what these versions (with their province) change, before they take the place of those that are stored."""
    changes = Counter[DoseKey]()
    for record, province in versions:
        changes.update(
            DoseKey(province, dose.unit, dose.given_on.isoformat(), dose.product, plain_lot(dose.lot))
            for dose in record.doses
            if dose.country == HERE
        )
    later = [record.record_id for record, _ in versions if record.version > 1]
    old: list[tuple[VaccinationRecord, str]] = []
    if later:
        before = select(records.c.document, records.c.province).where(records.c.record_id.in_(later))
        for row in connection.execute(before):
            document = json.loads(row.document)
            old.append((VaccinationRecord.from_dict(document), row.province))
            changes.subtract(dose_keys(document, row.province))
    note_changes(connection, changes, "given", at=at)
    count_coverage(connection, before=old, after=versions, at=at)


def note_changes(
    connection: Connection, changes: Counter[DoseKey], what: Literal["given", "issued"], *, at: datetime
) -> None:
    """Store what is not nothing."""
    count_stock(connection, what, ((key.province, key.unit, number) for key, number in changes.items()), at=at)
    names = (*DoseKey._fields, "change_id", "given", "issued")
    batch = secrets.token_hex(8)
    rows = [
        (*key, f"{batch}-{number}", *((count, 0) if what == "given" else (0, count)))
        for number, (key, count) in enumerate(changes.items())
        if count
    ]
    insert_rows(connection, dose_changes, names, rows)


def count_stock(connection: Connection, what: str, doses: Iterable[tuple[str, str, int]], *, at: datetime) -> None:
    """Count doses by province and unit, more or fewer: ``delivered``, ``given`` or ``issued``."""
    came, gone = Counter[Key](), Counter[Key]()
    for province, unit, number in doses:
        (came if number > 0 else gone)[Key(province, unit, f"{STOCK}{what}")] += abs(number)
    count(connection, came=came, gone=gone, day=local_day(at).isoformat())


def dose_keys(document: dict[str, Any], province: str) -> Iterable[DoseKey]:
    """One for each dose of a record (`VaccinationRecord.to_dict`) that was given in this country."""
    for dose in document["doses"]:
        if dose["country"] == HERE:
            yield DoseKey(province, dose["unit"], dose["given_on"], dose["product"], plain_lot(dose["lot"]))
