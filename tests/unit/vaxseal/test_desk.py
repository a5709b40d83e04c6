"""What the desk does between a person and the agent."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signer.batch import Approved, Batch, JobOutcome
from signer.oddities import Oddity
from signer.review import Refusal, ReviewedJob, review_job
from signer.units import EnrolledUnits
from tests.support.signing import NOW, UNIT, certificate_of, make_job
from vaxseal import desk


def batch_of(*jobs: ReviewedJob, refusals: tuple[Refusal, ...] = ()) -> Batch:
    return Batch(lease_id="L", deadline=NOW + timedelta(hours=1), waiting=0, reviewed=jobs, refusals=refusals)


@dataclass
class Agent:
    """Takes two batches of one refused job; notes by which list each was judged."""

    units: EnrolledUnits | None = None
    judged_by: list[bool] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)

    def next_batch(self, _limit: int) -> Batch:
        assert self.units is not None
        self.judged_by.append(next(iter(self.units)).suspended)
        refused = Refusal(job_id="J", reason="x", detail="y")
        return batch_of(refusals=() if len(self.judged_by) > 2 else (refused,))

    def approve(self, batch: Batch) -> Approved:
        return Approved(batch=batch, digests={})

    def sign_and_send(self, _approved: Approved, _advance: Any) -> None:
        self.outcomes.append(JobOutcome(job_id="J", outcome="accepted"))


def test_a_unit_suspended_during_a_long_sitting_is_suspended_in_the_next_batch() -> None:
    listed = EnrolledUnits().add(certificate_of("unit").der, unit=UNIT, daily_quota=1)

    def lists() -> Iterator[EnrolledUnits]:
        yield listed
        while True:
            yield listed.suspend(UNIT)

    agent, read = Agent(), lists()
    key: Any = None  # of no use where no token is lost
    desk._work(agent, key, lambda: next(read), 10, everything=True, yes=True, json=True)  # type: ignore[arg-type]
    assert agent.judged_by == [False, True, True]


@pytest.mark.parametrize(("days", "warned"), [(61, False), (59, True), (-1, True)])
def test_the_end_of_a_certificate_is_told_in_good_time(
    days: int, warned: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    end = datetime.now(UTC) + timedelta(days=days)
    desk._warn_of_end(end)
    shown = capfd.readouterr().err
    assert ("chỉ ký được đến ngày" in shown, "signs only until" in shown) == (warned, warned)
    assert not warned or f"{end:%d/%m/%Y}" in shown


def test_nothing_that_is_shown_moves_the_cursor(capfd: pytest.CaptureFixture[str]) -> None:
    """A centre that lies may put anything into a record; what is odd about it is shown."""
    job = make_job("confirm", signer="unit")
    reviewed = review_job(job, certificate=certificate_of("unit"), task="confirm", units=None, now=NOW)
    assert isinstance(reviewed, ReviewedJob)
    odd = replace(reviewed, oddities=(Oddity(weight=3, code="unit-other", words="of \x1b[2J\x07\u202eX"),))
    refused = Refusal(job_id="J", reason="x", detail="\x1b]0;title\x07")
    desk._show(batch_of(odd, refusals=(refused,)))
    shown = capfd.readouterr().err
    assert "Nguyễn" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
