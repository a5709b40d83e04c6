"""The agent: log in, take a batch, review it, sign what was built here, verify, send.

The key is used by the calling thread alone (PKCS#11 modules do not bear two); the answers travel meanwhile in a second
thread, so that the centre takes one part of a batch while the next is signed.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from certificates.errors import CertificateError, IssuanceError
from certificates.hc1 import encode_hc1
from certificates.issuance import finish
from certificates.jobs import JobResult, Outcome, SignedJob, SigningJob
from certificates.login import login_message
from certificates.pdf.layout import LAYOUT
from certificates.pki import SigningCertificate, verify_signature
from certificates.records.dates import local_day
from certificates.signing import SigningKey
from signer.client import CentreClient, Lease, Mode, Session
from signer.errors import AgentError, CentreRefusedError
from signer.review import Refusal, ReviewedJob, read_job, review_job
from signer.units import DailyCount, EnrolledUnits

Role = Literal["station", "ministry"]
UNAUTHORIZED: Final = 401
SEND_SIZE: Final = 50  # records a request: some seconds of the centre's work
SESSION_MARGIN: Final = timedelta(minutes=1)
NOT_NOW: Final = "not-now"  # to the centre: no fault of the record, hand it out again
QUOTA_EXCEEDED: Final = "quota-exceeded"  # likewise, tomorrow
_THIS_MACHINE: Final = {  # refusals that, when they meet a whole batch, are about this machine and no record
    "signing-time": "The clock of this machine and the centre's are more than 10 minutes apart: set the clock.",
    "layout-differs": "This machine makes another version of the certificate's page than the centre: update it.",
    "certificate-differs": "The centre means another certificate of this token: choose the right one.",
    "certificate-ended": "The token's certificate is not valid today: ask for a new one.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A lease after review: what can be signed, oddities first, and what is refused. ``waiting`` stay at the centre.

    ``postponed``: beyond the unit's quota of the day; they go back when the sitting ends, so that no batch is full of
    them.
    """

    lease_id: str
    deadline: datetime
    waiting: int
    reviewed: tuple[ReviewedJob, ...]
    refusals: tuple[Refusal, ...]
    postponed: tuple[Refusal, ...] = ()

    def __len__(self) -> int:
        return len(self.reviewed) + len(self.refusals) + len(self.postponed)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """How one job ended. ``unsent``: signed here, but the centre has not said that it has it."""

    job_id: str
    outcome: Outcome | Literal["unsent"]
    reason: str | None = None
    detail: str | None = None
    state: str | None = None
    oddities: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class SigningAgent:
    """One token at work for one person at one centre.

    Args:
        role, mode: which command was started, and how the deployment works as this machine knows it; the centre's
            answer to the log-in must agree with both.
        units, count: the ministry's own list and its count of the day; both None at a station.
        clock: this machine's clock, aware.

    Attributes:
        outcomes: how each job ended so far.
        seconds: spent in each stage so far: "lease" and "send" wait for the centre, "review" and "sign" work here.
    """

    client: CentreClient
    key: SigningKey
    role: Role
    account: str
    mode: Mode = "two-tier"
    units: EnrolledUnits | None = None
    count: DailyCount | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    outcomes: list[JobOutcome] = field(default_factory=list)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    certificate: SigningCertificate = field(init=False)
    _session: Session | None = field(default=None, init=False)
    _postponed: dict[str, list[Refusal]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if (self.role == "ministry") != (self.units is not None) or (self.units is None) != (self.count is None):
            raise ValueError("the ministry, and only the ministry, works with its own list of units and count")
        try:
            self.certificate = SigningCertificate.from_der(self.key.certificate_der)
        except IssuanceError as error:
            raise AgentError("certificate-unfit", f"The token's certificate cannot be used: {error.detail}.") from error
        if self.certificate.algorithm != self.key.algorithm:
            raise AgentError("key-mismatch", "The token's key and its certificate do not belong together.")
        now = self.clock()
        if now > self.certificate.not_after:
            raise AgentError(
                "certificate-ended",
                f"The token's certificate ended on {self.certificate.not_after:%d/%m/%Y}: ask for a new one.",
            )
        if now < self.certificate.not_before:
            raise AgentError(
                "certificate-not-yet",
                f"The token's certificate begins on {self.certificate.not_before:%d/%m/%Y}: check the clock.",
            )

    def log_in(self) -> Session:
        """Sign the centre's challenge. Raises AgentError ``login-refused``, ``key-mismatch``, and of `check_role`."""
        try:
            challenge = self.client.challenge(self.certificate.fingerprint, self.account)
            message = login_message(challenge, centre=self.client.centre, certificate=self.certificate)
            signature = self.key.sign(message)
            if not verify_signature(self.certificate, message, signature):
                raise AgentError("key-mismatch", "The token's key and its certificate do not belong together.")
            session = self.client.log_in(challenge, signature)
        except CentreRefusedError as error:
            raise AgentError("login-refused", f"The centre refused the log-in. {error.sentence}") from error
        except IssuanceError as error:
            raise AgentError("login-refused", f"The centre's challenge cannot be signed: {error.detail}.") from error
        check_role(self.role, self.mode, session)
        self._session = session
        return session

    def next_batch(self, limit: int) -> Batch:
        """Lease up to ``limit`` ready records and review each. An empty batch: nothing waits.

        Raises AgentError with the code of a refusal that meets every job and is about this machine: all goes back.
        """
        session = self._session
        if session is None or self.clock() + SESSION_MARGIN > session.expires_at:
            session = self.log_in()
        with self._timed("lease"):
            try:
                lease = self.client.lease(LAYOUT, limit)
            except CentreRefusedError as error:
                if error.status != UNAUTHORIZED:
                    raise
                session = self.log_in()
                lease = self.client.lease(LAYOUT, limit)
        with self._timed("review"):
            batch = self._review(lease, session)
        reasons = {refusal.reason for refusal in batch.refusals}
        if not batch.reviewed and len(reasons) == 1 and reasons <= _THIS_MACHINE.keys():
            self.put_back(batch)
            raise AgentError(reason := reasons.pop(), f"Nothing was signed. {_THIS_MACHINE[reason]}")
        return batch

    def put_back(self, batch: Batch) -> None:
        """Return a whole batch unsigned: its records may be handed out again at once."""
        returned = [
            Refusal(job_id=job.job_id, reason=NOT_NOW, detail="the signer said no") for job in batch.reviewed
        ] + [
            Refusal(job_id=refusal.job_id, reason=NOT_NOW, detail=f"{refusal.reason}: {refusal.detail}")
            for refusal in (*batch.refusals, *batch.postponed)
        ]
        self.client.submit(batch.lease_id, [], [refusal.to_dict() for refusal in returned])

    def finish(self) -> None:
        """End the sitting: return what was beyond a unit's quota of the day."""
        while self._postponed:
            lease_id, refusals = self._postponed.popitem()
            part = _Part(signed=[], refused=refusals)
            results = {result.job_id: result for result in self._submit(lease_id, part)}
            self.outcomes += [_outcome(one.job_id, results.get(one.job_id), one, None) for one in refusals]

    def _review(self, lease: Lease, session: Session) -> Batch:
        now = self.clock()
        reviewed: list[ReviewedJob] = []
        refusals: list[Refusal] = []
        seen: set[str] = set()
        for data in lease.jobs:
            try:
                job = read_job(data)
            except ValueError as error:
                raise AgentError("centre-answer", "The centre sent a job without a name.") from error
            verdict = job if isinstance(job, Refusal) else self._judge(job, session, seen, now)
            if isinstance(verdict, Refusal):
                refusals.append(verdict)
            else:
                reviewed.append(verdict)
        postponed = [refusal for refusal in refusals if refusal.reason == QUOTA_EXCEEDED]
        reviewed.sort(key=lambda job: [-oddity.weight for oddity in job.oddities] or [0])
        return Batch(
            lease_id=lease.lease_id,
            deadline=lease.deadline,
            waiting=lease.waiting,
            reviewed=tuple(reviewed),
            refusals=tuple(refusal for refusal in refusals if refusal not in postponed),
            postponed=tuple(postponed),
        )

    def _judge(self, job: SigningJob, session: Session, seen: set[str], now: datetime) -> ReviewedJob | Refusal:
        names = {f"job {job.job_id}", f"record {job.record.record_id}", f"code {job.terms.uvci}"}
        if names & seen:
            return Refusal(
                job_id=job.job_id, reason="job-twice", detail="job_id, record_id or uvci: twice in one batch"
            )
        seen |= names
        verdict = review_job(
            job,
            certificate=self.certificate,
            task=session.task,
            units=self.units,
            now=now,
            unit=session.unit if self.role == "station" else None,
        )
        if isinstance(verdict, ReviewedJob) and verdict.daily_quota is not None:
            assert self.count is not None  # noqa: S101 - __post_init__ keeps list and count together
            if not self.count.take(verdict.unit, verdict.daily_quota, local_day(now)):
                return Refusal(
                    job_id=job.job_id, reason=QUOTA_EXCEEDED, detail="the unit's quota of the day is used up"
                )
        return verdict

    def sign_and_send(self, batch: Batch, progress: Callable[[int], None] = lambda done: None) -> None:
        """Sign every reviewed job and send all of the batch; `outcomes` grows by one entry a job.

        Whatever stops the signing (a token pulled out, the lease's end) is raised after what was signed has been sent.

        Args:
            progress: called with the number of records signed since the last call.
        """
        if self.count is not None:
            self.count.save()
        if batch.postponed:
            self._postponed.setdefault(batch.lease_id, []).extend(batch.postponed)
        todo = {job.job_id: job for job in batch.reviewed}
        refused = list(batch.refusals)
        parts: list[_Part] = []
        stopped: BaseException | None = None
        began = time.perf_counter()
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="send") as sender:

            def send(signed: list[SignedJob]) -> None:
                part = _Part(signed=signed, refused=refused.copy())
                refused.clear()
                part.answer = sender.submit(self._submit, batch.lease_id, part)
                parts.append(part)

            signed: list[SignedJob] = []
            try:
                for job in batch.reviewed:
                    self._check_deadline(batch)
                    try:
                        signed.append(sign_job(job, self.key))
                    except CertificateError as error:
                        refused.append(Refusal(job_id=job.job_id, reason=error.code, detail=error.detail))
                    progress(1)
                    if len(signed) == SEND_SIZE:
                        send(signed)
                        signed = []
            except BaseException as error:  # raised again below, once the signed part is safe
                stopped = error
            if signed or refused:
                send(signed)
            self.seconds["sign"] += time.perf_counter() - began
            with self._timed("send"):
                sender.shutdown()
        failure = self._collect(batch.lease_id, parts, todo)
        if stopped is not None:
            raise stopped
        if failure is not None:
            raise failure

    def rest_of(self, batch: Batch) -> Batch:
        """What of a batch has no outcome yet, after its signing was stopped. Its refusals have been sent."""
        known = {outcome.job_id for outcome in self.outcomes}
        rest = tuple(job for job in batch.reviewed if job.job_id not in known)
        return replace(batch, reviewed=rest, refusals=(), postponed=())

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began

    def _check_deadline(self, batch: Batch) -> None:
        if self.clock() >= batch.deadline:
            raise AgentError("lease-ended", "The time for this batch ran out: start again for the rest.")

    def _submit(self, lease_id: str, part: "_Part") -> tuple[JobResult, ...]:
        return self.client.submit(lease_id, part.signed, [refusal.to_dict() for refusal in part.refused])

    def _collect(self, lease_id: str, parts: Sequence["_Part"], todo: dict[str, ReviewedJob]) -> AgentError | None:
        """Note what the centre answered to each part; the first failure, if any, is given back."""
        failure: AgentError | None = None
        for part in parts:
            results: tuple[JobResult, ...] = ()
            try:
                results = self._answer(lease_id, part)
            except AgentError as error:
                failure = failure or error
            by_id = {result.job_id: result for result in results}
            details = {refusal.job_id: refusal for refusal in part.refused}
            for job_id in [*details, *(signed.job_id for signed in part.signed)]:
                self.outcomes.append(_outcome(job_id, by_id.get(job_id), details.get(job_id), todo.get(job_id)))
        return failure

    def _answer(self, lease_id: str, part: "_Part") -> tuple[JobResult, ...]:
        assert part.answer is not None  # noqa: S101 - a part is made together with its answer
        try:
            return part.answer.result()
        except CentreRefusedError as error:
            if error.status != UNAUTHORIZED:
                raise
        self.log_in()  # the session ended during a long batch; the token signs here, in the thread that owns it
        return self._submit(lease_id, part)


