"""What an agent hands to whoever shows it: a batch after review, what was approved of it, how its jobs ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from certificates.jobs import JobResult, Outcome
from signer.review import Refusal, ReviewedJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A lease after review: what can be signed, oddities first, and what is refused. ``waiting`` stay at the centre.

    ``postponed``: beyond the unit's quota of the day; they go back when the sitting ends, so that no batch is full of
    them. ``resumed``: an earlier run left it unfinished; ``doubtful`` of its jobs may have been signed then, without
    that anybody has the signature.
    """

    lease_id: str
    deadline: datetime
    waiting: int
    reviewed: tuple[ReviewedJob, ...]
    refusals: tuple[Refusal, ...]
    postponed: tuple[Refusal, ...] = ()
    resumed: bool = False
    doubtful: int = 0

    def __len__(self) -> int:
        return len(self.reviewed) + len(self.refusals) + len(self.postponed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What a person said yes to: by job id, the digest of what was shown (`signer.approval`). Made by the agent."""

    batch: Batch
    digests: Mapping[str, bytes] = field(repr=False)

    def __len__(self) -> int:
        return len(self.digests)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """How one job ended. ``unsent``: signed and kept here, but the centre has not said that it has it."""

    job_id: str
    outcome: Outcome | Literal["unsent"]
    reason: str | None = None
    detail: str | None = None
    state: str | None = None
    oddities: tuple[str, ...] = ()


def outcome_of(
    job_id: str, result: JobResult | None, refusal: Refusal | None, reviewed: ReviewedJob | None
) -> JobOutcome:
    """From the centre's answer (None: it gave none), the agent's own refusal and what was reviewed."""
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
