"""XLSX."""

from collections.abc import Iterator
from pathlib import Path

from api.intake.legacy import Font
from api.intake.texts import RawCell


class XlsxSource:
    def __init__(self, path: Path) -> None:
        self.notes: list[str] = []
        self.font: Font | None = None

    def rows(self) -> Iterator[tuple[int, list[RawCell]]]:
        yield from ()