@dataclass(slots=True, kw_only=True)
class _Part:
    signed: list[SignedJob]
    refused: list[Refusal]
    answer: "Future[tuple[JobResult, ...]] | None" = None


def check_role(role: Role, mode: Mode, session: Session) -> None:
    """The command that was started and what the centre takes this token for must be one thing.

    The centre does not choose the mode: else it could make every station's token sign passports.

    Raises AgentError ``mode-differs`` or ``role-differs``.
    """
    if session.mode != mode:
        raise AgentError(
            "mode-differs",
            f"The centre works in {session.mode} mode, this machine in {mode} mode: nothing was signed. If your "
            "authority says that the centre is right, set --mode or VAXSEAL_MODE."
            if role == "station"
            else "In station mode the stations sign the passports: there is nothing for the ministry.",
        )
    expected = {("station", "two-tier"): "confirm", ("station", "station"): "issue", ("ministry", "two-tier"): "issue"}
    if expected.get((role, mode)) == session.task:
        return
    words = {
        ("station", "two-tier"): (
            "The centre asks this station to sign passports, but in two-tier mode a station only confirms: nothing was "
            "signed. If this is the ministry's token, use `vaxseal ministry sign`."
        ),
        ("station", "station"): "The centre asks for confirmations, but in station mode the station signs passports.",
        ("ministry", "two-tier"): "The centre takes this token for a station's: use `vaxseal station sign`.",
    }
    raise AgentError("role-differs", words[role, mode])


def sign_job(reviewed: ReviewedJob, key: SigningKey) -> SignedJob:
    """Sign what was built here, verify it, and where the task is to issue make and sign the page too.

    Raises:
        IssuanceError: ``signature-invalid`` when the key's answer does not verify.
    """
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


def _outcome(
    job_id: str, result: JobResult | None, refusal: Refusal | None, reviewed: ReviewedJob | None
) -> JobOutcome:
    oddities = tuple(oddity.code for oddity in reviewed.oddities) if reviewed else ()
    if result is None:
        return JobOutcome(job_id=job_id, outcome="refused" if refusal else "unsent", oddities=oddities)
    return JobOutcome(
        job_id=job_id,
        outcome=result.outcome,
        reason=result.reason or (refusal.reason if refusal else None),
        detail=refusal.detail if refusal else None,
        state=result.state,
        oddities=oddities,
    )
