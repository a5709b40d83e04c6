"""The page itself: data in, an unsigned PDF/A-3a and PDF/UA-1 out. Same data, same `LAYOUT`: same bytes.

Names are hostile input. They reach the template as JSON inside one string literal and are placed as text there; letters
that the fonts lack are refused, and invisible ones removed as in the DCC, so that the page shows what was signed.
"""

import json
import threading
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import typst
from babel import Locale

from certificates import uvci, valuesets
from certificates.errors import IssuanceError
from certificates.issuance import Terms
from certificates.payload import HealthCertificate
from certificates.pdf import fonts
from certificates.pdf.drawing import draw_code
from certificates.pdf.layout import TEMPLATE
from certificates.pki import SigningCertificate
from certificates.qr import qr_matrix
from certificates.records.dates import PartialDate
from certificates.records.model import Dose, VerifiedRecord
from certificates.records.names import clean

MAX_DOSES: Final = 9  # more do not fit on one page when every field is long
SPECIMEN: Final = "SPECIMEN"
_STANDARDS: Final[list[Any]] = ["a-3a", "ua-1"]
_ONE_PAGE: Final = b"<</Type/Pages/Count 1/"  # how the first object of the file begins
_LONGEST_WORD: Final = 24  # letters that any column holds in one line, beside the labels
_LONGEST_WORD_IN_TABLE: Final = 15
_TABLE_PART: Final = 12
_ROOMY_DOSES: Final = 5  # with more the table of doses is set smaller
_WORD_BREAK: Final = "\u200b"
_lock = threading.Lock()


def render_page(
    record: VerifiedRecord,
    terms: Terms,
    certificate: HealthCertificate,
    *,
    passport: str,
    signer: SigningCertificate,
    confirmation: bytes | None,
    created_at: datetime,
) -> bytes:
    """The page of ``record``, with the HC1 text ``passport`` as QR code and as attachment.

    Args:
        certificate: the payload of the passport, whose numbers the page repeats.
        signer: the DSC; a subject with "SPECIMEN" marks the whole page.
        confirmation: the unit's COSE_Sign1, to be attached.
        created_at: the only date in the file beside the record's own.

    Raises:
        IssuanceError: ``page-letters`` (a text has letters that the page cannot show), ``page-doses`` (too many),
            ``page-overflow``, ``page-render``.
    """
    data = _page_data(record, terms, certificate, passport, signer, confirmation)
    try:
        with _lock:  # one compiler, kept: it reads the fonts once, and keeps the layout of what never changes
            page = _compiler().compile(
                _document(data), format="pdf", pdf_standards=_STANDARDS, timestamp=created_at.astimezone(UTC)
            )
    except typst.TypstError as error:
        raise IssuanceError("page-render", "the page could not be laid out") from error
    if not isinstance(page, bytes):
        raise IssuanceError("page-render", "the renderer gave no document")
    if not page.startswith(_ONE_PAGE, page.index(b"<<")):
        raise IssuanceError("page-overflow", "the record does not fit on one page")
    return draw_code(page, qr_matrix(passport))


def printed_date(partial: PartialDate) -> str:
    """``dd/mm/yyyy``, ``mm/yyyy`` or ``yyyy``: as much as is known, in the order used in Vietnam."""
    return "/".join(reversed(partial.iso.split("-")))


@cache
def _compiler() -> typst.Compiler:
    families = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts.DIRECTORY])
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=families, ignore_system_fonts=True)


def _document(data: dict[str, Any]) -> bytes:
    """The renderer's main file: the data are one string literal in it, read as JSON.

    In a literal only the backslash and the quotation mark have a meaning (typst reference, string); the JSON is ASCII.
    `sys.inputs` would do as well, but a change there makes the renderer forget all that it keeps: five times as slow.
    """
    literal = json.dumps(data, ensure_ascii=True).replace("\\", "\\\\").replace('"', '\\"')
    return f'#import "{TEMPLATE.name}": certificate\n#certificate(json(bytes("{literal}")))\n'.encode("ascii")


def _page_data(
    record: VerifiedRecord,
    terms: Terms,
    certificate: HealthCertificate,
    passport: str,
    signer: SigningCertificate,
    confirmation: bytes | None,
) -> dict[str, Any]:
    person = record.record.person
    doses = sorted(record.record.doses, key=lambda dose: dose.number)
    if not 1 <= len(doses) <= MAX_DOSES:
        raise IssuanceError("page-doses", f"a page has room for 1 to {MAX_DOSES} doses")
    latest = doses[-1]
    compact = len(doses) > _ROOMY_DOSES
    product = valuesets.PRODUCTS[latest.product]
    return {
        "compact": compact,
        "specimen": SPECIMEN in signer.subject.upper(),
        "hc1": passport,
        "confirmation": None if confirmation is None else list(confirmation),
        "name": _text(person.full_name),
        "date_of_birth": printed_date(PartialDate.parse(certificate.dob)),
        "nationality": printed_nationality(person.nationality),
        "disease": "COVID-19",
        "dose_count": str(certificate.v.dn),
        "code": _letters(uvci.printed(terms.uvci)),
        "latest": {
            **_dose(latest, compact=compact),
            "vaccine": product.vaccine_vi,
            "vaccine_en": product.vaccine_en,
            "product": _text(product.name),
            "manufacturer": _text(product.manufacturer),
        },
        "doses": [_dose(dose, compact=compact) for dose in doses],
        "issued": printed_instant(terms.issued_at),
        "expires": printed_instant(terms.expires_at),
        "issuer": _text(terms.issuer),
        "signer": _text(signer.subject),
    }


def _dose(dose: Dose, *, compact: bool) -> dict[str, str]:
    product = valuesets.PRODUCTS.get(dose.product)
    part = _LONGEST_WORD_IN_TABLE if compact else _TABLE_PART

    def column(text: str) -> str:
        return _breakable(_letters(clean(text)), longest=_LONGEST_WORD_IN_TABLE, part=part)

    return {
        "number": str(dose.number),
        "date": dose.given_on.strftime("%d/%m/%Y"),
        "product": column(product.name if product else dose.product),
        "lot": column(dose.lot) or "–",
        "amount": column(dose.amount),
        "unit": column(dose.unit),
        "country": _text(dose.country),
    }


def printed_nationality(code: str) -> str:
    """The country in Vietnamese and English, with its code; a code that has no name stays alone."""
    names = [Locale(language).territories.get(code) for language in ("vi", "en")]
    return _text(f"{' / '.join(map(str, names))} ({code})" if all(names) else code)


def printed_instant(instant: datetime) -> str:
    """In UTC, to the minute."""
    return instant.astimezone(UTC).strftime("%d/%m/%Y %H:%M UTC")


def _text(text: str) -> str:
    """The text in NFC, cleaned as in the DCC, with places to break words that no line holds."""
    return _breakable(_letters(clean(text)), longest=_LONGEST_WORD, part=_LONGEST_WORD)


def _letters(text: str) -> str:
    if not fonts.letters().issuperset(text):
        raise IssuanceError("page-letters", "a text has letters that the page cannot show")
    return text


def _breakable(text: str, *, longest: int, part: int) -> str:
    words = text.split(" ")
    if all(len(word) <= longest for word in words):
        return text
    return " ".join(
        _WORD_BREAK.join(word[start : start + part] for start in range(0, len(word), part))
        if len(word) > longest
        else word
        for word in words
    )
