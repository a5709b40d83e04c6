"""Reaching the person, giving the record to police, and police giving it back.

The rule (ADR 45): the station tries first. Police get a record after three attempts (`attempts_before_police`) that
reached nobody, in at least two ways, the first and the last 48 hours apart (`attempts_over_hours`); or after one in
which the person was reached and stands by the data that the register denies. What police handed back begins anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from api.accounts.staff import Staff
from api.config import Settings
from api.context import Centre
from api.errors import CentreError
from api.states import RecordState, WorkClass
from api.store.moves import Item, Move, change_item, move
from api.store.schema_worklists import work_steps
from api.store.transactions import writing
from api.worklists.steps import StepKind, Work, add_step, take_work
from certificates.records.model import instant_from_text

WAYS_NEEDED: Final = 2


class Way(StrEnum):
    PHONE = "phone"
    SMS = "sms"
    VISIT = "visit"
    LETTER = "letter"
    HAMLET = "hamlet"  # through the hamlet's team


class Outcome(StrEnum):
    NOT_REACHED = "not-reached"
    WRONG_CONTACT = "wrong-contact"
    MOVED_AWAY = "moved-away"
    WILL_COME = "will-come"
    DATA_CONFIRMED = "data-confirmed"  # the person says: what we have is right


class Ground(StrEnum):
    NOT_REACHED = "not-reached"
    DATA_CONFIRMED = "data-confirmed"


class HandBackReason(StrEnum):
    REGISTER_CORRECTED = "register-corrected"  # the match runs again
    DATA_WRONG = "data-wrong"  # the person's papers say otherwise than the station's data
    PERSON_FOUND = "person-found"  # and will come to the station
    NOT_OF_HERE = "not-of-here"  # lives in another commune
    REQUEST_UNCLEAR = "request-unclear"


_UNREACHED: Final = frozenset({Outcome.NOT_REACHED, Outcome.WRONG_CONTACT, Outcome.MOVED_AWAY})
_OF_REGISTER: Final = frozenset(
    {
        WorkClass.MISMATCH_NAME,
        WorkClass.MISMATCH_DATE_OF_BIRTH,
        WorkClass.MISMATCH_SEX,
        WorkClass.MISMATCH_ID,
        WorkClass.MISMATCH_SEVERAL,
        WorkClass.UNVERIFIABLE,
        WorkClass.DECEASED,
        WorkClass.MERGED,
    }
)


def note_attempt(centre: Centre, staff: Staff, record_id: str, *, way: Way, outcome: Outcome) -> None:
    """Write down that the station tried to reach the person; its time is now. Errors: `take_work`."""
    now = centre.clock()
    with writing(centre.engine) as connection:
        work = take_work(connection, staff, record_id, desk="clerk")
        touch(connection, work, at=now)
        _step(connection, work, staff, StepKind.ATTEMPT, way.value, outcome.value, at=now)


def pass_to_police(centre: Centre, staff: Staff, record_id: str, *, ground: Ground) -> None:
    """Put a record on the list of the police. With ``data-confirmed`` it becomes ``register_disputed``.

    Raises CentreError ``attempts-missing`` (``fields``: attempts, ways, hours), ``attempts-too-soon`` (``may_from``:
    when another attempt makes it enough), ``work-ground`` (the register does not deny this record), and those of
    `take_work`.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        work = take_work(connection, staff, record_id, desk="clerk")
        attempts = attempts_made(connection, work.item)
        if ground is Ground.NOT_REACHED:
            check_attempts(attempts, centre.settings, at=now)
            change_item(connection, work.standing, work.item, _fresh(work.item, desk="police"), at=now)
        else:
            if work.item.work_class not in _OF_REGISTER:
                raise CentreError("work-ground", "the register does not deny this record")
            if all(one.value != Outcome.DATA_CONFIRMED for one in attempts):
                raise CentreError(
                    "attempts-missing", "no attempt says that the person confirmed the data", fields=("attempts",)
                )
            before = {"before_state": work.standing.state, "before_reason": work.standing.reason}
            change_item(connection, work.standing, work.item, _fresh(work.item, desk="police", **before), at=now)
            disputed = RecordState.REGISTER_DISPUTED.value
            move(connection, [Move(record_id=record_id, state=disputed, reason="person-confirms")], at=now)
        _step(connection, work, staff, StepKind.PASSED, ground.value, at=now)


