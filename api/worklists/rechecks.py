"""Checking again what a unit below closed: another person of a unit above, with a result of a closed list."""

import math
import secrets
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, insert, select, tuple_, update

from api.accounts.staff import Staff, refuse_place, refuse_role, units_above
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.signing.enrolment import inherited_units
from api.states import RecordState
from api.store.counts import Key, count, read_counts
from api.store.moves import CLOSED, Move, move, read_standings
from api.store.recount import CHECKED
from api.store.schema_worklists import work_closings, work_rechecks
from api.store.transactions import writing
from api.worklists.sampling import DRAWN, one_person_units
from api.worklists.steps import StepKind, add_step
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

LONGEST: Final = 100
_SIGMAS: Final = 1.959964  # of 95 %


class ErrorClass(StrEnum):
    WRONG_NAME = "wrong-name"
    WRONG_DATE_OF_BIRTH = "wrong-date-of-birth"
    WRONG_SEX = "wrong-sex"
    WRONG_ID = "wrong-id"
    WRONG_DOSE = "wrong-dose"
    WRONG_PERSON = "wrong-person"
    NO_EVIDENCE = "no-evidence"  # what was named is not there
    EVIDENCE_SAYS_OTHERWISE = "evidence-says-otherwise"
    NOT_ATTEMPTED = "not-attempted"  # attempts were written down that were not made
    NOT_CLOSED = "not-closed"  # it should not have been closed
    NOT_CHECKED = "not-checked"  # of a check: it was not made


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A closing that waits to be checked again."""

    closing_id: str
    record_id: str
    version: int
    unit: str
    kind: str
    work_class: str
    closed_by: str
    why: str
    day: str
    drawn_at: str


def list_rechecks(
    centre: Centre, staff: Staff, *, unit: str | None = None, after: str | None = None, limit: int = LONGEST
) -> tuple[Sampled, ...]:
    """What waits at a unit to be checked again, oldest first. ``after``: the last closing of the page before.

    Raises CentreError ``place``, ``page-after``.
    """
    with writing(centre.engine) as connection:
        unit = unit or staff.unit
        refuse_place(connection, staff, unit)
        found = read_rechecks(connection, unit, after=after, limit=limit)
        told = f"rows {len(found)}"
        record_act(connection, at=centre.clock(), actor=staff.actor, act="rechecks-read", subject=unit, reason=told)
    return found


def read_rechecks(
    connection: Connection, unit: str, *, after: str | None = None, limit: int = LONGEST
) -> tuple[Sampled, ...]:
    """As `list_rechecks`, for whoever may."""
    table = work_rechecks.c
    query = select(work_rechecks).where(table.above.in_(inherited_units(connection, unit)), table.result.is_(None))
    if after is not None:
        last = connection.execute(select(table.drawn_at).where(table.closing_id == after)).scalar_one_or_none()
        if last is None:
            raise CentreError("page-after", "it is not of an earlier page", fields=("after",))
        query = query.where(tuple_(table.drawn_at, table.closing_id) > tuple_(last, after))
    rows = connection.execute(query.order_by(table.drawn_at, table.closing_id).limit(max(1, min(limit, LONGEST))))
    return tuple(_sampled(row) for row in rows)


def read_recheck(centre: Centre, staff: Staff, closing_id: str) -> Sampled:
    """One closing that waits to be checked again, for whoever may check it.

    Raises CentreError ``recheck-unknown``, ``recheck-done``, ``recheck-self``, ``role``, ``place``.
    """
    refuse_role(staff, "overseer")
    with centre.engine.connect() as connection:
        row = connection.execute(select(work_rechecks).where(work_rechecks.c.closing_id == closing_id)).one_or_none()
        if row is None:
            raise CentreError("recheck-unknown", "nothing of this number was drawn")
        _check_person(connection, staff, row)
    return _sampled(row)


def recheck(centre: Centre, staff: Staff, closing_id: str, *, error: ErrorClass | None) -> Literal["ok", "error"]:
    """Say what came of checking a closing again. ``error``: what was wrong; None: nothing.

    A record with an error that nobody has signed yet is held. The check is a closing of its own, which the unit above
    may draw. Raises CentreError ``recheck-unknown``, ``recheck-done``, ``recheck-self`` (one's own work), ``role``,
    ``place`` (only units above the one whose work it is).
    """
    now = centre.clock()
    refuse_role(staff, "overseer")
    with writing(centre.engine) as connection:
        key = work_rechecks.c.closing_id == closing_id
        found = connection.execute(select(work_rechecks.c.record_id).where(key)).scalar_one_or_none()
        if found is None:
            raise CentreError("recheck-unknown", "nothing of this number was drawn")
        standing = read_standings(connection, [found])[found]
        row = connection.execute(select(work_rechecks).where(key)).one()
        _check_person(connection, staff, row)
        result: Literal["ok", "error"] = "ok" if error is None else "error"
        connection.execute(
            update(work_rechecks)
            .where(key)
            .values(
                result=result,
                error_class=error,
                checked_by=staff.account,
                checked_unit=staff.unit,
                checked_at=instant_to_text(now),
            )
        )
        told = error.value if error else "ok"
        add_step(
            connection,
            standing,
            kind=StepKind.RECHECKED,
            code=told,
            value=str(row.version),
            account=staff.account,
            unit=staff.unit,
            at=now,
        )
        connection.execute(insert(work_closings), _closing(row, staff, now))
        came = Counter({Key(row.province, row.unit, f"{CHECKED}:{told}"): 1, Key(row.province, staff.unit, CLOSED): 1})
        count(connection, came=came, gone=Counter(), day=local_day(now).isoformat())
        if error is not None and row.kind == "mended":
            ready = RecordState.READY.value
            held = Move(record_id=found, version=row.version, only_from=ready, state="held", reason="recheck-error")
            move(connection, [held], at=now)
    return result


def _check_person(connection: Connection, staff: Staff, row: Row[Any]) -> None:
    refuse_place(connection, staff, row.unit)
    below = units_above(connection, row.unit)
    if staff.unit in inherited_units(connection, row.unit) or staff.unit == below[0]:
        raise CentreError("place", "a unit does not check its own work")
    if staff.account == row.closed_by.partition("@")[0].lower():
        raise CentreError("recheck-self", "nobody checks what he closed himself")
    if row.result is not None:
        raise CentreError("recheck-done", "somebody has checked it already")


def _sampled(row: Row[Any]) -> Sampled:
    return Sampled(**{name: row._mapping[name] for name in Sampled.__slots__})


def _closing(row: Row[Any], staff: Staff, now: Any) -> dict[str, Any]:
    return {
        "closing_id": secrets.token_hex(8),
        "province": row.province,
        "kind": "rechecked",
        "record_id": row.record_id,
        "version": row.version,
        "unit": staff.unit,
        "work_class": row.work_class,
        "opened_at": row.drawn_at,
        "closed_at": instant_to_text(now),
        "day": local_day(now).isoformat(),
        "account": staff.actor,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRate:
    """How often a unit's work was wrong, of what was checked again. The interval is Wilson's, of 95 %."""

    unit: str
    closed: int
    drawn: int
    checked: int
    errors: int
    classes: dict[str, int]
    low: float
    high: float
    single: bool

    @property
    def rate(self) -> float | None:
        """None: nothing was checked."""
        return self.errors / self.checked if self.checked else None


def read_rates(connection: Connection, units: tuple[str, ...]) -> tuple[ErrorRate, ...]:
    """The error rates of units, from the counts alone; units of which nothing was closed are left out."""
    measures = [CLOSED, DRAWN, f"{CHECKED}:ok", *(f"{CHECKED}:{error}" for error in ErrorClass)]
    by_unit: dict[str, Counter[str]] = {}
    for key, number in read_counts(connection, units=units, measures=measures).items():
        by_unit.setdefault(key.unit, Counter())[key.measure] += number
    single = one_person_units(connection, sorted(by_unit))
    return tuple(_rate(unit, counts, single=unit in single) for unit, counts in sorted(by_unit.items()))


def _rate(unit: str, counts: Counter[str], *, single: bool) -> ErrorRate:
    classes = {error.value: counts[f"{CHECKED}:{error}"] for error in ErrorClass if counts[f"{CHECKED}:{error}"]}
    errors = sum(classes.values())
    checked = errors + counts[f"{CHECKED}:ok"]
    low, high = wilson(errors, checked)
    return ErrorRate(
        unit=unit,
        closed=counts[CLOSED],
        drawn=counts[DRAWN],
        checked=checked,
        errors=errors,
        classes=classes,
        low=low,
        high=high,
        single=single,
    )


def wilson(errors: int, checked: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % for a share; 0 to 1 where nothing was checked."""
    if not checked:
        return 0.0, 1.0
    share, square = errors / checked, _SIGMAS**2
    middle = share + square / (2 * checked)
    half = _SIGMAS * math.sqrt(share * (1 - share) / checked + square / (4 * checked**2))
    below = 1 + square / checked
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)
