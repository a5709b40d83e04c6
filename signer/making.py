"""The signatures of one job, made and verified; and the same verification for what an earlier run made."""

from certificates.errors import IssuanceError
from certificates.hc1 import check_hc1, encode_hc1
from certificates.issuance import finish
from certificates.jobs import SignedJob
from certificates.signing import SigningKey
from signer.approval import check_approved
from signer.review import ReviewedJob


def sign_job(reviewed: ReviewedJob, approved: bytes | None, key: SigningKey) -> SignedJob:
    """Sign what was built here, verify it, and where the task is to issue make and sign the page too.

    Args:
        approved: the digest of what a person approved.

    Raises:
        IssuanceError: ``not-approved``, ``approval-differs``; ``signature-invalid`` when the key's answer does not
            verify.
    """
    check_approved(reviewed, approved)
    job, tbs = reviewed.job, reviewed.tbs
    signature = key.sign(tbs.message)
    passport = finish(tbs, signature)
    if job.task == "confirm":
        return SignedJob(job_id=job.job_id, signature=signature)
    # The page is wanted here only: a station that confirms never loads the renderer.
    from certificates.pdf.document import prepare_document
    from certificates.pdf.pades import build_cms

    hc1 = encode_hc1(passport.encode())
    prepared = prepare_document(
        reviewed.record,
        job.terms,
        hc1,
        tbs.certificate,
        signing_time=job.signing_time,
        confirmation=job.confirmation,
    )
    cms = build_cms(prepared, key.sign(prepared.signed_attributes))
    return SignedJob(job_id=job.job_id, signature=signature, hc1=hc1, cms=cms, pdf_digest=prepared.digest)


def check_signed(reviewed: ReviewedJob, approved: bytes | None, signed: SignedJob) -> None:
    """Verify what a journal holds before it is sent: approved, and signed over exactly this.

    Raises IssuanceError ``not-approved``, ``approval-differs``, ``signature-invalid``, ``hc1-differs``,
    ``pdf-missing``, ``document-differs``, ``pdf-cms``, ``pdf-signature``; CheckError.
    """
    check_approved(reviewed, approved)
    passport = finish(reviewed.tbs, signed.signature)
    if reviewed.job.task == "confirm":
        return
    from certificates.pdf.document import prepare_document
    from certificates.pdf.pades import embed_cms

    if signed.hc1 is None or signed.cms is None:
        raise IssuanceError("pdf-missing", "the key that signs a passport also signs its page")
    check_hc1(signed.hc1, passport.encode())
    prepared = prepare_document(
        reviewed.record,
        reviewed.job.terms,
        signed.hc1,
        reviewed.tbs.certificate,
        signing_time=reviewed.job.signing_time,
        confirmation=reviewed.job.confirmation,
    )
    if prepared.digest != signed.pdf_digest:
        raise IssuanceError("document-differs", "another page was signed")
    embed_cms(prepared, signed.cms)
