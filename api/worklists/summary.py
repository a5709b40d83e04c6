"""How a unit and those below it stand: what is to be mended by class, how old it is, who is slow. From counts alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.accounts.staff import Staff, refuse_place
from api.audit import record_act
from api.context import Centre
from api.states import WorkClass
from api.store.counts import Key, read_counts_below
from api.store.transactions import writing
from api.worklists.rechecks import ErrorRate, read_rates
from api.worklists.tree import below, children
from certificates.records.dates import local_day

_CLASSES: Final = frozenset(one.value for one in WorkClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAge:
    """What waits at a desk, of one class. Ages in days of Viet Nam, from when it was first to be mended."""

    work_class: str
    desk: str
    records: int
    median_days: int
    oldest_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A unit with all that lies below it. ``totals``: records by state, taken-in, in-hand, aside, raised, closed."""

    unit: str
    classes: tuple[ClassAge, ...]
    totals: Mapping[str, int]
    oldest_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The unit, what lies directly below it (those with the oldest work first), and the error rates of all of these."""

    whole: Standing
    below: tuple[Standing, ...]
    rates: tuple[ErrorRate, ...]


def summarise(centre: Centre, staff: Staff, *, unit: str | None = None) -> Summary:
    """The summary of a unit, one's own where none is named. Raises CentreError ``place``."""
    with writing(centre.engine) as connection:
        unit = unit or staff.unit
        refuse_place(connection, staff, unit)
        summary = read_summary(connection, unit, today=local_day(centre.clock()))
        record_act(connection, at=centre.clock(), actor=staff.actor, act="work-summary-read", subject=unit)
    return summary


def read_summary(connection: Connection, unit: str, *, today: date) -> Summary:
    """As `summarise`, for whoever may."""
    found = read_counts_below(connection, below(unit))
    whole = Counter[Key]()
    for some in found.values():
        whole.update(some)
    codes = children(connection, unit)
    standings = [_standing(code, found.get(code, Counter()), today) for code in codes]
    return Summary(
        whole=_standing(unit, whole, today),
        below=tuple(sorted(standings, key=lambda one: (-(one.oldest_days or -1), one.unit))),
        rates=read_rates(connection, (unit, *codes)),
    )


def _standing(unit: str, counts: Counter[Key], today: date) -> Standing:
    totals: Counter[str] = Counter()
    for key, number in counts.items():
        if ":" not in key.measure:
            totals[key.measure] += number
    classes = class_ages(counts, today)
    oldest = max((one.oldest_days for one in classes), default=None)
    return Standing(unit=unit, classes=classes, totals=dict(sorted(totals.items())), oldest_days=oldest)


def class_ages(counts: Counter[Key], today: date) -> tuple[ClassAge, ...]:
    """How many wait of each class and desk, and how long."""
    ages: dict[tuple[str, str], Counter[int]] = {}
    for key, number in counts.items():
        if key.since and key.measure in _CLASSES:
            days = (today - date.fromisoformat(key.since)).days
            ages.setdefault((key.measure, key.desk), Counter())[days] += number
    return tuple(
        ClassAge(
            work_class=name,
            desk=desk,
            records=found.total(),
            median_days=median(found),
            oldest_days=max(found),
        )
        for (name, desk), found in sorted(ages.items())
    )


def median(found: Counter[int]) -> int:
    """The lower median of values that are counted."""
    half, passed = (found.total() + 1) // 2, 0
    for value in sorted(found):
        passed += found[value]
        if passed >= half:
            return value
    raise ValueError("there is no median of nothing")


def slowest(summary: Summary, *, limit: int = 20) -> Sequence[tuple[str, ClassAge]]:
    """Unit and class by the median age of what waits, the slowest first."""
    found = [(one.unit, age) for one in summary.below or (summary.whole,) for age in one.classes]
    return sorted(found, key=lambda pair: (-pair[1].median_days, -pair[1].records, pair[0]))[:limit]
