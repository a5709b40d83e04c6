from datetime import UTC, date, datetime

import pytest

from certificates.errors import RecordError
from certificates.records.dates import PartialDate, local_day


@pytest.mark.parametrize("text", ["1950", "1950-02", "2000-02-29", "1900-01-01", "2099-12-31"])
def test_reads_and_writes_what_is_known(text: str) -> None:
    assert PartialDate.parse(text).iso == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "date-form"),
        ("50", "date-form"),
        ("1950-1-1", "date-form"),
        ("1950-01-01\n", "date-form"),
        ("١٩٥٠", "date-form"),
        ("1950-13", "date-impossible"),
        ("1950-00", "date-impossible"),
        ("2021-02-29", "date-impossible"),
        ("1899", "date-year"),
        ("2100", "date-year"),
    ],
)
def test_refuses(text: str, code: str) -> None:
    with pytest.raises(RecordError) as caught:
        PartialDate.parse(text)
    assert caught.value.code == code


def test_a_day_needs_its_month() -> None:
    with pytest.raises(RecordError) as caught:
        PartialDate(1950, None, 3)
    assert caught.value.code == "date-partial"


def test_earliest_day() -> None:
    assert PartialDate(1950).earliest == date(1950, 1, 1)
    assert PartialDate(1950, 6).earliest == date(1950, 6, 1)
    assert PartialDate(1950, 6, 7).earliest == date(1950, 6, 7)


def test_repr_tells_nobody_a_birth_date() -> None:
    assert "1950" not in repr(PartialDate(1950, 6, 7))


def test_a_day_in_viet_nam_begins_seven_hours_earlier() -> None:
    assert local_day(datetime(2021, 12, 31, 16, 59, 59, tzinfo=UTC)) == date(2021, 12, 31)
    assert local_day(datetime(2021, 12, 31, 17, 0, tzinfo=UTC)) == date(2022, 1, 1)
