"""The decision: confirmed, with what is put right in the record and what becomes of the old code; or refused for one of
the closed reasons.

Whom a complaint names does not decide it. Who entered the dose does not decide alone: the decision stands as a proposal
until somebody else decides. Who refused does not decide the appeal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.accounts.staff import Staff
from api.audit import record_act
from api.complaints.cases import Case, check_text, check_undecided, note_event
from api.complaints.disputes import hold_for_others, restore
from api.complaints.events import Event
from api.complaints.following import close_case
from api.complaints.kinds import DISPUTING, OF_RECORD, ComplaintKind, ComplaintState, Grave
from api.complaints.missing import OF_MISSING, Missing, enter_missing, read_missing
from api.complaints.refusals import Refusal, check_refusal
from api.complaints.scope import find_in_reach
from api.complaints.sealing import seal_document
from api.context import Centre
from api.duplicates.finding import compare_people
from api.errors import CentreError
from api.identity.corrections import correct_in
from api.identity.opening import targets_of
from api.identity.proofs import Proof, ProofKind
from api.revocation.endings import end_due_codes, schedule_endings
from api.revocation.reasons import RevocationReason
from api.store.records import load_record
from api.store.schema import record_versions
from api.store.transactions import Turn, again, writing
from certificates.errors import RecordError
from certificates.records.model import instant_to_text

_OF_DOSES: Final = OF_RECORD - {ComplaintKind.NO_CERTIFICATE}
_REASON_OF: Final[Mapping[Grave | None, RevocationReason]] = {
    None: RevocationReason.SUPERSEDED,
    Grave.WRONG_PERSON: RevocationReason.WRONG_PERSON,
    Grave.FRAUD: RevocationReason.FRAUD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided. ``proposed``: it waits for a second person.

    Attributes:
        version, record_state: of the corrected record; None where no version was made.
        endings: certificate codes that end, now or after the person was told.
        record_id: of the record that came into being, or got its missing dose, with the decision.
    """

    proposed: bool
    version: int | None = None
    record_state: str | None = None
    endings: int = 0
    record_id: str | None = None


@again
def confirm(
    centre: Centre,
    complaint_id: str,
    *,
    staff: Staff,
    note: str,
    changes: Mapping[str, str] | None = None,
    grave: Grave | None = None,
    seen: int | None = None,
    proof: Proof | None = None,
) -> Decision:
    """The citizen is right. The record gets its next version, is matched where the person changed, and goes the road to
    a new passport; the old code ends by the rule: 14 days after the person was told, or at once if grave.

    A complaint of kind 1 or 2 that is tied to no record brings the record into being; one of kind 3, confirmed with a
    proof, the dose that this unit gave, whosever record it is (`api.complaints.missing`).

    Args:
        note: what the citizen reads; kept sealed.
        changes: as `api.identity.corrections.correct` takes them; of what is missing, as `read_missing` takes it.
        proof: what the unit found the missing doses in: the slip, or the station's book.
        grave: the old passport was another person's, or sold. After fraud there is no correction and no new passport.
        seen: the version of the record that the changes were made to; None: whichever is the newest.

    Raises CentreError ``complaint-not-found``, ``complaint-decided``, ``complaint-named``, ``complaint-decided-before``
    (it is an appeal against this person's decision), ``complaint-record-missing`` (it is tied to no record),
    ``complaint-nothing-changed`` (the record is as wrong as it was), ``complaint-fraud`` (with changes),
    ``complaint-conduct`` (with changes, or grave),
    ``complaint-correction`` (a change is refused; ``fields`` name it), ``complaint-in-signing`` (come again),
    ``version-moved`` (the record is not as it was ``seen``), ``complaint-text``, ``complaint-proof`` (of nothing that
    is missing, or of the wrong kind), ``complaint-unit`` (that gave the dose), ``complaint-record-there``, ``role``.
    """
    now = centre.clock()
    changes = changes or {}
    with writing(centre.engine, Turn.CORRECTION) as connection:
        case = _decidable(connection, complaint_id, staff)
        text = check_text(note, "note")
        if case.kind == ComplaintKind.CONDUCT and (changes or grave):
            raise CentreError("complaint-conduct", "nothing is put right in a record", fields=("changes", "grave"))
        if grave is Grave.FRAUD and changes:
            raise CentreError("complaint-fraud", "after fraud a record is not corrected", fields=("changes",))
        missing = _missing(connection, case, staff, changes, proof)
        if _must_not_decide_alone(connection, case, staff, missing):
            _propose(connection, centre, case, staff, Event.CONFIRMED, text, now)
            return Decision(proposed=True)
        decision = Decision(proposed=False)
        if missing is not None and proof is not None:
            reason = _REASON_OF[grave]
            case, entered, endings = enter_missing(connection, case, staff, missing, proof, ends_for=reason, at=now)
            decision = Decision(
                proposed=False,
                version=entered.record.version,
                record_state=entered.state.value,
                endings=endings,
                record_id=case.record_id,
            )
        elif ComplaintKind(case.kind) in OF_RECORD:
            decision = _put_right(connection, centre, case, staff, changes, grave, now, seen)
        case = _close(connection, centre, case, staff, ComplaintState.CONFIRMED, Event.CONFIRMED, text, now)
    if missing is not None:
        compare_people(centre.engine, origin=complaint_id, at=now)
    if grave is not None:
        end_due_codes(centre, because=complaint_id)  # else the sweep does it
    return decision


