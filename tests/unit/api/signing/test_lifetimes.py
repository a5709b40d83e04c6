from datetime import UTC, datetime

import pytest

from api.signing.lifetimes import previous_year, signs_until
from api.signing.work import next_year
from tests.support.softkeys import make_key

END = datetime(2024, 6, 1, 8, 0, tzinfo=UTC)


def test_passports_end_a_year_before_the_certificate_confirmations_with_it() -> None:
    certificate = make_key("ES256", not_after=END).certificate
    assert signs_until(certificate, "issue") == datetime(2023, 6, 1, 8, 0, tzinfo=UTC)
    assert signs_until(certificate, "confirm") == END


@pytest.mark.parametrize("day", [(2024, 2, 29), (2024, 2, 28), (2024, 3, 1), (2023, 2, 28)])
def test_on_the_last_day_a_passport_still_ends_in_time(day: tuple[int, int, int]) -> None:
    end = datetime(*day, 12, tzinfo=UTC)
    assert next_year(previous_year(end)) <= end
