"""Numbers that a person is known by: CCCD (12 digits, Decree 137/2015, article 13), CMND (9 digits), passports."""

import re
import unicodedata
from typing import Final

from certificates.errors import RecordError
from certificates.records.model import IdKind, Person, Sex

_FILLING: Final = re.compile(r"[\s.\-\u00ad\u200b-\u200f\u2060\ufeff]+")
_PASSPORT: Final = re.compile(r"[A-Z0-9]{5,9}", re.ASCII)  # ICAO 9303-3: a document number has up to nine places
_DECIMALS: Final = re.compile(r"([0-9]+)[.,]0{1,2}", re.ASCII)  # a spreadsheet that took the number for a float
_SCIENTIFIC: Final = re.compile(r"[0-9][.,]?[0-9]*E\+?[0-9]+", re.ASCII)
# Place of birth registration: 63 provinces (Circular 07/2016/TT-BCA, annex); abroad it is a country code above them.
_PROVINCES_TEXT: Final = """
001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037
038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079
080 082 083 084 086 087 089 091 092 093 094 095 096
"""
_PROVINCES: Final = frozenset(_PROVINCES_TEXT.split())
_LAST_PROVINCE: Final = 96


def identify(text: str, *, nationality: str = "VN") -> tuple[IdKind, str]:
    """The kind of an identity number and its plain form, without blanks, dots and dashes, in upper case.

    A foreigner's number is always a passport's; digits alone are then allowed.

    Raises RecordError: ``citizen-id-empty``; ``citizen-id-length`` (digits, but neither 9 nor 12);
    ``citizen-id-lost-zero`` (10 or 11 digits: a spreadsheet dropped the zeros in front); ``citizen-id-rounded`` (a
    spreadsheet wrote 1.2E+11); ``citizen-id-characters``; ``citizen-id-dummy`` (one digit throughout, or 123...);
    ``citizen-id-province``.
    """
    if nationality == "VN" and len(text) == 12 and text.isascii() and text.isdigit():
        return IdKind.CCCD, _citizen_id(text)  # nearly all of them
    wide = unicodedata.normalize("NFKC", text).strip().upper()
    if _SCIENTIFIC.fullmatch(wide) and ("." in wide or "," in wide or "+" in wide):
        raise _error("rounded", "a spreadsheet rounded the number: it must be typed again")
    number = _FILLING.sub("", _DECIMALS.sub(r"\1", wide) if _DECIMALS.fullmatch(wide) else wide)
    if not number:
        raise _error("empty", "no number")
    if nationality != "VN":
        return IdKind.PASSPORT, _passport(number)
    if not (number.isascii() and number.isdigit()):
        return IdKind.PASSPORT, _passport(number)
    if len(number) in (10, 11):
        raise _error("lost-zero", "10 or 11 digits: zeros in front are missing")
    if len(number) not in (9, 12):
        raise _error("length", "neither 9 nor 12 digits")
    if len(number) == 9:
        return IdKind.CMND, _no_dummy(number)
    return IdKind.CCCD, _citizen_id(number)


def hints(person: Person) -> tuple[str, ...]:
    """What a CCCD says otherwise than the rest: ``citizen-id-birth-year``, ``citizen-id-sex``. Empty for other numbers.

    The fourth digit is century and sex (0 and 1 the 1900s, male and female, 2 and 3 the 2000s ...), the next two are
    the year of birth. A hint sorts work; it never overrules a register that says true.
    """
    number = person.id_number or ""
    if person.id_kind is not IdKind.CCCD or len(number) != 12 or not (number.isascii() and number.isdigit()):
        return ()
    found: list[str] = []
    century, female = divmod(int(number[3]), 2)
    if person.date_of_birth is not None and person.date_of_birth.year != 1900 + 100 * century + int(number[4:6]):
        found.append("citizen-id-birth-year")
    if person.sex is not None and person.sex is not (Sex.FEMALE if female else Sex.MALE):
        found.append("citizen-id-sex")
    return tuple(found)


def _citizen_id(number: str) -> str:
    province = _no_dummy(number)[:3]
    if province not in _PROVINCES and int(province) <= _LAST_PROVINCE:
        raise _error("province", "no province has this code")
    return number


def _no_dummy(number: str) -> str:
    if len(set(number)) == 1 or number in ("123456789", "123456789012", "012345678910", "012345678901"):
        raise _error("dummy", "a number that somebody filled in")
    return number


def _passport(number: str) -> str:
    if _PASSPORT.fullmatch(number) is None or not any(character.isdigit() for character in number):
        raise _error("characters", "not the form of a passport number, nor digits")
    if set(number) == {"0"}:
        raise _error("dummy", "a number that somebody filled in")
    return number


def _error(name: str, detail: str) -> RecordError:
    return RecordError(f"citizen-id-{name}", detail, fields=("id_number",))
