"""Asking the population register about records, in batches, and writing down what it said."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, func, select

from api.audit import record_act
from api.identity.register import Register
from api.states import RecordState
from api.store.locks import lock_free
from api.store.records import StoredRecord, move_record, stored_record, write_evidence
from api.store.schema import records
from api.store.transactions import writing
from certificates.errors import RecordError
from certificates.records.dates import local_day
from certificates.records.model import RegisterAnswer
from certificates.records.verification import verify_with_register

BATCH: Final = 200  # persons a question
HOME: Final = "VN"  # the register knows citizens; foreigners are attested
FIRST_ASKED: Final = (RecordState.AWAITING_MATCH, RecordState.UNVERIFIABLE)
ASKED_AGAIN: Final = (*FIRST_ASKED, RecordState.MISMATCHED, RecordState.DECEASED, RecordState.MERGED)

_STATE_OF: Final[Mapping[str, RecordState]] = {
    "register-no-answer": RecordState.UNVERIFIABLE,
    "register-deceased": RecordState.DECEASED,
    "register-merged": RecordState.MERGED,
    "register-mismatch": RecordState.MISMATCHED,
    "record-incomplete": RecordState.INCOMPLETE,
    "record-implausible": RecordState.INCOMPLETE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """What the register said: records asked about, and where they stand now, by state and by reason."""

    asked: int
    states: Mapping[str, int]
    reasons: Mapping[str, int]
    foreigners: int
    changed_meanwhile: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "states": dict(self.states),
            "reasons": dict(self.reasons),
            "foreigners": self.foreigners,
            "changed_meanwhile": self.changed_meanwhile,
        }


def match_records(
    engine: Engine,
    register: Register,
    *,
    at: datetime,
    by: str,
    progress: Callable[[int, int | None], None] | None = None,
    again: bool = False,
) -> MatchReport:
    """Ask the register about every citizen's record that waits for an answer.

    A confirmed record becomes ``ready`` with the answer as its evidence; the others stand where their reason says:
    ``mismatched`` (reason ``register-mismatch:`` and the fields), ``unverifiable``, ``deceased``, ``merged``.
    Foreigners
    are counted and left to `api.identity.attestation`. The answers of a batch are written in one transaction; a record
    that somebody changed while the register was asked is left as it is and counted.

    Args:
        again: also ask about records that the register has refused before.
    """
    wanted = [state.value for state in (ASKED_AGAIN if again else FIRST_ASKED)]
    with engine.connect() as connection:
        total = connection.execute(select(func.count()).where(records.c.state.in_(wanted))).scalar_one()
    tally = _Tally()
    last, done = "", 0
    while batch := _next_batch(engine, wanted, last):
        last = batch[-1].record.record_id
        citizens = [stored for stored in batch if stored.record.person.nationality == HOME]
        tally.foreigners += len(batch) - len(citizens)
        if citizens:
            answers = register.ask([stored.record.person for stored in citizens])
            if len(answers) != len(citizens):
                raise RecordError("register-answers", "the register did not give one answer a person")
            _write_answers(engine, list(zip(citizens, answers, strict=True)), tally, at=at, by=by)
        done += len(batch)
        if progress is not None:
            progress(done, max(total, done))
    return MatchReport(
        asked=tally.asked,
        states=dict(tally.states),
        reasons=dict(tally.reasons),
        foreigners=tally.foreigners,
        changed_meanwhile=tally.changed,
    )


class _Tally:
    def __init__(self) -> None:
        self.asked = 0
        self.foreigners = 0
        self.changed = 0
        self.states: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()


def _next_batch(engine: Engine, wanted: list[str], last: str) -> list[StoredRecord]:
    with engine.connect() as connection:
        rows = connection.execute(
            select(records)
            .where(records.c.state.in_(wanted), records.c.record_id > last)
            .order_by(records.c.record_id)
            .limit(BATCH)
        ).all()
    return [stored_record(row) for row in rows]


def _write_answers(
    engine: Engine, answered: list[tuple[StoredRecord, RegisterAnswer]], tally: _Tally, *, at: datetime, by: str
) -> None:
    batch: Counter[str] = Counter()
    with writing(engine) as connection:
        # What an import or a signer has at this moment is left to the next run: nothing here waits for an import.
        free = lock_free(connection, records.c.record_id.in_([stored.record.record_id for stored, _ in answered]))
        for stored, answer in answered:
            state, reason = _judge(stored, answer, at)
            if stored.record.record_id not in free or not move_record(connection, stored, state, reason, at=at):
                tally.changed += 1
                continue
            if state is RecordState.READY:
                write_evidence(connection, stored.record, answer, province=stored.province, at=at)
            batch[state.value] += 1
            if reason is not None:
                tally.reasons[reason] += 1
        record_act(
            connection,
            at=at,
            actor=by,
            act="records-matched",
            subject=answered[0][1].register,
            reason=", ".join(f"{state} {count}" for state, count in sorted(batch.items())),
        )
    tally.states.update(batch)
    tally.asked += len(answered)


def _judge(stored: StoredRecord, answer: RegisterAnswer, at: datetime) -> tuple[RecordState, str | None]:
    try:
        verify_with_register(stored.record, answer, today=local_day(at))
    except RecordError as error:
        state = _STATE_OF.get(error.code)
        if state is None:
            raise  # evidence about somebody else: the register is broken, nothing may be written
        if error.code == "register-mismatch":
            return state, f"{error.code}:{','.join(error.fields)}"
        if error.code in ("record-incomplete", "record-implausible"):
            return state, error.detail
        return state, error.code
    return RecordState.READY, None
