"""A clerk or overseer says whether two are one: an act with a name and a reason, whichever it is."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, insert, or_, select, update

from api.accounts.reading import Purpose
from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import Act, record_act, record_acts
from api.context import Centre
from api.errors import CentreError
from api.intake.drafts import Draft, dose_identity
from api.intake.faults import RowError
from api.intake.units import UnitBook
from api.intake.versions import CLOSED, next_state
from api.states import RecordState
from api.store.coverage import count_coverage
from api.store.locks import lock_records
from api.store.records import NewVersion, StoredRecord, load_record, move_record, write_versions
from api.store.schema_intake import joined_people, possible_duplicates
from api.store.transactions import Turn, writing
from certificates.records.model import Dose, instant_to_text

Verdict = Literal["same", "different"]
WHY_LIMIT: Final = 200  # characters
PAGE: Final = 100


def list_open(centre: Centre, staff: Staff, *, limit: int = PAGE) -> tuple[dict[str, Any], ...]:
    """Undecided pairs of the person's part of the tree, oldest first: numbers, units and reasons, no personal data."""
    refuse_role(staff, "clerk", "overseer")
    units = UnitBook.load(centre.engine)
    scope = [code for code in units.provinces if staff.unit in units.above(code)]
    query = (
        select(possible_duplicates)
        .where(
            possible_duplicates.c.state == "open",
            or_(possible_duplicates.c.unit.in_(scope), possible_duplicates.c.other_unit.in_(scope)),
        )
        .order_by(possible_duplicates.c.found_at, possible_duplicates.c.duplicate_id)
        .limit(limit)
    )
    with centre.engine.connect() as connection:
        return tuple(_listed(row) for row in connection.execute(query))


def show(centre: Centre, staff: Staff, duplicate_id: str) -> dict[str, Any]:
    """Both sides of a pair, with personal data; the log says who looked.

    Raises CentreError ``role``, ``place``, ``duplicate-unknown``.
    """
    refuse_role(staff, "clerk", "overseer")
    with writing(centre.engine) as connection:
        row = _find(connection, duplicate_id)
        _refuse_places(connection, staff, row)
        sides = [load_record(connection, row.record_id)]
        if row.kind == "person":
            sides.append(load_record(connection, row.other))
        record_acts(
            connection,
            [
                Act(
                    actor=staff.actor,
                    act="read-record",
                    subject=side.record.record_id,
                    reason=Purpose.DUPLICATE.value,
                )
                for side in sides
                if side is not None
            ],
            at=centre.clock(),
        )
    shown = [side.record.to_dict() | {"state": side.state.value} for side in sides if side is not None]
    return _listed(row) | {"records": shown, "dose": json.loads(row.other) if row.kind == "dose" else None}


def decide(centre: Centre, staff: Staff, duplicate_id: str, verdict: Verdict, *, why: str) -> dict[str, Any]:
    """Say that a pair is one, or is not.

    People who are ``same``: the record with a valid number (of two the one that the register confirmed, of two alike
    the one named first) takes the doses of the other as a new version, which is checked anew; a dose that both
    stations entered stays as it stands there. The other one stands as ``joined``, and what comes in under its key
    belongs to the first from now on. Doses that are ``same``: one that stands in the record under a number of its own
    is taken out; one that was refused stays refused. Doses that are ``different``: one that was refused is added behind
    the others.

    Raises CentreError ``role``, ``place``, ``duplicate-unknown``, ``duplicate-decided``, ``reason-missing``,
    ``duplicate-conflict`` (what would be joined contradicts: correct it first), ``duplicate-busy`` (a record is being
    signed, disputed or revoked).
    """
    refuse_role(staff, "clerk", "overseer")
    _refuse_empty(why)
    now = centre.clock()
    with writing(centre.engine, Turn.CORRECTION) as connection:
        row = _find(connection, duplicate_id)
        _refuse_places(connection, staff, row)
        if row.state != "open":
            raise CentreError("duplicate-decided")
        units = UnitBook.load(centre.engine)
        if row.kind == "person" and verdict == "same":
            _join_people(connection, row, units, staff, now)
        elif row.kind == "dose":
            _settle_dose(connection, row, verdict, units, staff, now)
        connection.execute(
            update(possible_duplicates)
            .where(possible_duplicates.c.duplicate_id == duplicate_id)
            .values(state=verdict, decided_at=instant_to_text(now), decided_by=staff.actor, decided_why=why)
        )
        record_act(connection, at=now, actor=staff.actor, act=f"duplicate-{verdict}", subject=duplicate_id, reason=why)
    return _listed(row) | {"state": verdict}


