from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.errors import RecordError
from certificates.records.citizen_id import hints, identify
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Sex
from tests.support.records import CITIZEN, FOREIGNER


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("001185012345", IdKind.CCCD, "001185012345"),
        (" 001 185\u00a0012.345\u200b ", IdKind.CCCD, "001185012345"),
        ("００１１８５０１２３４５", IdKind.CCCD, "001185012345"),
        ("079215000042", IdKind.CCCD, "079215000042"),  # a child's personal number has the same form
        ("101085000042", IdKind.CCCD, "101085000042"),  # birth registered abroad: a country code
        ("001185012345.0", IdKind.CCCD, "001185012345"),
        ("012345670", IdKind.CMND, "012345670"),
        ("b1234567", IdKind.PASSPORT, "B1234567"),
    ],
)
def test_citizens(text: str, kind: IdKind, number: str) -> None:
    assert identify(text) == (kind, number)


@pytest.mark.parametrize("text", ["210987654", "C01X00T47", "e 1234567"])
def test_a_foreigners_number_is_a_passport_number(text: str) -> None:
    assert identify(text, nationality="DK") == (IdKind.PASSPORT, text.replace(" ", "").upper())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "citizen-id-empty"),
        (" .- ", "citizen-id-empty"),
        ("1234", "citizen-id-length"),
        ("0011850123456", "citizen-id-length"),
        ("1185012345", "citizen-id-lost-zero"),
        ("79215000042", "citizen-id-lost-zero"),
        ("79215000042.0", "citizen-id-lost-zero"),
        ("1.18501E+09", "citizen-id-rounded"),
        ("1,18501E+09", "citizen-id-rounded"),
        ("000000000000", "citizen-id-dummy"),
        ("999999999", "citizen-id-dummy"),
        ("123456789", "citizen-id-dummy"),
        ("000185012345", "citizen-id-province"),
        ("003185012345", "citizen-id-province"),
        ("O01185012345", "citizen-id-characters"),
        ("không có", "citizen-id-characters"),
        ("B12", "citizen-id-characters"),
        ("ABCDEFG", "citizen-id-characters"),
        ("B1234567890", "citizen-id-characters"),
    ],
)
def test_refuses(text: str, code: str) -> None:
    with pytest.raises(RecordError) as caught:
        identify(text)
    assert caught.value.code == code
    assert caught.value.fields == ("id_number",)
    assert not text.strip() or text not in str(caught.value)


@given(st.text(st.characters() | st.sampled_from("0123456789E+. -"), max_size=16), st.sampled_from(["VN", "DK"]))
def test_any_text_is_a_number_or_refused(text: str, nationality: str) -> None:
    try:
        kind, number = identify(text, nationality=nationality)
    except RecordError as error:
        assert error.code.startswith("citizen-id-")  # noqa: PT017
        return
    assert identify(number, nationality=nationality) == (kind, number)


def test_a_foreigners_dummy() -> None:
    with pytest.raises(RecordError, match="citizen-id-dummy"):
        identify("0000000", nationality="DK")


@pytest.mark.parametrize(
    ("number", "born", "sex", "found"),
    [
        ("001185012345", PartialDate(1985, 3, 12), Sex.FEMALE, ()),
        ("001185012345", PartialDate(1985), Sex.FEMALE, ()),
        ("001185012345", None, None, ()),
        ("001085012345", PartialDate(1985), Sex.FEMALE, ("citizen-id-sex",)),
        ("001186012345", PartialDate(1985), Sex.FEMALE, ("citizen-id-birth-year",)),
        ("001385012345", PartialDate(1985), Sex.MALE, ("citizen-id-birth-year", "citizen-id-sex")),
        ("001315012345", PartialDate(2015, 6), Sex.FEMALE, ()),
        ("001215012345", PartialDate(2015), Sex.MALE, ()),
    ],
)
def test_hints(number: str, born: PartialDate | None, sex: Sex | None, found: tuple[str, ...]) -> None:
    assert hints(replace(CITIZEN, id_number=number, date_of_birth=born, sex=sex)) == found


def test_other_numbers_give_no_hints() -> None:
    assert hints(FOREIGNER) == ()
    assert hints(replace(CITIZEN, id_kind=IdKind.CMND, id_number="012345670")) == ()
    assert hints(replace(CITIZEN, id_number=None)) == ()
