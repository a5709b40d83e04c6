"""From a verified record and its signed passport to a PDF that is ready for the key."""

from collections.abc import Sequence
from datetime import datetime

from certificates import purposes
from certificates.cose import decode_cose_sign1, sig_structure
from certificates.errors import IssuanceError
from certificates.hc1 import decode_hc1
from certificates.issuance import Terms, claims_for
from certificates.pdf.pades import PreparedPdf, prepare_pdf
from certificates.pdf.page import render_page
from certificates.pki import SigningCertificate, verify_signature
from certificates.records.model import VerifiedRecord


def prepare_document(
    record: VerifiedRecord,
    terms: Terms,
    hc1: str,
    dsc: SigningCertificate,
    *,
    signing_time: datetime,
    confirmation: bytes | None,
    chain: Sequence[bytes] = (),
) -> PreparedPdf:
    """The certificate of ``record``, laid out around the passport ``hc1`` and prepared for the key of ``dsc``.

    Both ends call this with the same arguments and get the same bytes, while their `certificates.pdf.layout.LAYOUT` is
    the same. ``hc1`` is the text as the signer's machine made it: what deflate writes differs from machine to machine,
    so nobody makes it twice. ``signing_time`` is UTC with whole seconds; ``confirmation`` the unit's COSE_Sign1.

    Raises:
        IssuanceError: ``document-differs`` (the passport is not the one of this record and these terms),
            ``document-passport`` (its signature is not by ``dsc``), and those of `render_page` and `prepare_pdf`.
        CheckError: ``hc1`` is no passport.
    """
    passport = decode_cose_sign1(decode_hc1(hc1))
    claims = claims_for(record, terms)
    if claims.encode() != passport.payload:
        raise IssuanceError("document-differs", "the passport says something else than the record")
    message = sig_structure(passport.protected, passport.payload, purposes.PASSPORT)
    if not verify_signature(dsc, message, passport.signature):
        raise IssuanceError("document-passport", "the passport is not signed by this certificate")
    page = render_page(
        record,
        terms,
        claims.certificate,
        passport=hc1,
        signer=dsc,
        confirmation=confirmation,
        created_at=signing_time,
    )
    return prepare_pdf(page, dsc, signing_time, chain=chain)
