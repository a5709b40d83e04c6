import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import RecordError
from certificates.valuesets import DISEASE_COVID_19, PRODUCTS, TRIPLES, VERSION, VP_GENERAL, _squeeze, find_product
from tests.support.fixtures import fixtures


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("comirnaty", "comirnaty"),
        ("Comirnaty (Pfizer-BioNTech)", "comirnaty"),
        ("PFIZER", "comirnaty"),
        ("Vắc xin Comirnaty của Pfizer/BioNTech", "comirnaty"),
        ("EU/1/21/1529", "vaxzevria"),
        ("Astra Zeneca", "vaxzevria"),
        ("COVID-19 Vaccine AstraZeneca", "vaxzevria"),
        ("Vero Cell", "bbibp-corv"),
        ("VeroCell", "bbibp-corv"),
        ("COVID-19 Vaccine (Vero Cell), Inactivated", "bbibp-corv"),
        ("Sputnik-V", "sputnik-v"),
        ("Sputnik Light", "sputnik-light"),
        ("Spikevax (COVID-19 Vaccine Moderna)", "spikevax"),
        ("COVID-19 Vaccine Janssen", "jcovden"),
        ("Abdala", "abdala"),
        ("Hayat - Vax", "hayat-vax"),
        ("NVX-CoV2373", "nuvaxovid"),  # the code is deprecated, the product goes on under its new one
    ],
)
def test_names_in_spreadsheets(text: str, key: str) -> None:
    assert find_product(text) is PRODUCTS[key]


@pytest.mark.parametrize(
    "text", ["", "  ", "vaccine", "Nanocovax", "Vero Cell by Sinovac", "Sputnik X", "AB", "Pfizer or Moderna"]
)
def test_unknown_names(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        find_product(text)
    assert caught.value.code == "product-unknown"


@given(st.text(max_size=30))
def test_any_text_names_an_active_product_or_none(text: str) -> None:
    try:
        product = find_product(text)
    except RecordError:
        return
    assert product.active


def test_no_name_belongs_to_two_products() -> None:
    names = [_squeeze(name) for p in PRODUCTS.values() if p.active for name in {p.key, p.name, p.mp, *p.aliases}]
    owners = {name: find_product(name).key for name in names}
    for product in PRODUCTS.values():
        for name in (product.key, product.name, product.mp, *product.aliases):
            assert not product.active or owners[_squeeze(name)] == product.key


def test_vero_cell_is_the_beijing_product() -> None:
    product = find_product("Vero Cell")
    assert (product.vp, product.mp, product.ma) == ("1157024006", "BBIBP-CorV", "ORG-100020693")
    assert product.vp == PRODUCTS["covaxin"].vp == PRODUCTS["hayat-vax"].vp


def test_the_general_code_stands_only_where_it_stands_alone() -> None:
    assert PRODUCTS["abdala"].vp == VP_GENERAL
    assert PRODUCTS["vaxzevria"].vp == "29061000087103"
    assert not {"1119305005", "J07BX03"} & {product.vp for product in PRODUCTS.values()}


def test_the_primary_series() -> None:
    one = {key for key, product in PRODUCTS.items() if product.primary_doses == 1}
    three = {key for key, product in PRODUCTS.items() if product.primary_doses == 3}
    assert {"jcovden", "sputnik-light"} <= one
    assert three == {"abdala"}
    assert {product.primary_doses for product in PRODUCTS.values()} == {1, 2, 3}


def test_deprecated_codes_are_no_triples() -> None:
    inactive = {product.mp for product in PRODUCTS.values() if not product.active}
    assert inactive == {"NVX-CoV2373", "Inactivated-SARS-CoV-2-Vero-Cell", "Vidprevtyn", "VLA2001"}
    assert len(TRIPLES) == len(PRODUCTS) - 4
    assert VERSION == "2.12"


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_every_product_has_its_words(product: Any) -> None:
    assert product.vaccine_en
    assert product.vaccine_vi
    assert product.manufacturer
    assert product.minimum_interval > 0


def _values(folder: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "valuesets" / f"{name}.json").read_text("utf-8"))["valueSetValues"]
    return values


def test_the_published_value_sets() -> None:
    folder = fixtures("the published value sets")
    names = _values(folder, "vaccine-medicinal-product")
    makers = _values(folder, "vaccine-mah-manf")
    vaccines = _values(folder, "vaccine-prophylaxis")
    rows = {
        row["vaccine-code"].removesuffix(" (deprecated)"): row
        for row in _values(folder, "vaccine-encoding-instructions").values()
    }
    by_mp = {product.mp: product for product in PRODUCTS.values()}
    assert set(by_mp) == set(rows) == set(names)
    for mp, product in by_mp.items():
        assert product.ma == rows[mp]["vaccine-manufacturer"]
        specific = [code for code in rows[mp]["sct-codes"] if code != VP_GENERAL] or [VP_GENERAL]
        assert specific == [product.vp]
        assert product.name == names[mp]["display"]
        assert product.active is names[mp]["active"]
        assert product.manufacturer == makers[product.ma]["display"]
        assert product.vaccine_en == vaccines[product.vp]["display"]
    assert set(_values(folder, "disease-agent-targeted")) == {DISEASE_COVID_19}
