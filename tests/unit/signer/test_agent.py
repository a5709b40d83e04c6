"""The agent from log-in to receipt, against a scripted centre in this process."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from certificates.cose import decode_cose_sign1
from certificates.hc1 import decode_hc1
from certificates.issuance import finish, prepare_confirmation
from certificates.jobs import SignedJob, SigningJob
from certificates.pdf.document import prepare_document
from certificates.pdf.pades import embed_cms
from certificates.pki import SigningCertificate
from certificates.records.model import instant_from_text
from certificates.records.verification import verify
from signer import agent as agent_module
from signer.batch import Batch
from signer.client import Mode
from signer.errors import AgentError
from signer.roles import Role
from signer.units import DailyCount, EnrolledUnits
from tests.support.scripted import Clock, FailingKey, ScriptedCentre, agent_of, counts, jobs_of, ministry_of, sign_all
from tests.support.signing import NOW, UNIT, certificate_of, key_of, make_dose, make_job, make_record
from tests.support.softkeys import SoftKey


def code_of(error: pytest.ExceptionInfo[AgentError]) -> str:
    assert error.value.sentence.endswith(".")
    return error.value.code


def test_a_station_confirms_what_it_rebuilt() -> None:
    centre = ScriptedCentre(jobs := jobs_of(3))
    agent = agent_of(centre)
    agent.log_in()
    batch = agent.next_batch(100)
    agent.sign_and_send(agent.approve(batch))
    assert counts(agent) == {"accepted": 3}
    for job in jobs:
        record = verify(job.record, job.evidence, today=NOW.date())
        tbs = prepare_confirmation(record, job.terms, certificate_of("unit"))
        signed = centre.signed[job.job_id]
        assert finish(tbs, signed.signature)
        assert signed.cms is signed.pdf_digest is None


def check_page(job: SigningJob, signed: SignedJob, certificate: SigningCertificate) -> bytes:
    """What the centre does: the same passport and page, the agent's CMS put in."""
    from certificates.issuance import prepare_passport

    record = verify(job.record, job.evidence, today=NOW.date())
    passport = finish(prepare_passport(record, job.terms, certificate), signed.signature)
    assert signed.hc1 is not None
    assert decode_hc1(signed.hc1) == passport.encode()
    prepared = prepare_document(
        record, job.terms, signed.hc1, certificate, signing_time=job.signing_time, confirmation=job.confirmation
    )
    assert prepared.digest == signed.pdf_digest
    assert signed.cms is not None
    return embed_cms(prepared, signed.cms)


def test_a_station_of_station_mode_signs_passport_and_page() -> None:
    centre = ScriptedCentre(jobs := jobs_of(1, task="issue"), task="issue", mode="station")
    agent = agent_of(centre, mode="station")
    sign_all(agent, 10)
    assert counts(agent) == {"accepted": 1}
    assert check_page(jobs[0], centre.signed["J-0"], certificate_of("unit")).startswith(b"%PDF")


def test_the_ministry_verifies_confirmations_and_signs(tmp_path: Path) -> None:
    jobs = jobs_of(2, task="issue", signer="ministry", confirmed_by="unit")
    assert jobs[1].confirmation is not None
    stolen = decode_cose_sign1(jobs[1].confirmation)
    jobs[1] = replace(jobs[1], confirmation=replace(stolen, signature=bytes(64)).encode())
    centre = ScriptedCentre(jobs.copy(), task="issue", signer="ministry")
    agent = ministry_of(centre, tmp_path)
    sign_all(agent, 10)
    assert counts(agent) == {"accepted": 1, "refused": 1}
    assert check_page(jobs[0], centre.signed["J-0"], certificate_of("ministry")).startswith(b"%PDF")
    assert centre.refused["J-1"][0] == "confirmation-signature"


