import json

from certificates.countries import COUNTRIES, iso_country
from tests.support.fixtures import fixtures


def test_assigned_codes() -> None:
    assert len(COUNTRIES) == 250
    assert {"VN", "KR", "CW", "SS", "XK"} <= COUNTRIES
    assert COUNTRIES.isdisjoint({"EL", "UK", "AN", "vn", ""})


def test_codes_as_iso_has_them() -> None:
    written = {"EL": "GR", "UK": "GB", " vn ": "VN", "XX": "XX", "": ""}
    assert {code: iso_country(code) for code in written} == written


def test_the_eu_list() -> None:
    file = fixtures("the EU list of countries") / "valuesets/country-2-codes.json"
    assert set(json.loads(file.read_text("utf-8"))["valueSetValues"]) - COUNTRIES == set()
