"""Publish first: who may sign, whom the gate believes, and since when."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from structlog.testing import capture_logs

from api.app import create_app
from api.checkers.published import PublishedSigner, find_signers, trust_of
from api.errors import CentreError
from api.passports.release import release_pending
from api.signing import acceptance
from api.signing.leasing import lease_work
from api.store.schema import intents, passports
from api.workers import Workers
from certificates.pdf.layout import LAYOUT
from certificates.records.model import instant_to_text
from certificates.trust_entries import TrustEntry
from tests.support.centre import Agent, World
from tests.support.codes import AT
from tests.support.softkeys import soft_key
from tests.support.trust_lists import ENTRY

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
RSA = TrustEntry.of(soft_key("PS256").certificate_der)


@pytest.fixture
def strict(make: Any) -> World:
    """A station-mode centre with the rule of 24 hours and a record to sign; TYT-1's certificate is that of ENTRY."""
    world: World = make("station", publication_hours=24)
    world.clock.now = AT
    world.add_records(1)
    return world


def lease(agent: Agent, language: str = "en") -> tuple[int, str, str]:
    response = agent.world.client.post(
        "/v1/signing/lease",
        json={"layout": LAYOUT, "limit": 10},
        headers={"Authorization": f"Bearer {agent.bearer}", "Accept-Language": language},
    )
    body = response.json()
    return response.status_code, body.get("code", ""), body.get("detail", "")


def test_nothing_is_leased_before_the_certificate_is_published(strict: World) -> None:
    agent = strict.agent("TYT-1")
    assert lease(agent)[:2] == (403, "dsc-unpublished")
    strict.publish(RSA)
    assert lease(agent)[:2] == (403, "dsc-unpublished")
    strict.publish(ENTRY, RSA)
    assert lease(agent) == (
        403,
        "dsc-too-new",
        "Checkers may not have the token's certificate yet. It may sign passports from 02/06/2022 07:00 (Viet Nam).",
    )
    assert "07:00 ngày 02/06/2022" in lease(agent, "vi")[2]
    with strict.engine.connect() as connection:
        assert connection.execute(select(intents)).all() == []
    strict.clock.forward(hours=23, minutes=59)
    strict.publish(ENTRY)  # a newer list does not begin the day anew
    assert lease(strict.agent("TYT-1"))[1] == "dsc-too-new"
    strict.clock.forward(minutes=1)
    assert [one["state"] for one in strict.agent("TYT-1").work()] == ["issued"]


def test_a_certificate_that_left_the_list_signs_no_more(strict: World) -> None:
    strict.publish(ENTRY)
    strict.clock.forward(hours=24)
    strict.publish(RSA)
    assert lease(strict.agent("TYT-1"))[1] == "dsc-unpublished"


def test_a_certificate_for_other_kinds_signs_no_vaccinations(strict: World) -> None:
    strict.publish(TrustEntry.of(ENTRY.certificate.der, kinds=frozenset("tr")))
    strict.clock.forward(hours=24)
    assert lease(strict.agent("TYT-1"))[1] == "dsc-unpublished"


def test_not_before_its_day_on_the_list(strict: World) -> None:
    strict.publish(TrustEntry.of(ENTRY.certificate.der, use_from=AT + 3 * DAY))
    strict.clock.forward(days=2)
    status, code, detail = lease(strict.agent("TYT-1"))
    assert (status, code) == (403, "dsc-too-new")
    assert "04/06/2022 07:00" in detail
    strict.clock.forward(days=1)
    assert [one["state"] for one in strict.agent("TYT-1").work()] == ["issued"]


def test_what_is_older_than_its_day_waits_for_another_key(make: Any) -> None:
    """Checkers would refuse a passport whose date lies before the first day of its signer."""
    world: World = make("two-tier", publication_hours=24)
    world.clock.now = AT
    world.add_records(1)
    world.agent("TYT-1").work()  # confirmed: the passport's date is fixed
    world.publish(TrustEntry.of(world.keys["BYT"].certificate_der, use_from=AT + DAY))
    world.clock.forward(days=1)
    assert world.agent("BYT").lease()["jobs"] == []
    world.add_records(1)
    world.agent("TYT-1").work()
    assert len(world.agent("BYT").lease()["jobs"]) == 1


