"""Cells to clean text: font encodings converted, blanks and look-alikes put right, each with a note; or refused."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from api.intake.legacy import CONVERTERS, Font, fits_font
from api.intake.syllables import score
from certificates.errors import RecordError

RawCell = str | int | float | bool | None  # as it came in; a spreadsheet's numbers stay numbers

_ODD_BLANKS: Final = re.compile(r"[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_ZERO_WIDTH: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_BROKEN: Final = re.compile("[\x80-\x9f\ufffd\ue000-\uf8ff]")
_PLAIN: Final = re.compile("[ -~À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]+")  # nothing to do: Vietnamese in NFC
_EXACT: Final = 1e15  # a larger number is rounded: as digits it would look like one that somebody typed
_ETH: Final = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})
_STEPS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("eth", lambda text: text.translate(_ETH)),
    ("zero-width", lambda text: _ZERO_WIDTH.sub("", text)),
    ("no-break-space", lambda text: _ODD_BLANKS.sub(" ", text)),
    ("composed", lambda text: unicodedata.normalize("NFC", text)),
)
_QUOTED_TEXT: Final = re.compile(r'="([^"]*)"')
_SHEET_ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a column is converted. ``mixed``: other cells of it are plain Unicode, so a cell may be either."""

    font: Font
    mixed: bool

    def apply(self, text: str) -> str:
        """Convert one cell; it stays as it is where it cannot be of that font.

        Raises RecordError ``text-encoding`` when both readings are good Vietnamese and differ.
        """
        if not fits_font(text):
            return text
        converted = CONVERTERS[self.font](text)
        if self.mixed and converted != text:
            here, there = score(_composed(text)), score(converted)
            if here == there:
                raise RecordError("text-encoding", "the cell can be read in two encodings")
            return converted if there > here else text
        return converted


@dataclass(slots=True)
class ColumnEvidence:
    """What the cells of one column tell about their encoding, gathered while the file streams by."""

    scores: Counter[Font] = field(default_factory=Counter)
    plain: int = 0  # score of the text as it stands
    unicode_words: int = 0  # more than none: there are cells that no old font can hold

    def add(self, text: str, times: int = 1) -> None:
        """Count a cell that stands so many times."""
        if text.isascii():
            return
        if not fits_font(text):
            if self.unicode_words == 0:
                self.unicode_words = max(0, score(_composed(text)))
            return
        self.plain += times * score(_composed(text))
        for font, convert in CONVERTERS.items():
            self.scores[font] += times * score(convert(text))

    def decide(self) -> Conversion | None:
        """The conversion that makes clearly better Vietnamese of this column, or None."""
        if not self.scores:
            return None
        font, best = max(self.scores.items(), key=lambda item: item[1])
        if best <= self.plain or best <= 0:
            return None
        return Conversion(font=font, mixed=self.unicode_words > 0)


def clean_cell(cell: RawCell, conversion: Conversion | None, notes: list[str]) -> str:
    """One cell as text: NFC, single plain blanks, D with stroke for eth. Says in ``notes`` what was changed.

    Raises RecordError ``cell-formula``, ``cell-error``, ``cell-control-character`` or ``text-encoding``.
    """
    if not isinstance(cell, str):
        return _number_text(cell)
    if cell == "":
        return cell
    text = cell.strip()
    if text[:1] in ("=", "+", "@"):
        quoted = _QUOTED_TEXT.fullmatch(text)
        if quoted is None:
            raise RecordError("cell-formula")
        text = quoted.group(1)
        notes.append("quoted-text")
    if text in _SHEET_ERRORS:
        raise RecordError("cell-error")
    if text.isascii():
        if _CONTROL.search(text):
            raise RecordError("cell-control-character")
        return " ".join(text.split())
    if conversion is not None:
        converted = conversion.apply(text)
        if converted != text:
            notes.append(conversion.font.value)
            text = converted
    return _tidy(text, notes)


def _number_text(cell: int | float | bool | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    return str(int(cell)) if float(cell).is_integer() and abs(cell) < _EXACT else repr(cell)


def _tidy(text: str, notes: list[str]) -> str:
    if _PLAIN.fullmatch(text):
        return " ".join(text.split())
    if _CONTROL.search(text):
        raise RecordError("cell-control-character")
    if _BROKEN.search(text):
        raise RecordError("text-encoding")
    for note, step in _STEPS:
        changed = step(text)
        if changed != text:
            notes.append(note)
            text = changed
    return " ".join(text.split())


def _composed(text: str) -> str:
    """For scoring only: as the cell would be read without a font conversion."""
    return unicodedata.normalize("NFC", _ZERO_WIDTH.sub("", text.translate(_ETH)))
