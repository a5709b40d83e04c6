"""Who asks first when a partner may be back: one, of however many."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.errors import CentreError
from api.identity.breaker import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD, Breaker
from api.store.database import open_database
from tests.support.centre import Clock
from tests.support.databases import NewAddress
from tests.support.together import together

pytestmark = pytest.mark.both_databases


@pytest.fixture
def breaker(tmp_path: Path, new_address: NewAddress) -> Breaker:
    return Breaker(engine=open_database(new_address(tmp_path)), name="register", clock=Clock())


def entering(breaker: Breaker) -> str:
    try:
        breaker.enter()
    except CentreError as error:
        return error.code
    return "asks"


def test_one_asks_and_the_others_wait(breaker: Breaker) -> None:
    with ThreadPoolExecutor(8) as pool:
        together(pool, *[lambda: breaker.failed("partner-away", None)] * 8)  # none of them is lost
        assert entering(breaker) == "partner-away"
        assert isinstance(breaker.clock, Clock)
        breaker.clock.forward(seconds=LONGEST_PAUSE * 2)
        answers = together(pool, *[lambda: entering(breaker)] * 8)
        assert sorted(answers) == ["asks", *["partner-away"] * 7]
        breaker.succeeded()
        assert together(pool, *[lambda: entering(breaker)] * 8) == ["asks"] * 8


def test_it_opens_with_the_third_failure_in_a_row_and_longer_each_time(breaker: Breaker) -> None:
    pauses = []
    for number in range(1, 12):
        breaker.failed("partner-away", None)
        assert entering(breaker) == ("asks" if number < THRESHOLD else "partner-away")
        if number >= THRESHOLD:
            with pytest.raises(CentreError) as refusal:
                breaker.enter()
            pauses.append(refusal.value.retry_after or 0)
    assert FIRST_PAUSE * 3 // 4 <= pauses[0] <= FIRST_PAUSE * 1.25
    assert LONGEST_PAUSE * 3 // 4 <= pauses[-1] <= LONGEST_PAUSE * 1.25
