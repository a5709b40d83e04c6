"""The ministry's watch over the log of acts: fetch what is new, verify it here, sign the head, leave it there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certificates import checkpoints
from certificates.act_chain import BEGINNING, LogHead, follow
from certificates.errors import CertificateError
from certificates.signing import SigningKey
from signer.checkpoint_file import CheckpointFile
from signer.client import CentreClient
from signer.errors import AgentError

PAGE: Final = 5000  # rows a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was verified: the head that a checkpoint was signed for, and how many rows are new since the last one."""

    head: LogHead
    new: int


def watch(
    client: CentreClient,
    key: SigningKey,
    file: CheckpointFile,
    *,
    at: datetime,
    progress: Callable[[int, int | None], None] | None = None,
) -> Watched:
    """Extend the checkpoints of ``file`` to the log's head.

    What an earlier run kept and could not leave at the centre is left there first.

    Raises AgentError of the client and the file, ``log-broken`` (a row does not follow), ``log-cut`` (the log ends
    before the last checkpoint), ``log-rewritten`` (it does not contain it).
    """
    kept = file.read()
    last = kept[-1][1].head if kept else BEGINNING
    head, covered = _verify(client, last, progress)
    if kept and covered < last.sequence:
        client.send_checkpoint(kept[-1][0])
    if head.sequence == last.sequence:
        return Watched(head=head, new=0)
    try:
        signed = checkpoints.sign(head, key, at=at)
    except CertificateError as error:
        raise AgentError("checkpoint-not-signed", f"The checkpoint cannot be signed: {error.detail}.") from error
    file.append(signed)
    client.send_checkpoint(signed)
    return Watched(head=head, new=head.sequence - last.sequence)


def _verify(
    client: CentreClient, last: LogHead, progress: Callable[[int, int | None], None] | None
) -> tuple[LogHead, int]:
    """The head of the centre's log, and the last row that a checkpoint there covers."""
    page = client.log_rows(max(last.sequence - 1, 0), PAGE)  # the last row that was seen must still be there
    rows = page.rows
    if last.sequence:
        if not rows:
            raise AgentError("log-cut", f"The log of the centre ends before row {last.sequence}, which was seen here.")
        if (rows[0].sequence, rows[0].hash) != (last.sequence, last.hash):
            raise AgentError("log-rewritten", f"Row {last.sequence} of the log is another than the one seen here.")
        rows = rows[1:]
    head = last
    while rows:
        try:
            head = follow(head, rows)
        except CertificateError as error:
            raise AgentError("log-broken", f"The log of the centre was bent: {error.detail}.") from error
        if progress is not None:
            progress(head.sequence - last.sequence, None)
        rows = client.log_rows(head.sequence, PAGE).rows
    return head, page.covered
