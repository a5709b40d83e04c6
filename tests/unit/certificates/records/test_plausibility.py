from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from certificates.records.dates import PartialDate
from certificates.records.model import Dose
from certificates.records.plausibility import DoseFault, find_dose_faults
from tests.support.records import CITIZEN, TODAY, dose, record, series


def codes(*doses: Dose, born: PartialDate | None = CITIZEN.date_of_birth) -> list[tuple[str, int | None, bool]]:
    faults = find_dose_faults(record(replace(CITIZEN, date_of_birth=born), doses), today=TODAY)
    return [(fault.code, fault.dose_number, fault.blocking) for fault in faults]


def test_a_sound_series() -> None:
    assert codes(dose(), dose(2, "2021-09-14"), dose(3, "2022-03-02")) == []


def test_no_dose_at_all() -> None:
    assert find_dose_faults(record(doses=()), today=TODAY) == (
        DoseFault(code="doses-none", dose_number=None, blocking=True),
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"given_on": "2022-05-05"}, "dose-future"),
        ({"given_on": "2021-03-07"}, "dose-before-campaign"),
        ({"given_on": "2020-11-30", "country": "GB"}, "dose-before-campaign"),
        ({"country": "XX"}, "dose-country"),
        ({"country": ""}, "dose-country"),
        ({"product": "Comirnaty"}, "product-unknown"),  # a key, not a name
        ({"product": "inactivated-vero-cell"}, "product-inactive"),
        ({"lot": ""}, "lot-missing"),
        ({"lot": "?"}, "lot-form"),
        ({"lot": "không rõ"}, "lot-form"),
        ({"lot": "FF2752\n"}, "lot-form"),
        ({"lot": "PFIZER"}, "lot-form"),
        ({"number": 0}, "dose-number-range"),
        ({"number": -1}, "dose-number-range"),
    ],
)
def test_what_blocks_one_dose(change: dict[str, Any], code: str) -> None:
    number = change.get("number", 1)
    assert codes(dose(**change)) == [(code, number, True)]


def test_the_last_possible_days() -> None:
    assert codes(dose(1, "2022-05-04")) == []
    assert codes(dose(1, "2021-03-08", product="vaxzevria")) == []
    assert codes(dose(1, "2020-12-08", country="GB")) == []


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        ((dose(2),), [("dose-number-gap", 1, True)]),
        ((dose(1), dose(4, "2022-01-05")), [("dose-number-gap", 2, True), ("dose-number-gap", 3, True)]),
        ((dose(1), dose(1, "2021-09-14")), [("dose-number-duplicate", 1, True)]),
        ((dose(1), dose(2, "2021-08-10")), [("dose-same-day", 2, True)]),
        ((dose(1), dose(2, "2021-08-09")), [("dose-order", 2, True)]),
        ((dose(1), dose(2, "2021-08-16")), [("dose-interval", 2, True)]),
        ((dose(1), dose(2, "2021-08-26")), [("dose-interval-short", 2, False)]),
        ((dose(1), dose(2, "2021-08-27")), []),  # 17 days: 21 less four of grace
        ((dose(10**9),), [("dose-number-range", 10**9, True)]),
    ],
)
def test_numbers_and_intervals(doses: tuple[Dose, ...], expected: list[tuple[str, int, bool]]) -> None:
    assert codes(*doses) == expected


def test_the_order_of_rows_does_not_matter() -> None:
    assert codes(dose(2, "2021-09-14"), dose(1)) == []


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (PartialDate(2021, 8, 11), [("dose-before-birth", 1, True)]),
        (PartialDate(2022), [("dose-before-birth", 1, True)]),
        (PartialDate(2021), [("dose-age", 1, False)]),  # known to the year: it may be true
        (PartialDate(2017), [("dose-age", 1, False)]),
        (PartialDate(2016, 12), []),
        (None, []),
    ],
)
def test_birth(born: PartialDate | None, expected: list[tuple[str, int, bool]]) -> None:
    assert codes(dose(), born=born) == expected


@pytest.mark.parametrize(
    ("products", "odd"),
    [
        (("vaxzevria", "comirnaty"), []),
        (("vaxzevria", "vaxzevria", "spikevax"), []),
        (("bbibp-corv", "bbibp-corv", "comirnaty"), []),
        (("abdala", "abdala", "abdala", "comirnaty"), []),
        (("jcovden", "comirnaty"), []),
        (("bbibp-corv", "sputnik-v"), [2]),
        (("comirnaty", "abdala"), [2]),
        (("comirnaty", "bbibp-corv", "bbibp-corv"), [2, 3]),
    ],
)
def test_mixtures(products: tuple[str, ...], odd: list[int]) -> None:
    assert codes(*series(*products)) == [("product-mixture", number, False) for number in odd]


def test_products_and_lots_that_do_not_fit() -> None:
    assert codes(dose(product="coronavac")) == [("product-not-used-here", 1, False)]
    assert codes(dose(product="coronavac", country="CN")) == []
    assert codes(dose(lot="202108B1234")) == [("lot-product", 1, False)]
    assert codes(dose(product="bbibp-corv", lot="202108B1234")) == []


def test_today_is_the_callers() -> None:
    given = record(doses=(dose(1, "2021-08-10"),))
    assert find_dose_faults(given, today=date(2021, 8, 9))[0].code == "dose-future"
    assert find_dose_faults(given, today=date(2021, 8, 10)) == ()
