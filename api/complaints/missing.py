"""What a complaint says is missing, and the unit that vaccinated finds in its book or on the slip: the record, or a
dose more of it, comes into being with the decision. It is read and joined like rows of an import, and goes their road.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from api.accounts.staff import Staff
from api.audit import record_act
from api.complaints.cases import Case, note_event
from api.complaints.disputes import restore
from api.complaints.events import Event
from api.complaints.kinds import ComplaintKind
from api.complaints.opening import tie
from api.errors import CentreError
from api.identity.corrections import DOSE_FIELDS, PERSON_FIELDS
from api.identity.proofs import Proof, ProofKind, keep_proof
from api.intake.columns import Column
from api.intake.faults import RowError
from api.intake.joining import Entry, Tally, join_people, read_holders
from api.intake.rows import ReadRow, read_row
from api.intake.units import UnitBook
from api.platform.doses import FIELDS, HEADER
from api.revocation.endings import schedule_endings
from api.revocation.reasons import RevocationReason
from api.store.records import StoredRecord, load_record

OF_MISSING: Final = frozenset({ComplaintKind.DATES_MISSING, ComplaintKind.NOTHING_FOUND})
PROOFS: Final = (ProofKind.STATION_BOOK, ProofKind.SLIP)  # what a dose is proven by
MOST: Final = 10  # doses
UNIT: Final = "unit"
_DOSE: Final = re.compile(rf"dose\.([1-9]\d?)\.({'|'.join(DOSE_FIELDS)})")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Missing:
    """What is to come into being: one person's doses of one unit. ``holder``: the record that has the person already.
    ``key``: by which the person is joined."""

    rows: Sequence[ReadRow]
    key: str
    units: UnitBook
    holder: StoredRecord | None


def read_missing(
    connection: Connection, case: Case, staff: Staff, changes: Mapping[str, str], proof: Proof | None
) -> Missing:
    """Read it; nothing is written.

    Args:
        changes: the person's fields as `api.identity.corrections.correct` takes them, but where the complaint is tied
            to the person's record; ``dose.<number>.given_on``, ``.product``, ``.lot`` and ``.amount`` of each dose; and
            ``unit``, the one that gave them: that of the complaint, or one below it. Without it the complaint's own.

    Raises CentreError ``complaint-proof``, ``complaint-unit``, ``complaint-correction`` (``fields``, with the fault of
    the row as its cause).
    """
    if proof is None or proof.kind not in PROOFS:
        raise CentreError("complaint-proof", f"one of: {', '.join(PROOFS)}", fields=("proof",))
    holder = None if case.record_id is None else load_record(connection, case.record_id)
    fields = PERSON_FIELDS if holder is None else ()
    doses: dict[int, dict[str, str]] = {}
    for name, text in changes.items():
        found = _DOSE.fullmatch(name)
        if found is not None:
            doses.setdefault(int(found[1]), {})[found[2]] = text
        elif name not in (*fields, UNIT):
            raise CentreError("complaint-correction", "no such field", fields=(name,))
    if not 0 < len(doses) <= MOST:
        raise CentreError("complaint-correction", "which dose was given when?", fields=("dose.1.given_on",))
    unit = changes.get(UNIT) or case.unit
    person = {name: changes.get(name, "") for name in fields}
    if holder is not None:
        person = {Column.FULL_NAME: holder.record.person.full_name}  # a row has one; who it is stands in the record
    rows = [_read(person | dose, number, unit, staff) for number, dose in sorted(doses.items())]
    key = rows[0].person_key
    if holder is not None:
        rows, key = [replace(row, person=holder.record.person) for row in rows], holder.person_key
    elif len({row.person_key for row in rows}) > 1:  # nothing tells that the doses are one person's
        raise CentreError(
            "complaint-correction", "a number or a date of birth is needed", fields=("date_of_birth", "id_number")
        )
    holder = holder or read_holders(connection, [key]).get(key)
    units = UnitBook.around(connection, {unit, *(dose.unit for dose in holder.record.doses)} if holder else {unit})
    if case.unit not in units.above(unit) or unit not in units:
        raise CentreError("complaint-unit", "not a unit that the complaint's unit answers for", fields=(UNIT,))
    return Missing(rows=rows, key=key, units=units, holder=holder)


def enter_missing(
    connection: Connection,
    case: Case,
    staff: Staff,
    missing: Missing,
    proof: Proof,
    *,
    ends_for: RevocationReason,
    at: datetime,
) -> tuple[Case, StoredRecord, int]:
    """Join it to the records, in a transaction of `Turn.CORRECTION`. Returns the complaint, tied to the record; the
    record with its new version; and how many older codes of it end: at once, but where they are merely superseded.

    Raises CentreError ``complaint-record-there`` (it has all of this already), ``complaint-in-signing``,
    ``complaint-correction``.
    """
    entries = [
        Entry(number=row.dose.number, person=row.person, dose=row.dose, notes=list(row.notes)) for row in missing.rows
    ]
    if case.record_id is not None:
        restore(connection, case.record_id, at=at)
    person = [(missing.key, entries)]
    who: dict[str, Any] = {"by": staff.actor, "at": at}
    why = f"complaint:{case.complaint_id}"
    join_people(connection, person, Tally(), units=missing.units, why=why, origin=case.complaint_id, **who)
    for entry in entries:
        if entry.error is not None:
            raise _refusal(entry.error, entry.dose.number) from entry.error
    if all(entry.outcome == "duplicate" for entry in entries):
        raise CentreError("complaint-record-there", "tie the complaint to the record that there is")
    record_id = entries[0].record_id
    stored = load_record(connection, record_id)
    assert stored is not None  # noqa: S101 - it was written just now
    keep_proof(connection, stored.record, proof, province=stored.province, **who)
    record_act(connection, at=at, actor=staff.actor, act="record-entered", subject=record_id, reason=why)
    if case.record_id is None:
        case = tie(connection, case, record_id, at=at)
        note_event(connection, case, Event.LINKED, actor=staff.actor, at=at)
    endings = schedule_endings(
        connection,
        record_id,
        before_version=stored.record.version,
        reason=ends_for,
        because=case.complaint_id,
        at_once=ends_for is not RevocationReason.SUPERSEDED,
        **who,
    )
    return case, stored, endings


def _read(texts: Mapping[str, str], number: int, unit: str, staff: Staff) -> ReadRow:
    document = {**texts, Column.DOSE_NUMBER: str(number), Column.UNIT: unit, Column.ENTERED_BY: staff.account}
    try:
        return read_row([document.get(field, "") for field in FIELDS], HEADER, {}, unit=None)
    except RowError as error:
        raise _refusal(error, number) from error


def _refusal(error: RowError, number: int) -> CentreError:
    if error.code == "record-in-signing":
        return CentreError("complaint-in-signing", error.detail, retry_after=3600)
    fields = [str(field) for field in error.fields]
    named = tuple(f"dose.{number}.{field}" if field in DOSE_FIELDS else field for field in fields)
    return CentreError("complaint-correction", error.code, fields=named)
