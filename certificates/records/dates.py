"""Dates of people and doses: birth dates that may be known only in part, and the calendar that days are meant in."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from certificates.errors import RecordError

VIETNAM: Final = timezone(timedelta(hours=7))  # no summer time
_ISO = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$", re.ASCII)


def local_day(instant: datetime) -> date:
    """The calendar day in Viet Nam, which the dates of doses are meant in. ``instant`` is aware."""
    return instant.astimezone(VIETNAM).date()


@dataclass(frozen=True, slots=True, repr=False)
class PartialDate:
    """A date known to the year, the month or the day. Always a real date of the calendar, from 1900 to 2099."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise RecordError("date-partial", "a day without a month")
        if not 1900 <= self.year <= 2099:  # DCC schema 1.3.3, dob pattern
            raise RecordError("date-year", "the year must lie between 1900 and 2099")
        try:
            date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)
        except ValueError as error:
            raise RecordError("date-impossible", "this day does not exist") from error

    def __repr__(self) -> str:
        return "PartialDate(...)"  # a birth date is personal data

    @classmethod
    @lru_cache(maxsize=8192)  # of the days on which people are born there are few
    def parse(cls, text: str) -> "PartialDate":
        """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``. Raises RecordError ``date-form`` for anything else."""
        match = _ISO.match(text)
        if match is None or text != match.group(0):
            raise RecordError("date-form", "expected YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = match.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    @property
    def earliest(self) -> date:
        """The first day that it may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def iso(self) -> str:
        """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``: the form of the DCC's ``dob``."""
        if self.month is None:
            return f"{self.year:04d}"
        if self.day is None:
            return f"{self.year:04d}-{self.month:02d}"
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
