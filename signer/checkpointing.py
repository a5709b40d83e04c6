"""The ministry's watch over the log of acts: fetch what is new, verify it here, sign the head, leave it there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certificates import checkpoints
from certificates.act_chain import BEGINNING, LogHead, follow
from certificates.errors import CertificateError
from certificates.log_heads import SeenHead
from certificates.records.model import instant_to_text
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
    seen: Sequence[SeenHead] = (),
    progress: Callable[[int, int | None], None] | None = None,
) -> Watched:
    """Extend the checkpoints of ``file`` to the log's head.

    What an earlier run kept and could not leave at the centre is left there first.

    Args:
        seen: heads that the ministry's own machines were given by this centre since the last checkpoint, or before.

    Raises AgentError of the client and the file, ``log-broken`` (a row does not follow), ``log-cut`` (the log ends
    before the last checkpoint, or a head that was seen), ``log-rewritten`` (it does not contain it).
    """
    kept = file.read()
    last = kept[-1][1].head if kept else BEGINNING
    expected = [one for one in seen if one.given.head.sequence > last.sequence]
    head, covered = _verify(client, last, expected, progress)
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
    client: CentreClient,
    last: LogHead,
    expected: Sequence[SeenHead],
    progress: Callable[[int, int | None], None] | None,
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
        hashes = {row.sequence: row.hash for row in rows}
        for one in expected:
            told = one.given.head
            if hashes.get(told.sequence, told.hash) != told.hash:
                at = instant_to_text(one.seen_at)
                raise AgentError("log-rewritten", f"Row {told.sequence} is another than the ministry was told at {at}.")
        if progress is not None:
            progress(head.sequence - last.sequence, None)
        rows = client.log_rows(head.sequence, PAGE).rows
    for one in expected:
        if one.given.head.sequence > head.sequence:
            row, at = one.given.head.sequence, instant_to_text(one.seen_at)
            raise AgentError(
                "log-cut", f"The log ends with row {head.sequence}; the ministry was told of row {row} at {at}."
            )
    return head, page.covered
