"""When a record may get a new version, and where that version stands."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.intake.columns import Column
from api.intake.faults import RowError
from api.states import RecordState
from api.store.records import StoredRecord, load_evidence
from certificates.errors import RecordError
from certificates.records.dates import local_day
from certificates.records.model import Evidence, VaccinationRecord
from certificates.records.verification import triage, verify

# While a token may be at work on it, a record keeps still: what is signed must be what is stored.
IN_SIGNING = frozenset({RecordState.LEASED, RecordState.CONFIRMED, RecordState.SIGNED})
SETTLED_FIRST = frozenset({RecordState.DISPUTED, RecordState.REVOKED, RecordState.REGISTER_DISPUTED})
CLOSED: Final = IN_SIGNING | SETTLED_FIRST | {RecordState.JOINED}  # no import and no correction changes it
# What the register said of this very person stays said: a further dose does not change it.
_SAID = frozenset({RecordState.MISMATCHED, RecordState.UNVERIFIABLE, RecordState.DECEASED, RecordState.MERGED})


def check_open(stored: StoredRecord) -> None:
    """Raises RowError ``record-in-signing``, ``record-disputed`` or ``record-joined``: it must not change now."""
    if stored.state in IN_SIGNING:
        raise RowError("record-in-signing", Column.ID_NUMBER)
    if stored.state in SETTLED_FIRST:
        raise RowError("record-disputed", Column.ID_NUMBER)
    if stored.state is RecordState.JOINED:
        raise RowError("record-joined", Column.ID_NUMBER)


def next_state(
    connection: Connection, stored: StoredRecord | None, record: VaccinationRecord, *, at: datetime
) -> tuple[RecordState, str | None, Evidence | None]:
    """State, reason and evidence of a version that is about to be written.

    Evidence is about a person: while the person's data stay the same to the letter, it goes over to the new version,
    and a record that was ready (or issued) is ready again, to be signed anew; the earlier passport stays as it is.
    """
    result = triage(record, today=local_day(at))
    state, reason = RecordState(result.state), result.reason
    if state is not RecordState.AWAITING_MATCH or stored is None:
        return state, reason, None
    if stored.record.person != record.person:
        return state, reason, None
    evidence = load_evidence(connection, record.record_id, stored.record.version)
    if evidence is not None:
        try:
            verify(record, evidence, today=local_day(at))
        except RecordError:
            evidence = None
        else:
            return RecordState.READY, None, evidence
    if stored.state in _SAID:
        return stored.state, stored.reason, None
    return state, reason, None
