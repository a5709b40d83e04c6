"""The gate: nothing is released that was not read back from its picture and its page, and verified as checkers do."""

from datetime import datetime

from certificates.checking import check_text
from certificates.errors import IssuanceError
from certificates.issuance import Terms, claims_for
from certificates.pdf.checking import check_pdf
from certificates.pdf.fields import check_fields
from certificates.pdf.reading import read_page
from certificates.qr import qr_png, read_qr
from certificates.records.model import VerifiedRecord
from certificates.trust import TrustStore


def check_before_release(
    record: VerifiedRecord, terms: Terms, hc1: str, pdf: bytes, trust: TrustStore, *, at: datetime
) -> bytes:
    """Read the passport back from what people will see, and compare it with the record.

    Returns the picture that was read, a PNG: no other one need ever be drawn.

    Args:
        trust: whom checkers trust at this time.

    Raises:
        CheckError: the code or the PDF would not pass a checker.
        IssuanceError: ``gate-picture`` (the picture shows another text), ``gate-payload`` (what was signed is not this
            record), ``gate-page`` (the PDF is another passport's), ``gate-text`` (a field on the page is not the
            record's; the detail names it).
    """
    picture = qr_png(hc1)
    shown = read_qr(picture)
    if shown != hc1:
        raise IssuanceError("gate-picture", "the picture does not show the passport that was signed")
    checked = check_text(shown, trust, at)
    if checked.payload != claims_for(record, terms).certificate.to_dict():
        raise IssuanceError("gate-payload", "what was signed is not this record")
    page = read_page(pdf)
    if page.code != hc1:
        raise IssuanceError("gate-page", "the page does not show the passport that was signed")
    check_fields(page.text, record, terms)
    check_pdf(pdf, trust, at, page=page)
    return picture
