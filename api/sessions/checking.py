"""What is known of a person before the jab: number, register, doses that were given, and the day a dose is due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from api.store.records import StoredRecord
from certificates.records.citizen_id import hints
from certificates.records.due import due_on
from certificates.records.model import Dose, Person, RegisterAnswer, RegisterStatus
from certificates.records.verification import find_gaps

Verdict = Literal["ready", "attention", "stop"]
NOT_ASKED: Final = "register-not-asked"
STOPS: Final = frozenset({"dose-given", "too-early", "register-deceased"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a nurse sees. ``stop``: no jab today. ``attention``: ask the person before. Codes: docs/sessions.md."""

    verdict: Verdict
    reasons: tuple[str, ...]
    due_on: date | None
    dose_number: int


def check_person(
    person: Person,
    dose: Dose,
    *,
    numbered: bool,
    stored: StoredRecord | None,
    recovered: Collection[date],
    answer: RegisterAnswer | None,
    unasked: bool,
    doubtful: bool,
) -> Check:
    """Everything that speaks against a jab of this dose on its day.

    Args:
        dose: as it would be given.
        numbered: the list says which dose it is; else it is the next one.
        stored: the record of this person, if there is one.
        recovered: days on which an infection of this person was found.
        answer: the register's, if it was asked.
        unasked: it should have been asked, and could not.
        doubtful: another record may be the same person's.
    """
    given = stored.record.doses if stored is not None else ()
    following = max((one.number for one in given), default=0) + 1
    number = dose.number if numbered else following
    reasons = [gap.code for gap in find_gaps(person)]
    reasons += hints(person)
    reasons += _register(answer)
    if unasked:
        reasons.append(NOT_ASKED)
    if any(one.number == number for one in given):
        reasons.append("dose-given")
    elif number != following:
        reasons.append("dose-number-other")
    due = due_on(given, born=person.date_of_birth, recovered=recovered)
    if due.on is not None and dose.given_on < due.on:
        reasons.append("too-early")
        if due.why == "recovery":
            reasons.append("recovered")
    if doubtful:
        reasons.append("possible-duplicate")
    verdict: Verdict = "ready"
    if reasons:
        verdict = "attention" if STOPS.isdisjoint(reasons) else "stop"
    return Check(verdict=verdict, reasons=tuple(dict.fromkeys(reasons)), due_on=due.on, dose_number=number)


def _register(answer: RegisterAnswer | None) -> tuple[str, ...]:
    if answer is None:
        return ()
    if answer.status is not RegisterStatus.FOUND:
        return (f"register-{answer.status.value.replace('_', '-')}",)
    items = (answer.name, answer.date_of_birth, answer.sex, answer.id_number)
    return () if all(items) else ("register-mismatch",)
