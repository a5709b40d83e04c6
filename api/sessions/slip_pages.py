"""Slips as a PDF to print and cut: A4, eight to a page, in both languages."""

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from certificates.errors import RecordError
from certificates.pdf import fonts
from certificates.records.names import clean, transliterate

TEMPLATE: Final = Path(__file__).with_name("slips.typ")
_MISSING: Final = "–"
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Slip:
    """One person's slip. ``number`` is that of the ID card, ``code`` the claim code in clear."""

    place: int
    name: str
    number: str
    born: str
    dose: int
    record: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What all slips of a session say."""

    unit: str
    day: str
    product: str
    lot: str


def print_slips(heading: Heading, slips: Sequence[Slip], *, at: datetime) -> bytes:
    """The PDF. A letter that the page cannot show is written as a passport would write it."""
    data = {
        "session": {name: shown(text) for name, text in asdict(heading).items()},
        "slips": [
            {name: shown(value) if isinstance(value, str) else value for name, value in asdict(slip).items()}
            for slip in slips
        ],
    }
    literal = json.dumps(data, ensure_ascii=True).replace("\\", "\\\\").replace('"', '\\"')
    main = f'#import "{TEMPLATE.name}": slips\n#slips(json(bytes("{literal}")))\n'.encode("ascii")
    with _lock:
        page = _compiler().compile(main, format="pdf", pdf_standards=["a-2a"], timestamp=at)
    assert isinstance(page, bytes)  # noqa: S101 - one document for one format
    return page


def day_of(iso: str) -> str:
    """As people here write a date: 07/03/1961, 03/1961, 1961."""
    return "/".join(reversed(iso.split("-")))


def shown(text: str) -> str:
    """The text as the page can show it."""
    text = clean(text)
    if fonts.letters().issuperset(text):
        return text or _MISSING
    try:
        return transliterate(text).replace("<", " ") or _MISSING
    except RecordError:
        return _MISSING


@cache
def _compiler() -> Any:
    families = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.DIRECTORY])
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=families, ignore_system_fonts=True)
