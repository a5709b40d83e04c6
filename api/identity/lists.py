"""Lists for police: what a commune's station cannot settle by itself, in the three classes of letter 2262/BYT-CNTT."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update

from api.accounts.exports import Export, request_export, take_export
from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.identity.list_file import ListClass, ListHead, ListRow, write_list
from api.signing.enrolment import inherited_units
from api.states import RecordState
from api.store.records import StoredRecord, stored_record
from api.store.schema import records, units
from api.store.schema_identity import identity_list_rows, identity_lists
from api.store.schema_worklists import work_items
from api.store.transactions import Turn, writing
from certificates.records.model import instant_to_text
from certificates.records.verification import HOME, find_gaps

ROWS: Final = 200  # of one list
EXPORT: Final = "police-list"  # as `api.accounts.exports` counts it
ASKED: Final = frozenset(  # the register spoke about them, or knows nobody, or is said to be wrong
    {
        RecordState.MISMATCHED,
        RecordState.UNVERIFIABLE,
        RecordState.DECEASED,
        RecordState.MERGED,
        RecordState.REGISTER_DISPUTED,
    }
)
LISTED: Final = ASKED | {RecordState.INCOMPLETE, RecordState.MALFORMED_ID}
_LETTERS: Final = "BCDFGHJKMNPQRSTVWXZ"  # of a list's number: no words, and never a person's number
_ITEMS: Final = ("full_name", "date_of_birth", "sex", "id_number")
_FIELD_OF: Final = {"family_name": "full_name", "given_name": "full_name", "id_kind": "id_number"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MadeList:
    """A list that goes to police; ``file`` is its XLSX."""

    list_id: str
    unit: str
    file: bytes
    classes: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.classes.values())


def ask_list(centre: Centre, unit: str, *, staff: Staff) -> Export:
    """How many people the next list of a unit would name, as a request for an export.

    Raises CentreError ``role``, ``place``, ``list-empty``.
    """
    refuse_role(staff, "clerk")
    with centre.engine.connect() as connection:
        refuse_place(connection, staff, unit)
        persons = len(_next_rows(connection, unit, None))
    if not persons:
        raise CentreError("list-empty", "no record of this unit waits for police")
    return request_export(centre, staff, kind=EXPORT, unit=unit, persons=persons)


def make_list(
    engine: Engine,
    unit: str,
    *,
    staff: Staff,
    at: datetime,
    only: Collection[str] | None = None,
    export_id: str | None = None,
) -> MadeList:
    """The commune's list, oldest records first, `ROWS` at most. Who makes it vouches for the doses on it.

    On it is what the station gave to police (`api.worklists.attempts`). A record that is on a list already waits for
    that one to come back, or to be withdrawn.

    Args:
        unit: whose records; those that it inherited come along.
        only: these records and no others.
        export_id: what `ask_list` gave; None: for who works at the centre's own machine.

    Raises CentreError ``role``, ``place``, ``unit-unknown``, ``list-empty``, and those of `take_export`.
    """
    refuse_role(staff, "clerk")
    with writing(engine, Turn.ALONE) as connection:  # two lists at once would hold the same records
        refuse_place(connection, staff, unit)
        province = connection.execute(select(units.c.province).where(units.c.code == unit)).scalar_one_or_none()
        if province is None:
            raise CentreError("unit-unknown", "there is no such unit")
        rows = _next_rows(connection, unit, only)
        if not rows:
            raise CentreError("list-empty", "no record of this unit waits for police")
        if export_id is not None:
            take_export(connection, staff, export_id, kind=EXPORT, unit=unit, persons=len(rows), at=at)
        rows.sort(key=lambda row: list(ListClass).index(row.list_class))
        head = ListHead(
            list_id="".join(secrets.choice(_LETTERS) for _ in range(14)),
            unit=unit,
            made_at=instant_to_text(at),
            vouched_by=staff.account,
        )
        connection.execute(
            insert(identity_lists).values(
                list_id=head.list_id,
                province=province,
                unit=unit,
                state="out",
                rows=len(rows),
                made_at=head.made_at,
                vouched_by=staff.account,
                vouched_unit=staff.unit,
            )
        )
        connection.execute(
            insert(identity_list_rows),
            [
                {
                    "list_id": head.list_id,
                    "province": province,
                    "row_number": number,
                    "record_id": row.record_id,
                    "version": row.version,
                    "list_class": row.list_class.value,
                    "cells": row.digest,
                }
                for number, row in enumerate(rows, 3)
            ],
        )
        record_act(
            connection, at=at, actor=staff.actor, act="list-exported", subject=head.list_id, reason=f"rows {len(rows)}"
        )
    counts = Counter(row.list_class.value for row in rows)
    return MadeList(list_id=head.list_id, unit=unit, file=write_list(head, rows), classes=dict(counts))


def withdraw_list(engine: Engine, list_id: str, *, staff: Staff, why: str, at: datetime) -> None:
    """Give up a list that does not come back: its records may go onto another one.

    Raises CentreError ``role``, ``place``, ``list-unknown``, ``list-closed``.
    """
    refuse_role(staff, "clerk")
    with writing(engine) as connection:
        found = load_list(connection, list_id)
        refuse_place(connection, staff, found.unit)
        close_list(connection, list_id, "withdrawn", by=staff.actor, at=at)
        record_act(connection, at=at, actor=staff.actor, act="list-withdrawn", subject=list_id, reason=why)


def load_list(connection: Connection, list_id: str) -> Any:
    """The row of a list. Raises CentreError ``list-unknown``."""
    found = connection.execute(select(identity_lists).where(identity_lists.c.list_id == list_id)).one_or_none()
    if found is None:
        raise CentreError("list-unknown", "this service never made such a list")
    return found


def close_list(connection: Connection, list_id: str, state: str, *, by: str, at: datetime, **values: object) -> None:
    """Once, and once only. Raises CentreError ``list-closed``."""
    closed = connection.execute(
        update(identity_lists)
        .where(identity_lists.c.list_id == list_id, identity_lists.c.state == "out")
        .values(state=state, closed_at=instant_to_text(at), closed_by=by, **values)
    ).rowcount
    if closed != 1:
        raise CentreError("list-closed", "this list was taken in or withdrawn already")


def show_lists(engine: Engine, *, unit: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The newest lists: ids, units, who vouched, and what became of their rows. No personal data."""
    query = select(identity_lists).order_by(identity_lists.c.made_at.desc(), identity_lists.c.list_id).limit(limit)
    if unit is not None:
        query = query.where(identity_lists.c.unit == unit)
    with engine.connect() as connection:
        return [
            {
                "list": row.list_id,
                "unit": row.unit,
                "state": row.state,
                "rows": row.rows,
                "made_at": row.made_at,
                "vouched_by": row.vouched_by,
                "police": row.police_by,
                "police_unit": row.police_unit,
                "signed_at": row.signed_at,
                "closed_at": row.closed_at,
            }
            for row in connection.execute(query)
        ]


