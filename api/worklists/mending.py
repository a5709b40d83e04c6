"""Mending a record: a correction that rests on something, after which the register is asked again; or a finding that
ends the work without a certificate."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.identity.corrections import correct_in
from api.identity.matching import match_one
from api.identity.opening import targets_of
from api.identity.proofs import Proof
from api.identity.register import Register
from api.states import RecordState, WorkClass
from api.store.moves import close_item
from api.store.records import StoredRecord, load_record
from api.store.transactions import Turn, writing
from api.worklists.attempts import back_to_station, touch
from api.worklists.steps import StepKind, add_step, take_work
from certificates.errors import CertificateError


class CorrectionReason(StrEnum):
    TYPED_WRONG = "typed-wrong"
    WAS_MISSING = "was-missing"
    ANOTHERS_DATA = "anothers-data"  # somebody else's data stood here
    CHANGED_BY_LAW = "changed-by-law"  # name, sex, number
    REGISTER_RIGHT = "register-right"  # the person agrees with the register


class Finding(StrEnum):
    DECEASED = "deceased-confirmed"
    DUPLICATE = "duplicate-confirmed"  # the number was merged; the person has another record
    NOBODY = "no-such-person"  # goes to the units above: somebody entered a dose of nobody


_FITS: Final[Mapping[Finding, frozenset[WorkClass]]] = {
    Finding.DECEASED: frozenset({WorkClass.DECEASED}),
    Finding.DUPLICATE: frozenset({WorkClass.MERGED}),
    Finding.NOBODY: frozenset({WorkClass.UNVERIFIABLE, WorkClass.REGISTER_DISPUTED}),
}


def mend(
    centre: Centre,
    staff: Staff,
    record_id: str,
    changes: Mapping[str, str],
    *,
    reason: CorrectionReason,
    proof: Proof,
    register: Register | None = None,
) -> StoredRecord:
    """Correct a record of one's list. Where a register is given it is asked about this person at once; otherwise, or
    where it gives no answer, the record waits for the next match.

    Errors: `take_work` and `api.identity.corrections.correct_in`.
    """
    now, targets = centre.clock(), targets_of(centre.settings)
    with writing(centre.engine, Turn.CORRECTION) as connection:
        work = take_work(connection, staff, record_id)
        if work.standing.state == RecordState.REGISTER_DISPUTED:
            back_to_station(connection, work, at=now)  # police found who is right: it is disputed no more
        else:
            touch(connection, work, at=now)
        stored = correct_in(
            connection, record_id, changes, by=staff.account, why=reason.value, at=now, proof=proof, targets=targets
        )
        add_step(
            connection,
            work.standing,
            kind=StepKind.CORRECTED,
            code=proof.kind.value,
            value=str(stored.record.version),
            account=staff.account,
            unit=staff.unit,
            at=now,
        )
    if register is None or stored.state is not RecordState.AWAITING_MATCH or stored.reason is not None:
        return stored
    try:
        match_one(centre.engine, register, stored, at=now, by=staff.account, targets=targets)
    except (CertificateError, CentreError):
        return stored  # it awaits the next match
    with centre.engine.connect() as connection:
        found = load_record(connection, record_id)
    return found or stored


def settle(centre: Centre, staff: Staff, record_id: str, *, finding: Finding) -> None:
    """Police end the work on a record that gets no certificate. Every such closing is checked again above.

    Raises CentreError ``work-finding`` (the finding does not fit what the register says), and those of `take_work`.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        work = take_work(connection, staff, record_id, desk="police")
        if work.item.work_class not in _FITS[finding]:
            raise CentreError("work-finding", f"{finding} does not fit {work.item.work_class}", fields=("finding",))
        close_item(connection, work.standing, work.item, kind="settled", by=staff.account, at=now)
        add_step(
            connection,
            work.standing,
            kind=StepKind.SETTLED,
            code=finding.value,
            account=staff.account,
            unit=staff.unit,
            at=now,
        )
