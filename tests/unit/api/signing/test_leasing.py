import base64
import dataclasses
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.audit import read_log, verify_log
from api.auth import Session
from api.errors import CentreError
from api.signing import leasing
from api.signing.enrolment import close_unit, enrol_token, suspend_token
from api.signing.leasing import lease_work
from api.signing.work import next_year
from api.states import RecordState
from api.store.records import write_versions
from api.store.schema import evidence, intents, jobs, record_versions, records
from api.store.transactions import writing
from certificates.jobs import Task
from certificates.pdf.layout import LAYOUT
from certificates.records.model import VaccinationRecord
from tests.support.centre import START, World, new_version
from tests.support.softkeys import make_key

pytestmark = pytest.mark.both_databases

TASKS: tuple[Task, ...] = ("confirm", "issue")


def refused(world: World, unit: str, body: dict[str, Any]) -> tuple[int, str]:
    response = world.agent(unit).post("/v1/signing/lease", body)
    return response.status_code, response.json()["code"]


def test_a_station_gets_its_own_ready_records(world: World) -> None:
    mine = world.add_records(3)
    world.add_records(2, unit="TYT-2")
    world.add_records(1, state=RecordState.AWAITING_MATCH)
    leased = world.agent("TYT-1").lease()
    assert [job["record"]["record_id"] for job in leased["jobs"]] == mine
    assert leased["waiting"] == 0
    assert leased["deadline"] == "2022-03-01T04:00:00Z"
    assert all(world.state(record_id) == ("leased", None) for record_id in mine)


def test_the_limit_and_what_waits(world: World) -> None:
    world.add_records(5)
    agent = world.agent("TYT-1")
    first, second, third = agent.lease(2), agent.lease(2), agent.lease(2)
    assert [(len(one["jobs"]), one["waiting"]) for one in (first, second, third)] == [(2, 3), (2, 1), (1, 0)]
    ids = [job["record"]["record_id"] for one in (first, second, third) for job in one["jobs"]]
    assert len(set(ids)) == 5
    assert agent.lease()["jobs"] == []


def test_a_lease_for_work_without_a_network_is_longer_and_a_token_holds_500_at_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "LARGEST_BATCH", 5)
    world.add_records(9)
    agent = world.agent("TYT-1")
    agent.lease(2)
    body = {"layout": LAYOUT, "limit": 5, "offline": True}
    taken = agent.post("/v1/signing/lease", body).json()
    assert (taken["deadline"], len(taken["jobs"]), taken["waiting"]) == ("2022-03-02T02:00:00Z", 3, 4)
    full = agent.post("/v1/signing/lease", body)
    assert (full.status_code, full.json()["code"]) == (409, "offline-full")
    world.clock.forward(hours=3)  # the first lease lapses, the long one does not
    again = agent.post("/v1/signing/lease", body).json()
    assert len(again["jobs"]) == 2
    results = agent.submit(taken["lease_id"], [agent.sign(job) for job in taken["jobs"]])
    assert [result["outcome"] for result in results] == ["accepted"] * 3


@pytest.mark.parametrize("limit", [0, 501, -1, "x"])
def test_a_limit_out_of_range(world: World, limit: object) -> None:
    assert refused(world, "TYT-1", {"layout": "x", "limit": limit}) == (422, "request-form")


def test_another_layout_gets_no_work(world: World) -> None:
    (record_id,) = world.add_records(1)
    assert refused(world, "TYT-1", {"layout": "page-0", "limit": 1}) == (409, "layout")
    assert world.state(record_id) == ("ready", None)


def test_intent_and_message_are_stored_before_anybody_signs(world: World) -> None:
    world.add_records(1)
    (job,) = world.agent("TYT-1").lease()["jobs"]
    with world.engine.connect() as connection:
        intent = connection.execute(select(intents)).one()
        stored = connection.execute(select(jobs)).one()
    assert (intent.uvci, intent.issued_at, intent.expires_at) == (job["uvci"], job["issued_at"], job["expires_at"])
    assert (intent.issued_at, intent.expires_at) == ("2022-03-01T02:00:00Z", "2023-03-01T02:00:00Z")
    assert hashlib.sha256(stored.tbs).digest() == base64.b64decode(job["tbs_digest"])
    assert (stored.state, stored.came_from, stored.task) == ("leased", "ready", "confirm")


def test_a_lapsed_lease_comes_back_with_the_same_terms(world: World) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    (before,) = agent.lease()["jobs"]
    world.clock.forward(hours=2)
    assert agent.lease()["jobs"] == []
    world.clock.forward(seconds=1)
    (after,) = agent.lease()["jobs"]
    same = ("uvci", "issued_at", "expires_at", "tbs_digest")
    assert [before[name] for name in same] == [after[name] for name in same]
    assert before["job_id"] != after["job_id"]
    assert world.state(record_id) == ("leased", None)
    with world.engine.connect() as connection:
        states = {row.job_id: row.state for row in connection.execute(select(jobs))}
    assert states == {before["job_id"]: "lapsed", after["job_id"]: "leased"}


