"""What an agent leaves and the next one finds: power cuts at every step, no network, another person, lapsed leases."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certificates.jobs import SignedJob
from certificates.signing import Algorithm, SigningKey
from signer import agent as agent_module
from signer import private_files
from signer.agent import SigningAgent
from signer.errors import AgentError
from signer.journal import JOURNAL_NAME, Journal
from signer.journal_folder import JournalFolder
from tests.support.scripted import Clock, ScriptedCentre, agent_of, counts, jobs_of, ministry_of, sign_all
from tests.support.signing import NOW, UNIT

CANARY = "Nguyễn Thị Minh Khai"


class PowerCutError(BaseException):
    """Nothing runs after it."""


class Power:
    """Counts the steps of an agent: writes, signatures, requests, each before and after; cuts at one of them."""

    def __init__(self, cut_at: int | None) -> None:
        self.steps, self.cut_at, self.off = 0, cut_at, False

    def step(self) -> None:
        self.steps += 1
        if self.off or self.steps == self.cut_at:
            self.off = True
            raise PowerCutError

    def wrap(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            self.step()
            answer = act(*arguments, **named)
            self.step()
            return answer

        return wrapped


class Stepping:
    """A key whose every signature is a step."""

    def __init__(self, key: SigningKey, power: Power) -> None:
        self._key = key
        self.sign = power.wrap(key.sign)

    @property
    def certificate_der(self) -> bytes:
        return self._key.certificate_der

    @property
    def algorithm(self) -> Algorithm:
        return self._key.algorithm


def drain(agent: SigningAgent) -> None:
    """Batches until nothing waits."""
    while len(batch := agent.next_batch(10)):
        agent.sign_and_send(agent.approve(batch))
    agent.finish()


def files(folder: JournalFolder) -> bytes:
    """Names and contents of everything below the folder."""
    paths = sorted(folder.path.rglob("*"))
    return b"".join(str(path).encode() + (path.read_bytes() if path.is_file() else b"") for path in paths)


def is_empty(folder: JournalFolder) -> bool:
    return [path.name for path in folder.path.iterdir()] == ["lock"]


def run_until_cut(centre: ScriptedCentre, make: Callable[[ScriptedCentre], SigningAgent], cut_at: int | None) -> int:
    power = Power(cut_at)
    agent = make(centre)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent_module, "SEND_SIZE", 2)
        patch.setattr(private_files, "write_all", power.wrap(private_files.write_all))
        patch.setattr(private_files, "destroy", power.wrap(private_files.destroy))
        patch.setattr(agent.client, "_send", power.wrap(agent.client._send))
        agent.key = Stepping(agent.key, power)
        try:
            drain(agent)
        except PowerCutError:
            pass
        finally:
            power.off = False
            agent.close()  # the system lets go of a dead process's locks
    return power.steps


@pytest.mark.parametrize("task", ["confirm", "issue"])
def test_a_power_cut_at_any_step_loses_and_doubles_nothing(task: str) -> None:
    mode: Any = "two-tier" if task == "confirm" else "station"
    jobs = jobs_of(3, task=task)

    def make(centre: ScriptedCentre) -> SigningAgent:
        return agent_of(centre, mode=mode)

    steps = run_until_cut(ScriptedCentre(jobs.copy(), task=task, mode=mode), make, None)
    assert steps > 30
    for cut_at in range(1, steps + 1, 1 if task == "confirm" else 3):
        centre = ScriptedCentre(jobs.copy(), task=task, mode=mode)
        run_until_cut(centre, make, cut_at)
        assert CANARY.encode() not in files(centre.journal)
        sent_before = dict(centre.signed)
        journalled = {job.job_id: job for kept in centre.journal.statuses() for job in signed_in(centre, kept.name)}
        drain(make(centre))
        lease_was_lost = not centre.signed
        assert centre.signed.keys() == ({job.job_id for job in jobs} if not lease_was_lost else set())
        assert not lease_was_lost or not journalled  # else only a lease whose answer was lost
        for job_id, signed in (sent_before | journalled).items():
            assert centre.signed[job_id] == signed, "signed twice where one signature was kept"
        assert is_empty(centre.journal)


def signed_in(centre: ScriptedCentre, name: str) -> list[SignedJob]:
    entries = Journal.read(centre.journal.path / name)
    return [SignedJob.from_dict(job) for entry in entries if entry["kind"] == "signed" for job in entry["jobs"]]


def test_signatures_whose_answer_was_lost_are_sent_again_and_are_the_same() -> None:
    centre = ScriptedCentre(jobs_of(3))
    agent = agent_of(centre)
    batch = agent.next_batch(10)
    centre.cut_submits = 99
    with pytest.raises(AgentError):
        agent.sign_and_send(agent.approve(batch))
    agent.close()
    first, centre.cut_submits = dict(centre.signed), 0
    again = agent_of(centre)
    assert len(again.next_batch(10)) == 0
    assert counts(again) == {"already": 3}
    assert centre.signed == first
    assert is_empty(centre.journal)


def test_without_a_network_a_kept_batch_is_signed_and_sent_by_the_next_run() -> None:
    centre = ScriptedCentre(jobs_of(4))
    centre.deadline = NOW + timedelta(hours=24)
    taking = agent_of(centre)
    assert (len(taking.take_along(3)), centre.offline_leases) == (3, 1)
    taking.close()
    assert CANARY.encode() not in files(centre.journal)
    centre.away = True
    clock = Clock()
    clock.now += timedelta(hours=20)
    away = agent_of(centre, clock=clock)
    with pytest.raises(AgentError) as error:
        away.log_in()
    assert error.value.code == "centre-unreachable"
    assert away.work_offline()
    batch = away.next_batch(10)
    assert (batch.resumed, len(batch.reviewed)) == (True, 3)
    away.sign_and_send(away.approve(batch))
    assert counts(away) == {"unsent": 3}
    assert len(away.next_batch(10)) == 0
    away.finish()
    assert CANARY.encode() not in files(centre.journal)
    (kept,) = centre.journal.statuses()
    assert (kept.jobs, kept.signed, kept.unsent, kept.unsigned) == (3, 3, 3, 0)
    centre.away = False
    clock.now += timedelta(hours=10)  # too late: the centre keeps it as evidence, but it is sent
    home = agent_of(centre, clock=clock)
    centre.jobs = []
    centre.session_until += timedelta(hours=40)
    home.next_batch(10)
    assert counts(home) == {"accepted": 3}
    home.close()


def test_nothing_kept_means_no_work_without_a_network() -> None:
    assert not agent_of(ScriptedCentre([])).work_offline()


def test_an_offline_no_keeps_the_batch() -> None:
    centre = ScriptedCentre(jobs_of(2))
    taking = agent_of(centre)
    taking.take_along(10)
    taking.close()
    centre.away = True
    away = agent_of(centre)
    assert away.work_offline()
    away.put_back(away.next_batch(10))
    away.close()
    assert centre.refused == {}
    assert [kept.unsigned for kept in centre.journal.statuses()] == [2]


def test_what_is_refused_at_taking_goes_back_at_once() -> None:
    good, bad = jobs_of(2)
    centre = ScriptedCentre([good, replace(bad, tbs_digest=bytes(32))])
    agent = agent_of(centre)
    assert len(agent.take_along(10).reviewed) == 1
    assert centre.refused["J-1"][0] == "tbs-digest"
    assert agent_of(ScriptedCentre([])).take_along(5).reviewed == ()


def test_a_stop_keeps_the_rest_and_going_on_signs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module, "TOGETHER", 1)
    monkeypatch.setattr(agent_module, "SEND_SIZE", 2)
    centre = ScriptedCentre(jobs_of(5))
    agent = agent_of(centre)
    asked = iter([True, True, True, False])
    approved = agent.approve(agent.next_batch(10))
    agent.sign_and_send(approved, go_on=lambda: next(asked))
    assert counts(agent) == {"accepted": 3}
    agent.sign_and_send(approved)
    assert counts(agent) == {"accepted": 5}
    assert is_empty(centre.journal)


def test_only_what_was_chosen_is_signed_and_the_rest_goes_back() -> None:
    centre = ScriptedCentre(jobs_of(3))
    agent = agent_of(centre)
    agent.sign_and_send(agent.approve(agent.next_batch(10), ["J-1"]))
    assert centre.signed.keys() == {"J-1"}
    assert {job: reason for job, (reason, _) in centre.refused.items()} == {"J-0": "not-now", "J-2": "not-now"}
    assert is_empty(centre.journal)


def test_a_batch_is_taken_up_by_its_own_person_token_and_centre_only() -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre)
    agent.next_batch(10)
    agent.close()
    centre.jobs = []
    other = agent_of(centre)
    other.account = "minh"
    assert len(other.next_batch(10)) == 0
    other.close()
    (kept,) = centre.journal.statuses()
    assert kept.terms is not None
    assert (kept.terms.account, kept.terms.unit, kept.unsigned) == ("lan", UNIT, 2)
    same = agent_of(centre)
    assert len(same.next_batch(10)) == 2


def test_a_lapsed_lease_is_destroyed_by_whoever_looks_first() -> None:
    centre, clock = ScriptedCentre(jobs_of(2)), Clock()
    agent = agent_of(centre)
    agent.next_batch(10)
    agent.close()
    clock.now = centre.deadline
    assert centre.journal.erase_lapsed(clock.now - timedelta(seconds=1)) == 0
    assert centre.journal.erase_lapsed(clock.now) == 1
    assert is_empty(centre.journal)


def test_when_the_time_ran_out_only_what_was_signed_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module, "TOGETHER", 1)
    centre, clock = ScriptedCentre(jobs_of(4)), Clock()
    agent = agent_of(centre, clock=clock)
    approved = agent.approve(agent.next_batch(10))
    centre.away = True
    asked = iter([True, True, False])
    with pytest.raises(AgentError):
        agent.sign_and_send(approved, go_on=lambda: next(asked))
    agent.close()
    centre.away, clock.now = False, centre.deadline
    centre.session_until += timedelta(hours=9)
    late = agent_of(centre, clock=clock)
    assert len(late.next_batch(10)) == 0
    assert centre.signed.keys() == {"J-0", "J-1"}
    assert is_empty(centre.journal)


def test_a_doubtful_job_is_named_and_signed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre)
    approved = agent.approve(agent.next_batch(10))

    def cut(*_: Any) -> None:
        raise PowerCutError

    monkeypatch.setattr(agent_module, "sign_jobs", cut)
    with pytest.raises(PowerCutError):
        agent.sign_and_send(approved)
    monkeypatch.undo()
    agent.close()
    assert [kept.doubtful for kept in centre.journal.statuses()] == [2]
    again = agent_of(centre)
    batch = again.next_batch(10)
    assert (batch.resumed, batch.doubtful) == (True, 2)
    again.sign_and_send(again.approve(batch))
    assert counts(again) == {"accepted": 2}


def test_the_ministrys_quota_is_taken_once_for_a_batch_that_is_taken_up(tmp_path: Path) -> None:
    jobs = jobs_of(3, task="issue", signer="ministry", confirmed_by="unit")
    centre = ScriptedCentre(jobs, task="issue", signer="ministry")
    first = ministry_of(centre, tmp_path, quota=2)
    batch = first.next_batch(10)
    assert [len(batch.reviewed), len(batch.postponed)] == [2, 1]
    first.close()
    second = ministry_of(centre, tmp_path, quota=2)
    batch = second.next_batch(10)
    assert [len(batch.reviewed), len(batch.postponed)] == [2, 1]
    second.put_back(batch)
    assert json.loads((tmp_path / "count.json").read_text())["units"] == {UNIT: 0}
    assert is_empty(centre.journal)


def test_a_damaged_journal_is_named_left_alone_and_can_be_discarded() -> None:
    centre = ScriptedCentre(jobs_of(1))
    agent = agent_of(centre)
    agent.approve(agent.next_batch(10))
    with pytest.raises(AgentError) as error:
        centre.journal.discard(centre.journal.statuses()[0].name)
    assert error.value.code == "journal-busy"
    agent.close()
    (batch,) = centre.journal.path.glob("batch-*")
    data = bytearray((batch / JOURNAL_NAME).read_bytes())
    data[60] ^= 1
    (batch / JOURNAL_NAME).write_bytes(data)
    assert len(agent_of(centre).next_batch(10)) == 0
    (status,) = centre.journal.statuses()
    assert (status.fault, status.terms) == ("journal-damaged", None)
    with pytest.raises(AgentError) as error:
        centre.journal.discard("batch-none")
    assert error.value.code == "journal-unknown"
    centre.journal.discard(status.name)
    assert is_empty(centre.journal)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kind": "other"},
        {"kind": "signed", "jobs": [{}]},
        {"kind": "signed", "jobs": 7},
        {"kind": "answered", "jobs": [["J-0", "maybe", None, None]]},
        {"kind": "answered", "jobs": [["J-0"]]},
        {"kind": "approved", "jobs": 1},
        {"kind": "leased", "jobs": []},
    ],
)
def test_entries_that_nobody_of_ours_writes_are_damage(entry: dict[str, Any]) -> None:
    centre = ScriptedCentre(jobs_of(1))
    agent = agent_of(centre)
    agent.next_batch(10)
    agent.close()
    (folder,) = centre.journal.path.glob("batch-*")
    journal, _ = Journal.open(folder)
    journal.append(entry)
    journal.close()
    assert [status.fault for status in centre.journal.statuses()] == ["journal-damaged"]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AgentError) as error:
        JournalFolder(tmp_path / "file" / "batches").statuses()
    assert error.value.code == "journal-write"


def test_a_disk_that_refuses_sends_nothing_that_is_not_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = ScriptedCentre(jobs_of(3))
    agent = agent_of(centre)
    approved = agent.approve(agent.next_batch(10))
    really, writes = Journal.append, 0

    def full(journal: Journal, entry: Any) -> None:
        nonlocal writes
        writes += 1
        if writes > 1:  # the intent is written, the signatures are not
            raise AgentError("journal-write", "The disk is full.")
        really(journal, entry)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", full)
        with pytest.raises(AgentError) as error:
            agent.sign_and_send(approved)
    assert error.value.code == "journal-write"
    assert centre.signed == {}
    agent.close()
    again = agent_of(centre)
    sign_all(again)
    assert counts(again) == {"accepted": 3}


def test_leases_of_one_name_or_none_are_the_centres_fault() -> None:
    centre = ScriptedCentre(jobs_of(1))

    def nameless(body: dict[str, Any]) -> Any:
        return {"lease_id": "L", "deadline": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "jobs": [{"job_id": None}], "waiting": 0}

    centre.do_lease = nameless  # type: ignore[method-assign]
    agent = agent_of(centre)
    with pytest.raises(AgentError) as error:
        agent.next_batch(10)
    assert error.value.code == "centre-answer"
    agent.close()
    assert centre.journal.statuses() == ()
