import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.certlogic_time import UNITS, Instant, Unit, date_of_birth, plus_time
from certificates.errors import CertLogicError


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021", "2021-12-31T00:00:00.000Z"),
        ("2020-02", "2020-02-29T00:00:00.000Z"),
        ("2021-02", "2021-02-28T00:00:00.000Z"),
        ("2021-06-15", "2021-06-15T00:00:00.000Z"),
        ("2021-06-15T08:30:05", "2021-06-15T08:30:05.000Z"),
        ("2021-06-15T08:30:05Z", "2021-06-15T08:30:05.000Z"),
        ("2021-06-15T08:30:05+7", "2021-06-15T01:30:05.000Z"),
        ("2021-06-15T08:30:05+07", "2021-06-15T01:30:05.000Z"),
        ("2021-06-15T08:30:05-530", "2021-06-15T14:00:05.000Z"),
        ("2021-06-15T08:30:05-0530", "2021-06-15T14:00:05.000Z"),
        ("2021-06-15T08:30:05-5:30", "2021-06-15T14:00:05.000Z"),
        ("2021-06-15T08:30:05-05:30", "2021-06-15T14:00:05.000Z"),
        ("2021-06-15T08:30:05.1", "2021-06-15T08:30:05.100Z"),
        ("2021-06-15T08:30:05.1239999Z", "2021-06-15T08:30:05.123Z"),
        ("2021-06-15T00:00:05.007+07:00", "2021-06-14T17:00:05.007Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_formats(text: str, instant: str) -> None:
    assert str(plus_time(text, 0, "day")) == instant


@pytest.mark.parametrize(
    "text",
    [
        *("", "21", "2021-6-1", "2021-13", "2021-00", "2021-02-30", "2021-09-99", "2021-06-15 ", "20210615", "0000"),
        *("2021-06-15T08:30", "2021-06-15T24:00:00Z", "2021-06-15T08:60:00Z", "2021-06-15T08:30:05.Z"),
        *("2021-06-15t08:30:05z", "2021-06-15T08:30:05+24", "2021-06-15T08:30:05+07:60", "2021-06-15T08:30:05+07:0"),
        *("2021-06-15T08:30:05." + "1" * 200, "٢٠٢١", "2021-06T08:30:05Z", "2021\n"),
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(CertLogicError) as caught:
        plus_time(text, 0, "day")
    assert caught.value.code == "certlogic-date"


@pytest.mark.parametrize(
    ("text", "amount", "unit", "instant"),
    [
        ("2020-02-29", 1, "day", "2020-03-01"),
        ("2020-02-29", 1, "month", "2020-03-29"),
        ("2020-02-29", 1, "year", "2021-03-01"),
        ("2020-02-29", 4, "year", "2024-02-29"),
        ("2021-01-31", 1, "month", "2021-03-03"),
        ("2021-03-31", -1, "month", "2021-03-03"),
        ("2021-12-15", 1, "month", "2022-01-15"),
        ("2021-01-15", -13, "month", "2019-12-15"),
        ("2021-06-15", -18, "year", "2003-06-15"),
        ("2021-06-15", 25, "hour", "2021-06-16T01"),
        ("2021", 1, "day", "2022-01-01"),
    ],
)
def test_offsets_run_over_as_in_ecmascript(text: str, amount: int, unit: Unit, instant: str) -> None:
    assert str(plus_time(text, amount, unit)).startswith(instant)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("amount", [2**53 - 1, -(2**53) + 1, 90_000_000])
def test_offsets_stay_in_the_calendar(amount: int, unit: Unit) -> None:
    with pytest.raises(CertLogicError):
        plus_time("2021-06-15", amount, unit)


@pytest.mark.parametrize(
    ("text", "day"), [("1990", "1990-12-31"), ("1990-02", "1990-02-28"), ("1990-02-03", "1990-02-03")]
)
def test_date_of_birth_is_the_last_day_that_agrees(text: str, day: str) -> None:
    assert str(date_of_birth(text)) == f"{day}T00:00:00.000Z"


@pytest.mark.parametrize("text", ["", "1990-00", "1990-02-30", "1990-02-03T00:00:00Z", "90"])
def test_what_is_no_date_of_birth(text: str) -> None:
    with pytest.raises(CertLogicError):
        date_of_birth(text)


@given(st.dates(), st.integers(-100_000, 100_000))
def test_days_and_hours_agree(day: object, amount: int) -> None:
    try:
        moved = plus_time(str(day), amount, "day")
    except CertLogicError:
        with pytest.raises(CertLogicError):
            plus_time(str(day), amount * 24, "hour")
    else:
        assert moved == plus_time(str(day), amount * 24, "hour")


@given(st.dates(), st.integers(-500, 500))
def test_years_are_twelve_months(day: object, amount: int) -> None:
    try:
        moved = plus_time(str(day), amount, "year")
    except CertLogicError:
        with pytest.raises(CertLogicError):
            plus_time(str(day), amount * 12, "month")
    else:
        assert moved == plus_time(str(day), amount * 12, "month")


def test_an_instant_is_no_plain_integer() -> None:
    assert type(plus_time("2021", 0, "day")) is Instant
