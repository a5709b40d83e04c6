"""The catalogues of the pages' words, held against the templates and modules that use them.

``python -m tests.support.messages`` brings `api/web/messages/vi/` up to date: new messages stand there without a
translation, which a test does not let pass; what nothing uses any more is gone. A message stands in the catalogue
of the area that uses it (the folder of its templates), and in ``general.po`` where several do.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from api.web.messages import catalogues

ROOT: Final = Path(__file__).parents[2]
WEB: Final = ROOT / "api" / "web"
TEMPLATES: Final = WEB / "templates"
FOLDER: Final = WEB / "messages" / "vi"
GENERAL: Final = "general"
Id = str | tuple[str, ...]
_KEYWORDS: Final[dict[str, Any]] = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
_OPTIONS: Final = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


def used() -> dict[Id, set[str]]:
    """The areas of each message."""
    areas: defaultdict[Id, set[str]] = defaultdict(set)
    for area, message in _found():
        areas[message].add(area)
    return dict(areas)


def _found() -> Iterator[tuple[str, Id]]:
    known = {folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()}
    for template in sorted(TEMPLATES.rglob("*.html")):
        area = template.relative_to(TEMPLATES).parts[0]
        for _line, message, *_rest in extract_from_file("jinja2.ext:babel_extract", template, _KEYWORDS, (), _OPTIONS):
            yield area if area in known else GENERAL, message
    for module in sorted(WEB.rglob("*.py")):
        area = module.relative_to(WEB).with_suffix("").parts[0]
        for _line, message, *_rest in extract_from_file("python", module, _KEYWORDS):
            yield area if area in known else GENERAL, message


def translated() -> dict[Id, Any]:
    """What the catalogues have, by message."""
    found = (message for each in catalogues("vi") for message in each)
    return {one.id if isinstance(one.id, str) else tuple(one.id): one.string for one in found if one.id}


def main() -> None:
    """Write them anew."""
    known, made = translated(), defaultdict[str, Catalog](lambda: Catalog(locale="vi"))
    for message, areas in used().items():
        made[next(iter(areas)) if len(areas) == 1 else GENERAL].add(message, known.get(message, ""))
    for old in FOLDER.glob("*.po"):
        old.unlink()
    for area, catalogue in made.items():
        with (FOLDER / f"{area}.po").open("wb") as file:
            write_po(file, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    missing = [message for message in used() if not any(known.get(message, ""))]
    sys.stdout.writelines(f"without Vietnamese: {message}\n" for message in missing)


if __name__ == "__main__":
    main()
