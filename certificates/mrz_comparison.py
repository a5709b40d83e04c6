"""A travel document against a health certificate: is it the same person, as far as both tell?

A document writes names in A to Z with a choice for some letters, shortens what is too long for its field, and has two
digits of the birth year. The certificate writes ``fnt`` and ``gnt`` by the same tables (ICAO Doc 9303-3, 4.6 and 6).
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from certificates.errors import RecordError
from certificates.mrz import MachineReadableZone
from certificates.records.dates import PartialDate
from certificates.records.names import clean, transliterate

_UNKNOWN_PART: Final = "00"  # how some certificates write an unknown month or day
_NAMES_IN_COMMON: Final = 2  # the least, where the rest of a name is missing

# Where 9303-3, section 6, leaves a choice, or states take another one than `icao9303`; they write whole names one way.
_SPELLINGS: Final = tuple(
    str.maketrans(letters)
    for letters in (
        {"Ä": "A", "Å": "A", "Ö": "O", "Ø": "O", "Ü": "U"},
        {"Ñ": "NXX", "Ü": "UXX"},
    )
)

_Words = tuple[str, ...]


class Outcome(StrEnum):
    """The answer. Closed."""

    MATCH = "match"
    NEAR = "near"  # a person must look
    NO_MATCH = "no-match"


class NameFinding(StrEnum):
    """What the names have to do with each other, the better first. Closed."""

    SAME = "same"
    SPELLING = "spelling"  # another of the spellings that ICAO allows for a letter (Ü: UE, UXX or U)
    SHORTENED = "shortened"  # the document's field was too short for the name
    ORDER = "order"  # the same words in another order, or divided otherwise into family and given names
    SPACING = "spacing"  # the same letters with other blanks
    MISSING = "missing"  # one side lacks names that the other has
    DIFFERENT = "different"
    UNREADABLE = "unreadable"  # the certificate's name is in no letters that ICAO transliterates


class BirthFinding(StrEnum):
    """What the dates of birth have to do with each other. Closed."""

    SAME = "same"
    LESS_PRECISE = "less-precise"  # one side knows the year or month only; what both tell is equal
    CENTURY = "century"  # equal but for the century, which the document does not tell
    UNKNOWN = "unknown"  # one side has no date of birth
    DIFFERENT = "different"


_SAME_NAME: Final = frozenset({NameFinding.SAME, NameFinding.SPELLING, NameFinding.SHORTENED})
_OTHER_NAME: Final = frozenset({NameFinding.DIFFERENT, NameFinding.UNREADABLE})

# English, Vietnamese.
OUTCOME_SENTENCES: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.MATCH: (
        "The certificate and the travel document name the same person.",
        "Giấy chứng nhận và giấy tờ đi lại ghi cùng một người.",
    ),
    Outcome.NEAR: (
        "The certificate and the travel document may name the same person: compare them yourself.",
        "Giấy chứng nhận và giấy tờ đi lại có thể ghi cùng một người: cần tự đối chiếu.",
    ),
    Outcome.NO_MATCH: (
        "The certificate and the travel document name different people.",
        "Giấy chứng nhận và giấy tờ đi lại ghi hai người khác nhau.",
    ),
}
NAME_SENTENCES: Final[Mapping[NameFinding, tuple[str, str]]] = {
    NameFinding.SAME: ("The names are the same.", "Họ tên giống nhau."),
    NameFinding.SPELLING: (
        "The names are the same, with another transliteration of a letter.",
        "Họ tên giống nhau, chỉ khác cách chuyển tự của một chữ cái.",
    ),
    NameFinding.SHORTENED: (
        "The names are the same, shortened in the travel document.",
        "Họ tên giống nhau, giấy tờ đi lại viết rút gọn.",
    ),
    NameFinding.ORDER: (
        "The names are the same in another order.",
        "Các chữ trong họ tên giống nhau nhưng khác thứ tự.",
    ),
    NameFinding.SPACING: (
        "The names have the same letters, divided otherwise.",
        "Họ tên gồm cùng các chữ cái nhưng tách chữ khác nhau.",
    ),
    NameFinding.MISSING: (
        "One of the two lacks a name that the other has.",
        "Một bên thiếu một phần họ tên so với bên kia.",
    ),
    NameFinding.DIFFERENT: ("The names are different.", "Họ tên khác nhau."),
    NameFinding.UNREADABLE: (
        "The certificate's name is in letters that cannot be compared.",
        "Họ tên trên giấy chứng nhận viết bằng chữ không đối chiếu được.",
    ),
}
BIRTH_SENTENCES: Final[Mapping[BirthFinding, tuple[str, str]]] = {
    BirthFinding.SAME: ("The dates of birth are the same.", "Ngày sinh giống nhau."),
    BirthFinding.LESS_PRECISE: (
        "The dates of birth agree, but one has no day or month.",
        "Ngày sinh phù hợp, nhưng một bên không có ngày hoặc tháng.",
    ),
    BirthFinding.CENTURY: (
        "The dates of birth agree but for the century, which the travel document does not tell.",
        "Ngày sinh phù hợp, trừ thế kỷ mà giấy tờ đi lại không ghi.",
    ),
    BirthFinding.UNKNOWN: ("One of the two has no date of birth.", "Một bên không có ngày sinh."),
    BirthFinding.DIFFERENT: ("The dates of birth are different.", "Ngày sinh khác nhau."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzComparison:
    """How document and certificate agree. Made by `compare`; holds no personal data."""

    name: NameFinding
    birth: BirthFinding

    @property
    def outcome(self) -> Outcome:
        """The worse of the two."""
        if self.name in _OTHER_NAME or self.birth is BirthFinding.DIFFERENT:
            return Outcome.NO_MATCH
        return Outcome.MATCH if self.name in _SAME_NAME and self.birth is BirthFinding.SAME else Outcome.NEAR


def compare(zone: MachineReadableZone, payload: Mapping[str, Any]) -> MrzComparison:
    """Compare names and date of birth.

    Args:
        payload: a DCC that `certificates.schema.check_dcc` let pass.
    """
    return MrzComparison(name=_compare_names(zone, payload["nam"]), birth=_compare_birth(zone.born, payload["dob"]))


def _compare_names(zone: MachineReadableZone, names: Mapping[str, Any]) -> NameFinding:
    """The best finding over all ways to write the certificate's name in A to Z."""
    surnames = _spellings(names.get("fnt"), names.get("fn"))
    givens = _spellings(names.get("gnt"), names.get("gn"))
    if not any(surnames) and not any(givens):
        return NameFinding.UNREADABLE
    standard = surnames[0], givens[0]
    ranks = list(NameFinding)
    findings = (
        _compare_words(zone, surname, given, standard=(surname, given) == standard)
        for surname, given in itertools.product(surnames, givens)
    )
    return min(findings, key=ranks.index)


