"""Foreigners: the register does not know them, so an establishment answers for their data by name."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine

from api.accounts.staff import Staff, refuse_place, refuse_role, working_unit
from api.audit import record_act
from api.identity import outbox
from api.identity.opening import Target
from api.states import RecordState
from api.store.records import load_record, move_record, write_evidence
from api.store.transactions import writing
from certificates.errors import RecordError
from certificates.records.dates import local_day
from certificates.records.model import Attestation
from certificates.records.verification import verify_with_attestation


def attest_as(
    engine: Engine, record_id: str, *, document: str, staff: Staff, at: datetime, targets: Collection[Target] = ()
) -> Attestation:
    """`attest` by a person who has logged in. Raises CentreError ``role``, ``place`` too."""
    refuse_role(staff, "clerk")
    with engine.connect() as connection:
        stored = load_record(connection, record_id)
        if stored is not None:
            refuse_place(connection, staff, stored.record.unit)
    return attest(engine, record_id, document=document, by=staff.account, unit=staff.unit, at=at, targets=targets)


def attest(
    engine: Engine,
    record_id: str,
    *,
    document: str,
    by: str,
    unit: str,
    at: datetime,
    targets: Collection[Target] = (),
) -> Attestation:
    """Attest a foreigner's record after its document was seen; the record becomes ``ready``.

    Args:
        document: what was seen: ``passport``.
        by: the account of the person who saw it.
        unit: that person's unit; it must be the one that answers for the record, or have inherited its work.
        targets: who is told of a person that was corrected before; the register does not know foreigners.

    Raises RecordError: ``record-unknown``, ``record-state`` (it waits for no attestation), and those of
    `certificates.records.verification.verify_with_attestation`.
    """
    with writing(engine) as connection:
        stored = load_record(connection, record_id, lock=True)
        if stored is None:
            raise RecordError("record-unknown", "there is no record of this number")
        if stored.state is not RecordState.AWAITING_MATCH:
            raise RecordError("record-state", f"the record is {stored.state.value}, it waits for no attestation")
        own = stored.record.unit
        attestation = Attestation(
            person_digest=stored.record.person.digest,
            document=document,
            attested_by=by,
            unit=own if unit == working_unit(connection, own) else unit,
            attested_at=at,
        )
        verify_with_attestation(stored.record, attestation, today=local_day(at))
        move_record(connection, stored, RecordState.READY, None, at=at)
        write_evidence(connection, stored.record, attestation, province=stored.province, at=at)
        told = [target for target in targets if target != "register"]
        outbox.put(connection, outbox.corrected(connection, [stored]), told, basis="attestation", at=at)
        record_act(connection, at=at, actor=f"{by}@{unit}", act="person-attested", subject=record_id, reason=document)
    return attestation
