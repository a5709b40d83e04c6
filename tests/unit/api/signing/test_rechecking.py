"""Between enrolment and signature an authority may revoke, or fall silent."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.audit import read_log
from api.errors import CentreError
from api.signing.enrolment import enrol_token
from api.signing.rechecking import Rechecked, recheck
from api.store.schema import confirmations, passports, standings, tokens
from tests.support.authority import CommercialCa
from tests.support.centre import START, Agent, World, make_world

DAY = timedelta(days=1)


@pytest.fixture(params=["two-tier", "station"])
def centre(request: pytest.FixtureRequest, ca: CommercialCa, authorities: Path, tmp_path: Path) -> World:
    """TYT-1 works with a certificate of the commercial CA."""
    world = make_world(tmp_path, mode=request.param)
    settings = world.centre.settings.model_copy(update={"unit_ca_roots": authorities})
    object.__setattr__(world.centre, "settings", settings)
    for label in ("asked", "listed-later"):
        enrol_token(world.engine, "TYT-1", ca.certificate(label), settings=settings, by="test", at=START)
    return world


def agent_of(world: World, ca: CommercialCa, label: str) -> Agent:
    agent = Agent(world=world, key=ca.unit(label), account="y.ta")
    agent.log_in()
    return agent


def go_to(world: World, ca: CommercialCa, days: float) -> None:
    world.clock.now = START + days * DAY
    ca.move_to(world.clock.now)


def told(results: list[dict[str, Any]]) -> list[tuple[str, str | None, str]]:
    return [(one["outcome"], one["reason"], one["state"]) for one in results]


def ask(world: World, **changes: Any) -> Rechecked:
    return recheck(world.centre, **changes)


def test_an_answer_counts_for_its_time_and_then_signatures_are_held(centre: World, ca: CommercialCa) -> None:
    done = "confirmed" if centre.centre.settings.mode == "two-tier" else "issued"
    centre.add_records(2)
    go_to(centre, ca, 0.9)
    agent = agent_of(centre, ca, "asked")
    assert told(agent.work(1)) == [("accepted", None, done)]
    go_to(centre, ca, 1.1)
    agent.log_in()
    (held,) = agent.work(1)
    assert (held["outcome"], held["reason"], held["state"]) == ("accepted", "certificate-unchecked", "held")
    table = confirmations if done == "confirmed" else passports
    with centre.engine.connect() as connection:
        assert len(connection.execute(select(table)).all()) == 2  # nothing is lost
    ca.silent = True
    still = ask(centre)
    assert (still.good, still.released, len(still.silent)) == ((), 0, 5)  # the three of the world are strangers
    assert {why.partition(":")[0] for why in still.silent.values()} == {"enrol-revocation", "enrol-chain"}
    ca.silent = False
    answered = ask(centre)
    assert agent.key.certificate.fingerprint.hex() in answered.good
    assert answered.released == 1
    acts = [(one.act, one.reason) for one in read_log(centre.engine, limit=1000)]
    assert ("resume-held", "certificate-checked") in acts
    assert told(agent.work()) == []


def test_a_signature_sent_again_while_held(centre: World, ca: CommercialCa) -> None:
    centre.add_records(1)
    go_to(centre, ca, 1.1)
    agent = agent_of(centre, ca, "asked")
    leased = agent.lease()
    signed = [agent.sign(job) for job in leased["jobs"]]
    assert told(agent.submit(leased["lease_id"], signed))[0][::2] == ("accepted", "held")
    assert told(agent.submit(leased["lease_id"], signed))[0][::2] == ("already", "held")


def test_what_is_revoked_is_suspended(centre: World, ca: CommercialCa) -> None:
    (record,) = centre.add_records(1)
    agent = agent_of(centre, ca, "listed-later")
    agent.lease()
    assert ask(centre).revoked == ()
    go_to(centre, ca, 2)
    revoked = ask(centre)
    assert revoked.revoked == (agent.key.certificate.fingerprint.hex(),)
    assert centre.state(record) == ("ready", "token-suspended")
    assert agent.answer(agent.challenge()).status_code == 403
    assert ask(centre).revoked == ()
    acts = [(one.act, one.actor, one.reason) for one in read_log(centre.engine, limit=1000)]
    assert ("suspend-token", "centre", "certificate-revoked") in acts


@pytest.mark.parametrize("centre", ["two-tier"], indirect=True)
def test_a_revoked_tokens_held_confirmations_are_made_anew(centre: World, ca: CommercialCa) -> None:
    (record,) = centre.add_records(1)
    go_to(centre, ca, 2)
    agent = agent_of(centre, ca, "listed-later")
    assert told(agent.work()) == [("accepted", "certificate-unchecked", "held")]
    ask(centre)
    assert centre.state(record) == ("ready", "confirmer-suspended")


@pytest.mark.parametrize("centre", ["station"], indirect=True)
def test_a_revoked_tokens_held_passport_stays_held(centre: World, ca: CommercialCa) -> None:
    (record,) = centre.add_records(1)
    go_to(centre, ca, 2)
    agent_of(centre, ca, "listed-later").work()
    assert ask(centre).released == 0
    assert centre.state(record) == ("held", "certificate-unchecked")


def test_only_what_grows_old_is_asked_for_and_a_list_once(centre: World, ca: CommercialCa) -> None:
    ask(centre)
    ca.questions = 0
    go_to(centre, ca, 0.2)
    assert ask(centre, due_only=True).good == ()
    assert ca.questions == 0
    go_to(centre, ca, 0.3)
    assert len(ask(centre, due_only=True).good) == 2
    assert ca.questions == 3  # three lists: of the root, and of the two authorities


def test_a_token_from_before_the_authorities_were_named_ages_from_its_enrolment(
    centre: World, ca: CommercialCa
) -> None:
    fingerprint = centre.keys["TYT-2"].certificate.fingerprint
    assert ask(centre).silent[fingerprint.hex()].startswith("enrol-chain")
    ask(centre)
    with centre.engine.connect() as connection:
        row = connection.execute(select(standings).where(standings.c.fingerprint == fingerprint)).one()
        enrolled = connection.execute(select(tokens).where(tokens.c.fingerprint == fingerprint)).one()
    assert (row.checked_at, row.source) == (enrolled.enrolled_at, "none")
    centre.add_records(1, unit="TYT-2")
    go_to(centre, ca, 1.1)
    assert told(centre.agent("TYT-2").work())[0][1:] == ("certificate-unchecked", "held")


def test_without_authorities_nobody_is_asked(world: World) -> None:
    def fetch(address: str, question: bytes | None) -> bytes:
        raise CentreError("fetch-failed", address)

    assert recheck(world.centre, fetch=fetch) == Rechecked(good=(), revoked=(), silent={}, released=0)
