"""A spare takes over."""

from datetime import UTC, date, datetime, timedelta

import pytest

from api.audit import read_log
from api.errors import CentreError
from api.signing.enrolment import add_unit, close_unit, enrol_token, suspend_token
from api.signing.replacement import Replaced, replace_token
from certificates.jobs import SigningJob
from tests.support.centre import START, Agent, World
from tests.support.softkeys import SoftKey, make_key

pytestmark = pytest.mark.both_databases

IN_TIME = datetime(2022, 2, 1, tzinfo=UTC)


def spare_of(world: World, unit: str, **changes: datetime) -> SoftKey:
    key = make_key("ES256", not_before=changes.get("not_before", IN_TIME), not_after=START + timedelta(days=1500))
    enrol_token(world.engine, unit, key.certificate_der, settings=world.centre.settings, by="test", at=world.clock())
    return key


def replace(world: World, unit: str, spare: SoftKey) -> Replaced:
    lost, new = world.keys[unit].certificate.fingerprint, spare.certificate.fingerprint
    settings = world.centre.settings
    return replace_token(world.engine, lost, new, settings=settings, by="test", at=world.clock(), reason="lost")


def refused(world: World, unit: str, spare: SoftKey) -> str:
    with pytest.raises(CentreError) as caught:
        replace(world, unit, spare)
    return caught.value.code


def agent_of(world: World, key: SoftKey) -> Agent:
    agent = Agent(world=world, key=key, account="y.ta")
    agent.log_in()
    return agent


def test_a_station_goes_on_with_its_spare(world: World) -> None:
    ids = world.add_records(3)
    spare = spare_of(world, "TYT-1")
    lost = world.agent("TYT-1")
    lost.work(1)
    leased = lost.lease(1)
    assert replace(world, "TYT-1", spare) == Replaced(unit="TYT-1", returned=1, too_early=0, unpublished=False)
    assert lost.post("/v1/signing/lease", {"layout": "x", "limit": 1}).status_code == 403
    again = agent_of(world, spare)
    jobs = again.lease()
    codes = {job.record.record_id: job.terms.uvci for job in map(SigningJob.from_dict, jobs["jobs"])}
    assert sorted(codes) == sorted(ids)
    assert SigningJob.from_dict(leased["jobs"][0]).terms.uvci in codes.values()  # what was promised stays
    again.submit(jobs["lease_id"], [again.sign(job) for job in jobs["jobs"]])
    assert [one["state"] for one in world.agent("BYT").work()] == ["issued"] * 3
    acts = [(one.act, one.reason) for one in read_log(world.engine, limit=100)]
    assert ("replace-token", spare.certificate.fingerprint.hex()) in acts


def test_the_ministrys_spare_signs_what_was_promised_after_it_began(world: World) -> None:
    world.add_records(2)
    world.agent("TYT-1").work()
    spare = spare_of(world, "BYT")
    world.agent("BYT").lease(1)
    assert replace(world, "BYT", spare) == Replaced(unit="BYT", returned=0, too_early=0, unpublished=False)
    assert [one["state"] for one in agent_of(world, spare).work()] == ["issued"] * 2


@pytest.mark.parametrize("mode", ["two-tier", "station"])
def test_a_spare_that_began_too_late_says_so(make: object, mode: str) -> None:
    world: World = make(mode)  # type: ignore[operator]
    world.add_records(2)
    unit = "BYT" if mode == "two-tier" else "TYT-1"
    world.agent("TYT-1").work() if mode == "two-tier" else world.agent("TYT-1").lease()
    world.clock.forward(hours=3)
    spare = spare_of(world, unit, not_before=world.clock.now - timedelta(hours=1))
    assert replace(world, unit, spare).too_early == 2
    assert agent_of(world, spare).lease()["jobs"] == []


def test_a_successors_token_takes_over(world: World) -> None:
    world.add_records(1)
    day = date(2022, 3, 1)
    add_unit(world.engine, code="T", name="x", kind="station", province="01", opened_on=day, by="test", at=START)
    spare = spare_of(world, "T")
    assert refused(world, "TYT-1", spare) == "replace-unit"
    close_unit(world.engine, code="TYT-1", successor="T", closed_on=day, by="test", at=START)
    assert replace(world, "TYT-1", spare).unit == "T"


def test_what_is_refused_suspends_nothing(world: World) -> None:
    spare = spare_of(world, "TYT-1")
    assert refused(world, "TYT-1", make_key("ES256")) == "token-unknown"
    assert refused(world, "TYT-1", world.keys["TYT-1"]) == "replace-same"
    assert refused(world, "TYT-2", spare) == "replace-unit"
    later = spare_of(world, "TYT-1", not_before=START + timedelta(days=1))
    assert refused(world, "TYT-1", later) == "replace-ended"
    world.clock.now = START.replace(year=2027)
    assert refused(world, "TYT-1", spare) == "replace-ended"
    world.clock.now = START
    suspend_token(world.engine, spare.certificate.fingerprint, by="test", at=START, reason="x")
    assert refused(world, "TYT-1", spare) == "token-suspended"
    world.agent("TYT-1")  # it still logs in


def test_a_lost_token_is_stopped_also_for_a_spare_that_is_not_published(world: World) -> None:
    spare = spare_of(world, "BYT")
    object.__setattr__(world.centre, "settings", world.centre.settings.model_copy(update={"publication_hours": 24}))
    assert replace(world, "BYT", spare).unpublished
    lost = Agent(world=world, key=world.keys["BYT"], account="x")
    assert lost.answer(lost.challenge()).status_code == 403
