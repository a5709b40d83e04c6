"""The gate: nothing is released that was not read back from its picture and its page, and verified as checkers do."""

import io
import unicodedata
from datetime import datetime
from functools import lru_cache

import pypdfium2

from certificates.checking import check_text
from certificates.errors import IssuanceError
from certificates.issuance import Terms, claims_for
from certificates.pki import SigningCertificate
from certificates.qr import qr_png, read_qr
from certificates.records.model import VerifiedRecord
from certificates.trust import TrustStore
from certificates.uvci import printed


def check_before_release(
    record: VerifiedRecord, terms: Terms, hc1: str, pdf: bytes, certificate: SigningCertificate, *, at: datetime
) -> None:
    """Read the passport back from what people will see, and compare it with the record.

    Raises:
        CheckError: the code or the PDF would not pass a checker.
        IssuanceError: ``gate-picture`` (the picture shows another text), ``gate-page`` (the page does),
            ``gate-payload`` (what was signed is not this record), ``gate-text`` (a field is not on the page).
    """
    from certificates.pdf.checking import check_pdf, read_page_code

    trust = _trust(certificate.der)
    shown = read_qr(qr_png(hc1))
    if shown != hc1:
        raise IssuanceError("gate-picture", "the picture does not show the passport that was signed")
    checked = check_text(shown, trust, at)
    if checked.payload != claims_for(record, terms).certificate.to_dict():
        raise IssuanceError("gate-payload", "what was signed is not this record")
    if read_page_code(pdf) != hc1:
        raise IssuanceError("gate-page", "the page does not show the passport that was signed")
    check_pdf(pdf, trust, at)
    _check_words(record, terms, pdf)


def _check_words(record: VerifiedRecord, terms: Terms, pdf: bytes) -> None:
    """Every field that a person reads must stand on the page; blanks and line breaks do not matter."""
    page = _squeezed(page_text(pdf))
    person, doses = record.record.person, record.record.doses
    expected = [printed(terms.uvci), person.full_name, *(dose.lot for dose in doses)]
    if any(_squeezed(text) not in page for text in expected):
        raise IssuanceError("gate-text", "a field of the record is not on the page")


def page_text(pdf: bytes) -> str:
    """The text of all pages as a reader would copy it."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split()).casefold()


@lru_cache(maxsize=1024)
def _trust(der: bytes) -> TrustStore:
    return TrustStore.of([der])
