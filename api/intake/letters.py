"""What the letters of a whole file tell of old fonts, and the conversions that follow."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from api.intake.columns import Header
from api.intake.texts import ColumnEvidence, Conversion, RawCell


class Letters:
    """Gathers while the rows go by."""

    def __init__(self, header: Header) -> None:
        self._positions = sorted(header.positions.values())
        self._found: dict[int, ColumnEvidence] = {}

    def add(self, rows: Sequence[Sequence[RawCell]]) -> None:
        """Look at some rows, column by column: columns say the same again and again."""
        columns = list(zip_longest(*rows, fillvalue=""))
        for position in self._positions:
            cells = Counter(columns[position] if position < len(columns) else ())
            for cell, times in cells.items():
                if isinstance(cell, str) and not cell.isascii():
                    self._found.setdefault(position, ColumnEvidence()).add(cell, times)

    def decide(self) -> dict[int, Conversion]:
        """The conversions that the file asks for, by the position of the column."""
        decided = {position: column.decide() for position, column in sorted(self._found.items())}
        return {position: conversion for position, conversion in decided.items() if conversion is not None}


def conversion_notes(conversions: Mapping[int, Conversion], header: Header) -> Iterator[str]:
    """What the clerk reads of them."""
    for position, conversion in conversions.items():
        name = " ".join(header.names[position].split())
        yield f"column {name}: converted from {conversion.font.value} to Unicode"
