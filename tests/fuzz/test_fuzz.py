"""The short run of `make fuzz`, the same in every `make test`; and that the engine finds what there is to find."""

from random import Random

import pytest

from tests.fuzz.all import FAMILIES
from tests.fuzz.engine import FalseAcceptError, Family, Tally, fuzz, mutant, try_one

COUNT = 6000
SEED = 20211101


def test_no_mutant_crashes_and_none_is_accepted_that_nobody_signed() -> None:
    report = fuzz(FAMILIES, count=COUNT, seed=SEED)
    assert report.count > COUNT * 0.9
    for name, tally in report.tallies.items():
        assert tally.crashes == [], name
        assert tally.false_accepts == [], name  # how long it took is for `make fuzz`


def test_sound_codes_in_other_clothes_are_all_accepted() -> None:
    (family,) = (family for family in FAMILIES if family.name == "in other clothes")
    tally = fuzz([family], count=100, seed=SEED).tallies[family.name]
    assert tally.accepted == tally.count == 100


def _find(error: type[Exception] | None) -> Tally:
    def run(made: float) -> bool:
        if error is not None and made > 0.5:
            raise error("no good")
        return made < 0.1

    tally = Tally()
    family = Family("trial", 1, Random.random, run)
    for number in range(50):
        try_one(family, number, SEED, tally)
    assert mutant(family, 7, SEED) == mutant(family, 7, SEED) != mutant(family, 8, SEED)
    return tally


def test_the_engine_tells_finds_apart() -> None:
    crashed, accepted, calm = _find(KeyError), _find(FalseAcceptError), _find(None)
    assert crashed.crashes
    assert not crashed.false_accepts
    assert accepted.false_accepts
    assert not accepted.crashes
    assert not calm.crashes
    assert 0 < calm.accepted < calm.count == 50


@pytest.mark.parametrize("count", [1, 999, 5000])
def test_a_run_has_about_as_many_mutants_as_asked(count: int) -> None:
    families = [Family(str(weight), weight, Random.random, lambda _: False) for weight in (1, 2, 5)]
    report = fuzz(families, count=count, seed=SEED)
    assert report.count == max(3, report.count)
    assert count - 3 <= report.count <= count + 3
    assert report.finds() == []
    assert fuzz(families, count=count, seed=SEED, seconds=0).count == 0
