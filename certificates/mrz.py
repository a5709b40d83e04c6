"""The machine-readable zone of a travel document (ICAO Doc 9303, 8th edition, parts 3 to 6).

TD1 (cards) has three lines of 30 characters, TD2 two of 36, TD3 (passports) two of 44. Only what a health certificate
can be compared with is kept.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from certificates.errors import MrzError, RecordError
from certificates.records.dates import PartialDate

_FILLER: Final = "<"
_ALPHABET: Final = re.compile(r"[A-Z0-9<]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Z<]+", re.ASCII)
_WEIGHTS: Final = (7, 3, 1)  # 9303-3, 4.9
_MAX_INPUT: Final = 256  # characters: the longest zone has 90, readers add blanks and line ends
_NUMBER_SIZE: Final = 9  # characters of a document number; longer ones go on in the optional data


class MrzForm(StrEnum):
    """Which kind of document: its size."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MachineReadableZone:
    """Whose document it is. Made by `parse_mrz` only.

    Attributes:
        form: its size.
        surname: the words of the primary identifier, A-Z.
        given: the words of the secondary identifier, A-Z; empty where the person has one name only.
        truncated: the name fills its field, so that it may have been shortened (9303-3, 4.6).
        born: None where the document does not know the year either.
    """

    form: MrzForm
    surname: tuple[str, ...]
    given: tuple[str, ...]
    truncated: bool
    born: PartialDate | None

    def __repr__(self) -> str:
        return f"MachineReadableZone({self.form}, ...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where things stand in the lines written one after the other."""

    form: MrzForm
    number: int
    optional: slice  # also the rest of a long document number
    optional_check: int | None
    birth: int
    expiry: int
    name: slice
    composite: tuple[slice, ...]  # what the last check digit covers
    composite_check: int


_LAYOUTS: Final = {
    90: _Layout(  # 9303-5, 4.2.2
        form=MrzForm.TD1,
        number=5,
        optional=slice(15, 30),
        optional_check=None,
        birth=30,
        expiry=38,
        name=slice(60, 90),
        composite=(slice(5, 30), slice(30, 37), slice(38, 45), slice(48, 59)),
        composite_check=59,
    ),
    72: _Layout(  # 9303-6, 4.2.2
        form=MrzForm.TD2,
        number=36,
        optional=slice(64, 71),
        optional_check=None,
        birth=49,
        expiry=57,
        name=slice(5, 36),
        composite=(slice(36, 46), slice(49, 56), slice(57, 71)),
        composite_check=71,
    ),
    88: _Layout(  # 9303-4, 4.2.2
        form=MrzForm.TD3,
        number=44,
        optional=slice(72, 86),
        optional_check=86,
        birth=57,
        expiry=65,
        name=slice(5, 44),
        composite=(slice(44, 54), slice(57, 64), slice(65, 87)),
        composite_check=87,
    ),
}


def parse_mrz(text: str, today: date) -> MachineReadableZone:
    """Read a zone as a document reader types it: lines apart or not, in capitals or not.

    Every check digit must be right. The name has none: it is taken as read.

    Args:
        text: the two or three lines; blanks and line ends are dropped, for the zone itself has none.
        today: birth dates have two digits of the year; the latest year is meant that does not lie after this day.

    Raises:
        MrzError: ``mrz-length``, ``mrz-characters``, ``mrz-visa``, ``mrz-check-digit``, ``mrz-name`` or
            ``mrz-birth-date``; nothing else is raised for any text.
    """
    if len(text) > _MAX_INPUT:
        raise MrzError("mrz-length", "this is longer than any machine-readable zone")
    zone = "".join(text.split())
    layout = _LAYOUTS.get(len(zone))
    if layout is None:
        raise MrzError("mrz-length", "a zone has 3 lines of 30 characters, 2 of 36 or 2 of 44")
    zone = zone.upper() if zone.isascii() else zone
    if not _ALPHABET.fullmatch(zone):
        raise MrzError("mrz-characters", "a zone has letters from A to Z, digits and < only")
    if zone.startswith("V") and layout.form is not MrzForm.TD1:
        # 9303-7: without the last check digits
        raise MrzError("mrz-visa", "this is the zone of a visa: take that of the passport")
    _check_digits(zone, layout)
    surname, given = _names(zone[layout.name])
    return MachineReadableZone(
        form=layout.form,
        surname=surname,
        given=given,
        truncated=not zone[layout.name].endswith(_FILLER),
        born=_birth(zone[layout.birth : layout.birth + 6], today),
    )


def check_digit(field: str) -> str:
    """The check digit of a field: weights 7, 3, 1, modulo 10; A is 10, Z is 35, the filler 0 (9303-3, 4.9)."""
    return str(
        sum((0 if each == _FILLER else int(each, 36)) * _WEIGHTS[place % 3] for place, each in enumerate(field)) % 10
    )


def _check_digits(zone: str, layout: _Layout) -> None:
    number = zone[layout.number : layout.number + _NUMBER_SIZE]
    number_check = zone[layout.number + _NUMBER_SIZE]
    if number_check == _FILLER and layout.optional_check is None:
        # 9303-5 and -6, 4.2.2 note j: a longer number goes on in the optional data, its check digit at its end
        rest = zone[layout.optional].partition(_FILLER)[0]
        if rest:
            number, number_check = number + rest[:-1], rest[-1]
    _check(number, number_check, "document number")
    _check(zone[layout.birth : layout.birth + 6], zone[layout.birth + 6], "date of birth")
    _check(zone[layout.expiry : layout.expiry + 6], zone[layout.expiry + 6], "date of expiry")
    if layout.optional_check is not None:
        _check(zone[layout.optional], zone[layout.optional_check], "personal number")
    whole = "".join(zone[part] for part in layout.composite)
    _check(whole, zone[layout.composite_check], "whole zone")


def _check(field: str, digit: str, name: str) -> None:
    if digit == _FILLER and not field.strip(_FILLER):
        return  # an empty field needs none
    if digit != check_digit(field):
        raise MrzError("mrz-check-digit", f"the check digit of the {name} is wrong: read the zone again")


def _names(field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not _NAME.fullmatch(field):
        raise MrzError("mrz-name", "a digit stands in the name: read the zone again")
    surname, _, given = field.partition(_FILLER * 2)
    words = [tuple(word for word in part.split(_FILLER) if word) for part in (surname, given)]
    if not any(words):
        raise MrzError("mrz-name", "the zone has no name")
    return words[0], words[1]


def _birth(field: str, today: date) -> PartialDate | None:
    """YYMMDD, unknown parts as fillers (9303-3, 4.8); some states write zeros for an unknown month or day."""
    year, month, day = (field[start : start + 2] for start in (0, 2, 4))
    unknown = {"<<", "00"}
    if year == "<<" and month in unknown and day in unknown:
        return None
    try:
        if month in unknown and day not in unknown:
            raise MrzError("mrz-birth-date", "the date of birth has a day without a month")
        numbers = [None if part in unknown else int(part) for part in (month, day)]
        latest = today.year - (today.year - int(year)) % 100
        born = PartialDate(latest, *numbers)
        return born if born.earliest <= today else PartialDate(latest - 100, *numbers)
    except (RecordError, ValueError) as error:
        raise MrzError("mrz-birth-date", "the date of birth is not in the calendar") from error
