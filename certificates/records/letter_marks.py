"""Two values side by side, letter by letter: which pieces of each the other has not, for whoever compares by eye."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """Some letters of a value. ``differs``: the other value has others at this place, or none."""

    text: str
    differs: bool

    def __repr__(self) -> str:
        return f"Piece(..., differs={self.differs})"  # a value is personal data


def mark_letters(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both values in NFC, in pieces. A letter with its tone mark is one letter, and large and small ones are alike.

    Values of one length are held against each other place by place (a day and a month that were swapped, one digit);
    others by what they have in common. Where words changed places, those that stand elsewhere are marked whole.
    """
    here, there = unicodedata.normalize("NFC", one), unicodedata.normalize("NFC", other)
    words, words_there = here.casefold().split(), there.casefold().split()
    if words != words_there and sorted(words) == sorted(words_there):
        return _by_word(here, words_there), _by_word(there, words)
    if len(here) == len(there):
        same = [a.casefold() == b.casefold() for a, b in zip(here, there, strict=True)]
        return _pieces(here, same), _pieces(there, same)
    same_here, same_there = [False] * len(here), [False] * len(there)
    for block in SequenceMatcher(None, _folded(here), _folded(there), autojunk=False).get_matching_blocks():
        same_here[block.a : block.a + block.size] = [True] * block.size
        same_there[block.b : block.b + block.size] = [True] * block.size
    return _pieces(here, same_here), _pieces(there, same_there)


def _folded(text: str) -> list[str]:
    return [letter.casefold() for letter in text]


def _by_word(text: str, others: list[str]) -> tuple[Piece, ...]:
    same = list[bool]()
    for place, word in enumerate(text.split(" ")):
        stands = place < len(others) and word.casefold() == others[place]
        same += [True] * bool(place) + [stands] * len(word)
    return _pieces(text, same)


def _pieces(text: str, same: list[bool]) -> tuple[Piece, ...]:
    return tuple(_runs(text, same))


def _runs(text: str, same: list[bool]) -> Iterator[Piece]:
    for alike, run in groupby(zip(text, same, strict=True), key=lambda pair: pair[1]):
        yield Piece("".join(letter for letter, _ in run), not alike)
