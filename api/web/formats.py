"""Dates, times, numbers and spans as people of a language write them. Times are those of Viet Nam."""

from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from certificates.records.dates import VIETNAM
from certificates.records.model import instant_from_text

_LOCALES: Final = {"vi": "vi_VN", "en": "en_GB"}


def format_day(value: date | str, language: str) -> str:
    """02/11/2021 in both; a date that is known in part (``2021``, ``2021-11``) as far as it is known."""
    if isinstance(value, str):
        if len(value) < len("YYYY-MM-DD"):
            return "/".join(reversed(value.split("-")))
        value = date.fromisoformat(value[:10])
    return format_date(value, "dd/MM/yyyy", locale=_LOCALES[language])


def format_instant(value: datetime | str, language: str) -> str:
    """08:05, 02/11/2021. Takes a datetime with a zone, or the text of `instant_to_text`."""
    instant = instant_from_text(value) if isinstance(value, str) else value
    return format_datetime(instant.astimezone(VIETNAM), "HH:mm, dd/MM/yyyy", locale=_LOCALES[language])


def format_number(value: float, language: str) -> str:
    """1.234.567 in Vietnamese, 1,234,567 in English."""
    if isinstance(value, int):  # a table has a thousand of them: babel takes thirty times as long
        text = f"{value:,}"
        return text.replace(",", ".") if language == "vi" else text
    return format_decimal(value, locale=_LOCALES[language])


def format_share(value: float, language: str) -> str:
    """A share of 0 to 1 as per cent, one decimal."""
    return format_percent(value, "#,##0.#%", locale=_LOCALES[language])


def format_span(value: timedelta | float, language: str) -> str:
    """Hours and minutes of a span (or of seconds): "47 giờ 05 phút", "47 h 05 min"; a minus where it is over."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "−" if seconds < 0 else ""
    return f"{sign}{hours} giờ {minutes:02} phút" if language == "vi" else f"{sign}{hours} h {minutes:02} min"
