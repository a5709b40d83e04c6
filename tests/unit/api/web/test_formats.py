from datetime import UTC, date, datetime, timedelta

from api.web.formats import format_day, format_instant, format_number, format_share, format_span


def test_days() -> None:
    assert format_day(date(2021, 11, 2), "vi") == format_day("2021-11-02", "en") == "02/11/2021"
    assert [format_day(text, "vi") for text in ("2021", "2021-11", "2021-11-02T10:00:00Z")] == [
        "2021",
        "11/2021",
        "02/11/2021",
    ]


def test_instants_are_those_of_viet_nam() -> None:
    assert format_instant("2021-11-01T18:30:00Z", "vi") == "01:30, 02/11/2021"
    assert format_instant(datetime(2021, 11, 2, 1, 5, tzinfo=UTC), "en") == "08:05, 02/11/2021"


def test_numbers() -> None:
    assert (format_number(1234567, "vi"), format_number(1234567, "en")) == ("1.234.567", "1,234,567")
    assert (format_share(0.4275, "vi"), format_share(0.4275, "en")) == ("42,8%", "42.8%")


def test_spans() -> None:
    assert format_span(timedelta(hours=47, minutes=5, seconds=59), "vi") == "47 giờ 05 phút"
    assert (format_span(-3660, "en"), format_span(0, "en")) == ("−1 h 01 min", "0 h 00 min")
