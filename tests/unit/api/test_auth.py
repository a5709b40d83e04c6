import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.errors import CentreError
from api.signing.enrolment import enrol_token, suspend_token
from api.store.schema import challenges, sessions, units
from api.store.transactions import writing
from certificates.pdf.layout import LAYOUT
from tests.support.centre import Agent, World
from tests.support.softkeys import make_key
from tests.support.trust_lists import ROOT, certify

pytestmark = pytest.mark.both_databases


def agent_of(world: World, unit: str = "TYT-1") -> Agent:
    return Agent(world=world, key=world.keys[unit], account="y.ta")


def code(response: object) -> tuple[int, str]:
    return response.status_code, response.json()["code"]  # type: ignore[attr-defined]


def test_the_task_follows_unit_and_mode(world: World) -> None:
    assert world.agent("TYT-1").login["task"] == "confirm"
    assert world.agent("TYT-2").login["task"] == "confirm"
    login = world.agent("BYT").login
    assert (login["task"], login["unit"], login["mode"]) == ("issue", "BYT", "two-tier")


def test_station_mode_gives_the_ministry_the_log_and_no_records(make: object) -> None:
    world: World = make("station")  # type: ignore[operator]
    assert world.agent("TYT-2").login["task"] == "issue"
    watching(world.agent("BYT"))


def test_a_list_signer_of_the_ministry_gets_the_log_and_no_records(world: World) -> None:
    world.keys["LISTS"] = key = certify(ROOT, not_before=world.clock() - timedelta(days=1))
    given: Any = {"settings": world.centre.settings, "by": "test", "at": world.clock()}
    with pytest.raises(CentreError, match="enrol-usage"):
        enrol_token(world.engine, "TYT-1", key.certificate_der, **given)
    enrol_token(world.engine, "BYT", key.certificate_der, **given)
    watching(world.agent("LISTS"))


def watching(agent: Agent) -> None:
    assert agent.login["task"] == "watch"
    assert agent.post("/v1/audit/rows", {"after": 0}).status_code == 200
    assert code(agent.post("/v1/signing/lease", {"layout": LAYOUT, "limit": 1})) == (403, "no-task")
    nothing = {"lease_id": "x", "signed": [], "refused": [{"job_id": "y", "reason": "not-now"}]}
    assert agent.post("/v1/signing/submit", nothing).json()["results"][0]["reason"] == "job-unknown"


@pytest.mark.parametrize("mode", ["two-tier", "station"])
def test_police_log_in_to_sign_nothing(make: object, mode: str) -> None:
    world: World = make(mode)  # type: ignore[operator]
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code == "TYT-1").values(kind="police", parent="BYT"))
    agent = agent_of(world)
    assert code(agent.answer(agent.challenge())) == (403, "no-task")


def test_a_challenge_is_good_once(world: World) -> None:
    agent = agent_of(world)
    challenge = agent.challenge()
    assert agent.answer(challenge).status_code == 200
    assert code(agent.answer(challenge)) == (401, "login-refused")


def test_a_failed_answer_uses_the_challenge_up(world: World) -> None:
    agent = agent_of(world)
    challenge = agent.challenge()
    assert code(agent.answer(challenge, centre="https://elsewhere.example")) == (401, "login-refused")
    assert code(agent.answer(challenge)) == (401, "login-refused")


def test_a_challenge_ends_after_two_minutes(world: World) -> None:
    agent = agent_of(world)
    late, in_time = agent.challenge(), agent.challenge()
    world.clock.forward(seconds=120)
    assert agent.answer(in_time).status_code == 200
    world.clock.forward(seconds=1)
    assert code(agent.answer(late)) == (401, "login-refused")


def test_an_unknown_token_gets_a_challenge_and_learns_nothing(world: World) -> None:
    stranger = Agent(world=world, key=make_key("ES256"), account="x")
    challenge = stranger.challenge()
    assert len(challenge.nonce) == 32
    unknown = stranger.answer(challenge)
    known = agent_of(world)
    wrong = known.answer(known.challenge(), centre="https://elsewhere.example")
    assert code(unknown) == (401, "login-refused")
    assert unknown.json() == wrong.json()


def test_another_tokens_signature_is_refused(world: World) -> None:
    mine, other = agent_of(world, "TYT-1"), agent_of(world, "TYT-2")
    assert code(other.answer(mine.challenge())) == (401, "login-refused")


def test_a_suspended_token_cannot_log_in_and_its_session_ends(world: World) -> None:
    agent = world.agent("TYT-1")
    suspend_token(world.engine, agent.key.certificate.fingerprint, by="test", at=world.clock(), reason="token lost")
    assert code(agent.post("/v1/signing/lease", {"layout": "x", "limit": 1})) == (403, "token-suspended")
    assert code(agent.answer(agent.challenge())) == (403, "token-suspended")


def test_an_ended_certificate_cannot_log_in(world: World) -> None:
    world.clock.forward(days=730)
    agent = agent_of(world)
    assert code(agent.answer(agent.challenge())) == (403, "certificate-ended")


def test_a_session_lasts_eight_hours_and_its_bearer_is_not_kept(world: World) -> None:
    agent = world.agent("TYT-1")
    with world.engine.connect() as connection:
        row = connection.execute(select(sessions)).one()
    assert row.token_hash == hashlib.sha256(agent.bearer.encode()).digest()
    world.clock.forward(hours=8, seconds=-1)
    agent.lease(1)
    world.clock.forward(seconds=1)
    assert code(agent.post("/v1/signing/lease", {"layout": "x", "limit": 1})) == (401, "session-ended")


def test_a_wrong_or_missing_bearer(world: World) -> None:
    agent = agent_of(world)
    agent.bearer = "x"
    response = agent.post("/v1/signing/lease", {"layout": "x", "limit": 1})
    assert code(response) == (401, "session-ended")
    assert response.headers["www-authenticate"] == "Bearer"
    assert code(world.client.post("/v1/signing/lease", json={"layout": "x", "limit": 1})) == (401, "bearer-missing")


def test_malformed_requests(world: World) -> None:
    fingerprint = base64.b64encode(bytes(32)).decode()
    for body in (
        {},
        {"fingerprint": "!", "account": "a"},
        {"fingerprint": base64.b64encode(bytes(31)).decode(), "account": "a"},
        {"fingerprint": fingerprint, "account": "a b"},
        {"fingerprint": fingerprint, "account": ""},
        {"fingerprint": fingerprint, "account": "a", "unit": "BYT"},
    ):
        assert code(world.client.post("/v1/auth/challenge", json=body)) == (422, "request-form")
    for answer in ({"challenge_id": "x", "signature": "é"}, {"challenge_id": "x" * 65, "signature": ""}):
        assert code(world.client.post("/v1/auth/login", json=answer)) == (422, "request-form")
    assert code(world.client.post("/v1/auth/login", json={"challenge_id": "x", "signature": ""})) == (
        401,
        "login-refused",
    )


def test_old_challenges_are_removed(world: World) -> None:
    agent = agent_of(world)
    agent.challenge()
    world.clock.forward(minutes=10)
    agent.challenge()
    with world.engine.connect() as connection:
        assert len(connection.execute(select(challenges)).all()) == 1
