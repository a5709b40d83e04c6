"""Correcting a record: a new version with a name and a reason, checked like a new entry."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from api.audit import record_act
from api.duplicates.finding import write_hints
from api.identity import outbox
from api.identity.opening import Target
from api.identity.proofs import Proof, keep_proof
from api.intake.cells import (
    read_birth_date,
    read_given_on,
    read_id_number,
    read_name,
    read_nationality,
    read_product,
    read_sex,
)
from api.intake.rows import CELL_LIMIT, person_key
from api.intake.texts import clean_cell
from api.intake.versions import check_open, next_state
from api.revocation.reasons import RevocationReason
from api.revocation.standing import reasons_in_force
from api.states import RecordState
from api.store.records import NewVersion, StoredRecord, load_record, write_versions
from api.store.schema import records
from api.store.transactions import Turn, writing
from certificates.errors import RecordError
from certificates.records.model import Dose, Person

PERSON_FIELDS: Final = (
    "full_name",
    "family_name",
    "given_name",
    "date_of_birth",
    "sex",
    "nationality",
    "id_number",
)
DOSE_FIELDS: Final = ("given_on", "product", "lot", "amount")


def correct(
    engine: Engine,
    record_id: str,
    changes: Mapping[str, str],
    *,
    by: str,
    why: str,
    at: datetime,
    proof: Proof | None = None,
    targets: Collection[Target] = (),
) -> StoredRecord:
    """`correct_in`, in a transaction of its own."""
    with writing(engine, Turn.CORRECTION) as connection:
        return correct_in(connection, record_id, changes, by=by, why=why, at=at, proof=proof, targets=targets)


def correct_in(
    connection: Connection,
    record_id: str,
    changes: Mapping[str, str],
    *,
    by: str,
    why: str,
    at: datetime,
    proof: Proof | None = None,
    settles: Collection[RecordState] = (),
    targets: Collection[Target] = (),
    seen: int | None = None,
) -> StoredRecord:
    """Write the next version of a record with some fields changed, and say where it stands now.

    Values are read like the cells of an import; an empty text removes what stood there. A person whose data changed is
    asked about anew; while they stay the same, the evidence goes over.

    Args:
        changes: ``full_name``, ``family_name``, ``given_name``, ``date_of_birth``, ``sex``, ``nationality``,
            ``id_number``, or ``dose.<number>.`` and ``given_on``, ``product``, ``lot``, ``amount``. The number after
            the last is a dose that was missing: day, product and lot are needed.
        by: the account that answers for the correction.
        why: the reason, for the log: never personal data.
        proof: what the correction rests on.
        settles: states that others must keep still in, and that this correction ends.
        targets: who is told of a correction that needs no new word about the person.
        seen: the version that the person who corrects has looked at; None: whichever is the newest.

    The transaction is of `Turn.CORRECTION`; what is raised is raised before anything is written.

    Raises RecordError: ``record-unknown``, ``version-moved`` (``seen`` is not the newest), ``correction-field``,
    ``correction-empty`` (nothing changes), ``correction-dose``, ``correction-same-person`` (another record has this
    person already), ``record-in-signing``, ``record-disputed``, and those of the cells (``date-form`` ...).
    """
    stored = load_record(connection, record_id, lock=True)
    if stored is None:
        raise RecordError("record-unknown", "there is no record of this number")
    if seen not in (None, stored.record.version):
        raise RecordError("version-moved", "the record was changed after it was looked at")
    if stored.state not in settles and not _may_return(connection, stored):
        check_open(stored)
    person, doses = _changed(stored, changes, by=by)
    if person == stored.record.person and doses == stored.record.doses:
        raise RecordError("correction-empty", "nothing would change")
    key = person_key(person, doses[0])
    other = connection.execute(
        select(records.c.record_id).where(records.c.person_key == key, records.c.record_id != record_id)
    ).first()
    if other is not None:
        raise RecordError("correction-same-person", f"record {other.record_id} is this person already")
    record = replace(stored.record, version=stored.record.version + 1, person=person, doses=doses)
    state, reason, evidence = next_state(connection, stored, record, at=at)
    version = NewVersion(
        record=record, state=state, reason=reason, person_key=key, province=stored.province, evidence=evidence
    )
    write_versions(connection, [version], by=by, why=why, at=at)
    write_hints(connection, [version], origin="correction")  # the person is found by the right name from now on
    if proof is not None:
        keep_proof(connection, record, proof, province=stored.province, by=by, at=at)
    record_act(connection, at=at, actor=by, act="record-corrected", subject=record_id, reason=why)
    moved = StoredRecord(record=record, state=state, reason=reason, person_key=key, province=stored.province)
    if evidence is not None and state is RecordState.READY:
        outbox.put(connection, [moved], targets, basis=outbox.basis_of(evidence), at=at)
    return moved


def _may_return(connection: Connection, stored: StoredRecord) -> bool:
    """Whether a revoked record may get a next version, and with it a new certificate code: never after fraud."""
    if stored.state is not RecordState.REVOKED:
        return False
    record_id = stored.record.record_id
    return RevocationReason.FRAUD not in reasons_in_force(connection, [record_id]).get(record_id, ())


def _changed(stored: StoredRecord, changes: Mapping[str, str], *, by: str) -> tuple[Person, tuple[Dose, ...]]:
    for name, text in changes.items():
        if len(text) > CELL_LIMIT:
            raise RecordError("cell-too-long", fields=(name,))
    texts = {name: clean_cell(text, None, []) for name, text in changes.items()}
    person, doses = stored.record.person, {str(dose.number): dose for dose in stored.record.doses}
    of_person = {name: text for name, text in texts.items() if name in PERSON_FIELDS}
    following = str(len(doses) + 1)
    if f"dose.{following}.given_on" in texts:
        doses[following] = _new_dose(stored, int(following), texts, by=by)
    for name, text in texts.items():
        if name in of_person:
            continue
        head, _, rest = name.partition(".")
        number, _, field = rest.partition(".")
        if head != "dose" or field not in DOSE_FIELDS or number not in doses:
            raise RecordError("correction-field", "no such field or dose", fields=(name,))
        doses[number] = replace(doses[number], **_dose_value(field, text))
    return _changed_person(person, of_person), tuple(doses[number] for number in sorted(doses))


def _new_dose(stored: StoredRecord, number: int, texts: Mapping[str, str], *, by: str) -> Dose:
    """A dose that was missing. The unit that answers for the record answers for it, and who writes it down entered it.

    Raises RecordError ``correction-dose``.
    """
    given = {field: texts.get(f"dose.{number}.{field}", "") for field in DOSE_FIELDS}
    if not (given["product"] and given["lot"]):
        raise RecordError("correction-dose", "a missing dose needs given_on, product and lot")
    values: dict[str, Any] = {}
    for field, text in given.items():
        values |= _dose_value(field, text)
    return Dose(number=number, unit=stored.record.unit, entered_by=by, **values)


def _dose_value(field: str, text: str) -> dict[str, Any]:
    if field == "given_on":
        return {field: read_given_on(text, [])}
    if field == "product":
        return {field: read_product(text, "")}
    return {field: text}


def _changed_person(person: Person, texts: Mapping[str, str]) -> Person:
    nationality = read_nationality(texts["nationality"]) if "nationality" in texts else person.nationality
    number = texts.get("id_number", person.id_number or "")
    id_kind, id_number = read_id_number(number, nationality, was_number=False, notes=[])
    values: dict[str, Any] = {"nationality": nationality, "id_kind": id_kind, "id_number": id_number}
    if "full_name" in texts:
        # Two separate fields that said the old name would overrule the new one.
        values |= {"full_name": read_name(texts["full_name"]), "family_name": None, "given_name": None}
    for part in ("family_name", "given_name"):
        if part in texts:
            values[part] = texts[part] or None
    if "full_name" not in texts and ("family_name" in texts or "given_name" in texts):
        family = values.get("family_name", person.family_name)
        given = values.get("given_name", person.given_name)
        values["full_name"] = read_name(" ".join(part for part in (family, given) if part))
    if "date_of_birth" in texts:
        values["date_of_birth"] = read_birth_date(texts["date_of_birth"], [])
    if "sex" in texts:
        values["sex"] = read_sex(texts["sex"])
    return replace(person, **values)
