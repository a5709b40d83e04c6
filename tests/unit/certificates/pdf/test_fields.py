"""The page is read back and compared with its record, field by field."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from certificates.errors import IssuanceError
from certificates.issuance import Terms, claims_for
from certificates.pdf import page
from certificates.pdf.fields import check_fields
from certificates.pdf.reading import read_page_text
from certificates.records.dates import PartialDate
from certificates.records.model import _PROOF, Dose, Person, VerifiedRecord
from tests.support.documents import DOSES, ISSUED_AT, PERSON, TERMS, passport_text, verified_record
from tests.support.records import dose
from tests.support.softkeys import soft_key

KEY = soft_key("ES256")
RECORD = verified_record()
CLAIMS = claims_for(RECORD, TERMS).certificate
PASSPORT = passport_text(RECORD, KEY)
# A change of the data from which the page is laid out, and the field that it breaks.
Change = Callable[[dict[str, Any]], None]
CHANGES: dict[str, tuple[str, Change]] = {
    "name": ("full name", lambda data: data.update(name="Nguyễn Thị Hồng Nhưng")),
    "longer name": ("full name", lambda data: data.update(name="Nguyễn Thị Hồng Nhung A")),
    "birth": ("date of birth", lambda data: data.update(date_of_birth="12/03/1986")),
    "nationality": ("nationality", lambda data: data.update(nationality="Lào / Laos (LA)")),
    "disease": ("disease targeted", lambda data: data.update(disease="COVID-18")),
    "count": ("number of doses received", lambda data: data.update(dose_count="4")),
    "longer count": ("number of doses received", lambda data: data.update(dose_count="33")),
    "date": ("date of vaccination", lambda data: data["latest"].update(date="03/02/2022")),
    "dose": ("dose and lot number", lambda data: data["latest"].update(number="2")),
    "amount": ("dose and lot number", lambda data: data["latest"].update(amount="0,5 ml")),
    "lot": ("dose and lot number", lambda data: data["latest"].update(lot="FN8021")),
    "vaccine": ("vaccine", lambda data: data["latest"].update(vaccine="Vắc xin phòng COVID-19")),
    "English vaccine": ("vaccine", lambda data: data["latest"].update(vaccine_en="COVID-19 vaccine")),
    "product": ("product", lambda data: data["latest"].update(product="Spikevax")),
    "maker": ("manufacturer", lambda data: data["latest"].update(manufacturer="Moderna Biotech Spain S.L.")),
    "code": ("certificate code", lambda data: data.update(code="URN:UVCI:01:VN:7K3M9PX2QRT4VV#W")),
    "lot before": ("lot number of dose 1", lambda data: data["doses"][0].update(lot="FH3220")),
    "date before": ("date of vaccination of dose 2", lambda data: data["doses"][1].update(date="10/08/2021")),
    "product before": ("product of dose 2", lambda data: data["doses"][1].update(product="Spikevax")),
    "amount before": ("amount of dose 1", lambda data: data["doses"][0].update(amount="0,5 ml")),
    "unit before": ("unit of dose 1", lambda data: data["doses"][0].update(unit="TYT-00124")),
    "country before": ("country of dose 1", lambda data: data["doses"][0].update(country="LA")),
    "order": ("number of dose 1", lambda data: data["doses"].reverse()),
    "a dose less": ("number of dose 3", lambda data: data["doses"].pop()),
    "a dose more": ("time of issue", lambda data: data["doses"].append(data["doses"][0])),
    "issued": ("time of issue", lambda data: data.update(issued="15/04/2022 07:31 UTC")),
    "expires": ("time of expiry", lambda data: data.update(expires="15/04/2024 07:30 UTC")),
    "issuer": ("issuer", lambda data: data.update(issuer="Ministry of Wealth of Viet Nam")),
}


def text_of(record: VerifiedRecord, terms: Terms = TERMS) -> str:
    person, number = record.record.person, len(record.record.doses)
    claims = replace(
        CLAIMS,
        dob=person.date_of_birth.iso if person.date_of_birth else "",
        v=replace(CLAIMS.v, dn=number, sd=max(number, CLAIMS.v.sd)),
    )
    made = page.render_page(
        record,
        terms,
        claims,
        passport=PASSPORT,
        signer=KEY.certificate,
        confirmation=None,
        created_at=ISSUED_AT,
    )
    return read_page_text(made)


def record_of(person: Person = PERSON, doses: tuple[Dose, ...] = DOSES) -> VerifiedRecord:
    """Whatever a verification would say of them."""
    return VerifiedRecord(
        record=replace(RECORD.record, person=person, doses=doses), evidence=RECORD.evidence, proof=_PROOF
    )


@pytest.mark.parametrize("change", CHANGES)
def test_each_field_that_differs_is_named(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field, alter = CHANGES[change]
    made = page._page_data

    def altered(*given: Any) -> dict[str, Any]:
        data = made(*given)
        alter(data)
        return data

    monkeypatch.setattr(page, "_page_data", altered)
    with pytest.raises(IssuanceError) as caught:
        check_fields(text_of(RECORD), RECORD, TERMS)
    assert (caught.value.code, caught.value.detail) == ("gate-text", f"the page does not show the record's {field}")


@pytest.mark.parametrize("text", ["", "1 Họ và tên", "Full name Nguyễn Thị Hồng Nhung"])
def test_a_page_without_fields(text: str) -> None:
    with pytest.raises(IssuanceError, match="gate-text"):
        check_fields(text, RECORD, TERMS)


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Thị Hồng Nhung",
        "A",
        "W" * 90,
        "Nguyễn Thị Hồng Nhung Rất Dài Lắm Đây Là Một Cái Tên Dài Và Dài Hơn Nữa Vẫn Còn",
        "Họ và tên Full name A 2 Ngày sinh Date of birth 01/01/1990 3 Quốc tịch Nationality",
        "H'Hen Niê",
        "Jean-Luc Marie-Anne-Sophie d’Été-sur-Loire van der Berg-Oosterhout-Wijk",
        "#strong[Đỗ] $x$ \\ \"'",
        "Jørgensen Åge Ñuñez Łukasz",
        "Nguyễn\u200bThị\u00adHồng",
    ],
)
def test_whatever_a_person_is_called(name: str) -> None:
    record = record_of(replace(PERSON, full_name=name))
    check_fields(text_of(record), record, TERMS)


@pytest.mark.parametrize("count", [1, 5, 6, 9])
@pytest.mark.parametrize("product", ["vaxzevria", "covid-19-recombinant", "bbibp-corv"])
def test_whatever_was_given(count: int, product: str) -> None:
    doses = tuple(
        dose(
            number,
            f"2021-{number + 2:02d}-10",
            product=product,
            lot=f"ABCDEFGHIJKL-mnopq rstuv-{number}",
            amount="0,3 ml " * (number % 3),
            unit="TYT-00123-LONG-NAME-OF-A-UNIT",
        )
        for number in range(1, count + 1)
    )
    record = record_of(doses=doses[::-1])
    check_fields(text_of(record), record, TERMS)


@pytest.mark.parametrize("born", [PartialDate(1985), PartialDate(1985, 3)])
@pytest.mark.parametrize("nationality", ["VN", "GB", "DK", "XK", "BA"])
def test_whoever_it_is(born: PartialDate, nationality: str) -> None:
    record = record_of(replace(PERSON, date_of_birth=born, nationality=nationality))
    terms = replace(TERMS, issuer="Ministry of Health of a country with a very long name, in a very long address line")
    check_fields(text_of(record, terms), record, terms)
