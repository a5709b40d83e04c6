import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signer.batch import JobOutcome
from signer.desk.receipts import Receipt, Receipts, receipt_of
from signer.errors import AgentError

OUTCOMES = [
    JobOutcome(job_id="1", outcome="accepted"),
    JobOutcome(job_id="2", outcome="already"),
    JobOutcome(job_id="3", outcome="accepted", reason="qr-unreadable", state="held"),
    JobOutcome(job_id="4", outcome="unsent"),
    JobOutcome(job_id="5", outcome="refused", reason="not-now"),
    JobOutcome(job_id="6", outcome="refused", reason="tbs-digest"),
    JobOutcome(job_id="7", outcome="rejected", reason="late"),
    JobOutcome(job_id="8", outcome="rejected"),
]


def made(at: datetime = datetime(2022, 6, 15, 3, tzinfo=UTC)) -> Receipt:
    return receipt_of(OUTCOMES, at=at, unit="T01", task="confirm", token="00ff", left=2, seconds=1.26, practice=False)


def test_each_outcome_is_counted_once() -> None:
    receipt = made()
    assert (receipt.signed, receipt.held, receipt.unsent, receipt.returned, receipt.refused, receipt.left) == (
        *(3, 1, 1, 1, 3, 2),
    )
    assert receipt.reasons == {"qr-unreadable": 1, "tbs-digest": 1, "late": 1, "unknown": 1}
    assert (receipt.at, receipt.seconds) == ("2022-06-15T03:00:00Z", 1.3)


def test_the_newest_stand_first_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    receipts = Receipts(tmp_path / "receipts")
    assert receipts.newest() == []
    receipts.add(made())
    receipts.add(made(datetime(2022, 6, 16, 3, tzinfo=UTC)))
    file = tmp_path / "receipts" / "receipts.jsonl"
    with file.open("ab") as torn:
        torn.write(b'7\n{"at": "2022')
    assert [one["at"] for one in receipts.newest()] == ["2022-06-16T03:00:00Z", "2022-06-15T03:00:00Z"]
    assert file.stat().st_mode & 0o077 == 0
    assert set(json.loads(file.read_bytes().splitlines()[0])) == set(made().to_dict())


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "receipts").write_text("in the way")
    with pytest.raises(AgentError) as error:
        Receipts(tmp_path / "receipts").add(made())
    assert error.value.code == "receipts-write"
