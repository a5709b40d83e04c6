import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.cbor import DateText
from certificates.schema import check_dcc
from certificates.usual import is_usual
from tests.unit.certificates.test_schema import edited, sound

_PLACES = (
    *("ver", "dob", "nam", "v", "unknown", "nam.unknown", "v.0.unknown"),
    *(f"nam.{name}" for name in ("fn", "gn", "fnt", "gnt")),
    *(f"v.0.{name}" for name in ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci")),
)
_VALUES = st.one_of(
    st.sampled_from(
        ("", "\n", "A\nB", "A" * 80, "A" * 81, "1.3.3", "1.3.3\n", "VN", "vn", "VN2", "TRAN", "Trần", "٣.٣.٣", b"A")
    ),
    st.sampled_from(
        (0, 1, -1, 2**64, True, False, None, 1.0, 0.5, float("nan"), float("inf"), [], {}, ["A"], {"A": 1})
    ),
    st.sampled_from((DateText("2021-09-14"), [DateText("2021-09-14")])),
    st.dates().map(str),
    st.builds(
        "{:04}-{:02}-{:02}".format, st.sampled_from((0, 1899, 1900, 2021, 2024, 2100)), *[st.integers(0, 32)] * 2
    ),
    st.integers(1880, 2110).map(str),
    st.text(string.digits + "-. \n", max_size=12),
    st.text(max_size=90),
)


@given(place=st.sampled_from(_PLACES), value=_VALUES)
def test_what_is_usual_is_plain_and_passes_the_long_check(place: str, value: Any) -> None:
    document = edited(place, value)
    if is_usual(document):
        assert json.loads(json.dumps(document, allow_nan=False)) == document
        assert check_dcc(document, strict=False) == "v"


@pytest.mark.parametrize("place", [place for place in _PLACES if "unknown" not in place])
def test_nothing_may_be_missing(place: str) -> None:
    assert not is_usual(edited(place, ...))


@pytest.mark.parametrize("place", ["unknown", "nam.unknown", "v.0.unknown"])
def test_nothing_may_stand_beside_it(place: str) -> None:
    assert not is_usual(edited(place, "A"))


def test_a_date_with_a_tag_is_not_usual_as_a_value_or_as_a_name() -> None:
    for place in ("dob", "v.0.dt"):
        assert not is_usual(edited(place, DateText("2021-09-14")))
    document = sound()
    document["v"][0][DateText("dt")] = document["v"][0].pop("dt")
    assert not is_usual(document)


def test_a_long_version_takes_the_long_check() -> None:
    assert is_usual(edited("ver", "1.3.123456789"))
    assert not is_usual(edited("ver", "1.3.1" + "0" * 50_000))


@pytest.mark.parametrize("kind", ["t", "r"])
def test_tests_and_recoveries_take_the_long_check(kind: str) -> None:
    assert not is_usual(sound(kind))


@pytest.mark.parametrize("born", ["1985", "1985-03-12", "2000-02-28", "2021-01-31", "2021-04-30"])
def test_births_are_usual_as_a_day_or_a_year(born: str) -> None:
    assert is_usual(edited("dob", born))


@pytest.mark.parametrize("born", ["2021-02-29", "2020-02-29", "2021-04-31", "1985-03", "1985-00-00", "", " 1985"])
def test_other_births_take_the_long_check(born: str) -> None:
    assert not is_usual(edited("dob", born))
    assert not is_usual(edited("v.0.dt", born))
