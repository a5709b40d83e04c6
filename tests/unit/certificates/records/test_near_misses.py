"""Slips of people who type, and what is none."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.records.comparison import compare
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Sex
from certificates.records.near_misses import Difference, Slip, find_differences
from tests.support.records import CITIZEN

CMND = {"id_kind": IdKind.CMND, "id_number": "012345678"}


@pytest.mark.parametrize(
    ("changes", "field", "slip"),
    [
        ({"full_name": "Dang Thi Thuy Tram"}, "full_name", "name-marks"),
        ({"full_name": "Đặng Thị Thủy Trâm"}, "full_name", "name-marks"),
        ({"full_name": "Trâm Đặng Thị Thùy"}, "full_name", "name-order"),
        ({"full_name": "Thuy Tram Dang Thi"}, "full_name", "name-order"),
        ({"full_name": "Đặng Thị Thùy Châm"}, "full_name", "other"),
        ({"full_name": "Đặng Thị Thùy Trâu"}, "full_name", "name-letter"),
        ({"full_name": "Đặng Thị Thùy Trâmm"}, "full_name", "name-letter"),
        ({"full_name": "Đặng Thị Thùy Trâ"}, "full_name", "name-letter"),
        ({"full_name": "Đặng Thị Thùy Tram b"}, "full_name", "name-word"),
        ({"full_name": "Đặng Thùy Trâm"}, "full_name", "name-word"),
        ({"full_name": "Lê Văn Năm"}, "full_name", "other"),
        ({"full_name": ""}, "full_name", "missing"),
        ({"date_of_birth": PartialDate(1985, 12, 3)}, "date_of_birth", "date-swapped"),
        ({"date_of_birth": PartialDate(1985, 3, 13)}, "date_of_birth", "date-digit"),
        ({"date_of_birth": PartialDate(1958, 3, 12)}, "date_of_birth", "date-digit"),
        ({"date_of_birth": PartialDate(1985, 3, 21)}, "date_of_birth", "date-digit"),
        ({"date_of_birth": PartialDate(1984, 3, 13)}, "date_of_birth", "other"),
        ({"date_of_birth": PartialDate(1984)}, "date_of_birth", "other"),
        ({"date_of_birth": None}, "date_of_birth", "missing"),
        ({"sex": Sex.MALE}, "sex", "other"),
        ({"sex": None}, "sex", "missing"),
        ({"id_number": "001185012346"}, "id_number", "number-digit"),
        ({"id_number": "001185012354"}, "id_number", "number-swapped"),
        ({"id_number": "00118501235", "id_kind": None}, "id_number", "number-length"),
        ({"id_number": "0011850123451", "id_kind": None}, "id_number", "number-length"),
        ({"id_number": "001185054321"}, "id_number", "other"),
        (CMND, "id_number", "number-kind"),
        ({"id_number": None, "id_kind": None}, "id_number", "missing"),
    ],
)
def test_slips(changes: dict[str, Any], field: str, slip: str) -> None:
    (found,) = find_differences(replace(CITIZEN, **changes), CITIZEN)
    assert (found.field, found.slip) == (field, slip)


def test_what_the_register_knows_in_part() -> None:
    for born in (PartialDate(1985), PartialDate(1985, 3)):
        (found,) = find_differences(CITIZEN, replace(CITIZEN, date_of_birth=born))
        assert (found.slip, found.entered, found.registered) == (Slip.DATE_PRECISE, "1985-03-12", born.iso)


def test_several_at_once_and_none() -> None:
    assert find_differences(CITIZEN, CITIZEN) == ()
    assert find_differences(replace(CITIZEN, full_name="ĐẶNG THỊ THUỲ TRÂM"), CITIZEN) == ()
    found = find_differences(replace(CITIZEN, sex=Sex.MALE, id_number="001185012346"), CITIZEN)
    assert [one.field for one in found] == ["sex", "id_number"]


def test_a_difference_shows_no_value_in_a_log() -> None:
    shown = Difference(field="sex", slip=Slip.OTHER, entered="M", registered="F")
    assert repr(shown) == "Difference(sex, other)"


@given(st.text("0123456789", min_size=12, max_size=12), st.text("aăâđ nữ", min_size=1, max_size=12))
def test_whatever_differs_has_a_word(number: str, name: str) -> None:
    entered = replace(CITIZEN, id_number=number, full_name=name)
    assert [one.field for one in find_differences(entered, CITIZEN)] == list(compare(entered, CITIZEN).differing)
