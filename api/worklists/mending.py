"""Mending a record: a correction that rests on something, after which the register is asked again; or a finding that
ends the work without a certificate."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.identity.corrections import correct_in
from api.identity.matching import match_one
from api.identity.opening import open_register, targets_of
from api.identity.proofs import Proof
from api.states import RecordState, WorkClass
from api.store.moves import Desk, close_item
from api.store.records import StoredRecord, load_record
from api.store.transactions import Turn, writing
from api.worklists.attempts import touch
from api.worklists.steps import StepKind, add_step, take_work
from certificates.errors import CertificateError, RecordError


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


_TOLD: Final = frozenset(
    {
        "correction-field",
        "correction-dose",
        "correction-empty",
        "correction-same-person",
        "record-in-signing",
        "record-disputed",
        "version-moved",
    }
)
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
    desk: Desk | None = None,
    seen: int | None = None,
) -> StoredRecord:
    """Correct a record of one's list. Where the settings name a register it is asked about this person at once;
    otherwise, or where it gives no answer, the record waits for the next match.

    Args:
        seen: the version that the person has looked at: what somebody else changed since is not written over.

    Raises CentreError ``version-moved``, ``correction-value`` (a value cannot be read), ``correction-field``,
    ``correction-empty``, ``correction-same-person``, ``record-in-signing``, ``record-disputed``, and those of
    `take_work`.
    """
    now, targets = centre.clock(), targets_of(centre.settings)
    with _refusals(), writing(centre.engine, Turn.CORRECTION) as connection:
        work = take_work(connection, staff, record_id, desk=desk)
        touch(connection, work, at=now)
        stored = correct_in(
            connection,
            record_id,
            changes,
            by=staff.actor,
            why=reason.value,
            at=now,
            proof=proof,
            settles=(RecordState.REGISTER_DISPUTED,),  # it is on the list of the police: only they get here
            targets=targets,
            seen=seen,
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
    if stored.state is not RecordState.AWAITING_MATCH or centre.settings.register_address is None:
        return stored
    try:
        register = open_register(centre.settings, centre.engine, centre.clock)
        match_one(centre.engine, register, stored, targets=targets, at=now, by=staff.actor)
    except (CertificateError, CentreError):
        return stored  # it awaits the next match
    with centre.engine.connect() as connection:
        found = load_record(connection, record_id)
    return found or stored


@contextmanager
def _refusals() -> Iterator[None]:
    """What a row of a file is refused for, a correction is, too; here a person is told."""
    try:
        yield
    except RecordError as error:
        code = error.code if error.code in _TOLD else "correction-value"
        raise CentreError(code, error.detail, fields=tuple(error.fields)) from error


def settle(centre: Centre, staff: Staff, record_id: str, *, finding: Finding) -> None:
    """Police end the work on a record that gets no certificate. Every such closing is checked again above.

    Raises CentreError ``work-finding`` (the finding does not fit what the register says), and those of `take_work`.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        work = take_work(connection, staff, record_id, desk="police")
        if work.item.work_class not in _FITS[finding]:
            raise CentreError("work-finding", f"{finding} does not fit {work.item.work_class}", fields=("finding",))
        close_item(connection, work.standing, work.item, kind="settled", by=staff.actor, at=now)
        add_step(
            connection,
            work.standing,
            kind=StepKind.SETTLED,
            code=finding.value,
            account=staff.account,
            unit=staff.unit,
            at=now,
        )
