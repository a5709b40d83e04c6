"""How many people had which dose at what age, and from which week on the next is due; counted as records are written.

A person counts where the record is. The age is that of the day of the dose, from the first day that the birth date may
mean. A dose is due from the Monday of the week of its day; who had the disease since is not asked here (lists are).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from api.store.counts import Key, count
from certificates.records.dates import PartialDate, local_day
from certificates.records.due import due_on, years_on
from certificates.records.model import VaccinationRecord

DOSES: Final = "doses:"  # and the dose's number, and the band: doses:1:5-11
DUE: Final = "due:"  # and the number of the dose
RECOVERED: Final = "recovered:cases"
RESIDENTS: Final = "residents:"  # and the band
COMPLAINTS: Final = "complaint:"
STOCK: Final = "stock:"  # doses: delivered, given (recorded as given), issued (on passports)
# Measures of oversight are no states of records: who reads states passes over them.
OF_OVERSIGHT: Final = (DOSES, DUE, RECOVERED, RESIDENTS, COMPLAINTS, STOCK)
BANDS: Final[Mapping[str, int]] = {"18+": 18, "12-17": 12, "5-11": 5, "0-4": 0}  # from so many years on
UNKNOWN: Final = "unknown"
LAST: Final = 4  # doses of the programme
_CHILDREN: Final = 2  # doses below 12 years
_Counted = tuple[VaccinationRecord, str]  # with its province


def count_coverage(
    connection: Connection, *, before: Iterable[_Counted], after: Iterable[_Counted], at: datetime
) -> None:
    """Count what these records say now, in place of what they said before."""
    old, new = Counter[Key](), Counter[Key]()
    for found, some in ((old, before), (new, after)):
        for record, province in some:
            found.update(coverage_keys(record, province))
    came, gone = (new - old, old - new) if old else (new, old)
    count(connection, came=came, gone=gone, day=local_day(at).isoformat())


def coverage_keys(record: VaccinationRecord, province: str) -> Iterator[Key]:
    """All that a record is counted under."""
    born = record.person.date_of_birth
    for number, day in {dose.number: dose.given_on for dose in record.doses}.items():
        if 1 <= number <= LAST:
            yield _given(province, record.unit, number, band_of(born, day))
    if (due := next_dose(record)) is not None:
        yield _due(province, record.unit, due[0], week_of(due[1]))


@lru_cache(maxsize=1 << 14)  # the same for all people of a station
def _given(province: str, unit: str, number: int, band: str) -> Key:
    return Key(province, unit, f"{DOSES}{number}:{band}")


@lru_cache(maxsize=1 << 14)
def _due(province: str, unit: str, number: int, week: date) -> Key:
    return Key(province, unit, f"{DUE}{number}", since=week.isoformat())


def next_dose(record: VaccinationRecord, *, recovered: Iterable[date] = ()) -> tuple[int, date] | None:
    """The number of the next dose and the first day for it; None: the programme has none for this person."""
    if not record.doses:
        return None
    born = record.person.date_of_birth
    number = max(dose.number for dose in record.doses) + 1
    due = due_on(record.doses, born=born, recovered=list(recovered)).on
    if due is None or number > LAST:
        return None
    if number > _CHILDREN and born is not None and years_on(born, due) < BANDS["12-17"]:
        return None
    return number, due


def band_of(born: PartialDate | None, day: date) -> str:
    """The band of age that somebody is in on this day."""
    if born is None:
        return UNKNOWN
    years = years_on(born, day)
    for name, least in BANDS.items():
        if years >= least:
            return name
    return UNKNOWN


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())
