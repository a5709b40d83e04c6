"""Pages are read by PDFium; names are as hostile as names come."""

import re
import unicodedata
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.countries import COUNTRIES
from certificates.errors import IssuanceError
from certificates.hc1 import encode_hc1
from certificates.issuance import claims_for
from certificates.pdf import fonts
from certificates.pdf.page import MAX_DOSES, printed_date, printed_nationality, render_page
from certificates.pdf.reading import read_page_code, read_page_text
from certificates.records.dates import PartialDate
from certificates.records.model import _PROOF, Dose, Person, VerifiedRecord
from tests.support.documents import DOSES, ISSUED_AT, PERSON, TERMS, sign_passport, verified_record
from tests.support.softkeys import make_key, soft_key

KEY = soft_key("ES256")
RECORD = verified_record()
CLAIMS = claims_for(RECORD, TERMS).certificate
PASSPORT = encode_hc1(sign_passport(RECORD, KEY).encode())


def page_of(person: Person = PERSON, doses: tuple[Dose, ...] = DOSES, *, signer: str = "", issuer: str = "") -> bytes:
    """A page with these data, whatever a verification would say of them."""
    record = replace(RECORD.record, person=person, doses=doses)
    return render_page(
        VerifiedRecord(record=record, evidence=RECORD.evidence, proof=_PROOF),
        replace(TERMS, issuer=issuer or TERMS.issuer),
        replace(CLAIMS, dob=person.date_of_birth.iso if person.date_of_birth else ""),
        passport=PASSPORT,
        signer=replace(KEY.certificate, subject=signer) if signer else KEY.certificate,
        confirmation=None,
        created_at=ISSUED_AT,
    )


def text_of(page: bytes) -> str:
    return re.sub(r"[\s\u200b\ufffe]+", "", unicodedata.normalize("NFC", read_page_text(page)))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


def page_count(page: bytes) -> int:
    document: object = pypdfium2.PdfDocument(page)  # type: ignore[no-untyped-call]
    return len(document)  # type: ignore[arg-type]


def test_the_eleven_fields_and_every_dose() -> None:
    text = text_of(page_of())
    for label in (
        "Họ và tên Full name",
        "Ngày sinh Date of birth",
        "Quốc tịch Nationality",
        "Bệnh được phòng Disease targeted",
        "Số mũi đã tiêm Number of doses received",
        "Ngày tiêm Date of vaccination",
        "Liều số, số lô Dose number, lot number",
        "Vắc xin Vaccine",
        "Tên sản phẩm Product",
        "Nhà sản xuất Manufacturer",
        "Mã chứng nhận Certificate code",
    ):
        assert squeezed(label) in text
    for value in (
        "Nguyễn Thị Hồng Nhung",
        "12/03/1985",
        "Việt Nam / Vietnam (VN)",
        "COVID-19",
        "02/03/2022",
        "SARS-CoV-2 mRNA vaccine",
        "Comirnaty",
        "Biontech Manufacturing GmbH",
        "URN:UVCI:01:VN:7K3M9PX2QRT4VW#W",
        "15/04/2022",
        "15/04/2023",
        "Ministry of Health of Viet Nam",
    ):
        assert squeezed(value) in text
    for dose in DOSES:
        assert f"{dose.number}{dose.given_on:%d/%m/%Y}Comirnaty{dose.lot}0,3mlTYT-00123VN" in text


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        '"); #read("/etc/passwd") //',
        '\\u{41} \\ \\\\ \\" \\n',
        "$ x^2 $ *bold* _it_ `raw` <label> @ref ~ -- --- ...",
        "= Heading",
        "- item + item / term: x",
        "#sys.inputs [content] {code} //comment /*x*/",
        "{{name}} ${name} %s %(name)s",
        "<script>alert(1)</script> &amp; ' \" `",
        "http://example.org/x",
        ") Tj ET endstream endobj /ByteRange[0 1 2 3]",
    ],
)
def test_a_name_is_shown_letter_by_letter_and_never_evaluated(name: str) -> None:
    page = page_of(replace(PERSON, full_name=name))
    assert squeezed(name) in text_of(page)
    assert page_count(page) == 1
    assert read_page_code(page) == PASSPORT


@given(st.text(alphabet=sorted(fonts.letters() - {"\u00ad"}), min_size=1, max_size=80))
def test_any_text_of_the_fonts_letters_makes_one_page(name: str) -> None:
    page = page_of(replace(PERSON, full_name=name))
    assert page_count(page) == 1