def _join_people(connection: Connection, row: Row[Any], units: UnitBook, staff: Staff, now: datetime) -> None:
    one, other = _both(connection, row.record_id, row.other)
    if _weight(other) > _weight(one):
        one, other = other, one
    draft = Draft(one)
    try:
        for dose in other.record.doses:
            if not _entered_twice(draft.doses.get(dose.number), dose):
                draft.add(one.record.person, dose, [])
    except RowError as error:
        raise CentreError("duplicate-conflict", fields=tuple(str(field) for field in error.fields)) from None
    version = draft.finish(connection, one.person_key, units=units, at=now)
    if version is not None:
        write_versions(connection, [version], by=staff.actor, why="duplicate", at=now)
    move_record(connection, other, RecordState.JOINED, None, at=now)
    count_coverage(connection, before=[(other.record, other.province)], after=(), at=now)
    connection.execute(
        update(joined_people)
        .where(joined_people.c.record_id == other.record.record_id)
        .values(record_id=one.record.record_id)
    )
    connection.execute(
        insert(joined_people).values(
            person_key=other.person_key,
            province=one.province,
            record_id=one.record.record_id,
            joined_at=instant_to_text(now),
        )
    )
    record_acts(
        connection,
        [
            Act(actor=staff.actor, act="record-joined", subject=other.record.record_id, reason=one.record.record_id),
            Act(actor=staff.actor, act="record-extended", subject=one.record.record_id, reason=row.duplicate_id),
        ],
        at=now,
    )


def _weight(stored: StoredRecord) -> tuple[bool, bool]:
    """Which number is to be kept: what is no number of a person weighs least, what the register confirmed most."""
    return stored.record.person.id_kind is not None, stored.state is RecordState.READY


def _entered_twice(there: Dose | None, new: Dose) -> bool:
    """One dose that two stations entered: nobody got two of one number, vaccine and lot on one day."""
    if there is None or there.unit == new.unit:
        return False
    return dose_identity(there)[:-1] == dose_identity(new)[:-1]


def _settle_dose(
    connection: Connection, row: Row[Any], verdict: Verdict, units: UnitBook, staff: Staff, now: datetime
) -> None:
    (stored,) = _both(connection, row.record_id)
    new = Dose.from_dict(json.loads(row.other))
    doses = {dose.number: dose for dose in stored.record.doses}
    stands = doses.get(new.number) == new
    if stands == (verdict == "different"):
        return
    if verdict == "same":
        del doses[new.number]
    else:
        last = max(doses.values(), key=lambda dose: dose.number)
        if new.given_on <= max(dose.given_on for dose in doses.values()):
            raise CentreError("duplicate-conflict", fields=("given_on",))
        doses[last.number + 1] = replace(new, number=last.number + 1)
    whole = tuple(doses[number] for number in sorted(doses))
    unit = units.answering(max(whole, key=lambda dose: (dose.given_on, dose.number)).unit)
    record = replace(stored.record, version=stored.record.version + 1, doses=whole, unit=unit)
    state, reason, evidence = next_state(connection, stored, record, at=now)
    version = NewVersion(
        record=record,
        state=state,
        reason=reason,
        person_key=stored.person_key,
        province=stored.province,
        evidence=evidence,
    )
    write_versions(connection, [version], by=staff.actor, why="duplicate", at=now)
    record_act(
        connection,
        at=now,
        actor=staff.actor,
        act="record-corrected",
        subject=record.record_id,
        reason=f"possible duplicate {row.duplicate_id}",
    )


def _both(connection: Connection, *record_ids: str) -> tuple[StoredRecord, ...]:
    lock_records(connection, record_ids)
    found = [load_record(connection, record_id) for record_id in record_ids]
    whole = tuple(stored for stored in found if stored is not None)
    if any(stored.state in CLOSED for stored in whole) or len(whole) < len(record_ids):
        raise CentreError("duplicate-busy")
    return whole


def _find(connection: Connection, duplicate_id: str) -> Row[Any]:
    row = connection.execute(
        select(possible_duplicates).where(possible_duplicates.c.duplicate_id == duplicate_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise CentreError("duplicate-unknown")
    return row


def _refuse_places(connection: Connection, staff: Staff, row: Row[Any]) -> None:
    """Whoever joins across stations stands above both."""
    for unit in {row.unit, row.other_unit}:
        refuse_place(connection, staff, unit)


def _refuse_empty(reason: str) -> None:
    if not 1 <= len(reason.strip()) <= WHY_LIMIT:
        raise CentreError("reason-missing")


def _listed(row: Row[Any]) -> dict[str, Any]:
    return {
        "duplicate_id": row.duplicate_id,
        "kind": row.kind,
        "reason": row.reason,
        "record": row.record_id,
        "unit": row.unit,
        "other": row.other if row.kind == "person" else None,
        "other_unit": row.other_unit,
        "found_at": row.found_at,
        "state": row.state,
    }
