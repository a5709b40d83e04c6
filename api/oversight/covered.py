"""Coverage: doses against residents, by age; recovered cases; who is due. From counts that are kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from api.accounts.staff import Staff
from api.context import Centre
from api.oversight.overview import Unit, check_area, read_below, read_path
from api.oversight.reading import read_numbers, read_until
from api.store.coverage import BANDS, DOSES, DUE, LAST, RECOVERED, RESIDENTS, UNKNOWN, week_of
from certificates.records.dates import local_day

NUMBERS: Final = tuple(range(1, LAST + 1))
CHILDREN: Final = "5-11"
_BANDS: Final = (*BANDS, UNKNOWN)
_NUMBERS: Final = (
    RECOVERED,
    *(f"{RESIDENTS}{band}" for band in BANDS),
    *(f"{DOSES}{number}:{band}" for number in NUMBERS for band in _BANDS),
)
_DUE: Final = tuple(f"{DUE}{number}" for number in NUMBERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """People of one band of age. ``doses``: how many have had the first, second, third, fourth. ``residents`` 0: their
    number was not entered."""

    band: str
    residents: int
    doses: tuple[int, ...]

    def part(self, number: int) -> float | None:
        """Of the residents, how many have had this dose; above 1 where more were vaccinated than live there."""
        return self.doses[number - 1] / self.residents if self.residents else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """An area. ``due``: whose first, second, third, fourth dose is due this week or was before."""

    unit: Unit
    bands: Mapping[str, Band]
    recovered: int
    due: tuple[int, ...]

    @property
    def everybody(self) -> Band:
        """All bands together, those whose age nobody knows among them."""
        bands = self.bands.values()
        doses = tuple(sum(one.doses[at] for one in bands) for at in range(LAST))
        return Band(band="all", residents=sum(one.residents for one in bands), doses=doses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """``below``: those with the least first. ``until``: the Sunday that "due" counts up to."""

    path: tuple[Unit, ...]
    whole: Covered
    below: tuple[Covered, ...]
    until: date


def look_at_coverage(centre: Centre, staff: Staff, unit: str | None = None) -> Coverage:
    """The coverage of a unit and of those directly below it. Raises CentreError ``role``, ``place``."""
    with centre.engine.connect() as connection:
        code = check_area(connection, staff, unit)
        return read_coverage(connection, code, top=staff.unit, today=local_day(centre.clock()))


def read_coverage(connection: Connection, code: str, *, top: str, today: date) -> Coverage:
    """As `look_at_coverage`, for whoever may."""
    path = read_path(connection, code, top)
    lower = read_below(connection, code)
    codes = [code, *(one.code for one in lower)]
    monday = week_of(today)
    counts, due = read_numbers(connection, codes, _NUMBERS), read_until(connection, codes, _DUE, monday)
    whole, *below = (_covered(one, counts[one.code], due[one.code]) for one in (path[-1], *lower))
    below = [one for one in below if one.everybody.residents or any(one.everybody.doses)]
    below.sort(key=lambda one: (one.everybody.part(1) is None, one.everybody.part(1) or 0.0, one.unit.code))
    return Coverage(path=path, whole=whole, below=tuple(below), until=monday + timedelta(days=6))


def _covered(unit: Unit, counts: Counter[tuple[str, str]], due: Counter[str]) -> Covered:
    return Covered(
        unit=unit,
        bands={
            name: Band(
                band=name,
                residents=counts[f"{RESIDENTS}{name}", ""],
                doses=tuple(counts[f"{DOSES}{number}:{name}", ""] for number in NUMBERS),
            )
            for name in _BANDS
        },
        recovered=counts[RECOVERED, ""],
        due=tuple(due[name] for name in _DUE),
    )
