import base64
import dataclasses
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from api.audit import read_log, verify_log
from api.passports.release import release_all
from api.signing import acceptance
from api.signing.enrolment import suspend_token
from api.store.records import write_versions
from api.store.schema import confirmations, intents, jobs, late_signatures, passports
from api.store.transactions import writing
from certificates.base45 import b45encode
from certificates.checking import check_text
from certificates.cose import decode_cose_sign1
from certificates.hc1 import PREFIX, decode_hc1, encode_hc1
from certificates.issuance import Terms, finish_kept, verify_confirmation
from certificates.jobs import SignedJob, SigningJob
from certificates.pdf.checking import check_pdf
from certificates.records.verification import verify
from certificates.trust import TrustStore
from tests.support import centre as centre_support
from tests.support.centre import Agent, World, new_version

pytestmark = pytest.mark.both_databases

MODES = ["two-tier", "station"]
UNITS = ["TYT-1", "TYT-2"]


def signed_batch(agent: Agent, limit: int = 100) -> tuple[str, list[SignedJob]]:
    leased = agent.lease(limit)
    return leased["lease_id"], [agent.sign(job) for job in leased["jobs"]]


def told(result: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return result["outcome"], result["reason"], result["state"]


def rows(world: World, table: Any) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(table)).all())


@pytest.fixture(params=UNITS, ids=["ES256", "PS256"])
def station(request: pytest.FixtureRequest, make: Any) -> tuple[World, Agent]:
    """A centre in station mode with one record, and the agent of an EC or an RSA token."""
    world: World = make("station")
    world.add_records(1, unit=request.param)
    return world, world.agent(request.param)


@pytest.mark.parametrize("unit", UNITS)
def test_the_full_road_in_two_tier(world: World, unit: str) -> None:
    ids = world.add_records(2, unit=unit)
    station, ministry = world.agent(unit), world.agent("BYT")
    assert [told(one) for one in station.work()] == [("accepted", None, "confirmed")] * 2
    assert [told(one) for one in ministry.work()] == [("accepted", None, "issued")] * 2
    for record_id in ids:
        assert world.state(record_id) == ("issued", None)
    trust = TrustStore.of([ministry.key.certificate_der])
    for passport in rows(world, passports):
        assert check_text(passport.hc1, trust, world.clock()).payload["v"][0]["ci"] == passport.uvci
        assert check_pdf(passport.pdf, trust, world.clock()).signer.der == ministry.key.certificate_der
    acts = [act.act for act in read_log(world.engine, limit=99)]
    for act in ("confirm-signed", "issue-signed", "issue"):
        assert acts.count(act) == 2
    verify_log(world.engine)


def test_the_full_road_in_station_mode(station: tuple[World, Agent]) -> None:
    world, agent = station
    assert [told(one) for one in agent.work()] == [("accepted", None, "issued")]
    (passport,) = rows(world, passports)
    checked = check_pdf(passport.pdf, TrustStore.of([agent.key.certificate_der]), world.clock())
    assert checked.algorithm == agent.key.algorithm


def test_a_stored_confirmation_is_the_units_word_on_this_record(world: World) -> None:
    world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    job = SigningJob.from_dict(leased["jobs"][0])
    agent.submit(leased["lease_id"], [agent.sign(leased["jobs"][0])])
    (stored,) = rows(world, confirmations)
    record = verify(job.record, job.evidence, today=world.clock().date())
    verify_confirmation(decode_cose_sign1(stored.cose), record, job.terms, agent.key.certificate)
    assert (stored.account, stored.fingerprint) == ("y.ta", agent.key.certificate.fingerprint)


