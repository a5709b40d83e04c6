"""Records in the database: the newest version in ``records``, every version in ``record_versions``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, select, tuple_, update

from api.states import RecordState
from api.store.bulk import insert_rows
from api.store.doses import note_given
from api.store.locks import lock_records
from api.store.moves import Move, Standing, move, note, read_standings
from api.store.schema import evidence as evidence_table
from api.store.schema import record_versions, records
from certificates.records.model import Evidence, VaccinationRecord, digest_of, evidence_from_dict, instant_to_text

_OF_VERSIONS: Final = ("record_id", "version", "province", "document", "digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record with what the database knows besides: where it stands, and the key its doses are joined by."""

    record: VaccinationRecord
    state: RecordState
    reason: str | None
    person_key: str
    province: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version that shall be written: the first of a new record, or the next of one that is there."""

    record: VaccinationRecord
    state: RecordState
    reason: str | None
    person_key: str
    province: str
    evidence: Evidence | None = None


def load_record(connection: Connection, record_id: str, *, lock: bool = False) -> StoredRecord | None:
    """The newest version of a record, or None. ``lock``: nobody else changes it until this transaction ends."""
    if lock:
        lock_records(connection, [record_id])
    row = connection.execute(select(records).where(records.c.record_id == record_id)).one_or_none()
    return None if row is None else stored_record(row)


def load_evidence(connection: Connection, record_id: str, version: int) -> Evidence | None:
    """The proof of identity that was stored with this version, or None."""
    document = connection.execute(
        select(evidence_table.c.document).where(
            evidence_table.c.record_id == record_id, evidence_table.c.version == version
        )
    ).scalar_one_or_none()
    return None if document is None else evidence_from_dict(json.loads(document))


def stored_record(row: Row[Any]) -> StoredRecord:
    """Read a whole row of ``records``."""
    return StoredRecord(
        record=VaccinationRecord.from_dict(orjson.loads(row.document)),
        state=RecordState(row.state),
        reason=row.reason,
        person_key=row.person_key,
        province=row.province,
    )


def write_versions(connection: Connection, versions: Sequence[NewVersion], *, by: str, why: str, at: datetime) -> None:
    """Write first or next versions, in bulk. The caller's transaction made sure that each version follows the last."""
    if not versions:
        return
    made_at = instant_to_text(at)
    rows: list[dict[str, Any]] = []
    for version in versions:
        record = version.record
        document = record.to_dict()
        rows.append(
            {
                "record_id": record.record_id,
                "version": record.version,
                "province": version.province,
                "unit": record.unit,
                "state": version.state.value,
                "reason": version.reason,
                "person_key": version.person_key,
                "document": document_text(document),
                "digest": digest_of(document),
                "entered_at": made_at,
                "updated_at": made_at,
            }
        )
    first = [row for row in rows if row["version"] == 1]
    later = [row for row in rows if row["version"] > 1]
    note_given(connection, [(version.record, version.province) for version in versions], at=at)
    before = read_standings(connection, [row["record_id"] for row in later]) if later else {}
    if first:
        insert_rows(connection, records, list(first[0]), [list(row.values()) for row in first])
    for row in later:
        changed = {name: value for name, value in row.items() if name != "entered_at"}
        connection.execute(update(records).where(records.c.record_id == row["record_id"]).values(changed))
    insert_rows(
        connection,
        record_versions,
        (*_OF_VERSIONS, "made_by", "why", "made_at"),
        [(*(row[name] for name in _OF_VERSIONS), by, why, made_at) for row in rows],
    )
    steps = [(before.get(row["record_id"]), Standing._make(map(row.__getitem__, Standing._fields))) for row in rows]
    note(connection, steps, at=at, by=by)
    for version in versions:
        if version.evidence is not None:
            write_evidence(connection, version.record, version.evidence, province=version.province, at=at)


def write_evidence(
    connection: Connection, record: VaccinationRecord, evidence: Evidence, *, province: str, at: datetime
) -> None:
    """Store the proof of identity of this version; a later answer takes the place of an earlier one."""
    write_evidences(connection, [(record, evidence, province)], at=at)


def write_evidences(
    connection: Connection, proofs: Sequence[tuple[VaccinationRecord, Evidence, str]], *, at: datetime
) -> None:
    """`write_evidence` of many records, each with its province."""
    if not proofs:
        return
    keys = [(record.record_id, record.version) for record, _, _ in proofs]
    connection.execute(
        evidence_table.delete().where(tuple_(evidence_table.c.record_id, evidence_table.c.version).in_(keys))
    )
    made_at = instant_to_text(at)
    insert_rows(
        connection,
        evidence_table,
        ("record_id", "version", "province", "document", "made_at"),
        [
            (record.record_id, record.version, province, document_text(evidence.to_dict()), made_at)
            for record, evidence, province in proofs
        ],
    )


def move_record(
    connection: Connection, stored: StoredRecord, state: RecordState, reason: str | None, *, at: datetime
) -> bool:
    """Set the state, if the record still stands where it was read; False when somebody else was quicker."""
    record = stored.record
    there = Move(
        record_id=record.record_id,
        version=record.version,
        only_from=stored.state.value,
        state=state.value,
        reason=reason,
    )
    return bool(move(connection, [there], at=at))


def document_text(document: Mapping[str, Any]) -> str:
    """The JSON text of a record, or of its evidence, as it is kept: of what its `to_dict` gave."""
    return orjson.dumps(document).decode()
