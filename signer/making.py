"""The signatures of some jobs, made and verified; and the same verification for what an earlier run made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from certificates.cose import CoseSign1
from certificates.errors import CertificateError, IssuanceError
from certificates.hc1 import check_hc1, encode_hc1
from certificates.issuance import finish
from certificates.jobs import SignedJob
from certificates.signing import SigningKey
from signer.approval import check_approved
from signer.review import Refusal, ReviewedJob

if TYPE_CHECKING:
    from certificates.pdf.pades import PreparedPdf


def sign_jobs(
    jobs: Sequence[ReviewedJob], approved: Mapping[str, bytes], key: SigningKey
) -> Iterator[SignedJob | Refusal]:
    """Sign what was built here, verify it, and where the task is to issue make and sign the pages too.

    A key that takes many messages at once gets them together. What comes before an error of the key is good.

    Args:
        approved: by job id, the digest of what a person approved.

    Yields each job's signatures, or its refusal: ``not-approved``, ``approval-differs``, ``signature-invalid`` (the
    key's answer does not verify) and those of the page.
    """
    good: list[ReviewedJob] = []
    for job in jobs:
        try:
            check_approved(job, approved.get(job.job_id))
            good.append(job)
        except CertificateError as error:
            yield _refusal(job, error)
    pages: list[tuple[ReviewedJob, CoseSign1, str, PreparedPdf]] = []
    for job, signature in zip(good, _sign(key, [job.tbs.message for job in good]), strict=False):
        try:
            passport = finish(replace(job.tbs), signature)  # of its own: when the token is lost here, it is made again
            if job.job.task == "confirm":
                yield SignedJob(job_id=job.job_id, signature=signature)
            else:
                pages.append((job, passport, hc1 := encode_hc1(passport.encode()), _page(job, hc1)))
        except CertificateError as error:
            yield _refusal(job, error)
    if pages:
        yield from _sign_pages(pages, key)


def _sign_pages(
    pages: Sequence[tuple[ReviewedJob, CoseSign1, str, "PreparedPdf"]], key: SigningKey
) -> Iterator[SignedJob | Refusal]:
    from certificates.pdf.pades import build_cms

    signatures = _sign(key, [prepared.signed_attributes for *_, prepared in pages])
    for (job, passport, hc1, prepared), signature in zip(pages, signatures, strict=False):
        try:
            cms = build_cms(prepared, signature)
        except CertificateError as error:
            yield _refusal(job, error)
            continue
        yield SignedJob(job_id=job.job_id, signature=passport.signature, hc1=hc1, cms=cms, pdf_digest=prepared.digest)


def _page(job: ReviewedJob, hc1: str) -> "PreparedPdf":
    # Wanted here only: a station that confirms never loads the renderer.
    from certificates.pdf.document import prepare_document

    return prepare_document(
        job.record,
        job.job.terms,
        hc1,
        job.tbs.certificate,
        signing_time=job.job.signing_time,
        confirmation=job.job.confirmation,
    )


def _sign(key: SigningKey, messages: list[bytes]) -> Iterable[bytes]:
    """Lazily: when the key fails, the signatures before have been used."""
    many = getattr(key, "sign_many", None)  # hsm.worker.key.WorkerKey
    signatures: Iterable[bytes] = map(key.sign, messages) if many is None else many(messages)
    return signatures


def _refusal(job: ReviewedJob, error: CertificateError) -> Refusal:
    return Refusal(job_id=job.job_id, reason=error.code.lower(), detail=error.detail)


def check_signed(reviewed: ReviewedJob, approved: bytes | None, signed: SignedJob) -> None:
    """Verify what a journal holds before it is sent: approved, and signed over exactly this.

    Raises IssuanceError ``not-approved``, ``approval-differs``, ``signature-invalid``, ``hc1-differs``,
    ``pdf-missing``, ``document-differs``, ``pdf-cms``, ``pdf-signature``; CheckError.
    """
    check_approved(reviewed, approved)
    passport = finish(replace(reviewed.tbs), signed.signature)
    if reviewed.job.task == "confirm":
        return
    from certificates.pdf.pades import embed_cms

    if signed.hc1 is None or signed.cms is None:
        raise IssuanceError("pdf-missing", "the key that signs a passport also signs its page")
    check_hc1(signed.hc1, passport.encode())
    prepared = _page(reviewed, signed.hc1)
    if prepared.digest != signed.pdf_digest:
        raise IssuanceError("document-differs", "another page was signed")
    embed_cms(prepared, signed.cms)
