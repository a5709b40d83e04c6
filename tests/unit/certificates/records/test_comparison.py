from dataclasses import replace
from typing import Any

import pytest

from certificates.records.comparison import compare
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Sex
from tests.support.records import CITIZEN, FOREIGNER


def test_the_same_person() -> None:
    assert compare(CITIZEN, CITIZEN).agrees
    assert compare(CITIZEN, CITIZEN).differing == ()


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"full_name": "ĐẶNG THỊ THUỲ TRÂM"}, ()),
        ({"full_name": "Dang Thi Thuy Tram"}, ("full_name",)),
        ({"full_name": ""}, ("full_name",)),
        ({"sex": Sex.MALE}, ("sex",)),
        ({"sex": None}, ("sex",)),
        ({"id_number": "001185012346"}, ("id_number",)),
        ({"id_kind": IdKind.PASSPORT}, ("id_number",)),
        ({"id_number": None, "id_kind": None}, ("id_number",)),
        ({"full_name": "Lê Bé", "sex": None, "date_of_birth": None}, ("full_name", "date_of_birth", "sex")),
    ],
)
def test_each_item(change: dict[str, Any], differing: tuple[str, ...]) -> None:
    assert compare(replace(CITIZEN, **change), CITIZEN).differing == differing


@pytest.mark.parametrize(
    ("entered", "registered", "agrees"),
    [
        ("1985-03-12", "1985-03-12", True),
        ("1985-12-03", "1985-03-12", False),
        ("1985", "1985", True),
        ("1985", "1985-03-12", True),  # known to the year: less is told, nothing else
        ("1985-03", "1985-03-12", True),
        ("1985-04", "1985-03-12", False),
        ("1985-01-01", "1985", False),  # the register does not know that day
        ("1985-03-01", "1985-03", False),
        ("1984", "1985", False),
    ],
)
def test_birth_dates_known_in_part(entered: str, registered: str, agrees: bool) -> None:
    one = replace(CITIZEN, date_of_birth=PartialDate.parse(entered))
    other = replace(CITIZEN, date_of_birth=PartialDate.parse(registered))
    assert compare(one, other).date_of_birth is agrees


def test_nothing_agrees_with_nothing() -> None:
    empty = replace(FOREIGNER, full_name="", family_name=None, given_name=None, date_of_birth=None, sex=None)
    blank = replace(empty, id_kind=None, id_number=None)
    assert compare(blank, blank).differing == ("full_name", "date_of_birth", "sex", "id_number")
