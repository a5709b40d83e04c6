"""What ``import_rows`` says of a row: the columns, and the words for a clerk."""

from functools import lru_cache
from typing import Final

from api.intake.columns import NAMES, Column, Header
from api.intake.faults import row_sentence

ROW_COLUMNS: Final = (
    "import_id",
    "row_number",
    "outcome",
    "reason",
    "column_name",
    "detail",
    "notes",
    "cells",
    "record_id",
)


@lru_cache(maxsize=256)
def sentence(code: str) -> str:
    """What is wrong with a row, in both languages."""
    return " / ".join(row_sentence(code))


def column_name(column: str, header: Header) -> str:
    """The column as the file calls it, else as we do."""
    position = header.positions.get(Column(column)) if column in set(Column) else None
    if position is not None:
        return " ".join(header.names[position].split())
    return NAMES[Column(column)][0] if column in set(Column) else " ".join(column.split())
