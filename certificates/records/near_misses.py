"""How an entered person differs from a registered one, field by field, and which slip may have done it.

A hint for whoever mends the record. A kind tells much about the registered value (day and month swapped: all of it), so
only who may see the value may see the kind.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from certificates.records.comparison import compare
from certificates.records.dates import PartialDate
from certificates.records.model import Person
from certificates.records.names import comparable


class Slip(StrEnum):
    """What may have gone wrong. ``missing``: one side has nothing there; ``other``: nothing that is known."""

    MISSING = "missing"
    NAME_MARKS = "name-marks"  # the same letters with other tone marks or without
    NAME_ORDER = "name-order"  # the same words in another order: family and given name
    NAME_LETTER = "name-letter"  # one letter changed, too many, too few, or two of them swapped
    NAME_WORD = "name-word"  # one word more or less
    DATE_SWAPPED = "date-swapped"  # day and month
    DATE_DIGIT = "date-digit"  # one digit changed, or two of them swapped
    DATE_PRECISE = "date-precise"  # entered to the day or month where the register knows less
    NUMBER_DIGIT = "number-digit"
    NUMBER_SWAPPED = "number-swapped"  # two digits that stand beside each other
    NUMBER_LENGTH = "number-length"  # one digit too many or too few
    NUMBER_KIND = "number-kind"  # CMND here, CCCD there
    OTHER = "other"


_NOTHING: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Difference:
    """One field of `Person` that differs, with both values as text."""

    field: str
    slip: Slip
    entered: str
    registered: str

    def __repr__(self) -> str:
        return f"Difference({self.field}, {self.slip})"


def find_differences(entered: Person, registered: Person) -> tuple[Difference, ...]:
    """The items of `certificates.records.comparison.compare` that do not agree. Empty: all of them do."""
    found: list[Difference] = []
    for field in compare(entered, registered).differing:
        here, there = _text(entered, field), _text(registered, field)
        slip = Slip.MISSING if not here or not there else _SLIPS[field](entered, registered)
        found.append(Difference(field=field, slip=slip, entered=here, registered=there))
    return tuple(found)


def _text(person: Person, field: str) -> str:
    if field == "date_of_birth":
        return person.date_of_birth.iso if person.date_of_birth else _NOTHING
    return str(getattr(person, field) or _NOTHING)


def _name_slip(entered: Person, registered: Person) -> Slip:
    here, there = comparable(entered.full_name), comparable(registered.full_name)
    bare, bare_there = _bare(here), _bare(there)
    if bare == bare_there:
        return Slip.NAME_MARKS
    words, words_there = Counter(bare.split()), Counter(bare_there.split())
    if words == words_there:
        return Slip.NAME_ORDER
    if _one_slip(here, there) or _one_slip(bare, bare_there):
        return Slip.NAME_LETTER
    if ((words - words_there) + (words_there - words)).total() == 1:
        return Slip.NAME_WORD
    return Slip.OTHER


def _date_slip(entered: Person, registered: Person) -> Slip:
    here, there = entered.date_of_birth, registered.date_of_birth
    if here is None or there is None:
        return Slip.MISSING
    if here.year == there.year and (there.month is None or (there.day is None and here.month == there.month)):
        return Slip.DATE_PRECISE
    if here.day is not None and (here.year, here.month, here.day) == (there.year, there.day, there.month):
        return Slip.DATE_SWAPPED
    digits, digits_there = _digits(here), _digits(there)
    if _changed(digits, digits_there) or _swapped(digits, digits_there):
        return Slip.DATE_DIGIT
    return Slip.OTHER


def _number_slip(entered: Person, registered: Person) -> Slip:
    here, there = entered.id_number or "", registered.id_number or ""
    if entered.id_kind is not registered.id_kind and entered.id_kind is not None:
        return Slip.NUMBER_KIND
    if _changed(here, there):
        return Slip.NUMBER_DIGIT
    if _swapped(here, there):
        return Slip.NUMBER_SWAPPED
    if _longer(here, there) or _longer(there, here):
        return Slip.NUMBER_LENGTH
    return Slip.OTHER


def _sex_slip(_entered: Person, _registered: Person) -> Slip:
    return Slip.OTHER


_SLIPS: Final = {
    "full_name": _name_slip,
    "date_of_birth": _date_slip,
    "sex": _sex_slip,
    "id_number": _number_slip,
}


def _bare(name: str) -> str:
    """Of a comparable name: without marks, D for D with stroke."""
    letters = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("đ", "d")


def _digits(born: PartialDate) -> str:
    return born.iso.replace("-", "")


def _one_slip(one: str, other: str) -> bool:
    return _changed(one, other) or _swapped(one, other) or _longer(one, other) or _longer(other, one)


def _changed(one: str, other: str) -> bool:
    """Whether exactly one place differs."""
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _swapped(one: str, other: str) -> bool:
    """Whether two places beside each other were exchanged, and nothing else."""
    if len(one) != len(other):
        return False
    places = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return (
        len(places) == 2
        and places[1] == places[0] + 1
        and (one[places[0]], one[places[1]]) == (other[places[1]], other[places[0]])
    )


def _longer(longer: str, shorter: str) -> bool:
    """Whether leaving one place of ``longer`` out gives ``shorter``."""
    if len(longer) != len(shorter) + 1:
        return False
    same = next((place for place, letter in enumerate(shorter) if longer[place] != letter), len(shorter))
    return longer[same + 1 :] == shorter[same:]
