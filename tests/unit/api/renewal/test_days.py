from collections import Counter
from datetime import UTC, datetime, timedelta

from api.renewal.days import SPREAD, renewal_day
from certificates.uvci import new_uvci

ENDS = datetime(2023, 3, 1, 2, 0, tzinfo=UTC)


def test_the_passports_of_one_day_are_renewed_on_twenty() -> None:
    days = Counter(renewal_day(new_uvci("VN"), ENDS) for _ in range(4000))
    assert len(days) == SPREAD
    assert max(days.values()) < 2 * 4000 / SPREAD
    assert min(days) == (ENDS - timedelta(days=30)).date()
    assert max(days) == (ENDS - timedelta(days=11)).date()


def test_a_day_is_always_the_same() -> None:
    assert renewal_day("URN:UVCI:01:VN:0123456789ABCD", ENDS).isoformat() == "2023-02-02"