def test_confirming_needs_no_publication(make: Any) -> None:
    world: World = make("two-tier", publication_hours=24)
    world.clock.now = AT
    world.add_records(1)
    assert [one["state"] for one in world.agent("TYT-1").work()] == ["confirmed"]
    assert lease(world.agent("BYT"))[1] == "dsc-unpublished"


def test_in_development_the_first_published_list_turns_the_rule_on(centre: World) -> None:
    centre.add_records(3)
    agent = centre.agent("TYT-1")
    assert [one["state"] for one in agent.work(1)] == ["issued"]
    centre.publish(RSA)
    assert lease(agent)[1] == "dsc-unpublished"
    centre.publish(ENTRY)
    assert [one["state"] for one in agent.work(1)] == ["issued"]


def test_the_start_says_where_it_differs_from_24_hours(centre: World) -> None:
    def said(hours: int) -> list[str]:
        settings = centre.centre.settings.model_copy(update={"publication_hours": hours})
        with capture_logs() as logs, TestClient(create_app(replace(centre.centre, settings=settings))):
            pass
        return [entry["event"] for entry in logs if entry["event"].startswith("publication")]

    assert said(24) == []
    assert said(48) == ["publication-hours"]
    assert said(0) == ["publication-hours", "publication-rule-off"]
    centre.publish()
    assert said(0) == ["publication-hours"]


def signed(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A record whose passport is signed and not released yet."""
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    with monkeypatch.context() as patched:
        patched.setattr(acceptance, "release_all", lambda *_: None)
        agent.submit(leased["lease_id"], [agent.sign(job) for job in leased["jobs"]])
    assert world.state(record_id)[0] == "signed"
    return record_id


def test_a_signer_that_was_withdrawn_in_between_is_held(centre: World, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.publish(ENTRY)
    record_id = signed(centre, monkeypatch)
    centre.publish(RSA)
    release_pending(centre.centre)
    assert centre.state(record_id) == ("held", "gate-kid")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (TrustEntry.of(ENTRY.certificate.der, kinds=frozenset("t")), "gate-keyusage"),
        (TrustEntry.of(ENTRY.certificate.der, use_from=AT + DAY), "gate-dsctime"),
    ],
)
def test_the_gate_trusts_as_far_as_the_list(
    centre: World, monkeypatch: pytest.MonkeyPatch, entry: TrustEntry, reason: str
) -> None:
    record_id = signed(centre, monkeypatch)
    centre.publish(entry)
    release_pending(centre.centre)
    assert centre.state(record_id) == ("held", reason)


def test_worker_processes_check_by_the_published_list(centre: World, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.publish(ENTRY, RSA)
    record_id = signed(centre, monkeypatch)
    workers = Workers(1)
    try:
        release_pending(replace(centre.centre, workers=workers))
    finally:
        workers.close()
    assert centre.state(record_id) == ("issued", None)


def test_every_published_signer_with_a_kid_is_tried(centre: World) -> None:
    centre.publish(ENTRY, RSA)
    with centre.engine.connect() as connection:
        found = find_signers(connection, centre.centre.settings, [ENTRY.certificate])
    assert set(found) == {ENTRY.certificate.kid}
    (signer,) = found[ENTRY.certificate.kid]
    assert signer == PublishedSigner(
        certificate=ENTRY.certificate.der, country="VN", usage="vtr", use_from=instant_to_text(ENTRY.use_from)
    )
    assert trust_of((signer,)) is trust_of((replace(signer),))
    assert len(trust_of(())) == 0


def test_a_passport_that_nobody_published_is_held_where_the_rule_holds(
    centre: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = signed(centre, monkeypatch)
    settings = centre.centre.settings.model_copy(update={"publication_hours": 24})
    release_pending(replace(centre.centre, settings=settings))
    assert centre.state(record_id) == ("held", "gate-kid")
    with centre.engine.connect() as connection:
        assert connection.execute(select(passports.c.pdf)).scalar_one() is None


def test_the_refusal_names_the_time(strict: World) -> None:
    strict.publish(ENTRY)
    session = _session(strict)
    with pytest.raises(CentreError) as caught:
        lease_work(strict.centre, session, layout=LAYOUT, limit=1)
    assert caught.value.may_from == AT + DAY


def _session(world: World) -> Any:
    from api.auth import find_session

    return find_session(world.centre, world.agent("TYT-1").bearer)