@pytest.mark.parametrize("name", ["محمد", "שרה", "王小明", "Иван", "A\u0488", "😀", "A\ud800"])
def test_letters_that_the_page_cannot_show_are_refused(name: str) -> None:
    with pytest.raises(IssuanceError) as refused:
        page_of(replace(PERSON, full_name=name))
    assert refused.value.code == "page-letters"
    assert name not in str(refused.value)


def test_invisible_letters_are_dropped() -> None:
    text = text_of(page_of(replace(PERSON, full_name="An\u200bBinh\ufeffChi\u202eDung\u2066")))
    assert "AnBinhChiDung" in text
    assert not {"\u202e", "\u2066"} & set(text)


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.pdf.page.MAX_DOSES", 40)
    with pytest.raises(IssuanceError) as refused:
        page_of(doses=many(28, lot="W" * 30))
    assert refused.value.code == "page-overflow"


@pytest.mark.parametrize("name", ["W" * 80, "Nguyễn " * 11 + "An", "A" * 25 + " " + "b" * 54])
def test_long_names_break_and_stay_on_the_page(name: str) -> None:
    page = page_of(replace(PERSON, full_name=name))
    assert page_count(page) == 1
    assert squeezed(name) in text_of(page)
    assert read_page_code(page) == PASSPORT


def many(count: int, **fields: str) -> tuple[Dose, ...]:
    return tuple(
        replace(DOSES[0], number=number, given_on=date(2021, 1, number), **fields) for number in range(1, count + 1)
    )


@pytest.mark.parametrize("count", [1, 4, 6, 9, MAX_DOSES])
def test_many_doses_with_long_fields_fit(count: int) -> None:
    doses = many(count, lot="W" * 30, unit="UNIT-" + "9" * 25, amount="0,25 ml + 0,25 ml")
    page = page_of(replace(PERSON, full_name="W" * 80), doses, issuer="M" * 80)
    assert page_count(page) == 1
    text = text_of(page)
    assert all(f"{number:02d}/01/2021" in text for number in range(1, count + 1))
    assert read_page_code(page) == PASSPORT


@pytest.mark.parametrize("count", [0, MAX_DOSES + 1])
def test_too_many_doses_are_refused(count: int) -> None:
    with pytest.raises(IssuanceError) as refused:
        page_of(doses=many(count))
    assert refused.value.code == "page-doses"


def test_an_empty_lot_and_amount_leave_a_dash() -> None:
    text = text_of(page_of(doses=(replace(DOSES[0], lot="", amount=""),)))
    assert "1·Sốlô/Lot:–" in text


@pytest.mark.parametrize(
    ("partial", "shown"),
    [(PartialDate(1942), "1942"), (PartialDate(1942, 7), "07/1942"), (PartialDate(1942, 7, 3), "03/07/1942")],
)
def test_a_birth_date_is_shown_as_far_as_it_is_known(partial: PartialDate, shown: str) -> None:
    assert printed_date(partial) == shown
    assert f"Dateofbirth{shown}" in text_of(page_of(replace(PERSON, date_of_birth=partial)))


def test_a_specimen_says_so_across_the_page() -> None:
    assert "SPECIMEN" in text_of(page_of(signer="CN=SPECIMEN DSC,C=VN"))
    plain = make_key("ES256", common_name="DSC VN 01").certificate
    assert "SPECIMEN" not in text_of(page_of(signer=plain.subject))


def test_the_name_is_composed_first() -> None:
    decomposed = unicodedata.normalize("NFD", PERSON.full_name)
    assert decomposed != PERSON.full_name
    assert page_of(replace(PERSON, full_name=decomposed)) == page_of()


def test_the_nationality_of_a_foreigner() -> None:
    assert "HànQuốc/SouthKorea(KR)" in text_of(page_of(replace(PERSON, nationality="KR")))


def test_every_country_has_letters_that_the_page_shows() -> None:
    for country in COUNTRIES:
        named = printed_nationality(country)
        assert named.endswith(f" ({country})")
        assert " / " in named


def test_the_standards_are_declared() -> None:
    page = page_of()
    assert page.startswith(b"%PDF-1.7")
    for mark in (
        b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>",
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"/MarkInfo<</Marked true",
        b"/OutputIntents",
        b"/Lang(vi-VN)",
        b"/AFRelationship/Data",
        b"/Tabs/S",
    ):
        assert mark in page, mark


def test_no_font_of_the_system_is_used() -> None:
    names = set(re.findall(rb"/BaseFont/[A-Z]{6}\+([A-Za-z-]+)", page_of()))
    assert names == {b"NotoSans-Bold", b"NotoSans-Regular"}
