"""The agent: log in, take a batch, review it, have it approved, sign what was built here, verify, send.

Each step is in the journal before it is done (`signer.kept_batch`), so whatever ends this process, the next one goes on
from there: `next_batch` gives what an earlier run left before it asks the centre for more. The key is used by the
calling thread alone (PKCS#11 modules do not bear two); the answers travel meanwhile in a second one.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from certificates.errors import CertificateError, IssuanceError
from certificates.jobs import SignedJob
from certificates.login import login_message
from certificates.pdf.layout import LAYOUT
from certificates.pki import SigningCertificate, verify_signature
from certificates.signing import SigningKey
from signer.approval import approval_digest
from signer.batch import Approved, Batch, JobOutcome, outcome_of
from signer.client import PERSON_FIRST, CentreClient, Lease, Mode, Session
from signer.errors import AgentError, CentreRefusedError
from signer.journal_folder import JournalFolder
from signer.judging import compare_approved, give_back_quotas, judge_all, take_quotas
from signer.kept_batch import KeptBatch, Terms
from signer.making import check_signed, sign_jobs
from signer.review import Refusal, ReviewedJob
from signer.roles import Role, check_role
from signer.sending import UNAUTHORIZED, Sender, submit
from signer.units import DailyCount, EnrolledUnits

SEND_SIZE: Final = 50  # records a request: some seconds of the centre's work
TOGETHER: Final = 10  # signatures that the key is asked for at once; a pause or a stop takes as long
FLUSH_SECONDS: Final = 0.25  # of signing that a power cut may cost: then what was signed goes to the disk
SESSION_MARGIN: Final = timedelta(minutes=1)
NOT_NOW: Final = "not-now"  # to the centre: no fault of the record, hand it out again
_THIS_MACHINE: Final = {  # refusals that, when they meet a whole batch, are about this machine and no record
    "signing-time": "The clock of this machine and the centre's are more than 10 minutes apart: set the clock.",
    "layout-differs": "This machine makes another version of the certificate's page than the centre: update it.",
    "certificate-differs": "The centre means another certificate of this token: choose the right one.",
    "certificate-ended": "The token's certificate is not valid today: ask for a new one.",
}


@dataclass(slots=True, kw_only=True)
class SigningAgent:
    """One token at work for one person at one centre.

    Args:
        role, mode: which command was started, and how the deployment works as this machine knows it; the centre's
            answer to the log-in must agree with both.
        journal: where this user's unfinished batches are kept.
        units, count: the ministry's own list and its count of the day; both None at a station.
        clock: this machine's clock, aware.

    Attributes:
        offline: whether the centre is left alone; what is signed is kept, and sent by a later run.
        seconds: spent in each stage so far: "lease" and "send" wait for the centre, "review" and "sign" work here.
    """

    client: CentreClient
    key: SigningKey
    role: Role
    account: str
    journal: JournalFolder
    mode: Mode = "two-tier"
    units: EnrolledUnits | None = None
    count: DailyCount | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    offline: bool = field(default=False, init=False)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    certificate: SigningCertificate = field(init=False)
    _session: Session | None = field(default=None, init=False)
    _outcomes: dict[str, JobOutcome] = field(default_factory=dict, init=False)
    _open: dict[str, KeptBatch] = field(default_factory=dict, init=False)
    _left: list[KeptBatch] | None = field(default=None, init=False)
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

    @property
    def outcomes(self) -> list[JobOutcome]:
        """How each job ended so far."""
        return list(self._outcomes.values())

    def log_in(self) -> Session:
        """Sign the centre's challenge. Raises AgentError ``login-refused``, `PERSON_FIRST`, ``key-mismatch``, and of
        `check_role`."""
        try:
            challenge = self.client.challenge(self.certificate.fingerprint, self.account)
            message = login_message(challenge, centre=self.client.centre, certificate=self.certificate)
            signature = self.key.sign(message)
            if not verify_signature(self.certificate, message, signature):
                raise AgentError("key-mismatch", "The token's key and its certificate do not belong together.")
            session = self.client.log_in(challenge, signature)
        except CentreRefusedError as error:
            code = error.code if error.code in PERSON_FIRST else "login-refused"
            sentence = f"The centre refused the log-in. {error.sentence}"
            raise CentreRefusedError(code, sentence, status=error.status, retry_after=error.retry_after) from error
        except IssuanceError as error:
            raise AgentError("login-refused", f"The centre's challenge cannot be signed: {error.detail}.") from error
        check_role(self.role, self.mode, task=session.task, centre_mode=session.mode)
        self._session = session
        return session

    def work_offline(self) -> bool:
        """Leave the centre alone and go on with what is kept here; False where nothing kept here can be signed."""
        self.offline = True
        return any(self._can_sign(kept) for kept in self._take_up())

    def next_batch(self, limit: int) -> Batch:
        """A batch that an earlier run left, else up to ``limit`` ready records; each reviewed. Empty: nothing waits.

        Whatever earlier runs signed and could not send is sent first.

        Raises AgentError with the code of a refusal that meets every job and is about this machine: all goes back.
        """
        left = self._take_up()
        while left:
            kept = left[0]
            if not self.offline:
                self._send_left(kept)
            del left[0]
            if self._can_sign(kept):
                return self._review_kept(kept, resumed=True)
            self._let_go(kept)
        if self.offline:
            return _empty(None)
        session, lease = self._lease(limit, offline=False)
        if not lease.jobs:
            return _empty(lease)
        return self._review_kept(self._keep(session, lease, offline=False), resumed=False)

    def take_along(self, limit: int) -> Batch:
        """Lease for work without a network, and keep it: a later `next_batch` gives it. What is refused goes back."""
        session, lease = self._lease(limit, offline=True)
        if not lease.jobs:
            return _empty(lease)
        batch = self._review_kept(self._keep(session, lease, offline=True), resumed=False)
        if batch.refusals:
            submit(self.client, self._open[batch.lease_id], [], batch.refusals)
        return batch

    def approve(self, batch: Batch, job_ids: Collection[str] | None = None) -> Approved:
        """Note that a person, who was shown the batch, approved these jobs of it (None: all that can be signed)."""
        digests = {
            job.job_id: approval_digest(job) for job in batch.reviewed if job_ids is None or job.job_id in job_ids
        }
        if digests:
            self._open[batch.lease_id].note_approved(digests, self.clock())
        return Approved(batch=batch, digests=digests)

    def put_back(self, batch: Batch) -> None:
        """Return what is not signed of a batch: its records may be handed out again at once.

        Without a network it stays here, and is asked for again.
        """
        if self.offline:
            return
        kept = self._open[batch.lease_id]
        self._postponed.pop(batch.lease_id, None)
        returned = [
            Refusal(job_id=job.job_id, reason=NOT_NOW, detail="the signer said no")
            for job in batch.reviewed
            if job.job_id in kept.unsigned
        ] + [
            Refusal(job_id=refusal.job_id, reason=NOT_NOW, detail=f"{refusal.reason}: {refusal.detail}")
            for refusal in (*batch.refusals, *batch.postponed)
        ]
        submit(self.client, kept, [], returned)
        give_back_quotas(self.count, kept, self.clock(), {refusal.job_id for refusal in returned})
        self._let_go(kept)

    def finish(self) -> None:
        """End the sitting: return what was beyond a unit's quota of the day, and let go of what stays kept."""
        while self._postponed:
            lease_id, refusals = self._postponed.popitem()
            kept = self._open[lease_id]
            results = {result.job_id: result for result in submit(self.client, kept, [], refusals)}
            for one in refusals:
                self._outcomes[one.job_id] = outcome_of(one.job_id, results.get(one.job_id), one, None)
            self._let_go(kept)
        self.close()

    def take_outcomes(self) -> list[JobOutcome]:
        """`outcomes`, which is empty afterwards: for a program that works for weeks."""
        outcomes = self.outcomes
        self._outcomes.clear()
        return outcomes

    def close(self) -> None:
        """Let go of every batch; what is unfinished stays on the disk, for this program's next run or another."""
        for kept in (*self._open.values(), *(self._left or ())):
            kept.close()
        self._open.clear()
        self._left = None

    def _take_up(self) -> list[KeptBatch]:
        """What earlier runs left of this person's work with this token, looked for once."""
        if self._left is None:
            self.journal.erase_lapsed(self.clock())
            self._left = list(
                self.journal.take_up(
                    centre=self.client.centre,
                    account=self.account,
                    fingerprint=self.certificate.fingerprint,
                    role=self.role,
                    mode=self.mode,
                )
            )
        return self._left

    def _can_sign(self, kept: KeptBatch) -> bool:
        return bool(kept.unsigned) and self.clock() < kept.terms.deadline

    def _let_go(self, kept: KeptBatch) -> None:
        """Destroy a batch of which nothing is left to do; leave any other on the disk."""
        over = self.clock() >= kept.terms.deadline and not kept.unsent
        if kept.is_settled or over:
            kept.erase()
        elif kept.terms.lease_id in self._open:
            return
        else:
            kept.close()
        self._open.pop(kept.terms.lease_id, None)

    def _session_now(self) -> Session:
        session = self._session
        if session is None or self.clock() + SESSION_MARGIN > session.expires_at:
            session = self.log_in()
        return session

    def _lease(self, limit: int, *, offline: bool) -> tuple[Session, Lease]:
        session = self._session_now()
        with self._timed("lease"):
            try:
                return session, self.client.lease(LAYOUT, limit, offline=offline)
            except CentreRefusedError as error:
                if error.status != UNAUTHORIZED:
                    raise
                session = self.log_in()
                return session, self.client.lease(LAYOUT, limit, offline=offline)

    def _keep(self, session: Session, lease: Lease, *, offline: bool) -> KeptBatch:
        terms = Terms(
            lease_id=lease.lease_id,
            centre=self.client.centre,
            role=self.role,
            account=self.account,
            unit=session.unit,
            task=session.task,
            mode=session.mode,
            fingerprint=self.certificate.fingerprint,
            leased_at=self.clock().replace(microsecond=0),
            deadline=lease.deadline,
            offline=offline,
        )
        return self.journal.create(terms, lease)

    def _send_left(self, kept: KeptBatch) -> None:
        """Send what an earlier run signed, after every check again: a journal is no proof of what it holds."""
        self._session_now()
        unsent = {job.job_id: job for job in kept.unsent}
        if not unsent:
            return
        good: list[SignedJob] = []
        refused: list[Refusal] = []
        reviewed: dict[str, ReviewedJob] = {}
        for verdict in self._judge_all(kept, unsent):
            if isinstance(verdict, Refusal):
                refused.append(verdict)
                continue
            reviewed[verdict.job_id] = verdict
            signed = unsent[verdict.job_id]
            try:
                check_signed(verdict, kept.approved.get(verdict.job_id), signed)
            except CertificateError as error:
                refused.append(Refusal(job_id=verdict.job_id, reason=error.code.lower(), detail=error.detail))
            else:
                good.append(signed)
        with self._timed("send"):
            for start in range(0, max(len(good), 1), SEND_SIZE):
                submit(self.client, kept, good[start : start + SEND_SIZE], refused if start == 0 else ())
        self._note_outcomes(kept, unsent, refused, reviewed)

    def _review_kept(self, kept: KeptBatch, *, resumed: bool) -> Batch:
        self._open[kept.terms.lease_id] = kept
        with self._timed("review"):
            verdicts = [compare_approved(kept, verdict) for verdict in self._judge_all(kept, kept.unsigned)]
            reviewed = [job for job in verdicts if isinstance(job, ReviewedJob)]
            reviewed, postponed = take_quotas(self.count, kept, reviewed, self.clock())
        batch = Batch(
            lease_id=kept.terms.lease_id,
            deadline=kept.terms.deadline,
            waiting=kept.waiting,
            reviewed=tuple(sorted(reviewed, key=lambda job: [-oddity.weight for oddity in job.oddities] or [0])),
            refusals=tuple(verdict for verdict in verdicts if isinstance(verdict, Refusal)),
            postponed=postponed,
            resumed=resumed,
            doubtful=len(kept.begun & kept.unsigned),
        )
        reasons = {refusal.reason for refusal in batch.refusals}
        if not batch.reviewed and len(reasons) == 1 and reasons <= _THIS_MACHINE.keys():
            self.put_back(batch)
            raise AgentError(reason := reasons.pop(), f"Nothing was signed. {_THIS_MACHINE[reason]}")
        return batch

    def _judge_all(self, kept: KeptBatch, job_ids: Collection[str]) -> list[ReviewedJob | Refusal]:
        check_role(self.role, self.mode, task=kept.terms.task, centre_mode=kept.terms.mode)
        return judge_all(
            kept, job_ids, certificate=self.certificate, role=self.role, units=self.units, now=self.clock()
        )

    def sign_and_send(
        self,
        approved: Approved,
        progress: Callable[[int], None] = lambda done: None,
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Sign every approved job and send all of the batch; `outcomes` grows by one entry a job.

        What was not approved goes back. Whatever stops the signing (a token pulled out, the lease's end) is raised
        after what was signed has been sent; called again, it goes on with the rest.

        Args:
            progress: called with the number of records signed since the last call.
            go_on: called before every few records; it may wait (a pause), and False stops: the rest stays kept here.
        """
        batch = approved.batch
        kept = self._open[batch.lease_id]
        if batch.postponed:
            self._postponed[batch.lease_id] = list(batch.postponed)
        refused = [*batch.refusals, *_not_chosen(approved)]
        refused = [one for one in refused if one.job_id not in kept.answers]
        todo = [job for job in batch.reviewed if job.job_id in approved.digests and job.job_id in kept.unsigned]
        sender = None if self.offline else Sender(client=self.client, kept=kept, log_in=self.log_in)
        stopped: BaseException | None = None
        began = time.perf_counter()
        try:
            for start in range(0, len(todo), SEND_SIZE):
                part = todo[start : start + SEND_SIZE]
                faults: list[Refusal] = []
                try:
                    on = self._sign_part(kept, approved, part, faults, progress, go_on)
                finally:
                    refused += faults
                    made = [kept.signed[job.job_id] for job in part if job.job_id in kept.signed]
                    more = faults if start else refused.copy()
                    if sender is not None and (made or more):
                        sender.start(made, more)
                if not on:
                    break
            if not todo and refused and sender is not None:
                sender.start([], refused)
        except BaseException as error:  # raised again below, once the signed part is safe
            stopped = error
        self.seconds["sign"] += time.perf_counter() - began
        failure = None
        if sender is not None:
            with self._timed("send"):
                failure = sender.finish()
        ids = [*(one.job_id for one in refused), *(job.job_id for job in todo if job.job_id in kept.signed)]
        self._note_outcomes(kept, ids, refused, {job.job_id: job for job in batch.reviewed})
        if stopped is not None:
            raise stopped
        if failure is not None:
            raise failure
        self._let_go(kept)

    def _sign_part(
        self,
        kept: KeptBatch,
        approved: Approved,
        part: Sequence[ReviewedJob],
        faults: list[Refusal],
        progress: Callable[[int], None],
        go_on: Callable[[], bool],
    ) -> bool:
        """Sign some jobs; what is signed goes to the disk at the end, and every FLUSH_SECONDS. False: stopped."""
        kept.note_begun([job.job_id for job in part])
        made: list[SignedJob] = []
        flushed = time.perf_counter()
        digests = {id_: digest for id_, digest in approved.digests.items() if kept.approved.get(id_) == digest}
        try:
            for start in range(0, len(part), TOGETHER):
                if self.clock() >= kept.terms.deadline:
                    raise AgentError("lease-ended", "The time for this batch ran out: start again for the rest.")
                if not go_on():
                    return False
                for one in sign_jobs(part[start : start + TOGETHER], digests, self.key):
                    if isinstance(one, Refusal):
                        faults.append(one)
                    else:
                        made.append(one)
                    progress(1)
                if time.perf_counter() - flushed > FLUSH_SECONDS:
                    kept.note_signed(made)
                    made, flushed = [], time.perf_counter()
        finally:
            if made:
                kept.note_signed(made)
        return True

    def _note_outcomes(
        self,
        kept: KeptBatch,
        job_ids: Collection[str],
        refused: Sequence[Refusal],
        reviewed: dict[str, ReviewedJob],
    ) -> None:
        refusals = {refusal.job_id: refusal for refusal in refused}
        for job_id in job_ids:
            self._outcomes[job_id] = outcome_of(
                job_id, kept.answers.get(job_id), refusals.get(job_id), reviewed.get(job_id)
            )

    def rest_of(self, approved: Approved) -> Approved:
        """What has no outcome yet, after its signing was stopped: it is approved still. Refusals have been sent."""
        jobs = tuple(job for job in approved.batch.reviewed if job.job_id not in self._outcomes)
        return Approved(
            batch=replace(approved.batch, reviewed=jobs, refusals=(), postponed=()),
            digests={job.job_id: approved.digests[job.job_id] for job in jobs if job.job_id in approved.digests},
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began


def _empty(lease: Lease | None) -> Batch:
    return Batch(
        lease_id=lease.lease_id if lease else "",
        deadline=lease.deadline if lease else datetime.max.replace(tzinfo=UTC),
        waiting=lease.waiting if lease else 0,
        reviewed=(),
        refusals=(),
    )


def _not_chosen(approved: Approved) -> list[Refusal]:
    return [
        Refusal(job_id=job.job_id, reason=NOT_NOW, detail="the signer left it out")
        for job in approved.batch.reviewed
        if job.job_id not in approved.digests
    ]
