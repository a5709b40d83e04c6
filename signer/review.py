"""Rebuild what the centre wants signed, compare, and show. Pure: no network, no token, the clock is an argument.

A job is either reviewed, and then what will be signed is what was built here, or refused with a code that says which
part differs. Nothing in between.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import cbor2

from certificates.cose import CoseSign1, decode_cose_sign1
from certificates.errors import CertificateError, CheckError, IssuanceError, RecordError
from certificates.issuance import (
    ToBeSigned,
    prepare_confirmation,
    prepare_passport,
    verify_confirmation,
)
from certificates.jobs import SigningJob, Task, read_job_id
from certificates.pdf.layout import LAYOUT
from certificates.pki import SigningCertificate
from certificates.records.dates import local_day
from certificates.records.model import VerifiedRecord
from certificates.records.verification import verify
from signer.oddities import Oddity, find_oddities
from signer.shown import ShownRow, read_claims, row_of
from signer.units import EnrolledUnits

CLOCK_TOLERANCE: Final = timedelta(minutes=10)  # between the centre's clock and this machine's
MAX_INTENT_AGE: Final = timedelta(days=60)  # a lapsed lease comes back with its old iat; older than this is back-dating
MAX_LIFE: Final = timedelta(days=366)  # Decision 5772: a code expires 12 months after it was made


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedJob:
    """A job that this machine rebuilt and found to be what the centre intends. ``tbs`` is what it will sign.

    ``unit`` is the unit whose work it is: the record's, and in two-tier the one that confirmed it.
    """

    job: SigningJob = field(repr=False)
    record: VerifiedRecord
    tbs: ToBeSigned = field(repr=False)
    row: ShownRow = field(repr=False)
    oddities: tuple[Oddity, ...]
    daily_quota: int | None = None

    @property
    def job_id(self) -> str:
        return self.job.job_id

    @property
    def unit(self) -> str:
        return self.record.record.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A job that will not be signed. ``reason`` is a code, ``detail`` names the part that differs; no personal data."""

    job_id: str
    reason: str
    detail: str

    def to_dict(self) -> dict[str, str]:
        return {"job_id": self.job_id, "reason": self.reason, "detail": self.detail}


class _RefusedError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def read_job(data: Mapping[str, Any]) -> SigningJob | Refusal:
    """A job as it came over the wire. Raises ValueError where it has not even a name to refuse it by."""
    job_id = read_job_id(data.get("job_id"))
    try:
        return SigningJob.from_dict(data)
    except CertificateError as error:
        return Refusal(job_id=job_id, reason=error.code, detail=error.detail)


def review_job(
    job: SigningJob,
    *,
    certificate: SigningCertificate,
    task: Task,
    units: EnrolledUnits | None,
    now: datetime,
    leased_at: datetime | None = None,
    unit: str | None = None,
) -> ReviewedJob | Refusal:
    """Rebuild one job and compare.

    Args:
        certificate: the certificate of the key that will sign.
        task: what the log-in gave this token to do.
        units: the ministry's own list; None at a station, where no confirmation may come with the job.
        now: this machine's clock, aware.
        leased_at: the same when the job came, for one that was kept here since; None for one that came now.
        unit: the unit this token works for, so that another unit's record is remarked on; None at the ministry.
    """
    try:
        return _review(job, certificate, task, units, now, leased_at, unit)
    except _RefusedError as refused:
        return Refusal(job_id=job.job_id, reason=refused.reason, detail=refused.detail)
    except RecordError as error:  # the record or its evidence does not make a certificate
        fields = f" ({', '.join(error.fields)})" if error.fields else ""
        return Refusal(job_id=job.job_id, reason=error.code, detail=error.detail + fields)
    except CertificateError as error:  # the codes of checks are in capital letters, a refusal's are not
        return Refusal(job_id=job.job_id, reason=error.code.lower(), detail=error.detail)


def _review(
    job: SigningJob,
    certificate: SigningCertificate,
    task: Task,
    units: EnrolledUnits | None,
    now: datetime,
    leased_at: datetime | None,
    unit: str | None,
) -> ReviewedJob:
    if job.task != task:
        raise _RefusedError("task-differs", f"task: this token may {task}, the job asks to {job.task}")
    if job.layout != LAYOUT:
        raise _RefusedError("layout-differs", "layout: this machine makes another version of the page")
    if job.certificate_fingerprint != certificate.fingerprint:
        raise _RefusedError("certificate-differs", "certificate_fingerprint: the job is for another certificate")
    _check_times(job, certificate, now, leased_at or now)

    today = local_day(now)
    record = verify(job.record, job.evidence, today=today)
    if task == "confirm":
        tbs = prepare_confirmation(record, job.terms, certificate)
    else:
        tbs = prepare_passport(record, job.terms, certificate)
    if not hmac.compare_digest(tbs.digest, job.tbs_digest):
        raise _RefusedError("tbs-digest", "tbs_digest: the bytes built here are not the ones the centre intends")
    quota = _check_confirmation(job, record, units, now)

    claims = read_claims(tbs.message)
    return ReviewedJob(
        job=job,
        record=record,
        tbs=tbs,
        row=row_of(claims),
        oddities=find_oddities(record, claims.dcc, today=today, unit=unit),
        daily_quota=quota,
    )


