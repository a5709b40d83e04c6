"""What may be signed of a kept batch: each job judged anew, held against what was approved, within the day's quotas."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from certificates.jobs import SigningJob
from certificates.pki import SigningCertificate
from certificates.records.dates import local_day
from signer.approval import approval_digest
from signer.kept_batch import KeptBatch, Terms
from signer.review import Refusal, ReviewedJob, read_job, review_job
from signer.roles import Role
from signer.units import DailyCount, EnrolledUnits

QUOTA_EXCEEDED: Final = "quota-exceeded"  # to the centre: no fault of the record, hand it out again tomorrow


def judge_all(
    kept: KeptBatch,
    job_ids: Collection[str],
    *,
    certificate: SigningCertificate,
    role: Role,
    units: EnrolledUnits | None,
    now: datetime,
) -> list[ReviewedJob | Refusal]:
    """The verdict on each of these jobs, in the order of the lease. Nothing is believed because it was kept here."""
    seen: set[str] = set()
    verdicts: list[ReviewedJob | Refusal] = []

    def judge(job: SigningJob, terms: Terms) -> ReviewedJob | Refusal:
        names = {f"record {job.record.record_id}", f"code {job.terms.uvci}"}
        if names & seen:
            return Refusal(job_id=job.job_id, reason="job-twice", detail="record_id or uvci: twice in one batch")
        seen.update(names)
        return review_job(
            job,
            certificate=certificate,
            task=terms.task,
            units=units,
            now=now,
            leased_at=terms.leased_at,
            unit=terms.unit if role == "station" else None,
        )

    for job_id, data in kept.jobs.items():
        if job_id in job_ids:
            job = read_job(data)
            verdicts.append(job if isinstance(job, Refusal) else judge(job, kept.terms))
    return verdicts


def compare_approved(kept: KeptBatch, verdict: ReviewedJob | Refusal) -> ReviewedJob | Refusal:
    """A job that was approved in an earlier run is asked for again, and must be the one that was approved."""
    earlier = kept.approved.get(verdict.job_id)
    if isinstance(verdict, Refusal) or earlier is None or earlier == approval_digest(verdict):
        return verdict
    return Refusal(job_id=verdict.job_id, reason="approval-differs", detail="this is not what was approved")


def take_quotas(
    count: DailyCount | None, kept: KeptBatch, reviewed: Sequence[ReviewedJob], now: datetime
) -> tuple[list[ReviewedJob], tuple[Refusal, ...]]:
    """Take the quotas of the day; what is beyond them is postponed. Nothing is counted twice."""
    if count is None:
        return list(reviewed), ()
    within, postponed = [], []
    with count.open(local_day(now)) as tally:
        for job in reviewed:
            if job.daily_quota is None or job.job_id in kept.counted or tally.take(job.unit, job.daily_quota):
                within.append(job)
            else:
                detail = "the unit's quota of the day is used up"
                postponed.append(Refusal(job_id=job.job_id, reason=QUOTA_EXCEEDED, detail=detail))
    kept.note_counted([job.job_id for job in within])
    return within, tuple(postponed)


def give_back_quotas(count: DailyCount | None, kept: KeptBatch, now: datetime, job_ids: Collection[str]) -> None:
    """What was counted today and goes back unsigned counts no more."""
    today = local_day(now)
    if count is None or local_day(kept.terms.leased_at) != today:
        return
    units = {job_id: kept.jobs[job_id]["record"]["unit"] for job_id in kept.counted & set(job_ids)}
    with count.open(today) as tally:
        for unit in units.values():
            tally.give_back(unit)
