"""The verdict on a PDF certificate: its signature, its attachment and its page must say the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certificates.checking import CheckedCertificate, check_text
from certificates.errors import CheckError, CheckReason
from certificates.issuer_country import IssuerRule
from certificates.pdf.reading import PageContent, extract_hc1, read_page, read_page_code, render_png, squeeze
from certificates.pdf.validation import find_signer
from certificates.trust import TrustStore

__all__ = ["check_pdf", "extract_hc1", "read_page_code", "render_png"]


def check_pdf(
    pdf: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    page: PageContent | None = None,
    issuer: IssuerRule = IssuerRule.COUNTRY,
) -> CheckedCertificate:
    """Decide on a PDF certificate: signed as a whole by a trusted signer, and page and attachment show its passport.

    Args:
        trust: whose signatures count.
        at: the time to check for, aware.
        page: what `read_page` gave for this very file, where the caller has read it already.
        issuer: as `check_text` takes it.

    Raises:
        CheckError: PDF for whatever is wrong with the document, or the reason that `check_text` gives for its passport;
            nothing else is raised for any bytes.
    """
    signer = find_signer(pdf, trust)
    text = extract_hc1(pdf)
    checked = check_text(text, trust, at, issuer=issuer)
    # One key may have several certificates; whichever key signs a passport signs its PDF.
    if signer.public_key != checked.signer.public_key:
        raise _refused("document and passport are signed by different keys")
    page = page or read_page(pdf)
    if page.code != text:
        raise _refused("the code on the page is another than the attached one")
    try:
        _check_page(squeeze(page.text), checked.payload)
    except (KeyError, IndexError, TypeError, AttributeError) as error:  # readers of a DCC are tolerant
        raise _refused("the passport has another form than its page") from error
    return checked


def _check_page(page: str, payload: Mapping[str, Any]) -> None:
    """The page carries the names, dates and the certificate code of the payload."""
    name = payload["nam"]
    names = [name[part] for part in ("fn", "gn") if name.get(part)]
    if not names or not payload.get("v"):
        raise _refused("the passport is not one of a named person's vaccination")
    entry = payload["v"][0]
    expected = {
        "name": names,
        "date of birth": [_printed(payload["dob"])],
        "date of vaccination": [_printed(entry["dt"])],
        "certificate code": [entry["ci"]],
    }
    for what, texts in expected.items():
        if not all(squeeze(text) in page for text in texts):
            raise _refused(f"the page does not show the {what} of the passport")


def _printed(iso: str) -> str:
    """``1985-03-12`` stands on the page as ``12/03/1985``."""
    return "/".join(reversed(iso.split("-")))


def _refused(detail: str) -> CheckError:
    return CheckError(CheckReason.PDF, detail)
