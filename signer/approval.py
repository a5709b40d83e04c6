"""What a person's yes is bound to: a digest over everything that enters the signed bytes, of one job.

It covers the message that the key will sign, and the job whole: record, evidence, terms, time, layout and confirmation,
from which alone the page is made (its own bytes hold the passport's signature, so they exist only after it). The digest
is taken anew from the very objects that are about to be signed; any difference is a refusal.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Final

import cbor2

from certificates.cose import sig_structure
from certificates.errors import IssuanceError
from certificates.jobs import job_digest
from certificates.pki import SigningCertificate
from signer.review import ReviewedJob
from signer.shown import read_claims, row_of

_PURPOSE: Final = "vaxseal/approval/1"
# Words about a job, not of it: the day and the ministry's list change them, and nothing of them is signed.
NOT_SIGNED: Final = frozenset({"oddities", "daily_quota"})


def approval_digest(reviewed: ReviewedJob) -> bytes:
    """SHA-256 over the deterministic CBOR of ``[purpose, message, job digest, certificate, row as shown]``.

    Raises IssuanceError ``approval-differs`` where the parts of a reviewed job do not say the same, ``tbs-form``.
    """
    job, tbs = reviewed.job, reviewed.tbs
    claims = read_claims(tbs.message)
    one_thing = (
        sig_structure(tbs.protected, tbs.payload, tbs.purpose) == tbs.message
        and tbs.digest == job.tbs_digest
        and tbs.certificate == _parsed(tbs.certificate.der)
        and tbs.certificate.fingerprint == job.certificate_fingerprint
        and tbs.health_certificate.to_dict() == claims.dcc
        and (reviewed.record.record, reviewed.record.evidence) == (job.record, job.evidence)
        and reviewed.row == row_of(claims)
    )
    if not one_thing:
        raise IssuanceError("approval-differs", "the parts of this job do not say the same")
    parts = [_PURPOSE, tbs.message, job_digest(job.to_dict()), tbs.certificate.der, reviewed.row.to_list()]
    return hashlib.sha256(cbor2.dumps(parts)).digest()


def check_approved(reviewed: ReviewedJob, digest: bytes | None) -> None:
    """Refuse whatever is not exactly what a person approved.

    Raises IssuanceError ``not-approved`` where nobody approved it, ``approval-differs``, ``tbs-form``.
    """
    if digest is None:
        raise IssuanceError("not-approved", "nobody approved this job")
    if not hmac.compare_digest(approval_digest(reviewed), digest):
        raise IssuanceError("approval-differs", "this is not what was approved")


@lru_cache(maxsize=64)
def _parsed(der: bytes) -> SigningCertificate:
    return SigningCertificate.from_der(der)
