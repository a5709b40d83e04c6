"""Residents by unit and band of age: a CSV with ``unit``, ``band`` and ``people``. It replaces what is there."""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select

from api.audit import record_act
from api.errors import CentreError
from api.store.counts import Key, count
from api.store.coverage import BANDS, RESIDENTS
from api.store.schema import units
from api.store.schema_oversight import residents
from api.store.transactions import Turn, writing
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

COLUMNS: Final = ("unit", "band", "people")
MOST: Final = 10_000_000  # people of one band at one unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the rows. ``faults``: row number, as the spreadsheet counts, and a code."""

    changed: int
    same: int
    faults: tuple[tuple[int, str], ...]


def import_residents(engine: Engine, path: Path, *, by: str, at: datetime) -> Imported:
    """Take a file in (UTF-8). Rows with a fault are reported and left out; units that it does not name keep theirs.

    Raises CentreError ``residents-form``: it is no such CSV.
    """
    rows = _rows(path)
    with writing(engine, Turn.ALONE) as connection:
        known = {row.code: row.province for row in connection.execute(select(units.c.code, units.c.province))}
        read: dict[tuple[str, str], int] = {}
        faults = []
        for number, row in enumerate(rows, 2):
            fault = _fault(row, known)
            if fault is None:
                read[row["unit"], row["band"]] = int(row["people"])
            else:
                faults.append((number, fault))
        changed = _store(connection, read, known, by=by, at=at)
        told = f"{changed} changed, {len(faults)} faults"
        record_act(connection, at=at, actor=by, act="import-residents", subject=path.name[:100], reason=told)
    return Imported(changed=changed, same=len(read) - changed, faults=tuple(faults))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {name.strip().lower(): name for name in reader.fieldnames or ()}
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                raise CentreError("residents-form", f"the file lacks: {', '.join(missing)}", fields=tuple(missing))
            return [{name: (row.get(names[name]) or "").strip() for name in COLUMNS} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CentreError("residents-form", "not a CSV in UTF-8") from error


def _fault(row: dict[str, str], known: dict[str, str]) -> str | None:
    if row["unit"] not in known:
        return "unit-unknown"
    if row["band"] not in BANDS:
        return "band-unknown"
    people = row["people"]
    if not people.isascii() or not people.isdigit() or int(people[:9]) > MOST or len(people) > len(str(MOST)):
        return "people-form"
    return None


def _store(
    connection: Connection, read: dict[tuple[str, str], int], provinces: dict[str, str], *, by: str, at: datetime
) -> int:
    there = {(row.unit, row.band): row.people for row in connection.execute(select(residents))}
    changed = {key: people for key, people in read.items() if there.get(key) != people}
    came, gone = Counter[Key](), Counter[Key]()
    for (unit, band), people in changed.items():
        more = people - there.get((unit, band), 0)
        (came if more > 0 else gone)[Key(provinces[unit], unit, f"{RESIDENTS}{band}")] += abs(more)
        connection.execute(delete(residents).where(residents.c.unit == unit, residents.c.band == band))
    if changed:
        entered = {"entered_by": by, "entered_at": instant_to_text(at)}
        connection.execute(
            insert(residents),
            [
                {"unit": unit, "band": band, "province": provinces[unit], "people": people, **entered}
                for (unit, band), people in changed.items()
            ],
        )
    count(connection, came=came, gone=gone, day=local_day(at).isoformat())
    return len(changed)