def test_sending_again_answers_already(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, signed = signed_batch(agent)
    agent.submit(lease_id, signed)
    assert [told(one) for one in agent.submit(lease_id, signed)] == [("already", None, "issued")]
    assert len(rows(world, passports)) == 1
    assert rows(world, late_signatures) == []


def test_a_second_signature_for_a_job_is_kept_and_never_released(station: tuple[World, Agent]) -> None:
    world, agent = station
    leased = agent.lease()
    agent.submit(leased["lease_id"], [agent.sign(leased["jobs"][0])])
    (before,) = rows(world, passports)
    second = agent.sign(leased["jobs"][0])
    assert [told(one) for one in agent.submit(leased["lease_id"], [second])] == [("already", None, "issued")]
    assert [told(one) for one in agent.submit(leased["lease_id"], [second])] == [("already", None, "issued")]
    (kept,) = rows(world, late_signatures)
    assert (kept.reason, kept.signature) == ("again", second.signature)
    (after,) = rows(world, passports)
    assert after == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("unit", UNITS)
def test_a_wrong_signature_is_not_stored(make: Any, mode: Any, unit: str) -> None:
    world: World = make(mode)
    (record_id, _) = world.add_records(2, unit=unit)
    agent = world.agent(unit)
    lease_id, (first, second) = signed_batch(agent)
    flipped = bytes([first.signature[0] ^ 1]) + first.signature[1:]
    for signature in (flipped, second.signature, first.signature[:-1], b"", bytes(64)):
        wrong = dataclasses.replace(first, signature=signature)
        assert [told(one) for one in agent.submit(lease_id, [wrong])] == [("rejected", "signature-invalid", "leased")]
    assert rows(world, passports) == rows(world, confirmations) == rows(world, late_signatures) == []
    outcomes = [one["outcome"] for one in agent.submit(lease_id, [first, second])]
    assert outcomes == ["accepted", "accepted"]
    assert world.state(record_id)[0] in ("confirmed", "issued")


def test_one_bad_job_does_not_stop_the_others(world: World) -> None:
    world.add_records(3)
    agent = world.agent("TYT-1")
    lease_id, (first, second, third) = signed_batch(agent)
    wrong = dataclasses.replace(second, signature=first.signature)
    unknown = dataclasses.replace(third, job_id="nothing")
    assert [told(one) for one in agent.submit(lease_id, [first, wrong, unknown, third])] == [
        ("accepted", None, "confirmed"),
        ("rejected", "signature-invalid", "leased"),
        ("rejected", "job-unknown", None),
        ("accepted", None, "confirmed"),
    ]


def test_an_issue_without_its_pdf_is_not_taken(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, (job,) = signed_batch(agent)
    missing: tuple[dict[str, None], ...] = ({"cms": None}, {"pdf_digest": None}, {"hc1": None})
    for without in (dataclasses.replace(job, **one) for one in missing):  # type: ignore[arg-type]
        assert [told(one) for one in agent.submit(lease_id, [without])] == [("rejected", "pdf-missing", "leased")]
    assert rows(world, passports) == []


@pytest.mark.parametrize("level", [0, 1])
def test_a_text_from_another_deflate_is_issued_as_it_came(
    station: tuple[World, Agent], level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other machines have other deflaters (zlib-ng): what their PDF attaches is what the citizen gets."""
    world, agent = station
    monkeypatch.setattr(centre_support, "encode_hc1", lambda cose: PREFIX + b45encode(zlib.compress(cose, level)))
    lease_id, (job,) = signed_batch(agent)
    assert [told(one) for one in agent.submit(lease_id, [job])] == [("accepted", None, "issued")]
    (passport,) = rows(world, passports)
    assert passport.hc1 == job.hc1 != encode_hc1(decode_hc1(passport.hc1))


def test_a_text_of_something_else_is_not_taken(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, (job,) = signed_batch(agent)
    cose = decode_hc1(job.hc1 or "")
    deflater = zlib.compressobj()
    pieces = [deflater.compress(cose[i : i + 8]) + deflater.flush(zlib.Z_FULL_FLUSH) for i in range(0, len(cose), 8)]
    hiding = PREFIX + b45encode(b"".join(pieces) + deflater.flush())  # many blocks: room to hide something in
    assert decode_hc1(hiding) == cose
    for text in ("", "HC1:", encode_hc1(cose[:-1] + bytes([cose[-1] ^ 1])), encode_hc1(cose) + "00", hiding):
        other = dataclasses.replace(job, hc1=text)
        assert [told(one) for one in agent.submit(lease_id, [other])] == [("rejected", "hc1-differs", "leased")]
    assert rows(world, passports) == []


def test_another_pdf_is_held(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, (job,) = signed_batch(agent)
    other = dataclasses.replace(job, pdf_digest=bytes(32))
    assert [told(one) for one in agent.submit(lease_id, [other])] == [("accepted", "pdf-differs", "held")]
    (passport,) = rows(world, passports)
    assert (passport.state, passport.reason, passport.pdf) == ("held", "pdf-differs", None)
    assert any(act.act == "hold" and act.reason.startswith("pdf-differs: ") for act in read_log(world.engine, limit=9))


def test_a_wrong_cms_is_held(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, (job,) = signed_batch(agent)
    assert job.cms is not None
    other = dataclasses.replace(job, cms=job.cms[:-1] + bytes([job.cms[-1] ^ 1]))
    ((outcome, reason, state),) = [told(one) for one in agent.submit(lease_id, [other])]
    assert (outcome, state) == ("accepted", "held")
    assert reason
    (passport,) = rows(world, passports)
    assert passport.pdf is None


def test_a_late_signature_is_evidence_and_the_next_lease_is_released(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, signed = signed_batch(agent)
    world.clock.forward(hours=2, seconds=1)
    assert [told(one) for one in agent.submit(lease_id, signed)] == [("rejected", "late", "ready")]
    (kept,) = rows(world, late_signatures)
    assert (kept.reason, kept.signature) == ("late", signed[0].signature)
    assert rows(world, passports) == []
    assert [told(one) for one in agent.work()] == [("accepted", None, "issued")]
    assert [told(one) for one in agent.submit(lease_id, signed)] == [("rejected", "late", "issued")]
    (passport,) = rows(world, passports)
    assert decode_cose_sign1(decode_hc1(passport.hc1)).signature != signed[0].signature


def test_a_signature_for_an_old_version_is_evidence(world: World) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    lease_id, signed = signed_batch(agent)
    with writing(world.engine) as connection:
        version = new_version(1, unit="TYT-1", version=2)
        write_versions(connection, [version], by="clerk", why="corrected", at=world.clock())
    assert [told(one) for one in agent.submit(lease_id, signed)] == [("rejected", "old-version", "ready")]
    assert [kept.reason for kept in rows(world, late_signatures)] == ["old-version"]
    assert rows(world, confirmations) == []
    agent.work()
    assert world.state(record_id) == ("confirmed", None)


def test_a_lease_belongs_to_its_token(world: World) -> None:
    world.add_records(1)
    lease_id, signed = signed_batch(world.agent("TYT-1"))
    for other in (world.agent("TYT-2"), world.agent("BYT")):
        assert [told(one) for one in other.submit(lease_id, signed)] == [("rejected", "job-unknown", None)]
    assert [told(one) for one in world.agent("TYT-1").submit("x", signed)] == [("rejected", "job-unknown", None)]


def test_a_lease_belongs_to_its_task(make: Any) -> None:
    """Where the mode of a deployment changes, what was leased before it is not taken."""
    world: World = make("two-tier")
    world.add_records(1)
    lease_id, signed = signed_batch(world.agent("TYT-1"))
    other = world.centre.settings.model_copy(update={"mode": "station"})
    world.client.app.state.centre = dataclasses.replace(world.centre, settings=other)  # type: ignore[attr-defined]
    assert [told(one) for one in world.agent("TYT-1").submit(lease_id, signed)] == [("rejected", "job-unknown", None)]


def test_what_the_agent_refuses_is_held_with_its_reason(world: World) -> None:
    refused, late = world.add_records(2)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    refusals = [
        {"job_id": leased["jobs"][0]["job_id"], "reason": "tbs-digest", "detail": "tbs_digest: differs"},
        {"job_id": leased["jobs"][1]["job_id"], "reason": "not-now", "detail": ""},
        {"job_id": "nothing", "reason": "not-now", "detail": ""},
    ]
    assert [told(one) for one in agent.submit(leased["lease_id"], [], refusals)] == [
        ("refused", "tbs-digest", "held"),
        ("refused", "not-now", "ready"),
        ("rejected", "job-unknown", None),
    ]
    assert world.state(refused) == ("held", "tbs-digest")
    assert world.state(late) == ("ready", "not-now")
    again = [told(one) for one in agent.submit(leased["lease_id"], [], refusals[:1])]
    assert again == [("already", "tbs-digest", "held")]
    stored = {job.job_id: (job.state, job.reason, job.detail) for job in rows(world, jobs)}
    assert stored[refusals[0]["job_id"]] == ("refused", "tbs-digest", "tbs_digest: differs")
    acts = [(act.act, act.reason) for act in read_log(world.engine, limit=9)]
    assert ("confirm-refused", "tbs-digest") in acts


def test_a_refused_job_takes_no_signature_any_more(world: World) -> None:
    world.add_records(1)
    agent = world.agent("TYT-1")
    lease_id, signed = signed_batch(agent)
    agent.submit(lease_id, [], [{"job_id": signed[0].job_id, "reason": "not-now", "detail": ""}])
    assert [told(one) for one in agent.submit(lease_id, signed)] == [("rejected", "not-leased", "ready")]
    assert [kept.reason for kept in rows(world, late_signatures)] == ["not-leased"]


def test_what_a_quota_postpones_stays_confirmed(world: World) -> None:
    (record_id,) = world.add_records(1)
    world.agent("TYT-1").work()
    ministry = world.agent("BYT")
    leased = ministry.lease()
    refusal = {"job_id": leased["jobs"][0]["job_id"], "reason": "quota-exceeded", "detail": ""}
    assert [told(one) for one in ministry.submit(leased["lease_id"], [], [refusal])] == [
        ("refused", "quota-exceeded", "confirmed")
    ]
    assert [told(one) for one in ministry.work()] == [("accepted", None, "issued")]
    assert world.state(record_id) == ("issued", None)


def test_terms_that_were_changed_in_the_database_are_refused(station: tuple[World, Agent]) -> None:
    world, agent = station
    lease_id, signed = signed_batch(agent)
    with writing(world.engine) as connection:
        connection.execute(update(intents).values(expires_at="2023-02-28T02:00:00Z"))
    assert [told(one) for one in agent.submit(lease_id, signed)] == [("rejected", "tbs-differs", "leased")]


def test_a_suspended_stations_word_counts_no_more(world: World) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    agent.work()
    fingerprint = agent.key.certificate.fingerprint
    assert suspend_token(world.engine, fingerprint, by="test", at=world.clock(), reason="lost") == 1
    assert world.state(record_id) == ("ready", "confirmer-suspended")
    assert world.agent("BYT").lease()["jobs"] == []


def test_a_station_suspended_in_mid_lease_confirms_nothing_more(world: World) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    lease_id, signed = signed_batch(agent)
    suspend_token(world.engine, agent.key.certificate.fingerprint, by="test", at=world.clock(), reason="lost")
    assert world.state(record_id) == ("ready", "token-suspended")
    body = {"lease_id": lease_id, "signed": [job.to_dict() for job in signed], "refused": []}
    assert agent.post("/v1/signing/submit", body).status_code == 403
    assert rows(world, confirmations) == []


def test_a_token_suspended_while_its_batch_is_verified_stores_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    lease_id, signed = signed_batch(agent)

    def suspending(*arguments: Any) -> Any:
        suspend_token(world.engine, agent.key.certificate.fingerprint, by="test", at=world.clock(), reason="lost")
        return finish_kept(*arguments)

    monkeypatch.setattr(acceptance, "finish_kept", suspending)
    body = {"lease_id": lease_id, "signed": [job.to_dict() for job in signed], "refused": []}
    answer = agent.post("/v1/signing/submit", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "token-suspended")
    assert rows(world, confirmations) == []
    assert world.state(record_id)[0] == "ready"


def test_the_word_of_a_station_suspended_while_the_ministry_signs_counts_no_more(world: World) -> None:
    """What the ministry signs of it afterwards is kept as evidence and never released."""
    (record_id,) = world.add_records(1)
    station = world.agent("TYT-1")
    station.work()
    ministry = world.agent("BYT")
    lease_id, signed = signed_batch(ministry)
    fingerprint = station.key.certificate.fingerprint
    assert suspend_token(world.engine, fingerprint, by="test", at=world.clock(), reason="sold") == 1
    assert world.state(record_id) == ("ready", "confirmer-suspended")
    assert [told(one) for one in ministry.submit(lease_id, signed)] == [("rejected", "late", "ready")]
    assert rows(world, passports) == []
    assert [kept.reason for kept in rows(world, late_signatures)] == ["late"]
    world.clock.forward(days=1)  # the lease has ended, and gives nothing back
    ministry.log_in()
    assert ministry.lease()["jobs"] == []
    assert world.state(record_id)[0] == "ready"


def test_a_passport_whose_confirmer_is_suspended_before_the_release_is_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add_records(1)
    station = world.agent("TYT-1")
    station.work()
    fingerprint = station.key.certificate.fingerprint

    def suspending(*arguments: Any) -> None:
        suspend_token(world.engine, fingerprint, by="test", at=world.clock(), reason="sold")
        release_all(*arguments)

    monkeypatch.setattr(acceptance, "release_all", suspending)
    assert [told(one) for one in world.agent("BYT").work()] == [("accepted", "confirmer-suspended", "held")]


def test_a_tokens_fault_holds_no_record(world: World) -> None:
    """A signature that does not verify says something of the token and nothing of the record."""
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    refusal = {"job_id": leased["jobs"][0]["job_id"], "reason": "signature-invalid", "detail": ""}
    agent.submit(leased["lease_id"], [], [refusal])
    assert world.state(record_id) == ("ready", "signature-invalid")


def test_malformed_submissions(world: World) -> None:
    agent = world.agent("TYT-1")
    twice = SignedJob(job_id="a", signature=b"x").to_dict()
    for body, code in (
        ({"lease_id": "x", "signed": [{}], "refused": []}, "job-form"),
        ({"lease_id": "x", "signed": [{**twice, "signature": "é"}], "refused": []}, "job-form"),
        ({"lease_id": "x", "signed": [twice, twice], "refused": []}, "request-form"),
        ({"lease_id": "x", "signed": [], "refused": [{"job_id": "a", "reason": "Not Good"}]}, "request-form"),
        ({"lease_id": "x"}, "request-form"),
        ([], "request-form"),
    ):
        response = agent.post("/v1/signing/submit", body)
        assert (response.status_code, response.json()["code"]) == (422, code)
    assert agent.submit("x", []) == []


def test_the_same_batch_from_two_threads_is_taken_once(world: World) -> None:
    world.add_records(20)
    agent = world.agent("TYT-1")
    lease_id, signed = signed_batch(agent)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: agent.submit(lease_id, signed), range(2)))
    outcomes = [sorted(one["outcome"] for one in pair) for pair in zip(*both, strict=True)]
    assert outcomes == [["accepted", "already"]] * 20
    assert len(rows(world, confirmations)) == 20
    verify_log(world.engine)


def test_the_terms_of_a_job_are_the_stored_intent(world: World) -> None:
    world.add_records(1)
    (data,) = world.agent("TYT-1").lease()["jobs"]
    job = SigningJob.from_dict(data)
    (intent,) = rows(world, intents)
    assert isinstance(job.terms, Terms)
    assert (job.terms.uvci, job.terms.issuer) == (intent.uvci, world.centre.settings.issuer)
    assert base64.b64decode(data["tbs_digest"]) == job.tbs_digest


def test_a_character_that_postgresql_cannot_keep_is_the_callers_fault(world: World) -> None:
    agent = world.agent("TYT-1")
    body = {"lease_id": "a\0b", "signed": [], "refused": [{"job_id": "x\0", "reason": "not-now", "detail": "\0"}]}
    answer = agent.post("/v1/signing/submit", body)
    if world.engine.dialect.name == "postgresql":
        assert (answer.status_code, answer.json()["code"]) == (422, "request-form")
    else:
        assert answer.json()["results"][0]["reason"] == "job-unknown"
