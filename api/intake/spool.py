"""Rows of a file under way, by buckets of persons, until they are joined.

They lie in a file without a name, which is gone when the process is, however it ends. What is lost with it is read
again from the file that came in.
"""

import marshal
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Final, Self

from api.intake.rows import BUCKETS
from api.intake.texts import RawCell

Row = tuple[int, list[RawCell]]  # its number, as a spreadsheet counts, and its cells
_TOGETHER: Final = 32  # rows of a bucket that are written at once


class Spool:
    """Takes rows in, and gives back those of some buckets as often as asked. Used as a context."""

    def __init__(self) -> None:
        self._file = TemporaryFile(prefix="vaxseal-")  # noqa: SIM115 - closed at the end of the context
        self.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._file.close()

    def clear(self) -> None:
        self.counts = [0] * BUCKETS
        self._waiting: list[list[Row]] = [[] for _ in range(BUCKETS)]
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(BUCKETS)]
        self._end = self._file.seek(0)

    def add(self, bucket: int, row: Row) -> None:
        self.counts[bucket] += 1
        waiting = self._waiting[bucket]
        waiting.append(row)
        if len(waiting) == _TOGETHER:
            text = marshal.dumps(waiting)
            self._file.write(text)
            self._places[bucket].append((self._end, len(text)))
            self._end += len(text)
            waiting.clear()

    def rows(self, first: int, last: int) -> list[bytes]:
        """The rows of these buckets, ends included, for `unpacked`: small to send to another process."""
        found: list[bytes] = []
        for bucket in range(first, last + 1):
            for place, size in self._places[bucket]:
                self._file.seek(place)
                found.append(self._file.read(size))
            if self._waiting[bucket]:
                found.append(marshal.dumps(self._waiting[bucket]))
        self._file.seek(self._end)
        return found


def unpacked(packed: list[bytes]) -> Iterator[Row]:
    """The rows again, those of a bucket in the order of the file."""
    for some in packed:
        yield from marshal.loads(some)  # noqa: S302 - from `Spool`, never from outside
