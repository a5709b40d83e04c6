"""What single cells mean: dates in the notations of real files, sex, nationality, numbers, vaccines."""

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from api.intake.columns import Column
from api.intake.countries import find_country
from api.intake.faults import RowError
from certificates.errors import RecordError
from certificates.records.citizen_id import identify
from certificates.records.dates import PartialDate
from certificates.records.model import IdKind, Sex
from certificates.valuesets import PRODUCTS, Product, find_product

_TIME: Final = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)
_YEAR_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SERIAL_ZERO: Final = date(1899, 12, 30)  # day 0 of spreadsheets that count 1900 as a leap year
_SERIALS: Final = range(10_000, 73_051)  # 1927 to 2099: below, a number could be a year
_DOSE: Final = re.compile(r"(?:mũi|mui|dose)?\s*(?:tiêm|tiem)?\s*(?:số|so|thứ|thu|no\.?)?\s*([1-9])", re.IGNORECASE)
_SEXES: Final = {
    "nam": Sex.MALE,
    "male": Sex.MALE,
    "m": Sex.MALE,
    "nữ": Sex.FEMALE,
    "nu": Sex.FEMALE,
    "female": Sex.FEMALE,
    "f": Sex.FEMALE,
}
_GENERAL_WORDS: Final = frozenset(
    [
        "biotech",
        "biological",
        "biologics",
        "institute",
        "institution",
        "vaccine",
        "vaccines",
        "vacxin",
        "products",
        "product",
        "pharma",
        "pharmaceutical",
        "pharmaceuticals",
        "industries",
        "international",
        "company",
        "corporation",
        "limited",
        "center",
        "centre",
        "research",
        "covid",
        "china",
        "india",
        "europe",
        "sciences",
        "science",
        "federal",
        "national",
        "public",
        "health",
        "location",
        "group",
    ]
)


def read_date(text: str, column: Column, notes: list[str]) -> PartialDate:
    """A date in one of the notations that files use; a day stands before its month, as in Vietnam.

    2021-10-05, 2021/10/05, 05/10/2021, 5-10-2021, 05.10.2021, each also with a time behind it; 44474 (the serial of a
    spreadsheet, noted); and in part: 10/1950, 1950-10, 1950.

    Raises RowError ``date-form``, ``date-impossible`` or ``date-year``.
    """
    day, serial = _read_date(text, column)
    if serial:
        notes.append("date-serial")
    return day


@lru_cache(maxsize=16384)  # a campaign has some hundred days, and people are born on some ten thousand
def _read_date(text: str, column: Column) -> tuple[PartialDate, bool]:
    bare = _TIME.sub("", text)
    try:
        if match := _DAY_FIRST.fullmatch(bare):
            return PartialDate(int(match[4]), int(match[3]), int(match[1])), False
        if match := _YEAR_FIRST.fullmatch(bare):
            return PartialDate(int(match[1]), int(match[3]), int(match[4])), False
        if len(bare) == 4 and bare.isascii() and bare.isdigit():
            return PartialDate(int(bare)), False
        if match := _MONTH_YEAR.fullmatch(bare):
            return PartialDate(int(match[2]), int(match[1])), False
        if match := _YEAR_MONTH.fullmatch(bare):
            return PartialDate(int(match[1]), int(match[2])), False
        if (match := _SERIAL.fullmatch(bare)) and int(match[1]) in _SERIALS:
            day = _SERIAL_ZERO + timedelta(days=int(match[1]))
            return PartialDate(day.year, day.month, day.day), True
    except RecordError as error:
        raise RowError(error.code, column) from None
    raise RowError("date-form", column)


def read_birth_date(text: str, notes: list[str]) -> PartialDate | None:
    """A date of birth, perhaps a year only; None for an empty cell."""
    return read_date(text, Column.DATE_OF_BIRTH, notes) if text else None


