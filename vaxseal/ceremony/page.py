"""The record as a PDF to print: A4, Vietnamese first, with a line for every signature."""

import json
from pathlib import Path
from typing import Any, Final

import typst

from certificates.errors import IssuanceError
from certificates.pdf import fonts
from vaxseal.ceremony.record import Ceremony, when

TEMPLATE: Final = Path(__file__).with_name("template.typ")
_GROUP: Final = 4  # hexadecimal digits that people read aloud at once


def check_letters(*texts: str) -> None:
    """Before a token is touched: the page must be able to show these. Raises IssuanceError ``page-letters``."""
    if not fonts.letters().issuperset("".join(texts)):
        raise IssuanceError("page-letters", "a text has letters that the record cannot show")


def render(ceremony: Ceremony) -> bytes:
    """The PDF. Raises IssuanceError ``page-letters`` or ``page-render``."""
    data = _data(ceremony)
    check_letters(*_texts(data))
    literal = json.dumps(data, ensure_ascii=True).replace("\\", "\\\\").replace('"', '\\"')
    main = f'#import "{TEMPLATE.name}": record\n#record(json(bytes("{literal}")))\n'.encode("ascii")
    families = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.DIRECTORY])
    compiler = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=families, ignore_system_fonts=True)
    try:
        page = compiler.compile(main, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=ceremony.at)
    except typst.TypstError as error:
        raise IssuanceError("page-render", "the record could not be laid out") from error
    if not isinstance(page, bytes):
        raise IssuanceError("page-render", "the renderer gave no document")
    return page


def _data(ceremony: Ceremony) -> dict[str, Any]:
    return {
        "title": list(ceremony.title),
        "at": when(ceremony.at),
        "place": ceremony.place,
        "witnesses": list(ceremony.witnesses),
        "sections": [
            {
                "title": list(section.title),
                "rows": [
                    {
                        "label": list(row.label),
                        "value": None if row.is_hex else row.value,
                        "groups": _groups(row.value) if row.is_hex else [],
                    }
                    for row in section.rows
                ],
            }
            for section in ceremony.sections
        ],
        "command": ceremony.command,
        "program": ceremony.program,
        "mark": _groups(ceremony.mark.hex())[:8],
    }


def _groups(digits: str) -> list[str]:
    return [digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)]


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    parts = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for part in parts for text in _texts(part)]
