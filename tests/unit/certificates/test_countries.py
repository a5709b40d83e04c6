import json

from certificates.countries import COUNTRIES
from tests.support.fixtures import fixtures


def test_assigned_codes() -> None:
    assert len(COUNTRIES) == 250
    assert {"VN", "KR", "CW", "SS", "XK"} <= COUNTRIES
    assert COUNTRIES.isdisjoint({"EL", "UK", "AN", "vn", ""})


def test_the_eu_list() -> None:
    file = fixtures("the EU list of countries") / "valuesets/country-2-codes.json"
    assert set(json.loads(file.read_text("utf-8"))["valueSetValues"]) - COUNTRIES == set()
