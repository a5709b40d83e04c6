"""A passport on paper, to print oneself: an A4 sheet that folds to A6, or a card. Not the signed PDF certificate."""

import json
import threading
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import typst

from api.citizens.own import Certificate, shown_code
from api.sessions.slip_pages import day_of, shown
from certificates.pdf import fonts
from certificates.qr import qr_svg
from certificates.records.dates import local_day
from certificates.valuesets import PRODUCTS

Layout = Literal["folded", "card"]
LAYOUTS: Final = ("folded", "card")
TEMPLATE: Final = Path(__file__).with_name("sheets.typ")
ALT: Final = "Mã QR của hộ chiếu vắc xin / QR code of the vaccine passport"
_lock = threading.Lock()


def print_sheet(certificate: Certificate, layout: Layout, *, at: datetime) -> bytes:
    """The PDF: A4, PDF/A-2a. Raises CentreError as `shown_code`."""
    code = shown_code(certificate)
    latest = certificate.record.doses[-1]
    born = certificate.person.date_of_birth
    data = {
        "svg": qr_svg(code, quiet_zone=2),
        "alt": ALT,
        "name": shown(certificate.person.full_name),
        "born": day_of(born.iso) if born is not None else "–",
        "dose": shown(f"{latest.number} · {PRODUCTS[latest.product].name} · {day_of(latest.given_on.isoformat())}"),
        "until": day_of(local_day(certificate.expires_at).isoformat()),
        "code": certificate.code,
    }
    literal = json.dumps(data, ensure_ascii=True).replace("\\", "\\\\").replace('"', '\\"')
    main = f'#import "{TEMPLATE.name}": {layout}\n#{layout}(json(bytes("{literal}")))\n'.encode("ascii")
    with _lock:
        page = _compiler().compile(main, format="pdf", pdf_standards=["a-2a"], timestamp=at)
    assert isinstance(page, bytes)  # noqa: S101 - one document for one format
    return page


@cache
def _compiler() -> Any:
    families = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.DIRECTORY])
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=families, ignore_system_fonts=True)