def read_given_on(text: str, notes: list[str]) -> date:
    """The day of a dose: always whole. Raises RowError."""
    if not text:
        raise RowError("given-on-missing", Column.GIVEN_ON)
    day = read_date(text, Column.GIVEN_ON, notes)
    if day.month is None or day.day is None:
        raise RowError("given-on-partial", Column.GIVEN_ON)
    return date(day.year, day.month, day.day)


def read_name(text: str) -> str:
    """A full name. Raises RowError ``name-missing`` or ``name-letters``."""
    if not text:
        raise RowError("name-missing", Column.FULL_NAME)
    plain = text.replace(" ", "")
    if not plain.isalpha():
        for letter in plain:
            if letter not in "'’‘ʼ`´-.," and unicodedata.category(letter)[0] not in "LM":
                raise RowError("name-letters", Column.FULL_NAME)
    return text


def read_sex(text: str) -> Sex | None:
    """Nam, Nữ, Male, Female, M, F; None for an empty cell. Raises RowError ``sex-form``."""
    if not text:
        return None
    sex = _SEXES.get(text.casefold())
    if sex is None:
        raise RowError("sex-form", Column.SEX)
    return sex


def read_nationality(text: str) -> str:
    """ISO 3166-1 alpha-2. An empty cell is Viet Nam: the national platform fills it for foreigners only."""
    if not text:
        return "VN"
    country = find_country(text)
    if country is None:
        raise RowError("nationality-form", Column.NATIONALITY)
    return country


def read_id_number(
    text: str, nationality: str, *, was_number: bool, notes: list[str]
) -> tuple[IdKind | None, str | None]:
    """Kind and normalised number; no kind and the number as it stands when it has no valid form; nothing when empty.

    A spreadsheet that took the number for a quantity dropped its zeros in front. Where the cell really is a number
    (``was_number``), they are put back, with a note; in text nobody knows, and the record says so.
    """
    if was_number and text.isascii() and text.isdigit() and nationality == "VN" and len(text) in (8, 10, 11):
        text = text.zfill(9 if len(text) == 8 else 12)
        notes.append("leading-zeros")
    text = text.lstrip("'")
    if not text:
        return None, None
    try:
        return identify(text, nationality=nationality)
    except RecordError:
        return None, text


def read_dose_number(text: str) -> int:
    """1 to 9, bare or as in "Mũi 2". Raises RowError ``dose-number-form``."""
    match = _DOSE.fullmatch(text)
    if match is None:
        raise RowError("dose-number-form", Column.DOSE_NUMBER)
    return int(match.group(1))


@lru_cache(maxsize=1024)
def read_product(text: str, manufacturer: str) -> str:
    """The key of the product. Raises RowError ``product-missing``, ``product-unknown`` or ``manufacturer-mismatch``.

    A manufacturer that is not in the value sets says nothing; one that makes other products only is a mismatch.
    """
    if not text:
        raise RowError("product-missing", Column.PRODUCT)
    product = _find_product(text)
    if manufacturer:
        makers = _makers_named(manufacturer)
        if makers and product.ma not in makers:
            raise RowError("manufacturer-mismatch", Column.MANUFACTURER)
    return product.key


def _find_product(text: str) -> Product:
    bare = re.sub(r"(?i)\b(?:vắc[ -]?xin|vaccine|vacxin|vac[ -]?xin)\b", " ", text)
    candidates = {}
    for part in (text, bare, *re.split(r"[()/,\[\]]", bare)):
        if part.strip():
            try:
                product = find_product(part.strip())
            except RecordError:
                continue
            candidates[product.key] = product
    if len(candidates) != 1:  # none, or two that contradict each other
        raise RowError("product-unknown", Column.PRODUCT)
    return candidates.popitem()[1]


def _makers_named(text: str) -> set[str]:
    words = _words(text)
    return {
        product.ma
        for product in PRODUCTS.values()
        if words & _words(" ".join((product.manufacturer, product.name, *product.aliases)))
    }


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{4,}", text.casefold())) - _GENERAL_WORDS
