"""Asking the population register about records, in batches, and writing down what it said."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, func, or_, select

from api.audit import record_act
from api.errors import CentreError
from api.identity import outbox
from api.identity.opening import Target
from api.identity.register import Register
from api.identity.runs import begin_run, end_run
from api.states import RecordState
from api.store.locks import lock_free
from api.store.moves import Move, move
from api.store.records import StoredRecord, stored_record, write_evidences
from api.store.schema import records
from api.store.transactions import writing
from certificates.errors import RecordError
from certificates.records.dates import local_day
from certificates.records.model import RegisterAnswer
from certificates.records.verification import verify_with_register

BATCH: Final = 200  # persons a question
HOME: Final = "VN"  # the register knows citizens; foreigners are attested
FIRST_ASKED: Final = (RecordState.AWAITING_MATCH, RecordState.UNVERIFIABLE)
BROKEN_IN_A_ROW: Final = 3  # batches with unusable answers, after which the register is not asked further
BROKEN: Final = frozenset({"partner-answer", "register-answers"})
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
    """What the register said: records asked about, and where they stand now, by state and by reason.

    ``stopped``: why it came to no end, a code (``partner-away`` ...); what was not asked about stands as it stood.
    ``unanswered``: records of batches whose answers could not be used; they stand as they stood, too.
    """

    asked: int
    states: Mapping[str, int]
    reasons: Mapping[str, int]
    foreigners: int
    changed_meanwhile: int
    unanswered: int
    stopped: str | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "states": dict(self.states),
            "reasons": dict(self.reasons),
            "foreigners": self.foreigners,
            "changed_meanwhile": self.changed_meanwhile,
            "unanswered": self.unanswered,
            "stopped": self.stopped,
        }


def match_records(
    engine: Engine,
    register: Register,
    *,
    at: datetime,
    by: str,
    progress: Callable[[int, int | None], None] | None = None,
    again: bool = False,
    targets: Collection[Target] = (),
) -> MatchReport:
    """Ask the register about every citizen's record that waits for an answer.

    A confirmed record becomes ``ready`` with the answer as its evidence; the others stand where their reason says:
    ``mismatched`` (reason ``register-mismatch:`` and the fields), ``unverifiable``, ``deceased``, ``merged``.
    Foreigners
    are counted and left to `api.identity.attestation`. The answers of a batch are written in one transaction; a record
    that somebody changed while the register was asked is left as it is and counted.

    A register that is away ends the run, and moves no record; the next run goes on behind the last answer.

    Args:
        again: also ask about records that the register has refused before.
        targets: who is told of persons that were corrected, and are confirmed now.
    """
    run = begin_run(engine, register=register.name, again=again, by=by, at=at)
    wanted = _wanted(again=again, resumed_from=run.resumed_from)
    with engine.connect() as connection:
        total = connection.execute(select(func.count()).where(wanted)).scalar_one()
    tally = _Tally()
    last, done, broken = "", 0, list[str]()
    while tally.stopped is None and (batch := _next_batch(engine, wanted, last)):
        last = batch[-1].record.record_id
        citizens = [stored for stored in batch if stored.record.person.nationality == HOME]
        tally.foreigners += len(batch) - len(citizens)
        if citizens:
            try:
                answered = _ask(register, citizens, at)
            except CentreError as error:
                broken.append(error.code)
                if error.code not in BROKEN or len(broken) == BROKEN_IN_A_ROW:
                    tally.stopped = error.code
                tally.unanswered += len(citizens)
                continue
            broken.clear()
            _write_answers(engine, answered, tally, targets, at=at, by=by)
        done += len(batch)
        if progress is not None:
            progress(done, max(total, done))
    if broken:
        tally.stopped = broken[-1]
    end_run(engine, run, asked=tally.asked, reason=tally.stopped, at=at)
    return MatchReport(
        asked=tally.asked,
        states=dict(tally.states),
        reasons=dict(tally.reasons),
        foreigners=tally.foreigners,
        changed_meanwhile=tally.changed,
        unanswered=tally.unanswered,
        stopped=tally.stopped,
    )


def match_one(
    engine: Engine, register: Register, stored: StoredRecord, *, at: datetime, by: str, targets: Collection[Target] = ()
) -> None:
    """Ask about one record that was just corrected. A foreigner's is left to the attestation.

    Raises CentreError where the register cannot be asked: the record waits for the next run.
    """
    if stored.record.person.nationality == HOME:
        _write_answers(engine, _ask(register, [stored], at), _Tally(), targets, at=at, by=by)


class _Tally:
    def __init__(self) -> None:
        self.asked = 0
        self.foreigners = 0
        self.changed = 0
        self.unanswered = 0
        self.stopped: str | None = None
        self.states: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()


def _wanted(*, again: bool, resumed_from: str | None) -> ColumnElement[bool]:
    if resumed_from is None:
        return records.c.state.in_([state.value for state in (ASKED_AGAIN if again else FIRST_ASKED)])
    said = ASKED_AGAIN[1:] if again else FIRST_ASKED[1:]
    return or_(
        records.c.state == RecordState.AWAITING_MATCH.value,
        records.c.state.in_([state.value for state in said]) & (records.c.updated_at < resumed_from),
    )


def _next_batch(engine: Engine, wanted: ColumnElement[bool], last: str) -> list[StoredRecord]:
    with engine.connect() as connection:
        rows = connection.execute(
            select(records).where(wanted, records.c.record_id > last).order_by(records.c.record_id).limit(BATCH)
        ).all()
    return [stored_record(row) for row in rows]


_Answered = list[tuple[StoredRecord, RecordState, str | None, RegisterAnswer]]


def _ask(register: Register, citizens: list[StoredRecord], at: datetime) -> _Answered:
    """The answers with what they mean. Raises CentreError: nothing may be written."""
    answers = register.ask([stored.record.person for stored in citizens])
    if len(answers) != len(citizens):
        raise CentreError("register-answers", "the register did not give one answer a person")
    return [(stored, *_judge(stored, answer, at), answer) for stored, answer in zip(citizens, answers, strict=True)]


def _write_answers(
    engine: Engine, answered: _Answered, tally: _Tally, targets: Collection[Target], *, at: datetime, by: str
) -> None:
    batch: Counter[str] = Counter()
    ready: list[tuple[StoredRecord, RegisterAnswer]] = []
    with writing(engine) as connection:
        # What an import or a signer has at this moment is left to the next run: nothing here waits for an import.
        free = lock_free(connection, records.c.record_id.in_([one[0].record.record_id for one in answered]))
        moves = [
            Move(
                record_id=stored.record.record_id,
                version=stored.record.version,
                only_from=stored.state.value,
                state=state.value,
                reason=reason,
            )
            for stored, state, reason, _ in answered
            if stored.record.record_id in free
        ]
        moved = move(connection, moves, at=at)
        tally.changed += len(answered) - len(moved)
        for stored, state, reason, answer in answered:
            if stored.record.record_id not in moved:
                continue
            if state is RecordState.READY:
                ready.append((stored, answer))
            batch[state.value] += 1
            if reason is not None:
                tally.reasons[reason] += 1
        write_evidences(connection, [(stored.record, answer, stored.province) for stored, answer in ready], at=at)
        if targets:
            mended = outbox.corrected(connection, [stored for stored, _ in ready])
            outbox.put(connection, mended, targets, basis="register", at=at)
        record_act(
            connection,
            at=at,
            actor=by,
            act="records-matched",
            subject=answered[0][3].register,
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
            # Evidence about somebody else: the register is broken.
            raise CentreError("register-answers", f"an answer cannot be used ({error.code})") from error
        if error.code == "register-mismatch":
            return state, f"{error.code}:{','.join(error.fields)}"
        if error.code in ("record-incomplete", "record-implausible"):
            return state, error.detail
        return state, error.code
    return RecordState.READY, None
