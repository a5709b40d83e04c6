"""What stays of a batch on this machine: counts, times and the unit. No person, no record, no certificate code."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from certificates.records.model import instant_to_text
from signer import private_files
from signer.batch import JobOutcome
from signer.errors import AgentError

LONGEST: Final = 500  # receipts that are shown, the newest ones
_FILE: Final = "receipts.jsonl"
_GOOD: Final = ("accepted", "already")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One batch that was signed, or begun.

    Attributes:
        signed: taken by the centre. ``held``: of these, stopped by its gate.
        unsent: signed, and kept here until there is a network.
        returned: not chosen, or not for now; they come again.
        refused: by this machine or the centre, each for one of ``reasons``.
        left: not signed because the batch was stopped; they wait on this machine.
    """

    at: str
    unit: str
    task: str
    token: str
    signed: int
    held: int
    unsent: int
    returned: int
    refused: int
    left: int
    reasons: dict[str, int]
    seconds: float
    practice: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def receipt_of(
    outcomes: Sequence[JobOutcome],
    *,
    at: datetime,
    unit: str,
    task: str,
    token: str,
    left: int,
    seconds: float,
    practice: bool,
) -> Receipt:
    """Count how the jobs of a batch ended."""
    good = [one for one in outcomes if one.outcome in _GOOD]
    returned = [one for one in outcomes if one.outcome == "refused" and one.reason in (None, "not-now")]
    refused = [one for one in outcomes if one.outcome in ("refused", "rejected") and one not in returned]
    held = [one for one in good if one.reason is not None]
    return Receipt(
        at=instant_to_text(at.replace(microsecond=0)),
        unit=unit,
        task=task,
        token=token,
        signed=len(good),
        held=len(held),
        unsent=sum(one.outcome == "unsent" for one in outcomes),
        returned=len(returned),
        refused=len(refused),
        left=left,
        reasons=dict(Counter(one.reason or "unknown" for one in (*held, *refused))),
        seconds=round(seconds, 1),
        practice=practice,
    )


class Receipts:
    """The file of them, a JSON object a line, for this user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, receipt: Receipt) -> None:
        """Append one, on the disk. Raises AgentError ``receipts-write``."""
        line = json.dumps(receipt.to_dict(), ensure_ascii=False).encode() + b"\n"
        try:
            private_files.make_folder(self._folder)
            handle = os.open(self._folder / _FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                private_files.write_all(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            raise AgentError(
                "receipts-write",
                f"The receipt cannot be kept on this machine ({error.strerror}): make room on the disk.",
            ) from error

    def newest(self) -> list[dict[str, Any]]:
        """The newest first. A torn or strange line is left out."""
        try:
            lines = (self._folder / _FILE).read_bytes().splitlines()
        except OSError:
            return []
        found: list[dict[str, Any]] = []
        for line in reversed(lines[-LONGEST:]):
            try:
                one = json.loads(line)
            except ValueError:
                continue
            if isinstance(one, dict):
                found.append(one)
        return found
