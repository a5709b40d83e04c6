"""Whose next dose is due, by hamlet: a list of one unit for its team. It leaves the centre by the rules of exports."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select

from api.accounts.exports import request_export, take_export
from api.accounts.staff import Role, Staff, refuse_place, refuse_role
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.signing.enrolment import inherited_units
from api.states import RecordState
from api.store.coverage import next_dose
from api.store.schema import records
from api.store.schema_intake import recoveries
from api.store.schema_oversight import record_hamlets
from api.store.transactions import Turn, writing
from api.worklists.listing import initials
from certificates.records.model import VaccinationRecord

READERS: Final[tuple[Role, ...]] = ("clerk", "overseer", "ministry")
KIND: Final = "due-list"
MOST: Final = 60_000  # records of a unit that a list is made of
_AT_ONCE: Final = 500
_NOBODYS: Final = (RecordState.JOINED.value, RecordState.DECEASED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``name`` is whole for a clerk, who calls people; for those above it is initials."""

    record_id: str
    name: str = field(repr=False)
    birth_year: str = field(repr=False)
    dose: int
    due_on: date
    recovered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DueList:
    """Where ``hamlets`` is None, the export waits for a second person. An unknown hamlet is empty, and stands last."""

    export_id: str
    hamlets: Mapping[str, tuple[Person, ...]] | None


def ask_due_list(centre: Centre, staff: Staff, *, unit: str, until: date) -> DueList:
    """The list of a unit (and of those whose work it inherited), of doses due on this day or before. As many rows as
    one person may take alone come at once; for more a second person must agree, then `take_due_list` gives them.

    Raises CentreError ``role``, ``place``, ``due-wide`` (too many records: ask for one unit's).
    """
    refuse_role(staff, *READERS)
    with centre.engine.connect() as connection:
        refuse_place(connection, staff, unit)
        persons = sum(1 for _ in _due(connection, unit, until))
    export = request_export(centre, staff, kind=KIND, unit=unit, persons=persons, what=until.isoformat())
    if export.state == "waiting":
        return DueList(export_id=export.export_id, hamlets=None)
    return take_due_list(centre, staff, export.export_id, unit=unit, until=until)


def take_due_list(centre: Centre, staff: Staff, export_id: str, *, unit: str, until: date) -> DueList:
    """The list that was asked for. Raises CentreError as `api.accounts.exports.take_export`."""
    refuse_role(staff, *READERS)
    with writing(centre.engine) as connection:
        found = list(_due(connection, unit, until))
        take_export(
            connection,
            staff,
            export_id,
            kind=KIND,
            unit=unit,
            persons=len(found),
            at=centre.clock(),
            what=until.isoformat(),
        )
        hamlets = _by_hamlet(connection, found, whole="clerk" in staff.roles)
    return DueList(export_id=export_id, hamlets=hamlets)


def import_hamlets(engine: Engine, path: Path, *, by: str, at: datetime) -> tuple[int, int]:
    """Take in where people live: a CSV (UTF-8) with ``record`` and ``hamlet``. Returns how many are known now, and how
    many rows name no record or no hamlet.

    Raises CentreError ``hamlets-form``: it is no such CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                {name: (value or "").strip() for name, value in row.items() if name} for row in csv.DictReader(file)
            ]
    except (UnicodeDecodeError, csv.Error, AttributeError) as error:
        raise CentreError("hamlets-form", "not a CSV in UTF-8") from error
    if rows and not {"record", "hamlet"} <= rows[0].keys():
        raise CentreError("hamlets-form", "the file lacks: record, hamlet", fields=("record", "hamlet"))
    named = {row["record"]: row["hamlet"] for row in rows if row.get("record") and 0 < len(row["hamlet"]) <= 100}
    known = 0
    with writing(engine, Turn.ALONE) as connection:
        for some in _some(sorted(named)):
            there = select(records.c.record_id, records.c.province).where(records.c.record_id.in_(some))
            found = connection.execute(there).all()
            connection.execute(delete(record_hamlets).where(record_hamlets.c.record_id.in_(some)))
            if found:
                values = [
                    {"record_id": row.record_id, "province": row.province, "hamlet": named[row.record_id]}
                    for row in found
                ]
                connection.execute(insert(record_hamlets), values)
            known += len(found)
        told = f"{known} records"
        record_act(connection, at=at, actor=by, act="import-hamlets", subject=path.name[:100], reason=told)
    return known, len(rows) - known


def _due(connection: Connection, unit: str, until: date) -> Iterator[tuple[VaccinationRecord, str, int, date]]:
    """Record, key of its person, number of the dose and its day; those who had the disease since as well."""
    mine = records.c.unit.in_(inherited_units(connection, unit))
    if connection.execute(select(func.count()).select_from(records).where(mine)).scalar_one() > MOST:
        raise CentreError("due-wide", f"more than {MOST} records: ask for one unit's")
    query = select(records.c.document, records.c.person_key).where(mine, records.c.state.not_in(_NOBODYS))
    for row in connection.execute(query):
        record = VaccinationRecord.from_dict(json.loads(row.document))
        due = next_dose(record)
        if due is not None and due[1] <= until:
            yield record, row.person_key, *due


def _by_hamlet(
    connection: Connection, found: Sequence[tuple[VaccinationRecord, str, int, date]], *, whole: bool
) -> dict[str, tuple[Person, ...]]:
    hamlets: dict[str, str] = {}
    positive: dict[str, list[date]] = {}
    for some in _some([record.record_id for record, *_ in found]):
        query = select(record_hamlets.c.record_id, record_hamlets.c.hamlet)
        hamlets |= dict(map(tuple, connection.execute(query.where(record_hamlets.c.record_id.in_(some)))))
    for some in _some([key for _, key, *_ in found]):
        query = select(recoveries.c.person_key, recoveries.c.positive_on).where(recoveries.c.person_key.in_(some))
        for row in connection.execute(query):
            positive.setdefault(row.person_key, []).append(date.fromisoformat(row.positive_on))
    listed: dict[str, list[Person]] = {}
    for record, key, dose, due_on in found:
        later = next_dose(record, recovered=positive.get(key, ()))
        person = record.person
        listed.setdefault(hamlets.get(record.record_id, ""), []).append(
            Person(
                record_id=record.record_id,
                name=person.full_name if whole else initials(person.full_name),
                birth_year=f"{person.date_of_birth.year}" if person.date_of_birth is not None else "",
                dose=dose,
                due_on=later[1] if later is not None else due_on,
                recovered=later is not None and later[1] > due_on,
            )
        )
    order = sorted(listed, key=lambda name: (name == "", name.casefold()))
    return {name: tuple(sorted(listed[name], key=lambda one: (one.due_on, one.record_id))) for name in order}


def _some(many: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(many), _AT_ONCE):
        yield many[begin : begin + _AT_ONCE]