@again
def refuse(centre: Centre, complaint_id: str, refusal: Refusal, *, staff: Staff, note: str = "") -> Decision:
    """Refuse it for one of the closed reasons; the citizen reads what would make it succeed, and may appeal once.

    Raises CentreError ``complaint-reason`` (not for this kind), and as `confirm`.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        case = _decidable(connection, complaint_id, staff)
        check_refusal(ComplaintKind(case.kind), refusal)
        text = check_text(note, "note", needed=False)
        if _must_not_decide_alone(connection, case, staff):
            _propose(connection, centre, case, staff, Event.REFUSED, text, now, detail=refusal.value)
            return Decision(proposed=True)
        if case.record_id is not None:
            restore(connection, case.record_id, at=now)
        state = ComplaintState.REFUSED
        _close(connection, centre, case, staff, state, Event.REFUSED, text, now, refusal=refusal.value)
    return Decision(proposed=False)


def _decidable(connection: Connection, complaint_id: str, staff: Staff) -> Case:
    case = find_in_reach(connection, staff, complaint_id, lock=True)
    check_undecided(case)
    if staff.account.lower() in (case.named_accounts or "").split():
        raise CentreError("complaint-named", "the complaint names this account")
    if case.appeals and case.decided_by and _account(case.decided_by) == staff.account.lower():
        raise CentreError("complaint-decided-before", "an appeal is decided by somebody else")
    return case


def _missing(
    connection: Connection, case: Case, staff: Staff, changes: Mapping[str, str], proof: Proof | None
) -> Missing | None:
    """What comes into being with the decision; None where the record is corrected, or tied to the complaint first."""
    kind, tied = ComplaintKind(case.kind), case.record_id is not None
    whole = kind in OF_MISSING and not tied and bool(changes or proof)
    if whole or (kind is ComplaintKind.DOSES_MISSING and tied and proof is not None):
        return read_missing(connection, case, staff, changes, proof)
    if proof is not None:
        raise CentreError("complaint-proof", "a correction is proven by the complaint itself", fields=("proof",))
    if kind in OF_RECORD and not tied:
        raise CentreError("complaint-record-missing", "tie it to the record first")
    return None


def _must_not_decide_alone(connection: Connection, case: Case, staff: Staff, missing: Missing | None = None) -> bool:
    """Whether this person entered a dose of the record, or wrote one of its versions; or took a complaint down at the
    counter from which a record comes into being."""
    if missing is not None and _account(case.received_by) == staff.account.lower():
        return True
    stored = None if case.record_id is None else load_record(connection, case.record_id)
    stored = stored if missing is None else missing.holder
    if stored is None or ComplaintKind(case.kind) not in _OF_DOSES:
        return False
    wrote = connection.execute(
        select(record_versions.c.made_by).where(record_versions.c.record_id == stored.record.record_id)
    ).scalars()
    entered = {dose.entered_by for dose in stored.record.doses}
    return staff.account.lower() in {_account(name) for name in (*wrote, *entered)}


def _account(actor: str) -> str:
    return actor.partition("@")[0].lower()


def _propose(
    connection: Connection,
    centre: Centre,
    case: Case,
    staff: Staff,
    event: Event,
    text: str,
    now: datetime,
    *,
    detail: str | None = None,
) -> None:
    sealed = seal_document(centre.secret, case.complaint_id, text)
    said = f"{event.value}, {detail}" if detail else event.value
    note_event(connection, case, Event.PROPOSED, actor=staff.actor, at=now, detail=said, sealed=sealed)
    record_act(connection, at=now, actor=staff.actor, act="complaint-proposed", subject=case.complaint_id, reason=said)


def _put_right(
    connection: Connection,
    centre: Centre,
    case: Case,
    staff: Staff,
    changes: Mapping[str, str],
    grave: Grave | None,
    now: datetime,
    seen: int | None,
) -> Decision:
    """The next version, and the end of the codes before it."""
    restore(connection, case.record_id, at=now)
    if changes:
        try:
            correct_in(
                connection,
                case.record_id,
                changes,
                by=staff.actor,
                why=f"complaint:{case.complaint_id}",
                at=now,
                proof=Proof(kind=ProofKind.COMPLAINT, reference=case.complaint_id),
                targets=targets_of(centre.settings),
                seen=seen,
            )
        except RecordError as error:
            if error.code == "version-moved":
                raise CentreError(error.code, error.detail) from error
            if error.code == "record-in-signing":
                raise CentreError("complaint-in-signing", error.detail, retry_after=3600) from error
            raise CentreError("complaint-correction", error.code, fields=error.fields or ("changes",)) from error
    stored = load_record(connection, case.record_id)
    assert stored is not None  # noqa: S101 - the complaint is tied to it
    version = stored.record.version
    if ComplaintKind(case.kind) in DISPUTING and grave is None and version == case.record_version:
        raise CentreError("complaint-nothing-changed", "say what is put right", fields=("changes",))
    corrected = version > case.record_version
    if not corrected and grave is None:
        return Decision(proposed=False)
    endings = schedule_endings(
        connection,
        case.record_id,
        before_version=version if corrected else version + 1,  # what is grave ends though nothing takes its place
        reason=_REASON_OF[grave],
        because=case.complaint_id,
        by=staff.actor,
        at=now,
        at_once=grave is not None,
    )
    return Decision(
        proposed=False,
        version=version if corrected else None,
        record_state=stored.state.value,
        endings=endings,
    )


def _close(
    connection: Connection,
    centre: Centre,
    case: Case,
    staff: Staff,
    state: ComplaintState,
    event: Event,
    text: str,
    now: datetime,
    *,
    refusal: str | None = None,
) -> Case:
    sealed = seal_document(centre.secret, case.complaint_id, text) if text else None
    note_event(connection, case, event, actor=staff.actor, at=now, detail=refusal, sealed=sealed)
    case = close_case(
        connection,
        case,
        state,
        at=now,
        decided_at=instant_to_text(now),
        decided_by=staff.actor,
        decided_unit=case.unit,
        refusal=refusal,
        told_at=None,
    )
    if case.record_id is not None:
        hold_for_others(connection, case.record_id, besides=case.complaint_id, at=now)
    act = f"complaint-{event.value}"
    record_act(connection, at=now, actor=staff.actor, act=act, subject=case.complaint_id, reason=refusal or "")
    return case