def test_beyond_its_quota_a_unit_waits_and_the_count_is_on_the_disk(tmp_path: Path) -> None:
    centre = ScriptedCentre(
        jobs_of(3, task="issue", signer="ministry", confirmed_by="unit"), task="issue", signer="ministry"
    )
    agent = ministry_of(centre, tmp_path, quota=2)
    batch = agent.next_batch(10)
    assert (len(batch.reviewed), len(batch.postponed)) == (2, 1)
    agent.sign_and_send(agent.approve(batch))
    assert centre.refused == {}
    agent.finish()
    assert [reason for reason, _ in centre.refused.values()] == ["quota-exceeded"]
    assert counts(agent) == {"accepted": 2, "refused": 1}
    with DailyCount(tmp_path / "count.json").open(date(2022, 6, 15)) as tally:
        assert not tally.take(UNIT, 2)


def test_oddities_stand_first_and_refusals_are_reported() -> None:
    jobs = jobs_of(3)
    odd = make_record(
        record_id="R-9", doses=(make_dose(1, date(2022, 3, 1), country="LA"), make_dose(2, date(2022, 4, 1)))
    )
    jobs.append(make_job("confirm", signer="unit", record=odd, job_id="J-9"))
    jobs[0] = replace(jobs[0], tbs_digest=bytes(32))
    centre = ScriptedCentre(jobs)
    agent = agent_of(centre)
    batch = agent.next_batch(10)
    assert [job.job_id for job in batch.reviewed] == ["J-9", "J-1", "J-2"]
    agent.sign_and_send(agent.approve(batch))
    assert centre.refused.keys() == {"J-0"}
    assert centre.refused["J-0"][0] == "tbs-digest"
    outcome = next(outcome for outcome in agent.outcomes if outcome.job_id == "J-0")
    assert (outcome.outcome, outcome.reason) == ("refused", "tbs-digest")


def test_one_record_twice_in_a_batch_is_signed_once() -> None:
    one, other = jobs_of(2)
    agent = agent_of(ScriptedCentre([one, replace(one, job_id="J-5")]))
    batch = agent.next_batch(10)
    assert [job.job_id for job in batch.reviewed] == ["J-0"]
    assert [refusal.reason for refusal in batch.refusals] == ["job-twice"]
    with pytest.raises(AgentError) as error:
        agent_of(ScriptedCentre([one, replace(other, job_id=one.job_id)])).next_batch(10)
    assert code_of(error) == "centre-answer"


def test_a_lost_answer_doubles_nothing() -> None:
    centre = ScriptedCentre(jobs_of(2))
    centre.cut_submits = 2
    agent = agent_of(centre)
    sign_all(agent, 10)
    assert counts(agent) == {"already": 2}
    assert centre.submits == 3


def test_what_was_signed_before_the_token_was_pulled_out_is_sent() -> None:
    centre = ScriptedCentre(jobs_of(4))
    agent = agent_of(centre, key=FailingKey(key_of("unit"), 3, OSError("pulled out")))  # the log-in is one of them
    batch = agent.next_batch(10)
    with pytest.raises(OSError, match="pulled out"):
        agent.sign_and_send(agent.approve(batch))
    assert centre.signed.keys() == {"J-0", "J-1"}
    assert counts(agent) == {"accepted": 2}


def test_the_rest_of_a_batch_is_signed_when_the_token_is_back() -> None:
    jobs = jobs_of(4)
    jobs[0] = replace(jobs[0], tbs_digest=bytes(32))
    centre = ScriptedCentre(jobs)
    agent = agent_of(centre, key=FailingKey(key_of("unit"), 2, OSError("pulled out")))
    approved = agent.approve(agent.next_batch(10))
    with pytest.raises(OSError, match="pulled out"):
        agent.sign_and_send(approved)
    rest = agent.rest_of(approved)
    assert ([job.job_id for job in rest.batch.reviewed], rest.batch.refusals) == (["J-2", "J-3"], ())
    agent.key = key_of("unit")
    agent.sign_and_send(rest)
    assert counts(agent) == {"accepted": 3, "refused": 1}
    assert len(agent.rest_of(rest)) == 0


