"""When a dose is due: intervals between doses, and what a disease that was overcome adds. Rule and sources:
docs/sessions.md."""

import calendar
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from certificates.records.dates import PartialDate
from certificates.records.model import Dose
from certificates.records.plausibility import INTERVAL_GRACE
from certificates.valuesets import PRODUCTS

# Ho Chi Minh City CDC, 24 June 2022; Ministry of Health's guidance as published on 6 August 2022: months after the dose
# before.
FIRST_BOOSTER: Final = 3
FIRST_BOOSTER_YOUNG: Final = 5  # from 12 to 17 years
LATER_BOOSTER: Final = 4
# The same sources: a later booster three months after the day of infection, a first one at once after recovery.
# Children below 12: three months for every dose, as announced when their campaign began in April 2022.
AFTER_INFECTION: Final = 3
_ADULT: Final = 18  # years
_CHILD: Final = 12
_TWO: Final = 2  # doses of a series whose product nobody knows

Why = Literal["first", "interval", "booster", "recovery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The first day on which a dose may be given; None: any day. ``why``: what decides it."""

    on: date | None
    why: Why


def due_on(doses: Sequence[Dose], *, born: PartialDate | None, recovered: Collection[date]) -> Due:
    """When the next dose of a person is due.

    Args:
        doses: all that were given.
        born: as far as it is known; a year alone counts from its first day.
        recovered: days on which an infection was found.
    """
    given = sorted(doses, key=lambda dose: (dose.number, dose.given_on))
    due = _by_doses(given, born)
    last = given[-1].given_on if given else date.min
    infections = [day for day in recovered if day > last]
    if infections and (_after_first_booster(given) or _younger(born, max(infections), _CHILD)):
        after = add_months(max(infections), AFTER_INFECTION)
        if due.on is None or after > due.on:
            return Due(on=after, why="recovery")
    return due


def _by_doses(given: Sequence[Dose], born: PartialDate | None) -> Due:
    if not given:
        return Due(on=None, why="first")
    last = given[-1]
    if last.number < _primary(given):
        first = PRODUCTS.get(given[0].product)
        days = (first.minimum_interval if first is not None else 0) - INTERVAL_GRACE
        return Due(on=last.given_on + timedelta(days=max(0, days)), why="interval")
    if _after_first_booster(given):
        return Due(on=add_months(last.given_on, LATER_BOOSTER), why="booster")
    young = FIRST_BOOSTER_YOUNG if _younger(born, last.given_on, _ADULT) else FIRST_BOOSTER
    return Due(on=add_months(last.given_on, young), why="booster")


def _primary(given: Sequence[Dose]) -> int:
    first = PRODUCTS.get(given[0].product)
    return first.primary_doses if first is not None else _TWO


def _after_first_booster(given: Sequence[Dose]) -> bool:
    return bool(given) and given[-1].number > _primary(given)


def _younger(born: PartialDate | None, day: date, years: int) -> bool:
    return born is not None and add_months(born.earliest, 12 * years) > day


def years_on(born: PartialDate, day: date) -> int:
    """Whole years on this day, counted from the first day that the birth date may mean."""
    first = born.earliest
    return day.year - first.year - ((day.month, day.day) < (first.month, first.day))


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
