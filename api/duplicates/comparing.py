"""The written rule: when two people may be one, and when two doses may be one (docs/duplicates.md). Pure functions."""

import hashlib
import re
import unicodedata
from datetime import timedelta
from functools import lru_cache
from typing import Final, Literal

from certificates.records.model import Dose, Person
from certificates.records.names import comparable
from certificates.records.plausibility import SHORTEST_INTERVAL

PersonReason = Literal["number-missing", "number-near", "spelling"]
DoseReason = Literal["dose-two-stations", "dose-days"]
DAYS: Final = timedelta(days=14)  # between two entries of one dose: a day typed wrong, a list handed in late
_OLDEST_WITH_DAY: Final = 1970  # of those born before, many have a year of birth only
_MARKS: Final = re.compile("[\u0300-\u036f]")


@lru_cache(maxsize=4096)
def _plain_word(word: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFD", word)).replace("đ", "d")


@lru_cache(maxsize=8192)  # many have the same name
def plain_name(name: str) -> str:
    """The words of a name without marks, in the order of the alphabet: what two hurried spellings have in common."""
    return " ".join(sorted(_plain_word(word) for word in comparable(name).split()))


def hints_of(person: Person, unit: str) -> tuple[str, ...]:
    """Hashes that two records of one person are likely to share.

    Plain name and date of birth, day and month in either order; and for those of whom only the year may be known, plain
    name, year and unit.
    """
    born = person.date_of_birth
    if born is None:
        return ()
    name = plain_name(person.full_name)
    found = []
    if born.day is not None:
        days = sorted((born.month or 0, born.day))
        found.append(f"day\x1f{name}\x1f{born.year}\x1f{days}")
    if born.day is None or born.year < _OLDEST_WITH_DAY:
        found.append(f"year\x1f{name}\x1f{born.year}\x1f{unit}")
    return tuple(hashlib.sha256(text.encode()).hexdigest()[:24] for text in found)


def may_be_one(one: Person, other: Person) -> PersonReason | None:
    """Why two people who share a hint may be one; None where nothing speaks for it.

    Two valid numbers of one kind that differ in more than a slip of the hand are two people; so are two sexes.
    """
    if None not in (one.sex, other.sex) and one.sex is not other.sex:
        return None
    if one.id_kind is None or other.id_kind is None:
        return "number-missing"
    if one.id_kind is not other.id_kind:  # the older number and the newer one, say
        return "spelling"
    return "number-near" if near(one.id_number or "", other.id_number or "") else None


def near(one: str, other: str) -> bool:
    """Whether two numbers of one length differ in one place, or by two neighbours that changed places."""
    if len(one) != len(other):
        return False
    differing = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differing) <= 1:
        return True
    first, last = differing[0], differing[-1]
    return len(differing) == 2 and last == first + 1 and one[first] == other[last] and one[last] == other[first]


def may_be_one_dose(there: Dose, new: Dose) -> DoseReason | None:
    """Why two doses of one person, entered by two stations, may be one."""
    if there.unit == new.unit:
        return None
    apart = abs(there.given_on - new.given_on)
    if there.number == new.number:
        return "dose-two-stations" if apart <= DAYS else None
    return "dose-days" if apart < timedelta(days=SHORTEST_INTERVAL) else None