def _check_times(job: SigningJob, certificate: SigningCertificate, now: datetime, leased_at: datetime) -> None:
    if abs(job.signing_time - leased_at) > CLOCK_TOLERANCE or now < leased_at - CLOCK_TOLERANCE:
        raise _RefusedError("signing-time", "signing_time: more than 10 minutes away from this machine's clock")
    if job.terms.issued_at > now + CLOCK_TOLERANCE:
        raise _RefusedError("issued-at-ahead", "issued_at: lies in the future by this machine's clock")
    if job.terms.issued_at < now - MAX_INTENT_AGE:
        raise _RefusedError("issued-at-old", "issued_at: more than 60 days ago by this machine's clock")
    if job.terms.expires_at - job.terms.issued_at > MAX_LIFE:
        raise _RefusedError("expires-at-late", "expires_at: more than 12 months after issued_at")
    if job.terms.expires_at <= now:
        raise _RefusedError("expires-at-past", "expires_at: already over by this machine's clock")
    if not certificate.not_before <= now <= certificate.not_after:
        raise _RefusedError("certificate-ended", "certificate: not valid now by this machine's clock")
    made_at = getattr(job.evidence, "answered_at", None) or getattr(job.evidence, "attested_at", None)
    if made_at is not None and made_at > now + CLOCK_TOLERANCE:
        raise _RefusedError("evidence-ahead", "evidence: lies in the future by this machine's clock")


def _check_confirmation(
    job: SigningJob, record: VerifiedRecord, units: EnrolledUnits | None, now: datetime
) -> int | None:
    """The unit's daily quota where the unit's own confirmation stands behind the job; None where none is due."""
    if units is None:
        if job.confirmation is not None or job.confirmed_by is not None:
            raise _RefusedError("confirmation-unexpected", "confirmation: none belongs to this task")
        return None
    if job.confirmation is None or job.confirmed_by is None:
        raise _RefusedError("confirmation-missing", "confirmation: the unit has not confirmed this record")
    if not units.knows(job.confirmed_by):
        raise _RefusedError("confirmation-not-enrolled", "confirmed_by: not in this machine's list of units")
    enrolled = units.find(job.confirmed_by, job.record.unit)
    if enrolled is None:
        raise _RefusedError("confirmation-unit", "record.unit: another unit confirmed this record")
    if enrolled.suspended:
        raise _RefusedError("confirmation-suspended", "confirmed_by: this unit is suspended")
    if not enrolled.certificate.not_before <= now <= enrolled.certificate.not_after:
        raise _RefusedError("confirmation-ended", "confirmed_by: the unit's certificate is not valid now")
    confirmation = read_confirmation(job.confirmation)
    _name_difference(confirmation, record, job)
    verify_confirmation(confirmation, record, job.terms, enrolled.certificate)
    return enrolled.daily_quota


def read_confirmation(data: bytes) -> CoseSign1:
    """Decode a confirmation that must be written as we write it. Raises IssuanceError ``confirmation-form``."""
    try:
        confirmation = decode_cose_sign1(data)
    except CheckError as error:
        raise IssuanceError("confirmation-form", "confirmation: not a COSE_Sign1") from error
    if confirmation.encode() != data:
        raise IssuanceError("confirmation-form", "confirmation: not written in the one form that is allowed")
    return confirmation


def _name_difference(confirmation: CoseSign1, record: VerifiedRecord, job: SigningJob) -> None:
    """Say which part of a confirmation differs; whether nothing differs is for `verify_confirmation` to judge."""
    try:
        _, record_id, version, digest, _ = cbor2.loads(confirmation.payload)
    except (cbor2.CBORDecodeError, TypeError, ValueError) as error:
        raise _RefusedError("confirmation-form", "confirmation: its payload cannot be read") from error
    if record_id != record.record.record_id:
        raise _RefusedError("confirmation-record", "record.record_id: the unit confirmed another record")
    if version != record.record.version:
        raise _RefusedError("confirmation-version", "record.version: the unit confirmed another version of the record")
    if digest != record.record.digest:
        raise _RefusedError("confirmation-digest", "record: the unit confirmed a record with another content")
