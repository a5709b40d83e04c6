"""Quotas of a unit and of a person on one day in Viet Nam, shared by all processes through the database."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from api.audit import read_log
from api.errors import CentreError
from api.metrics import FromDatabase
from api.signing.quotas import MOST, read_alarms, read_quota, set_quota
from api.store.schema import leases
from certificates.jobs import SignedJob
from certificates.pdf.layout import LAYOUT
from tests.support.centre import Agent, World
from tests.support.together import together

BODY = {"layout": LAYOUT, "limit": 100}


def give(world: World, unit: str = "TYT-1", *, daily: int | None = None, per_signer: int | None = None) -> None:
    set_quota(
        world.engine, unit=unit, daily=daily, per_signer=per_signer, by="op", at=world.clock(), reason="many people"
    )


def used(world: World, unit: str = "TYT-1") -> int:
    return read_quota(world.engine, world.centre.settings, unit=unit, now=world.clock()).used


def refusal(agent: Agent, language: str = "en") -> tuple[int, dict[str, Any], str]:
    headers = {"Authorization": f"Bearer {agent.bearer}", "Accept-Language": language}
    response = agent.world.client.post("/v1/signing/lease", json=BODY, headers=headers)
    return response.status_code, response.json(), response.headers.get("retry-after", "")


def test_a_unit_gets_no_more_than_its_quota_and_is_told_when_it_goes_on(world: World) -> None:
    world.add_records(9)
    give(world, daily=5)
    agent = world.agent("TYT-1")
    assert len(agent.lease(3)["jobs"]) == 3
    assert len(agent.lease(100)["jobs"]) == 2
    status, problem, retry = refusal(agent)
    assert (status, problem["code"]) == (429, "quota-unit")
    assert "02/03/2022 00:00" in problem["detail"]
    assert int(retry) == 15 * 3600  # it is nine in the morning in Viet Nam
    assert "00:00 ngày 02/03/2022" in refusal(agent, "vi")[1]["detail"]
    world.clock.forward(seconds=15 * 3600 - 1)
    agent.log_in()
    assert refusal(agent)[0] == 200  # the first leases lapsed, and count no more
    assert used(world) == 5
    world.clock.forward(seconds=1)
    assert used(world) == 0


def test_a_person_has_a_quota_beside_the_units(world: World) -> None:
    world.add_records(9)
    give(world, per_signer=2)
    mine, other = world.agent("TYT-1"), world.agent("TYT-1", account="b.lan")
    assert len(mine.lease()["jobs"]) == 2
    assert refusal(mine)[1]["code"] == "quota-signer"
    assert len(other.lease()["jobs"]) == 2


def test_what_comes_back_unsigned_counts_no_more(world: World) -> None:
    world.add_records(6)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    not_now = {"reason": "not-now", "detail": ""}
    refused = [{"job_id": job["job_id"], **not_now} for job in leased["jobs"][:2]]
    signed = [agent.sign(job) for job in leased["jobs"][2:4]]
    for _ in range(2):  # an answer that was lost is sent again
        agent.submit(leased["lease_id"], signed, refused)
        assert used(world) == 4
    world.clock.forward(hours=3)
    agent.lease(1)  # the two that were neither signed nor sent back lapse, and the first one is leased anew
    assert used(world) == 3


def test_the_deployments_numbers_hold_unless_a_unit_has_its_own(make: Any) -> None:
    world: World = make("two-tier", station_daily_quota=4, signer_daily_quota=3, ministry_daily_quota=2)
    world.add_records(9)
    station, ministry = world.agent("TYT-1"), world.agent("BYT")
    assert len(station.lease()["jobs"]) == 3
    give(world, daily=7, per_signer=7)
    leased = station.lease()
    assert len(leased["jobs"]) == 4
    station.submit(leased["lease_id"], [station.sign(job) for job in leased["jobs"]])
    assert len(ministry.lease()["jobs"]) == 2
    shown = read_quota(world.engine, world.centre.settings, unit="TYT-1", now=world.clock())
    assert (shown.daily, shown.per_signer, shown.own, shown.used) == (7, 7, True, 7)
    give(world)
    shown = read_quota(world.engine, world.centre.settings, unit="TYT-1", now=world.clock())
    assert (shown.daily, shown.per_signer, shown.own) == (4, 3, False)


def test_an_alarm_at_four_fifths_and_one_at_the_end(world: World) -> None:
    world.add_records(20)
    give(world, daily=10, per_signer=20)
    agent = world.agent("TYT-1")
    agent.lease(7)
    assert read_alarms(world.engine, since="2022-03-01") == ()
    with structlog.testing.capture_logs() as logs:
        agent.lease(1)
    assert [(one["kind"], one["records"]) for one in logs if one["event"] == "alarm"] == [("unit-quota-share", 8)]
    assert "y.ta" not in str([one for one in logs if one["event"] == "alarm"])
    agent.lease(5)
    found = [(one.kind, one.unit, one.account, one.records, one.quota) for one in read_alarms(world.engine, since="2")]
    assert sorted(found) == [
        ("unit-quota-reached", "TYT-1", "", 10, 10),
        ("unit-quota-share", "TYT-1", "", 8, 10),
    ]
    acts = [(act.act, act.subject, act.reason) for act in read_log(world.engine, limit=50, actor="centre")]
    assert acts == [("alarm-unit-quota-reached", "TYT-1", "10 of 10"), ("alarm-unit-quota-share", "TYT-1", "8 of 10")]
    figures = {metric.name: metric.samples for metric in FromDatabase(world.centre).collect()}
    raised = {sample.labels["kind"]: sample.value for sample in figures["vaxseal_quota_alarms"]}
    assert raised == {"unit-quota-share": 1, "unit-quota-reached": 1}
    assert read_alarms(world.engine, since="2022-03-02") == ()
    assert read_alarms(world.engine, since="2022-03-01", unit="TYT-2") == ()


def test_an_alarm_names_the_person_and_comes_once_a_day(world: World) -> None:
    world.add_records(9)
    give(world, per_signer=2)
    agent = world.agent("TYT-1")
    for _ in range(2):
        leased = agent.lease(2)
        refused = [{"job_id": job["job_id"], "reason": "not-now", "detail": ""} for job in leased["jobs"]]
        agent.submit(leased["lease_id"], list[SignedJob](), refused)
    found = read_alarms(world.engine, since="2022-03-01")
    assert sorted((one.kind, one.account) for one in found) == [
        ("signer-quota-reached", "y.ta"),
        ("signer-quota-share", "y.ta"),
    ]


@pytest.mark.both_databases
def test_leases_at_the_same_time_stay_within_one_quota(world: World) -> None:
    world.add_records(60)
    give(world, daily=20)
    agents = [world.agent("TYT-1", account=f"s{number}") for number in range(6)]
    with ThreadPoolExecutor(len(agents)) as pool:
        answers = together(
            pool, *[lambda agent=agent: agent.post("/v1/signing/lease", {**BODY, "limit": 7}) for agent in agents]
        )
    assert sorted(len(answer.json().get("jobs", ())) for answer in answers) == [0, 0, 0, 6, 7, 7]
    with world.engine.connect() as connection:
        assert sum(connection.execute(select(leases.c.records)).scalars()) == 20


@pytest.mark.parametrize(("daily", "per_signer"), [(-1, None), (None, MOST + 1)])
def test_a_quota_out_of_range(world: World, daily: int | None, per_signer: int | None) -> None:
    with pytest.raises(CentreError, match="quota-form"):
        give(world, daily=daily, per_signer=per_signer)


def test_a_unit_that_is_not_there(world: World) -> None:
    with pytest.raises(CentreError, match="unit-unknown"):
        give(world, "TYT-9", daily=1)
    with pytest.raises(CentreError, match="unit-unknown"):
        used(world, "TYT-9")


def test_who_set_a_quota_and_why_stands_in_the_log(world: World) -> None:
    give(world, daily=5)
    (act,) = read_log(world.engine, limit=1)
    assert (act.actor, act.act, act.subject) == ("op", "set-quota", "TYT-1")
    assert act.reason == "daily 5, per signer None: many people"