def hand_back(centre: Centre, staff: Staff, record_id: str, *, reason: HandBackReason) -> None:
    """Police give a record back to its station; a disputed one stands again where it stood.

    With ``register-corrected`` it waits to be asked about anew. Errors: `take_work`.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        work = take_work(connection, staff, record_id, desk="police")
        again = reason is HandBackReason.REGISTER_CORRECTED and work.item.work_class in {
            *_OF_REGISTER,
            WorkClass.REGISTER_DISPUTED,
        }
        back_to_station(connection, work, at=now, again=again)
        _step(connection, work, staff, StepKind.HANDED_BACK, reason.value, at=now)


def back_to_station(connection: Connection, work: Work, *, at: datetime, again: bool = False) -> None:
    """The clerk's desk, and for a disputed record the state from before. ``again``: it shall be matched anew."""
    item, standing = work.item, work.standing
    change_item(connection, standing, item, _fresh(item, desk="clerk", before_state=None, before_reason=None), at=at)
    state, reason = standing.state, standing.reason
    if again:
        state, reason = RecordState.AWAITING_MATCH.value, None
    elif state == RecordState.REGISTER_DISPUTED:
        state, reason = _before(item, reason)
    if state != standing.state:
        move(connection, [Move(record_id=item.record_id, state=state, reason=reason)], at=at)


def _before(item: Item, reason: str | None) -> tuple[str, str | None]:
    """Where a disputed record stood; one that was disputed elsewhere names the fields that differed, or is asked about
    anew."""
    if item.before_state is not None:
        return item.before_state, item.before_reason
    fields = (reason or "").partition("register-wrong:")[2]
    if fields:
        return RecordState.MISMATCHED.value, f"register-mismatch:{fields}"
    return RecordState.AWAITING_MATCH.value, None


def touch(connection: Connection, work: Work, *, at: datetime) -> None:
    """Somebody has worked on it."""
    if not work.item.touched:
        change_item(connection, work.standing, work.item, replace(work.item, touched=1), at=at)


def check_attempts(attempts: Sequence[Row[Any]], settings: Settings, *, at: datetime) -> None:
    """Whether the station tried as the rule asks. Raises CentreError, as `pass_to_police` says."""
    failed = [one for one in attempts if one.value in _UNREACHED]
    missing = []
    if len(failed) < settings.attempts_before_police:
        missing.append("attempts")
    if len({one.code for one in failed}) < min(WAYS_NEEDED, settings.attempts_before_police):
        missing.append("ways")
    earliest = None
    if failed:
        first, last = instant_from_text(failed[0].at), instant_from_text(failed[-1].at)
        if last - first < timedelta(hours=settings.attempts_over_hours):
            missing.append("hours")
            earliest = max(at, first + timedelta(hours=settings.attempts_over_hours))
    if missing:
        raise CentreError(
            "attempts-too-soon" if missing == ["hours"] else "attempts-missing",
            f"{settings.attempts_before_police} attempts in {WAYS_NEEDED} ways that reached nobody, the first and the"
            f" last {settings.attempts_over_hours} hours apart",
            fields=tuple(missing),
            may_from=earliest,
        )


def attempts_made(connection: Connection, item: Item) -> Sequence[Row[Any]]:
    """Those that count: since it is to be mended, and since police handed it back."""
    steps = connection.execute(
        select(work_steps)
        .where(
            work_steps.c.record_id == item.record_id,
            work_steps.c.province == item.province,
            work_steps.c.at >= item.since,
        )
        .order_by(work_steps.c.number)
    ).all()
    begin = max((place for place, one in enumerate(steps) if one.kind == StepKind.HANDED_BACK), default=-1)
    return [one for one in steps[begin + 1 :] if one.kind == StepKind.ATTEMPT]


def _fresh(item: Item, **changes: Any) -> Item:
    """Somebody worked on it, and it stands on a list again, wherever it was."""
    return replace(item, touched=1, status="open", **changes)


def _step(
    connection: Connection, work: Work, staff: Staff, kind: StepKind, code: str, value: str = "", *, at: datetime
) -> None:
    add_step(
        connection, work.standing, kind=kind, code=code, value=value, account=staff.account, unit=staff.unit, at=at
    )