def test_a_token_lost_between_passport_and_page_signs_both_again() -> None:
    centre = ScriptedCentre(jobs := jobs_of(2, task="issue"), task="issue", mode="station")
    agent = agent_of(centre, mode="station", key=FailingKey(key_of("unit"), 4, OSError("pulled out")))
    approved = agent.approve(agent.next_batch(10))
    with pytest.raises(OSError, match="pulled out"):
        agent.sign_and_send(approved)
    agent.key = key_of("unit")
    agent.sign_and_send(agent.rest_of(approved))
    assert counts(agent) == {"accepted": 2}
    for job in jobs:
        check_page(job, centre.signed[job.job_id], certificate_of("unit"))


def test_a_signature_that_does_not_verify_is_never_sent() -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre, key=FailingKey(key_of("unit"), 2, bytes(64)))
    sign_all(agent, 10)
    assert centre.signed.keys() == {"J-0"}
    assert centre.refused["J-1"][0] == "signature-invalid"


def test_a_key_that_is_not_the_certificates_never_logs_in() -> None:
    centre = ScriptedCentre([])
    agent = agent_of(centre, key=FailingKey(key_of("unit"), 0, key_of("other").sign(b"x")))
    with pytest.raises(AgentError) as error:
        agent.log_in()
    assert code_of(error) == "key-mismatch"
    assert centre.logins == 0


def test_a_log_in_for_another_centre_is_refused_in_words() -> None:
    agent = agent_of(ScriptedCentre([]), url="https://centre.example.org")
    with pytest.raises(AgentError) as error:
        agent.log_in()
    assert code_of(error) == "login-refused"
    assert "Not this token" in error.value.sentence


@pytest.mark.parametrize(
    ("role", "own", "task", "mode", "code"),
    [
        ("station", "two-tier", "confirm", "two-tier", None),
        ("station", "station", "issue", "station", None),
        ("ministry", "two-tier", "issue", "two-tier", None),
        ("station", "two-tier", "issue", "two-tier", "role-differs"),
        ("station", "station", "confirm", "station", "role-differs"),
        ("ministry", "two-tier", "confirm", "two-tier", "role-differs"),
        # The centre cannot make a token sign passports that was set up to confirm.
        ("station", "two-tier", "issue", "station", "mode-differs"),
        ("station", "station", "confirm", "two-tier", "mode-differs"),
        ("ministry", "two-tier", "issue", "station", "mode-differs"),
        ("ministry", "two-tier", "confirm", "station", "mode-differs"),
        # The watch over the log signs no records: it works in both modes.
        ("watch", "two-tier", "watch", "two-tier", None),
        ("watch", "two-tier", "watch", "station", None),
        ("watch", "two-tier", "issue", "two-tier", None),
        ("watch", "two-tier", "issue", "station", "role-differs"),
        ("watch", "two-tier", "confirm", "two-tier", "role-differs"),
        ("ministry", "two-tier", "watch", "two-tier", "role-differs"),
        ("station", "two-tier", "watch", "two-tier", "role-differs"),
    ],
)
def test_the_role_of_the_login_must_be_the_commands(
    role: Role, own: Mode, task: str, mode: str, code: str | None, tmp_path: Path
) -> None:
    centre = ScriptedCentre([], task=task, mode=mode, signer="ministry" if role == "ministry" else "unit")
    agent = ministry_of(centre, tmp_path) if role == "ministry" else agent_of(centre, role=role, mode=own)
    if code is None:
        assert agent.log_in().task == task
        return
    with pytest.raises(AgentError) as error:
        agent.next_batch(1)
    assert code_of(error) == code
    assert centre.leases == 0


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_session_may_end_whenever_the_centre_says(end: str) -> None:
    centre = ScriptedCentre(jobs_of(1))
    centre.session_until = instant_from_text(end)
    agent = agent_of(centre)
    sign_all(agent, 5)
    assert counts(agent) == {"accepted": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"layout": "other"}, "layout-differs"),
        ({"signing_time": NOW + timedelta(hours=1)}, "signing-time"),
        ({"certificate_fingerprint": bytes(32)}, "certificate-differs"),
    ],
)
def test_a_fault_of_this_machine_holds_no_record(change: dict[str, Any], reason: str) -> None:
    centre = ScriptedCentre([replace(job, **change) for job in jobs_of(3)])
    agent = agent_of(centre)
    with pytest.raises(AgentError) as error:
        agent.next_batch(10)
    assert code_of(error) == reason
    assert {given for given, _ in centre.refused.values()} == {"not-now"}
    assert all(detail.startswith(reason) for _, detail in centre.refused.values())