def _spellings(standard: object, written: object) -> list[_Words]:
    """The words as signed for machines, then as the letters of the written name allow; one empty name at least."""
    found: list[_Words] = []
    for text in _texts(standard, written):
        try:
            words = tuple(word for word in transliterate(text).split("<") if word)
        except RecordError:  # in letters that the tables do not have
            continue
        if words and words not in found:
            found.append(words)
    return found or [()]


def _texts(standard: object, written: object) -> Iterator[str]:
    if isinstance(standard, str):
        yield standard
    if isinstance(written, str):
        yield written
        upper = clean(written).upper()  # NFC: the letters of `_SPELLINGS` are single characters
        yield from (upper.translate(spelling) for spelling in _SPELLINGS)


def _compare_words(zone: MachineReadableZone, surname: _Words, given: _Words, *, standard: bool) -> NameFinding:
    if (zone.surname, zone.given) == (surname, given):
        return NameFinding.SAME if standard else NameFinding.SPELLING
    if zone.truncated and _shortens(zone.surname, surname) and _shortens(zone.given, given):
        return NameFinding.SHORTENED
    ours, theirs = zone.surname + zone.given, surname + given
    if sorted(ours) == sorted(theirs):
        return NameFinding.ORDER
    if "".join(ours) == "".join(theirs):
        return NameFinding.SPACING
    fewer, more = sorted((Counter(ours), Counter(theirs)), key=Counter.total)
    if fewer <= more and fewer.total() >= _NAMES_IN_COMMON:
        return NameFinding.MISSING
    return NameFinding.DIFFERENT


def _shortens(short: _Words, full: _Words) -> bool:
    """Whether words were cut at their end, to an initial even, or left out, but the first stands (9303-3, 4.6)."""
    if not short or not full:
        return not short  # a family name that fills the field leaves no room
    if not full[0].startswith(short[0]):
        return False
    rest = iter(full[1:])
    return all(any(word.startswith(start) for word in rest) for start in short[1:])


def _compare_birth(born: PartialDate | None, text: str) -> BirthFinding:
    stated = list(itertools.takewhile(_UNKNOWN_PART.__ne__, text.strip().split("-")))
    if born is None or stated == [""]:
        return BirthFinding.UNKNOWN
    certified = PartialDate.parse("-".join(stated))
    ours, theirs = ((date.year % 100, date.month, date.day) for date in (born, certified))
    known = [pair for pair in zip(ours, theirs, strict=True) if None not in pair]
    if any(document != certificate for document, certificate in known):
        return BirthFinding.DIFFERENT
    if born.year != certified.year:
        return BirthFinding.CENTURY
    return BirthFinding.SAME if ours == theirs else BirthFinding.LESS_PRECISE
