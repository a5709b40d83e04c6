"""What the bytes of a page depend on beside its data. An agent with another `LAYOUT` than the centre gets no work."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from certificates import valuesets
from certificates.pdf import fonts

TEMPLATE: Final = Path(__file__).with_name("template.typ")
_MODULES: Final = ("cms", "der", "document", "drawing", "objects", "pades", "page")
_QR_ENCODING: Final = TEMPLATE.parents[1] / "qr_encoding.py"


def _digest(*files: Path) -> str:
    """The first 12 hexadecimal digits of SHA-256 over the files. Line ends do not matter: Git may change them."""
    digest = hashlib.sha256()
    for file in files:
        data = file.read_bytes()
        digest.update(data if file.suffix == ".ttf" else data.replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


LAYOUT: Final = "/".join(
    (
        f"code-{_digest(*(TEMPLATE.with_name(f'{name}.py') for name in _MODULES), _QR_ENCODING)}",
        f"template-{_digest(TEMPLATE)}",
        f"fonts-{_digest(*(fonts.DIRECTORY / name for name in fonts.FILES))}",
        f"valuesets-{valuesets.VERSION}",
        f"babel-{version('babel')}",
        f"typst-{version('typst')}",
    )
)
