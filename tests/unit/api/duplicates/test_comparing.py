"""The written rule, case by case."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.duplicates.comparing import hints_of, may_be_one, may_be_one_dose, near, plain_name
from certificates.records.dates import PartialDate
from certificates.records.model import Dose, IdKind, Person, Sex

PERSON = Person(
    full_name="Nguyễn Thị Hồng",
    date_of_birth=PartialDate(1961, 3, 7),
    sex=Sex.FEMALE,
    id_kind=IdKind.CCCD,
    id_number="001161012345",
)
DOSE = Dose(number=1, given_on=date(2021, 10, 5), product="vaxzevria", lot="ABX1234", unit="TYT-1")
WITHOUT: dict[str, Any] = {"id_kind": None, "id_number": None}


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Nguyen Thi Hong"},
        {"full_name": "HỒNG NGUYỄN THỊ"},
        {"date_of_birth": PartialDate(1961, 7, 3)},
        {"date_of_birth": PartialDate(1961)},
    ],
)
def test_they_share_a_hint(change: dict[str, Any]) -> None:
    assert set(hints_of(PERSON, "TYT-1")) & set(hints_of(replace(PERSON, **change), "TYT-1"))


@pytest.mark.parametrize(
    "change",
    [{"full_name": "Nguyễn Thị Hoa"}, {"date_of_birth": PartialDate(1962, 3, 7)}, {"date_of_birth": None}],
)
def test_they_share_none(change: dict[str, Any]) -> None:
    assert not set(hints_of(PERSON, "TYT-1")) & set(hints_of(replace(PERSON, **change), "TYT-1"))


def test_of_a_year_alone_the_unit_is_part() -> None:
    year_only = replace(PERSON, date_of_birth=PartialDate(1961))
    assert not set(hints_of(year_only, "TYT-1")) & set(hints_of(year_only, "TYT-2"))
    young = replace(PERSON, date_of_birth=PartialDate(1999, 1, 2))
    assert len(hints_of(young, "TYT-1")) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (WITHOUT, "number-missing"),
        ({"id_number": "001161012346"}, "number-near"),
        ({"id_number": "001161012354"}, "number-near"),
        ({"id_number": "001161099999"}, None),
        ({"id_kind": IdKind.CMND, "id_number": "012345671"}, "spelling"),
        ({"sex": Sex.MALE}, None),
        (WITHOUT | {"sex": None}, "number-missing"),
    ],
)
def test_people_who_may_be_one(change: dict[str, Any], reason: str | None) -> None:
    assert may_be_one(PERSON, replace(PERSON, **change)) == reason
    assert may_be_one(replace(PERSON, **change), PERSON) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"unit": "TYT-2"}, "dose-two-stations"),
        ({"unit": "TYT-2", "given_on": date(2021, 10, 19), "lot": "X1"}, "dose-two-stations"),
        ({"unit": "TYT-2", "given_on": date(2021, 10, 20)}, None),
        ({"unit": "TYT-2", "number": 2, "given_on": date(2021, 10, 8)}, "dose-days"),
        ({"unit": "TYT-2", "number": 2, "given_on": date(2021, 10, 12)}, None),
    ],
)
def test_doses_that_may_be_one(change: dict[str, Any], reason: str | None) -> None:
    assert may_be_one_dose(DOSE, replace(DOSE, **change)) == reason


def test_numbers_and_names() -> None:
    assert not near("12", "123")
    assert not near("1234", "4231")
    assert plain_name("Đặng Hoà") == plain_name("hòa  dang")
