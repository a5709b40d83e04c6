"""Deliveries of lots: a CSV with ``unit``, ``lot``, ``product``, ``doses``, ``day`` and, where there is one, ``note``.

A delivery is known by all of these but its doses: what comes again is the same, and another number corrects the first.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, tuple_, update

from api.audit import record_act
from api.errors import CentreError
from api.intake.cells import read_given_on
from api.store.doses import count_stock, plain_lot
from api.store.schema import units
from api.store.schema_revoking import deliveries
from api.store.transactions import Turn, writing
from certificates.errors import RecordError
from certificates.records.model import instant_to_text
from certificates.valuesets import find_product

COLUMNS: Final = ("unit", "lot", "product", "doses", "day")
NOTE: Final = "note"
MOST_DOSES: Final = 1_000_000  # of one delivery to one unit
_AT_ONCE: Final = 500
_KEY: Final = ("province", "unit", "product", "lot", "day", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the rows. ``faults``: row number, as the spreadsheet counts, and a code."""

    added: int
    changed: int
    same: int
    faults: tuple[tuple[int, str], ...]


def import_deliveries(engine: Engine, path: Path, *, by: str, at: datetime) -> Imported:
    """Take a file in (UTF-8). Rows with a fault are reported and left out; the others count.

    Raises CentreError ``deliveries-form``: it is no such CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {name.strip().lower(): name for name in reader.fieldnames or ()}
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                raise CentreError("deliveries-form", f"the file lacks: {', '.join(missing)}", fields=tuple(missing))
            rows = [{name: (row.get(names.get(name, "")) or "").strip() for name in (*COLUMNS, NOTE)} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CentreError("deliveries-form", "not a CSV in UTF-8") from error
    with writing(engine, Turn.ALONE) as connection:
        known = {row.code: row.province for row in connection.execute(select(units.c.code, units.c.province))}
        read: dict[tuple[str, ...], int] = {}
        faults = []
        for number, row in enumerate(rows, 2):
            try:
                key, doses = _read(row, known)
                read[key] = doses
            except CentreError as error:
                faults.append((number, error.code))
        added, changed = _store(connection, read, by=by, at=at)
        told = f"{added} added, {changed} changed, {len(faults)} faults"
        record_act(connection, at=at, actor=by, act="import-deliveries", subject=path.name[:100], reason=told)
    return Imported(added=added, changed=changed, same=len(read) - added - changed, faults=tuple(faults))


def _read(row: Mapping[str, str], provinces: Mapping[str, str]) -> tuple[tuple[str, ...], int]:
    """Key and doses of one row. Raises CentreError."""
    province = provinces.get(row["unit"])
    if province is None:
        raise CentreError("unit-unknown")
    lot = plain_lot(row["lot"])
    if not lot or len(lot) > 40:
        raise CentreError("lot-form")
    if len(row[NOTE]) > 60:
        raise CentreError("note-form")
    if not row["doses"].isascii() or not row["doses"].isdigit() or not 1 <= int(row["doses"][:9]) <= MOST_DOSES:
        raise CentreError("doses-form")
    try:
        product, day = find_product(row["product"]).key, read_given_on(row["day"], [])
    except RecordError as error:
        raise CentreError(error.code) from error
    return (province, row["unit"], product, lot, day.isoformat(), row[NOTE]), int(row["doses"])


def _store(connection: Connection, read: Mapping[tuple[str, ...], int], *, by: str, at: datetime) -> tuple[int, int]:
    """Returns how many were added, and how many have another number now."""
    added = changed = 0
    keys, before = list(read), dict[tuple[str, ...], int]()
    columns = [deliveries.c[name] for name in _KEY]
    entered = {"entered_by": by, "entered_at": instant_to_text(at)}
    for start in range(0, len(keys), _AT_ONCE):
        page = keys[start : start + _AT_ONCE]
        stored = {
            tuple(row[:-1]): row[-1]
            for row in connection.execute(select(*columns, deliveries.c.doses).where(tuple_(*columns).in_(page)))
        }
        before |= stored
        fresh = [_values(key, read[key]) | entered for key in page if key not in stored]
        if fresh:
            connection.execute(insert(deliveries), fresh)
        other = [key for key in page if stored.get(key, read[key]) != read[key]]
        for key in other:
            connection.execute(
                update(deliveries).where(tuple_(*columns) == tuple_(*key)).values(doses=read[key], **entered)
            )
        added, changed = added + len(fresh), changed + len(other)
    more = ((key[0], key[1], doses - before.get(key, 0)) for key, doses in read.items())
    count_stock(connection, "delivered", more, at=at)
    return added, changed


def _values(key: Iterable[str], doses: int) -> dict[str, Any]:
    return {**dict(zip(_KEY, key, strict=True)), "doses": doses}
