"""What a journal says about one batch: leased, approved, about to sign, signed, sent, answered.

Every method writes its entry before it changes anything here, and an older journal is read by the same steps.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from certificates.errors import IssuanceError
from certificates.jobs import JobResult, Outcome, SignedJob, Task, read_job_id
from certificates.records.model import instant_from_text, instant_to_text
from signer.client import Lease, Mode
from signer.errors import AgentError
from signer.journal import Journal
from signer.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Whose work a batch is, and until when. ``leased_at`` is this machine's clock, ``deadline`` the centre's word.

    ``offline``: the centre gave it to be signed without a network. A batch is taken up again only by the same account
    with the same certificate at the same centre.
    """

    lease_id: str
    centre: str
    role: Role
    account: str
    unit: str
    task: Task
    mode: Mode
    fingerprint: bytes
    leased_at: datetime
    deadline: datetime
    offline: bool


@dataclass(slots=True, kw_only=True)
class KeptBatch:
    """One batch on the disk, and where every job of it stands.

    Attributes:
        jobs: as they came from the centre, by job id; nobody has judged them yet.
        counted: ids that the unit's quota of the day was taken for (the ministry).
        approved: id to the digest of what a person approved (`signer.approval`).
        begun: ids whose signature may exist somewhere, because the key was about to be asked.
        signed: what the key made and this machine verified.
        answers: what the centre said.
    """

    terms: Terms
    jobs: Mapping[str, Mapping[str, Any]] = field(repr=False)
    waiting: int
    counted: set[str] = field(default_factory=set)
    approved: dict[str, bytes] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    signed: dict[str, SignedJob] = field(default_factory=dict, repr=False)
    answers: dict[str, JobResult] = field(default_factory=dict)
    _journal: Journal = field(repr=False)

    @classmethod
    def create(cls, journal: Journal, terms: Terms, lease: Lease) -> "KeptBatch":
        """Keep a new lease. Raises AgentError ``centre-answer`` for a job without a name."""
        entry = {
            "kind": "leased",
            "lease_id": terms.lease_id,
            "centre": terms.centre,
            "role": terms.role,
            "account": terms.account,
            "unit": terms.unit,
            "task": terms.task,
            "mode": terms.mode,
            "fingerprint": terms.fingerprint,
            "leased_at": instant_to_text(terms.leased_at),
            "deadline": instant_to_text(terms.deadline),
            "offline": terms.offline,
            "waiting": lease.waiting,
            "jobs": [dict(job) for job in lease.jobs],
        }
        batch = cls._from(entry, journal)
        journal.append(entry)
        return batch

    @classmethod
    def replay(cls, journal: Journal, entries: Sequence[Mapping[str, Any]]) -> "KeptBatch":
        """What older entries say. Raises AgentError ``journal-damaged`` where they are not ours."""
        try:
            batch = cls._from(entries[0], journal)
            for entry in entries[1:]:
                batch._apply(entry)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, IssuanceError, AgentError) as error:
            raise AgentError(
                "journal-damaged",
                "The journal of an unfinished batch says what this program does not understand: it is not used.",
            ) from error
        return batch

    @classmethod
    def _from(cls, entry: Mapping[str, Any], journal: Journal) -> "KeptBatch":
        if entry["kind"] != "leased":
            raise ValueError("kind")
        terms = Terms(
            lease_id=str(entry["lease_id"]),
            centre=str(entry["centre"]),
            role=_word(entry["role"], Role),
            account=str(entry["account"]),
            unit=str(entry["unit"]),
            task=_word(entry["task"], Task),
            mode=_word(entry["mode"], Mode),
            fingerprint=bytes(entry["fingerprint"]),
            leased_at=instant_from_text(entry["leased_at"]),
            deadline=instant_from_text(entry["deadline"]),
            offline=bool(entry["offline"]),
        )
        try:
            jobs = {read_job_id(job.get("job_id")): job for job in entry["jobs"]}
        except ValueError as error:
            raise AgentError("centre-answer", "The centre sent a job without a name.") from error
        if len(jobs) != len(entry["jobs"]):
            raise AgentError("centre-answer", "The centre sent two jobs of one name.")
        return cls(terms=terms, jobs=jobs, waiting=int(entry["waiting"]), _journal=journal)

    @property
    def is_settled(self) -> bool:
        """Whether the centre has answered for every job: then nothing of it is needed any more."""
        return self.answers.keys() >= self.jobs.keys()

    @property
    def unsent(self) -> tuple[SignedJob, ...]:
        """Signed here, and the centre has not said that it has them."""
        return tuple(job for job_id, job in self.signed.items() if job_id not in self.answers)

    @property
    def unsigned(self) -> frozenset[str]:
        """Ids that are neither signed nor answered."""
        return frozenset(self.jobs.keys() - self.signed.keys() - self.answers.keys())

    def note_counted(self, job_ids: Collection[str]) -> None:
        """The quota of the day was taken for these."""
        self._note({"kind": "counted", "jobs": list(job_ids)})

    def note_approved(self, digests: Mapping[str, bytes], at: datetime) -> None:
        """A person approved these, as they were shown."""
        self._note({"kind": "approved", "jobs": dict(digests), "at": instant_to_text(at.replace(microsecond=0))})

    def note_begun(self, job_ids: Sequence[str]) -> None:
        """The key is about to be asked for these."""
        self._note({"kind": "begun", "jobs": list(job_ids)})

    def note_signed(self, signed: Sequence[SignedJob]) -> None:
        """The key made these, and they verify."""
        self._note({"kind": "signed", "jobs": [job.to_dict() for job in signed]})

    def note_sending(self, job_ids: Sequence[str]) -> None:
        """These are about to be sent."""
        self._note({"kind": "sending", "jobs": list(job_ids)})

    def note_answers(self, results: Sequence[JobResult]) -> None:
        """The centre answered for these."""
        self._note(
            {
                "kind": "answered",
                "jobs": [[one.job_id, one.outcome, one.reason, one.state] for one in results],
            }
        )

    def close(self) -> None:
        """Let go of the batch; it stays on the disk."""
        self._journal.close()

    def erase(self) -> None:
        """Destroy what is on the disk, key first."""
        self._journal.erase()

    def _note(self, entry: dict[str, Any]) -> None:
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: Mapping[str, Any]) -> None:
        kind, jobs = entry["kind"], entry["jobs"]
        if not self.jobs.keys() >= {_job_id(one) for one in jobs}:
            raise ValueError("a job that was not leased")
        if kind == "counted":
            self.counted |= set(jobs)
        elif kind == "approved":
            self.approved.update(jobs)
        elif kind == "begun":
            self.begun |= set(jobs)
        elif kind == "signed":
            for job in map(SignedJob.from_dict, jobs):
                self.signed.setdefault(job.job_id, job)
        elif kind == "answered":
            for job_id, outcome, reason, state in jobs:
                self.answers[job_id] = JobResult(
                    job_id=job_id, outcome=_word(outcome, Outcome), reason=reason, state=state
                )
        elif kind != "sending":
            raise ValueError("kind")


def _job_id(one: Any) -> str:
    """The job that one item of an entry is about: an id, a list that begins with it, or a signed job."""
    return str(one if isinstance(one, str) else one["job_id"] if isinstance(one, dict) else one[0])


def _word(value: object, words: Any) -> Any:
    if value not in get_args(words):
        raise ValueError("not one of the allowed words")
    return value
