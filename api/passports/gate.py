"""The gate: nothing is released that was not read back from its picture and its page, and verified as checkers do."""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Final

from certificates.checking import check_text
from certificates.errors import IssuanceError
from certificates.issuance import Terms, claims_for
from certificates.pdf.checking import check_pdf
from certificates.pdf.page import printed_date
from certificates.pdf.reading import read_page
from certificates.pki import SigningCertificate
from certificates.qr import qr_png, read_qr
from certificates.records.model import VerifiedRecord
from certificates.records.names import clean
from certificates.trust import TrustStore
from certificates.uvci import printed
from certificates.valuesets import PRODUCTS

_BLANK: Final = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff\ufffe]+")  # blanks and places to break a line


def check_before_release(
    record: VerifiedRecord, terms: Terms, hc1: str, pdf: bytes, certificate: SigningCertificate, *, at: datetime
) -> None:
    """Read the passport back from what people will see, and compare it with the record.

    Raises:
        CheckError: the code or the PDF would not pass a checker.
        IssuanceError: ``gate-picture`` (the picture shows another text), ``gate-page`` (the PDF is another passport's),
            ``gate-payload`` (what was signed is not this record), ``gate-text`` (a field is not on the page).
    """
    trust = _trust(certificate.der)
    shown = read_qr(qr_png(hc1))
    if shown != hc1:
        raise IssuanceError("gate-picture", "the picture does not show the passport that was signed")
    checked = check_text(shown, trust, at)
    if checked.payload != claims_for(record, terms).certificate.to_dict():
        raise IssuanceError("gate-payload", "what was signed is not this record")
    page = read_page(pdf)
    if check_pdf(pdf, trust, at, page=page).cose.encode() != checked.cose.encode():
        raise IssuanceError("gate-page", "the page does not show the passport that was signed")
    _check_words(record, terms, page.text)


def _check_words(record: VerifiedRecord, terms: Terms, page: str) -> None:
    """Every field that a person reads must stand on the page; blanks and line breaks do not matter."""
    person, words = record.record.person, _squeezed(page)
    expected = [printed(terms.uvci), person.full_name, person.nationality]
    if person.date_of_birth is not None:
        expected.append(printed_date(person.date_of_birth))
    for dose in record.record.doses:
        expected += [dose.given_on.strftime("%d/%m/%Y"), dose.lot, PRODUCTS[dose.product].name]
    if any(_squeezed(clean(text)) not in words for text in expected):
        raise IssuanceError("gate-text", "a field of the record is not on the page")


def _squeezed(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFC", text))


@lru_cache(maxsize=1024)
def _trust(der: bytes) -> TrustStore:
    return TrustStore.of([der])