def test_a_no_gives_the_batch_back() -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre)
    agent.put_back(agent.next_batch(10))
    assert centre.signed == {}
    assert [reason for reason, _ in centre.refused.values()] == ["not-now", "not-now"]


def test_a_batch_is_not_signed_after_its_deadline() -> None:
    centre, clock = ScriptedCentre(jobs_of(2)), Clock()
    agent = agent_of(centre, clock=clock)
    batch = agent.next_batch(10)
    clock.now = centre.deadline
    with pytest.raises(AgentError) as error:
        agent.sign_and_send(agent.approve(batch))
    assert code_of(error) == "lease-ended"
    assert centre.signed == {}


def test_a_session_that_ended_is_renewed_before_the_lease() -> None:
    centre, clock = ScriptedCentre(jobs_of(2)), Clock()
    centre.session_until = NOW + timedelta(minutes=5)
    agent = agent_of(centre, clock=clock)
    agent.log_in()
    clock.now = centre.session_until
    centre.session_until += timedelta(hours=8)
    agent.next_batch(1)
    assert centre.logins == 2


def test_a_session_that_the_centre_ended_is_renewed_once() -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre)
    agent.log_in()
    centre.logins += 1  # the old bearer is worth nothing any more
    assert len(agent.next_batch(10)) == 2
    assert (centre.logins, centre.leases) == (3, 1)


def test_a_session_that_ends_during_a_batch_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module, "SEND_SIZE", 2)
    centre = ScriptedCentre(jobs_of(5))
    centre.expire_after = 1
    agent = agent_of(centre)
    sign_all(agent, 10)
    assert counts(agent) == {"accepted": 5}
    assert centre.signed.keys() == {f"J-{index}" for index in range(5)}


def test_an_unreachable_centre_leaves_signatures_named_as_unsent() -> None:
    centre = ScriptedCentre(jobs_of(2))
    agent = agent_of(centre)
    batch = agent.next_batch(10)
    centre.cut_submits = 9
    with pytest.raises(AgentError) as error:
        agent.sign_and_send(agent.approve(batch))
    assert code_of(error) == "centre-unreachable"
    assert counts(agent) == {"unsent": 2}


def test_an_empty_batch_says_that_nothing_waits() -> None:
    batch = agent_of(ScriptedCentre([])).next_batch(10)
    assert (len(batch), batch.waiting) == (0, 0)
    assert isinstance(batch, Batch)


def test_progress_counts_every_record() -> None:
    agent = agent_of(ScriptedCentre(jobs_of(3)))
    steps: list[int] = []
    sign_all(agent, 10, progress=steps.append)
    assert sum(steps) == 3


def test_a_certificate_that_ended_or_is_unfit_starts_nothing() -> None:
    clock = Clock()
    for moment, code in (
        (certificate_of("unit").not_after + timedelta(seconds=1), "certificate-ended"),
        (certificate_of("unit").not_before - timedelta(seconds=1), "certificate-not-yet"),
    ):
        clock.now = moment
        with pytest.raises(AgentError) as error:
            agent_of(ScriptedCentre([]), clock=clock)
        assert code_of(error) == code
    unfit = SoftKey(key_of("unit").private_key, b"no certificate", b"")
    with pytest.raises(AgentError) as error:
        agent_of(ScriptedCentre([]), key=unfit)
    assert code_of(error) == "certificate-unfit"


def test_only_the_ministry_has_a_list_of_units(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="own list"):
        agent_of(ScriptedCentre([]), units=EnrolledUnits(), count=DailyCount(tmp_path / "c"))
    with pytest.raises(ValueError, match="own list"):
        agent_of(ScriptedCentre([]), role="ministry")
