"""What the letters of a whole file tell of old fonts, and the conversions that follow."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from api.intake.columns import Header
from api.intake.legacy import Font
from api.intake.texts import ColumnEvidence, Conversion, RawCell

Told = dict[str, tuple[dict[str, int], int, int]]  # by position of the column: what `ColumnEvidence` gathered, for JSON


def letters_of(header: Header, rows: Sequence[Sequence[RawCell]]) -> Told:
    """What some rows tell. Columns say the same again and again, so each cell is looked at once."""
    found: Told = {}
    columns = list(zip_longest(*rows, fillvalue=""))
    for position in header.positions.values():
        column = columns[position] if position < len(columns) else ()
        marked = Counter(cell for cell in column if isinstance(cell, str) and not cell.isascii())
        if marked:
            evidence = ColumnEvidence()
            for cell, times in marked.items():
                evidence.add(cell, times)
            scores = {font.value: score for font, score in evidence.scores.items()}
            found[str(position)] = scores, evidence.plain, evidence.unicode_words
    return found


@dataclass(frozen=True, slots=True)
class Letters:
    """What all rows told, by position of the column."""

    found: dict[int, ColumnEvidence] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        for position, (scores, plain, unicode_words) in told.items():
            column = self.found.setdefault(int(position), ColumnEvidence())
            column.scores.update({Font(name): score for name, score in scores.items()})
            column.plain += plain
            column.unicode_words += unicode_words

    def decide(self) -> dict[int, Conversion]:
        """The conversions that the file asks for, by the position of the column."""
        decided = {position: column.decide() for position, column in sorted(self.found.items())}
        return {position: conversion for position, conversion in decided.items() if conversion is not None}


def conversion_notes(conversions: Mapping[int, Conversion], header: Header) -> Iterator[str]:
    """What the clerk reads of them."""
    for position, conversion in conversions.items():
        name = " ".join(header.names[position].split())
        yield f"column {name}: converted from {conversion.font.value} to Unicode"
