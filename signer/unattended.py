"""Batch after batch without a person, for the ministry's HSM: until it is told to stop, and never faster than is good.

Nothing here starts processes or reads a PIN; `vaxseal.unattended` does. An error that passes (the centre is away or
overloaded, the token was lost) is waited out, longer each time; any other ends the work.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from certificates.errors import CertificateError
from hsm.errors import PinError, TokenError
from signer.agent import SigningAgent
from signer.batch import Batch, JobOutcome
from signer.client import spread
from signer.errors import AgentError, CentreRefusedError
from signer.units import EnrolledUnits

FIRST_PAUSE: Final = 1.0  # seconds
LONGEST_PAUSE: Final = 60.0
SLOW: Final = 1.0  # seconds of waiting for the centre, for each record of a batch
_PASSING: Final = frozenset({"centre-unreachable", "centre-timeout", "centre-answer", "lease-ended"})
_OVERLOADED: Final = frozenset({408, 425, 429})
_SERVER_FAULT: Final = 500


@dataclass(slots=True)
class BackOff:
    """Pauses that double from FIRST_PAUSE to LONGEST_PAUSE, in seconds."""

    _next: float = FIRST_PAUSE

    def pause(self) -> float:
        now, self._next = self._next, min(2 * self._next, LONGEST_PAUSE)
        return now

    def reset(self) -> None:
        self._next = FIRST_PAUSE


@dataclass(slots=True, kw_only=True)
class Unattended:
    """One worker.

    Args:
        units: reads the ministry's own list, anew for each batch: a unit may be suspended meanwhile.
        stopped: waits as many seconds (0: not at all) and says whether the work shall end.
        log: takes one event: a name, counts, codes and seconds, no personal data.
    """

    agent: SigningAgent
    units: Callable[[], EnrolledUnits]
    limit: int
    stopped: Callable[[float], bool]
    log: Callable[[Mapping[str, Any]], None]
    _idle: BackOff = field(default_factory=BackOff)
    _trouble: BackOff = field(default_factory=BackOff)

    def run(self) -> None:
        """Work until told to stop; the running batch is finished first.

        Raises AgentError or TokenError: what does not pass by itself. PINs are never tried again.
        """
        while not self.stopped(0):
            try:
                pause = self._work()
            except (AgentError, TokenError) as error:
                self.agent.close()
                if not _passes(error):
                    raise
                pause = wait_out(error, self._trouble, self.log)
            if pause and self.stopped(pause):
                return

    def _work(self) -> float:
        """One batch; gives the seconds to wait before the next."""
        self.agent.units = self.units()
        before = dict(self.agent.seconds)
        batch = self.agent.next_batch(self.limit)
        if len(batch):
            self.agent.sign_and_send(self.agent.approve(batch))
        self.agent.finish()
        outcomes = self.agent.take_outcomes()
        if not outcomes:
            self._trouble.reset()
            return self._idle.pause()
        self._idle.reset()
        seconds = {stage: spent - before.get(stage, 0.0) for stage, spent in self.agent.seconds.items()}
        pause, why = self._pressure(outcomes, seconds.get("send", 0.0))
        self.log(_line(batch, outcomes, seconds, pause, why))
        return pause

    def _pressure(self, outcomes: list[JobOutcome], waited: float) -> tuple[float, str | None]:
        """How long to leave the centre alone, and why: its gate holds what comes, or it is slow."""
        good = sum(outcome.outcome in ("accepted", "already") and outcome.reason is None for outcome in outcomes)
        if 2 * good <= len(outcomes):
            return self._trouble.pause(), "refused"
        self._trouble.reset()
        if waited > SLOW * len(outcomes):
            return min(waited, LONGEST_PAUSE), "slow"
        return 0.0, None


def wait_out(
    error: AgentError | TokenError | CertificateError, pauses: BackOff, log: Callable[[Mapping[str, Any]], None]
) -> float:
    """Say what passes by itself; gives the seconds to wait, which a centre that is overloaded may lengthen."""
    pause = pauses.pause()
    if isinstance(error, CentreRefusedError) and error.retry_after is not None:
        pause = max(pause, spread(error.retry_after))
    log({"event": "trouble", "reason": error.code, "pause": round(pause, 1)})
    return pause


def passes_at_start(error: AgentError | TokenError | CertificateError) -> bool:
    """Whether a desk that could not begin shall try again: the centre, or its lists, cannot be reached yet.

    Nothing of the token's passes here: whether its PIN was counted as wrong may be unknown.
    """
    if not isinstance(error, AgentError):
        return False
    cause = error.__cause__
    return _passes(error) or (isinstance(cause, CertificateError) and cause.code == "lists-unreachable")


def _passes(error: AgentError | TokenError) -> bool:
    if isinstance(error, CentreRefusedError):
        return error.status in _OVERLOADED or error.status >= _SERVER_FAULT
    if isinstance(error, TokenError):
        return error.outcome_unknown and not isinstance(error, PinError)
    return error.code in _PASSING


def _line(
    batch: Batch, outcomes: list[JobOutcome], seconds: Mapping[str, float], pause: float, why: str | None
) -> dict[str, Any]:
    counts = Counter(outcome.outcome for outcome in outcomes)
    reasons = Counter(outcome.reason for outcome in outcomes if outcome.reason)
    return {
        "event": "batch",
        "lease": batch.lease_id,
        "resumed": batch.resumed,
        "records": len(outcomes),
        "counts": dict(sorted(counts.items())),
        "reasons": dict(sorted(reasons.items())),
        "waiting": batch.waiting,
        "seconds": {stage: round(spent, 3) for stage, spent in sorted(seconds.items())},
        "pause": round(pause, 1),
        "pause_reason": why,
    }
