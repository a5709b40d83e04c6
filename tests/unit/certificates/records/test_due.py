"""When a dose is due."""

from datetime import date

import pytest

from certificates.records.dates import PartialDate
from certificates.records.due import Due, add_months, due_on
from certificates.records.model import Dose
from tests.support.records import dose

ADULT = PartialDate(1985, 3, 12)


def doses(*days: str, product: str = "vaxzevria") -> tuple[Dose, ...]:
    return tuple(dose(number, day, product=product) for number, day in enumerate(days, start=1))


@pytest.mark.parametrize(
    ("given", "born", "expected"),
    [
        ((), ADULT, Due(on=None, why="first")),
        (doses("2021-08-10", product="comirnaty"), ADULT, Due(on=date(2021, 8, 27), why="interval")),
        (doses("2021-08-10", "2021-11-30"), ADULT, Due(on=date(2022, 2, 28), why="booster")),
        (doses("2021-08-10", "2021-11-30"), PartialDate(2006), Due(on=date(2022, 4, 30), why="booster")),
        (doses("2021-08-10", product="jcovden"), ADULT, Due(on=date(2021, 11, 10), why="booster")),
        (doses("2021-08-10", "2021-11-30", "2022-03-01"), ADULT, Due(on=date(2022, 7, 1), why="booster")),
        (doses("2021-08-10", product="unheard-of"), None, Due(on=date(2021, 8, 10), why="interval")),
    ],
)
def test_by_the_doses_alone(given: tuple[Dose, ...], born: PartialDate | None, expected: Due) -> None:
    assert due_on(given, born=born, recovered=()) == expected


def test_an_infection_after_the_first_booster_moves_the_next_one() -> None:
    given = doses("2021-08-10", "2021-11-30", "2022-03-01")
    assert due_on(given, born=ADULT, recovered=[date(2022, 5, 20)]) == Due(on=date(2022, 8, 20), why="recovery")
    assert due_on(given, born=ADULT, recovered=[date(2022, 3, 20)]).on == date(2022, 7, 1)  # over before it was due
    assert due_on(given, born=ADULT, recovered=[date(2022, 2, 20)]).why == "booster"  # before the last dose


def test_an_infection_does_not_move_an_adults_first_booster() -> None:
    given = doses("2021-08-10", "2021-11-30")
    assert due_on(given, born=ADULT, recovered=[date(2022, 2, 20)]) == Due(on=date(2022, 2, 28), why="booster")


def test_a_childs_doses_wait_for_three_months() -> None:
    child = PartialDate(2014, 6, 1)
    assert due_on((), born=child, recovered=[date(2022, 2, 1), date(2022, 3, 1)]) == Due(
        on=date(2022, 6, 1), why="recovery"
    )
    assert due_on((), born=PartialDate(2009, 6, 1), recovered=[date(2022, 3, 1)]).on is None


def test_months() -> None:
    assert add_months(date(2021, 11, 30), 3) == date(2022, 2, 28)
    assert add_months(date(2021, 12, 31), 1) == date(2022, 1, 31)