def test_the_ministry_gets_what_was_confirmed(world: World) -> None:
    mine = world.add_records(2)
    world.add_records(1, unit="TYT-2")
    ministry = world.agent("BYT")
    assert ministry.lease()["jobs"] == []
    station = world.agent("TYT-1")
    station.work()
    leased = ministry.lease()["jobs"]
    assert [job["record"]["record_id"] for job in leased] == mine
    for job in leased:
        assert job["task"] == "issue"
        assert base64.b64decode(job["confirmed_by"]) == station.key.certificate.fingerprint
        assert job["confirmation"]


def test_a_lapsed_issue_lease_goes_back_to_confirmed(world: World) -> None:
    (record_id,) = world.add_records(1)
    world.agent("TYT-1").work()
    ministry = world.agent("BYT")
    (before,) = ministry.lease()["jobs"]
    world.clock.forward(hours=2, seconds=1)
    assert world.agent("TYT-1").lease()["jobs"] == []
    assert world.state(record_id) == ("confirmed", "lease-lapsed")
    (after,) = ministry.lease()["jobs"]
    assert before["uvci"] == after["uvci"]


def test_station_mode_leases_for_issue_without_a_confirmation(make: Any) -> None:
    world: World = make("station")
    world.add_records(1)
    (job,) = world.agent("TYT-1").lease()["jobs"]
    assert (job["task"], job["confirmation"], job["confirmed_by"]) == ("issue", None, None)


def test_a_certificate_that_ends_within_the_year_issues_nothing(make: Any) -> None:
    world: World = make("station")
    world.add_records(1)
    world.clock.forward(days=307)  # the certificate ends on 1 January 2024
    assert refused(world, "TYT-1", {"layout": LAYOUT, "limit": 1}) == (403, "certificate-ending")


def session_of(world: World, task: Task, **changes: Any) -> Session:
    """A session that began before something changed."""
    certificate = dataclasses.replace(world.keys["TYT-1"].certificate, **changes)
    return Session(unit="TYT-1", account="y.ta", task=task, certificate=certificate, expires_at=START)


def test_what_changes_during_a_session_counts(make: Any) -> None:
    world: World = make("station")
    (record_id,) = world.add_records(1)

    def reason(session: Session) -> str:
        with pytest.raises(CentreError) as caught:
            lease_work(world.centre, session, layout=LAYOUT, limit=1)
        return caught.value.code

    assert reason(session_of(world, "issue", kinds=frozenset({"t"}))) == "dsc-usage"
    for task in TASKS:
        assert reason(session_of(world, task, not_after=START - timedelta(seconds=1))) == "certificate-ended"
        assert reason(session_of(world, task, not_before=START + timedelta(seconds=1))) == "certificate-ended"
    fingerprint = world.keys["TYT-1"].certificate.fingerprint
    suspend_token(world.engine, fingerprint, by="test", at=START, reason="lost")
    assert reason(session_of(world, "issue")) == "token-suspended"
    assert world.state(record_id) == ("ready", None)


def test_a_certificate_that_ends_within_the_year_still_confirms(world: World) -> None:
    world.add_records(1)
    world.clock.forward(days=307)
    assert len(world.agent("TYT-1").lease()["jobs"]) == 1


def test_a_certificate_of_another_country_leases_nothing(make: Any) -> None:
    world: World = make("station")
    (record_id,) = world.add_records(1)
    other = world.centre.settings.model_copy(update={"country": "LA"})
    world.client.app.state.centre = dataclasses.replace(world.centre, settings=other)  # type: ignore[attr-defined]
    assert refused(world, "TYT-1", {"layout": LAYOUT, "limit": 1}) == (403, "dsc-country")
    assert world.state(record_id) == ("ready", None)


def test_in_station_mode_a_key_signs_nothing_from_before_its_certificate(make: Any) -> None:
    world: World = make("station")
    (old,) = world.add_records(1)
    world.agent("TYT-1").lease()
    world.clock.forward(days=1)
    world.keys["TYT-1"] = make_key("ES256", common_name="SPECIMEN TYT-1", not_before=world.clock())
    der = world.keys["TYT-1"].certificate_der
    enrol_token(world.engine, "TYT-1", der, settings=world.centre.settings, by="test", at=world.clock())
    (new,) = world.add_records(1)
    assert [job["record"]["record_id"] for job in world.agent("TYT-1").lease()["jobs"]] == [new]
    assert world.state(old) == ("ready", "lease-lapsed")


