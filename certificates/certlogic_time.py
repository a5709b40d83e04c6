"""Dates and times of CertLogic: parsing, offsetting (CertLogic specification 1.3.2, plusTime and dccDateOfBirth)."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, get_args

from certificates.errors import CertLogicError

Unit = Literal["year", "month", "day", "hour"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)

_HOUR: Final = 3_600_000  # milliseconds
_DAY: Final = 24 * _HOUR
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST: Final = (date.min.toordinal() - _EPOCH) * _DAY
_LAST: Final = (date.max.toordinal() - _EPOCH + 1) * _DAY - 1
_MAX_TEXT: Final = 100  # characters: any number of decimals is allowed, within reason
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?"
    r"(?:Z|([+-])(\d|[01]\d|2[0-3])(?::?([0-5]\d))?)?",
    re.ASCII,
)


class Instant(int):
    """A date-time: milliseconds since 1970 in UTC. A type of its own, because CertLogic never takes it for a number."""

    __slots__ = ()

    def __str__(self) -> str:
        """As ECMAScript writes it: ``2021-06-01T00:00:00.000Z``."""
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(self))
        return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{self % 1000:03d}Z"


@lru_cache(maxsize=4096)
def plus_time(text: str, amount: int, unit: Unit) -> Instant:
    """``text``, in one of the formats of the specification, moved by ``amount`` units.

    A missing time is midnight, a missing offset UTC, decimals after the third are ignored; partial dates are read as
    `date_of_birth` does. Years and months move like ECMAScript's: a day that the month does not have runs over into
    the next one.

    Raises CertLogicError: another format, not in the calendar, or outside the years 1 to 9999.
    """
    base = int(date_of_birth(text)) if _DATE.fullmatch(text) else _date_time(text)
    if unit == "hour":
        moved = base + amount * _HOUR
    elif unit == "day":
        moved = base + amount * _DAY
    else:
        days, time = divmod(base, _DAY)
        day = date.fromordinal(days + _EPOCH)
        year, month = divmod(day.year * 12 + day.month - 1 + amount * (12 if unit == "year" else 1), 12)
        moved = _days(year, month + 1, 1) * _DAY + (day.day - 1) * _DAY + time
    if not _FIRST <= moved <= _LAST:
        raise CertLogicError("certlogic-limit", "a date-time outside the years 1 to 9999")
    return Instant(moved)


@lru_cache(maxsize=4096)
def date_of_birth(text: str) -> Instant:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` as the last day that agrees with it, at midnight UTC.

    Raises CertLogicError: another format, or not in the calendar.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise CertLogicError("certlogic-date", "a text that is no date")
    year, month, day = int(match[1]), int(match[2] or 12), match[3]
    if day is not None:
        return Instant(_days(year, month, int(day)) * _DAY)
    first = _days(year, month, 1)
    return Instant((first + monthrange(year, month)[1] - 1) * _DAY)


def _date_time(text: str) -> int:
    match = _DATE_TIME.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise CertLogicError("certlogic-date", "a text that is no date-time")
    year, month, day, hour, minute, second, decimals, sign, ahead_hours, ahead_minutes = match.groups()
    minutes = int(hour) * 60 + int(minute)
    if sign is not None:
        ahead = int(ahead_hours) * 60 + int(ahead_minutes or 0)
        minutes -= ahead if sign == "+" else -ahead
    milliseconds = int((decimals or "0")[:3].ljust(3, "0"))
    return _days(int(year), int(month), int(day)) * _DAY + minutes * 60_000 + int(second) * 1000 + milliseconds


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970."""
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except (ValueError, OverflowError) as error:
        raise CertLogicError("certlogic-date", "a date that is not in the calendar") from error
