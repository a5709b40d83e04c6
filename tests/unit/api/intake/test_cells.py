"""What single cells mean."""

import pytest

from api.intake.cells import (
    read_date,
    read_dose_number,
    read_given_on,
    read_id_number,
    read_name,
    read_nationality,
    read_product,
    read_sex,
)
from api.intake.columns import Column
from api.intake.faults import RowError
from certificates.records.model import IdKind, Sex


@pytest.mark.parametrize(
    ("text", "iso", "notes"),
    [
        ("2021-10-05", "2021-10-05", []),
        ("05/10/2021", "2021-10-05", []),
        ("5-10-2021", "2021-10-05", []),
        ("05.10.2021", "2021-10-05", []),
        ("2021/10/5", "2021-10-05", []),
        ("05/10/2021 08:30", "2021-10-05", []),
        ("2021-10-05T00:00:00", "2021-10-05", []),
        ("44474", "2021-10-05", ["date-serial"]),
        ("44474.354", "2021-10-05", ["date-serial"]),
        ("1950", "1950", []),
        ("10/1950", "1950-10", []),
        ("1950-10", "1950-10", []),
        ("29/02/2020", "2020-02-29", []),
    ],
)
def test_dates(text: str, iso: str, notes: list[str]) -> None:
    found: list[str] = []
    assert read_date(text, Column.GIVEN_ON, found).iso == iso
    assert found == notes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31/02/2021", "date-impossible"),
        ("29/02/2021", "date-impossible"),
        ("10/25/2021", "date-impossible"),
        ("2021-13-01", "date-impossible"),
        ("05/10/1821", "date-year"),
        ("05/10/21", "date-form"),
        ("05-10/2021", "date-form"),
        ("9999", "date-year"),
        ("99999", "date-form"),
        ("hôm qua", "date-form"),
        ("٠٥/١٠/٢٠٢١", "date-form"),
    ],
)
def test_dates_refused(text: str, code: str) -> None:
    with pytest.raises(RowError) as refusal:
        read_date(text, Column.GIVEN_ON, [])
    assert refusal.value.code == code
    assert refusal.value.column == Column.GIVEN_ON


@pytest.mark.parametrize(("text", "code"), [("", "given-on-missing"), ("10/2021", "given-on-partial")])
def test_the_day_of_a_dose_is_whole(text: str, code: str) -> None:
    with pytest.raises(RowError) as refusal:
        read_given_on(text, [])
    assert refusal.value.code == code


def test_sex() -> None:
    assert [read_sex(text) for text in ("Nam", "NỮ", "female", "m", "")] == [
        Sex.MALE,
        Sex.FEMALE,
        Sex.FEMALE,
        Sex.MALE,
        None,
    ]
    with pytest.raises(RowError, match="sex-form"):
        read_sex("1")


def test_nationality() -> None:
    texts = ("", "VN", "Việt Nam", "us", "Hoa Kỳ", "Hàn Quốc", "KOR")
    assert [read_nationality(text) for text in texts] == ["VN", "VN", "VN", "US", "US", "KR", "KR"]
    with pytest.raises(RowError, match="nationality-form"):
        read_nationality("Kinh")


@pytest.mark.parametrize(
    ("text", "nationality", "was_number", "expected", "notes"),
    [
        ("001161012345", "VN", False, (IdKind.CCCD, "001161012345"), []),
        ("1161012345", "VN", True, (IdKind.CCCD, "001161012345"), ["leading-zeros"]),
        ("1161012345", "VN", False, (None, "1161012345"), []),
        ("12345678", "VN", True, (IdKind.CMND, "012345678"), ["leading-zeros"]),
        ("'012345678", "VN", False, (IdKind.CMND, "012345678"), []),
        ("C1234567", "US", False, (IdKind.PASSPORT, "C1234567"), []),
        ("không có", "VN", False, (None, "không có"), []),
        ("", "VN", False, (None, None), []),
    ],
)
def test_id_numbers(
    text: str, nationality: str, was_number: bool, expected: tuple[IdKind | None, str | None], notes: list[str]
) -> None:
    found: list[str] = []
    assert read_id_number(text, nationality, was_number=was_number, notes=found) == expected
    assert found == notes


def test_dose_numbers() -> None:
    assert [read_dose_number(text) for text in ("1", "Mũi 2", "mũi số 3", "Mũi tiêm thứ 4")] == [1, 2, 3, 4]
    for text in ("", "0", "12", "nhắc lại", "-1"):
        with pytest.raises(RowError, match="dose-number-form"):
            read_dose_number(text)


@pytest.mark.parametrize(
    ("text", "maker", "key"),
    [
        ("AstraZeneca", "AstraZeneca", "vaxzevria"),
        ("Vaccine AstraZeneca", "", "vaxzevria"),
        ("Comirnaty (Pfizer)", "Pfizer-BioNTech", "comirnaty"),
        ("Vero Cell", "Sinopharm", "bbibp-corv"),
        ("Spikevax", "Một hãng khác", "spikevax"),
    ],
)
def test_products(text: str, maker: str, key: str) -> None:
    assert read_product(text, maker) == key


@pytest.mark.parametrize(
    ("text", "maker", "code"),
    [
        ("", "", "product-missing"),
        ("Nước muối", "", "product-unknown"),
        ("Pfizer/Moderna", "", "product-unknown"),
        ("AstraZeneca", "Pfizer", "manufacturer-mismatch"),
        ("Vero Cell", "Moderna", "manufacturer-mismatch"),
    ],
)
def test_products_refused(text: str, maker: str, code: str) -> None:
    with pytest.raises(RowError, match=code):
        read_product(text, maker)


def test_names() -> None:
    for name in ("H'Mai Êban", "Nguyễn Văn An", "Anne-Marie O’Neil", "Müller, Jürgen"):
        assert read_name(name) == name
    for name, code in (("", "name-missing"), ("An 2", "name-letters"), ("An®", "name-letters")):
        with pytest.raises(RowError, match=code):
            read_name(name)
