"""The second thread: the centre takes one part of a batch while the key signs the next. It never touches the key."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from certificates.jobs import JobResult, SignedJob
from signer.client import CentreClient
from signer.errors import AgentError, CentreRefusedError
from signer.kept_batch import KeptBatch
from signer.review import Refusal

UNAUTHORIZED: Final = 401
_AWAY: Final = frozenset({"centre-unreachable", "centre-timeout"})


def submit(
    client: CentreClient, kept: KeptBatch, signed: Sequence[SignedJob], refused: Sequence[Refusal]
) -> tuple[JobResult, ...]:
    """Send, and keep the answer. Sending the same again is safe: the centre takes each job once."""
    kept.note_sending([job.job_id for job in signed])
    results = client.submit(kept.terms.lease_id, signed, [refusal.to_dict() for refusal in refused])
    kept.note_answers(results)
    return results


@dataclass(slots=True, kw_only=True)
class _Part:
    signed: Sequence[SignedJob]
    refused: Sequence[Refusal]
    answer: "Future[None]"


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends the parts of one batch in their order, from `start` to `finish`. While the centre is away nothing is tried.

    Args:
        log_in: makes a new session when the old one ended; called by `finish` alone, in the thread that owns the key.
    """

    client: CentreClient
    kept: KeptBatch
    log_in: Callable[[], object]
    _away: bool = False
    _parts: list[_Part] = field(default_factory=list)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="send")
    )

    def start(self, signed: Sequence[SignedJob], refused: Sequence[Refusal]) -> None:
        """Send one part meanwhile."""
        answer = self._thread.submit(self._send, signed, refused)
        self._parts.append(_Part(signed=signed, refused=refused, answer=answer))

    def wait(self) -> None:
        """Until nothing is on its way any more."""
        self._thread.shutdown()

    def finish(self) -> AgentError | None:
        """Send again what could not be sent; the first failure, if any, is given back, and the rest left."""
        self.wait()
        for part in self._parts:
            try:
                self._settle(part)
            except AgentError as error:
                return error
        return None

    def _settle(self, part: _Part) -> None:
        try:
            part.answer.result()
        except CentreRefusedError as error:
            if error.status != UNAUTHORIZED:
                raise
            self.log_in()  # the session ended during a long batch
        except AgentError as error:
            if error.code not in _AWAY:
                raise
        else:
            return
        submit(self.client, self.kept, part.signed, part.refused)

    def _send(self, signed: Sequence[SignedJob], refused: Sequence[Refusal]) -> None:
        if self._away:
            raise AgentError("centre-unreachable", "The centre was away when the part before was sent.")
        try:
            submit(self.client, self.kept, signed, refused)
        except AgentError as error:
            self._away = error.code in _AWAY
            raise
