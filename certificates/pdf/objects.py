"""The objects of a page as its renderer wrote them, changed in place: the result is one revision, with one table.

This reads the output of our own renderer only (PDF 1.7, classic cross-reference table, one page); whatever has another
form is refused.
"""

import re
from typing import Final

from certificates.errors import IssuanceError

_TAIL: Final = 64  # bytes from the end where the last keyword stands
_STARTXREF: Final = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")
_XREF: Final = re.compile(rb"xref\s+0 (\d{1,6})\s*\n")
_XREF_ENTRY: Final = 20  # bytes, ISO 32000-1, 7.5.4
_SIZE: Final = re.compile(rb"/Size \d{1,6}")
_ROOT: Final = re.compile(rb"/Root (\d{1,6}) 0 R")
_PAGES: Final = re.compile(rb"/Pages (\d{1,6}) 0 R")
_KIDS: Final = re.compile(rb"/Kids\[(\d{1,6}) 0 R\]")


class PdfObjects:
    """A document of one page. Numbers are object numbers, from 1; generations are 0."""

    def __init__(self, document: bytes) -> None:
        """Raises IssuanceError ``pdf-form``."""
        try:
            self._read(document)
        except (IndexError, ValueError) as error:
            raise IssuanceError("pdf-form", "not a page of this service") from error

    def _read(self, document: bytes) -> None:
        table = int(_first(_STARTXREF.search(document, max(0, len(document) - _TAIL))))
        header = _XREF.match(document, table)
        size = int(_first(header))
        start = header.end() if header else 0
        entries = [document[start + _XREF_ENTRY * number :][:18] for number in range(1, size)]
        if any(entry[10:] != b" 00000 n" for entry in entries):
            raise ValueError("a table of another form")
        offsets = [int(entry[:10]) for entry in entries]
        if offsets != sorted(offsets):
            raise ValueError("objects in another order")
        ends = [*offsets[1:], table]
        self._header = document[: offsets[0]]
        self._objects = [document[start:end] for start, end in zip(offsets, ends, strict=True)]
        self._trailer = document[start + _XREF_ENTRY * size : document.rindex(b"startxref")]
        self.root = int(_first(_ROOT.search(self._trailer)))
        self.page = self.reference(int(_first(_PAGES.search(self.get(self.root)))), _KIDS)

    @property
    def next_number(self) -> int:
        """The number that the next object gets."""
        return len(self._objects) + 1

    def get(self, number: int) -> bytes:
        """The content of an object that is no stream. Raises IssuanceError ``pdf-form``."""
        head = b"%d 0 obj\n" % number
        found = self._objects[number - 1] if 0 < number < self.next_number else b""
        if not found.startswith(head) or b"stream" in found:
            raise IssuanceError("pdf-form", "an object of the page has another form")
        return found[len(head) : found.rindex(b"\nendobj")]

    def find(self, beginning: bytes) -> int:
        """The number of the one object whose content begins so. Raises IssuanceError ``pdf-form``."""
        numbers = [
            number
            for number, found in enumerate(self._objects, 1)
            if found.startswith(b"%d 0 obj\n%s" % (number, beginning))
        ]
        if len(numbers) != 1:
            raise IssuanceError("pdf-form", "an object of the page is missing")
        return numbers[0]

    def reference(self, number: int, pattern: re.Pattern[bytes]) -> int:
        """The number that the pattern's group finds in an object. Raises IssuanceError ``pdf-form``."""
        match = pattern.search(self.get(number))
        if match is None:
            raise IssuanceError("pdf-form", "an entry of the page is missing")
        return int(match.group(1))

    def replace(self, number: int, old: bytes, new: bytes) -> None:
        """Replace the one occurrence of ``old`` in an object. Raises IssuanceError ``pdf-form``."""
        content = self.get(number)
        if content.count(old) != 1:
            raise IssuanceError("pdf-form", "an entry of the page has another form")
        self._objects[number - 1] = b"%d 0 obj\n%s\nendobj\n" % (number, content.replace(old, new))

    def extend(self, number: int, entries: bytes) -> None:
        """Add entries at the front of a dictionary."""
        content = self.get(number)
        self._objects[number - 1] = b"%d 0 obj\n<<%s%s\nendobj\n" % (number, entries, content[2:])

    def add(self, content: bytes) -> int:
        """Append an object, and give its number."""
        number = self.next_number
        self._objects.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        return number

    def encode(self) -> bytes:
        """The whole file with a new table."""
        offset = len(self._header)
        entries = [b"0000000000 65535 f\r\n"]
        for found in self._objects:
            entries.append(b"%010d 00000 n\r\n" % offset)
            offset += len(found)
        trailer = _SIZE.sub(b"/Size %d" % len(entries), self._trailer, count=1)
        table = (b"xref\n0 %d\n" % len(entries), *entries, trailer, b"startxref\n%d\n%%%%EOF\n" % offset)
        return b"".join((self._header, *self._objects, *table))


def _first(match: re.Match[bytes] | None) -> bytes:
    if match is None:
        raise ValueError("a part is missing")
    found: bytes = match.group(1)
    return found
