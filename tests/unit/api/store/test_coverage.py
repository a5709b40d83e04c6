"""Doses by age, and the week from which the next one is due, are counted as records are written."""

from dataclasses import replace
from datetime import date

import pytest

from api.store.counts import read_counts
from api.store.coverage import DOSES, DUE, band_of, next_dose, week_of
from api.store.records import NewVersion, write_versions
from api.store.recount import find_differences
from api.store.transactions import writing
from certificates.records.dates import PartialDate
from tests.support.centre import World, new_version
from tests.support.records import dose


def write(world: World, version: NewVersion) -> None:
    with writing(world.engine) as connection:
        write_versions(connection, [version], by="test", why="test", at=world.clock())


def counted(world: World) -> dict[str, int]:
    with world.engine.connect() as connection:
        assert find_differences(connection) == {}
        found = read_counts(connection)
    return {
        f"{key.measure} {key.since}".strip(): number
        for key, number in found.items()
        if key.measure.startswith((DOSES, DUE))
    }


def child(number: int, *days: str, version: int = 1, born: PartialDate | None = None) -> NewVersion:
    made = new_version(number, unit="TYT-1", version=version)
    person = replace(made.record.person, date_of_birth=born or PartialDate(2010, 5, 20))
    doses = tuple(dose(at, day, unit="TYT-1") for at, day in enumerate(days, 1))
    return replace(made, record=replace(made.record, person=person, doses=doses), evidence=None)


def test_a_correction_takes_the_place_of_what_was_counted(world: World) -> None:
    write(world, child(1, "2022-04-20"))
    assert counted(world) == {"doses:1:5-11": 1, "due:2 2022-05-02": 1}
    write(world, child(1, "2022-04-20", "2022-05-22", version=2))
    assert counted(world) == {"doses:1:5-11": 1, "doses:2:12-17": 1, "due:3 2022-10-17": 1}
    write(world, child(1, "2022-04-20", "2022-05-18", version=3))
    assert counted(world) == {"doses:1:5-11": 1, "doses:2:5-11": 1, "due:3 2022-10-17": 1}


def test_there_is_no_third_dose_for_children_and_no_fifth_for_anybody() -> None:
    young = PartialDate(2015)
    assert next_dose(child(1, "2022-04-20", "2022-05-20", born=young).record) is None
    old = PartialDate(1980)
    four = ("2021-04-20", "2021-05-20", "2021-12-01", "2022-05-01")
    assert next_dose(child(1, *four, born=old).record) is None
    assert next_dose(child(1, *four[:3], born=old).record) == (4, date(2022, 4, 1))
    assert next_dose(child(1, *four[:3], born=old).record, recovered=[date(2022, 2, 3)]) == (4, date(2022, 5, 3))
    assert next_dose(child(1).record) is None


@pytest.mark.parametrize(
    ("born", "day", "band"),
    [
        (PartialDate(2017, 4, 14), "2022-04-14", "5-11"),
        (PartialDate(2017, 4, 15), "2022-04-14", "0-4"),
        (PartialDate(2010, 4, 15), "2022-04-14", "5-11"),
        (PartialDate(2010, 4, 14), "2022-04-14", "12-17"),
        (PartialDate(2004), "2022-01-01", "18+"),
        (PartialDate(2030), "2022-01-01", "unknown"),
        (None, "2022-01-01", "unknown"),
    ],
)
def test_bands(born: PartialDate | None, day: str, band: str) -> None:
    assert band_of(born, date.fromisoformat(day)) == band


def test_weeks_begin_on_monday() -> None:
    assert week_of(date(2022, 5, 8)) == date(2022, 5, 2)
    assert week_of(date(2022, 5, 2)) == date(2022, 5, 2)