def show_lists_to(engine: Engine, unit: str, *, staff: Staff) -> list[dict[str, Any]]:
    """`show_lists` for a person. Raises CentreError ``place``."""
    with engine.connect() as connection:
        refuse_place(connection, staff, unit)
    return show_lists(engine, unit=unit)


def _next_rows(connection: Connection, unit: str, only: Collection[str] | None) -> list[ListRow]:
    return list(islice(_candidates(connection, unit, only), ROWS))


def _candidates(connection: Connection, unit: str, only: Collection[str] | None) -> Iterator[ListRow]:
    on_lists = (
        select(identity_list_rows.c.record_id)
        .join(
            identity_lists,
            (identity_lists.c.list_id == identity_list_rows.c.list_id)
            & (identity_lists.c.province == identity_list_rows.c.province),
        )
        .where(identity_lists.c.state == "out")
    )
    query = (
        select(records)
        .join(
            work_items,
            (work_items.c.record_id == records.c.record_id) & (work_items.c.province == records.c.province),
        )
        .where(
            work_items.c.unit.in_(inherited_units(connection, unit)),
            work_items.c.desk == "police",
            work_items.c.status == "open",
            records.c.state.in_([state.value for state in LISTED]),
            records.c.record_id.not_in(on_lists),
        )
        .order_by(work_items.c.since, records.c.record_id)
    )
    if only is not None:
        query = query.where(records.c.record_id.in_(only))
    for row in connection.execute(query):
        found = _list_row(stored_record(row))
        if found is not None:
            yield found


def _list_row(stored: StoredRecord) -> ListRow | None:
    """The row of a record, or None where police have nothing to say: of doses, and of foreigners."""
    person = stored.record.person
    if person.nationality != HOME:
        return None
    gaps = find_gaps(person)
    fields = [_FIELD_OF.get(gap.field, gap.field) for gap in gaps]
    if stored.state in ASKED:
        said = (stored.reason or "").partition(":")[2].split(",")
        fields += [field for field in said if field in _ITEMS]
        fields = fields or list(_ITEMS)
    elif not gaps:
        return None
    if not (person.id_number or "").strip():
        list_class = ListClass.NO_ID
    elif any(gap.code.startswith("citizen-id-") for gap in gaps):
        list_class = ListClass.ID_FORM
    else:
        list_class = ListClass.BASICS
    return ListRow(
        record_id=stored.record.record_id,
        version=stored.record.version,
        list_class=list_class,
        in_question=tuple(field for field in _ITEMS if field in fields),
        person=person,
    )