def test_a_successor_leases_inherited_records(world: World) -> None:
    (record_id,) = world.add_records(1, unit="TYT-2")
    close_unit(world.engine, code="TYT-2", successor="TYT-1", closed_on=date(2022, 3, 1), by="test", at=world.clock())
    (job,) = world.agent("TYT-1").lease()["jobs"]
    assert job["record"]["record_id"] == record_id


def test_a_key_signs_nothing_from_before_its_certificate(world: World) -> None:
    world.add_records(1)
    world.agent("TYT-1").work()
    world.clock.forward(days=1)
    key = make_key("ES256", common_name="SPECIMEN BYT 2", not_before=world.clock())
    world.keys["BYT"] = key
    enrol_token(world.engine, "BYT", key.certificate_der, settings=world.centre.settings, by="test", at=world.clock())
    leased = world.agent("BYT").lease()
    assert (leased["jobs"], leased["waiting"]) == ([], 0)


def test_a_record_that_no_longer_passes_is_put_aside_with_its_reason(world: World) -> None:
    changed, unproved, mismatched, early, good = world.add_records(5)
    with writing(world.engine) as connection:
        row = connection.execute(select(record_versions).where(record_versions.c.record_id == changed)).one()
        document = json.loads(row.document)
        document["doses"][0]["lot"] = "XXX9999"
        connection.execute(
            update(record_versions).where(record_versions.c.record_id == changed).values(document=json.dumps(document))
        )
        connection.execute(evidence.delete().where(evidence.c.record_id == unproved))
        proof = json.loads(
            connection.execute(select(evidence.c.document).where(evidence.c.record_id == mismatched)).scalar_one()
        )
        connection.execute(
            update(evidence)
            .where(evidence.c.record_id == mismatched)
            .values(document=json.dumps({**proof, "sex": False}))
        )
        row = connection.execute(select(record_versions).where(record_versions.c.record_id == early)).one()
        document = json.loads(row.document)
        document["doses"][1]["given_on"] = "2022-03-02"
        values = {"document": json.dumps(document), "digest": VaccinationRecord.from_dict(document).digest}
        connection.execute(update(record_versions).where(record_versions.c.record_id == early).values(values))
    leased = world.agent("TYT-1").lease(1)
    assert [job["record"]["record_id"] for job in leased["jobs"]] == [good]
    assert world.state(changed) == ("held", "record-digest")
    assert world.state(unproved) == ("awaiting_match", "evidence-missing")
    assert world.state(mismatched) == ("mismatched", "register-mismatch")
    assert world.state(early) == ("incomplete", "dose-future")
    put_aside = {act.subject: act.reason for act in read_log(world.engine, limit=99) if act.act == "put-aside"}
    assert set(put_aside) == {changed, unproved, mismatched, early}
    verify_log(world.engine)


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"person": 1}', "[" * 50_000])
@pytest.mark.parametrize("table", [record_versions, evidence], ids=["record", "evidence"])
def test_a_damaged_document_stops_no_other_record(world: World, table: Any, damage: str) -> None:
    damaged, good = world.add_records(2)
    with writing(world.engine) as connection:
        connection.execute(update(table).where(table.c.record_id == damaged).values(document=damage))
    leased = world.agent("TYT-1").lease()
    assert [job["record"]["record_id"] for job in leased["jobs"]] == [good]
    assert world.state(damaged) == ("held", "record-form")


def test_a_new_version_has_terms_of_its_own(world: World) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    (before,) = agent.lease()["jobs"]
    with writing(world.engine) as connection:
        version = new_version(1, unit="TYT-1", version=2)
        write_versions(connection, [version], by="clerk", why="corrected", at=world.clock())
    (after,) = agent.lease()["jobs"]
    assert (after["record"]["record_id"], after["record"]["version"]) == (record_id, 2)
    assert after["uvci"] != before["uvci"]


def test_leases_at_the_same_time_never_share_a_record(world: World) -> None:
    world.add_records(60)
    agents = [world.agent("TYT-1", account=f"a{number}") for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        leases = list(pool.map(lambda agent: [agent.lease(10) for _ in range(3)], agents))
    ids = [job["record"]["record_id"] for some in leases for one in some for job in one["jobs"]]
    assert len(ids) == len(set(ids)) == 60
    with world.engine.connect() as connection:
        assert set(connection.execute(select(records.c.state)).scalars()) == {"leased"}
    verify_log(world.engine)


def test_a_year_later() -> None:
    assert next_year(START).isoformat() == "2023-03-01T02:00:00+00:00"
    assert next_year(START.replace(year=2024, month=2, day=29)).isoformat() == "2025-02-28T02:00:00+00:00"
