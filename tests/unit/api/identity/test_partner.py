"""The register as a process on loopback: TLS on both sides, slow, wrong and away."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from api.errors import CentreError
from api.identity.breaker import FIRST_PAUSE, LONGEST_PAUSE, PROBE, THRESHOLD, Breaker
from api.identity.partner import Partner, open_partner
from api.store.schema_identity import partners
from tests.support.centre import Clock
from tests.support.register_server import RegisterServer

QUESTION: dict[str, Any] = {"persons": []}


@pytest.fixture
def breaker(partners_engine: Engine) -> Breaker:
    return Breaker(engine=partners_engine, name="register", clock=Clock())


def reach(server: RegisterServer, breaker: Breaker, *, pauses: Sequence[float] = (), **address: Any) -> Partner:
    return open_partner(server.address(**address), breaker, pauses=pauses)


def refused(partner: Partner) -> CentreError:
    with pytest.raises(CentreError) as caught:
        partner.post("/v1/ask", QUESTION)
    return caught.value


def test_a_question_and_its_answer(server: RegisterServer, breaker: Breaker) -> None:
    assert reach(server, breaker).post("/v1/ask", QUESTION) == {"answers": []}


def test_both_sides_show_a_certificate_of_the_pinned_authority(server: RegisterServer, breaker: Breaker) -> None:
    assert refused(reach(server, breaker, client="stranger")).code == "partner-away"
    assert refused(reach(server, breaker, ca="other-ca")).code == "partner-away"
    elsewhere = replace(server.address(), url=server.url.replace("127.0.0.1", "localhost"))
    assert refused(open_partner(elsewhere, breaker, pauses=())).code == "partner-away"  # the name is checked
    assert server.asked == 0


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ({"slow": 1}, "partner-away"),
        ({"drip": 0.1}, "partner-away"),
        ({"hang_up": True}, "partner-away"),
        ({"status": 503}, "partner-away"),
        ({"status": 500}, "partner-away"),
        ({"status": 403}, "partner-refused"),
        ({"status": 302}, "partner-refused"),
        ({"text": "<html>maintenance</html>"}, "partner-answer"),
        ({"text": "[]"}, "partner-answer"),
        ({"text": '{"answers": [' * 100_000}, "partner-answer"),
    ],
)
def test_bad_days(server: RegisterServer, breaker: Breaker, behaviour: dict[str, Any], code: str) -> None:
    server.behave(**behaviour)
    begun = time.monotonic()
    seconds = 0.4 if behaviour.keys() & {"slow", "drip"} else 5  # who answers at once is given the time to
    assert refused(reach(server, breaker, seconds=seconds)).code == code
    assert time.monotonic() - begun < 10  # whatever it does, the time of a try ends it


def test_an_answer_of_any_length_is_not_read(
    server: RegisterServer, breaker: Breaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.identity.partner.MAX_ANSWER", 8)
    assert refused(reach(server, breaker)).code == "partner-answer"


def test_a_passing_fault_is_tried_again(server: RegisterServer, breaker: Breaker) -> None:
    server.behave(status=502, fail_first=2)
    assert reach(server, breaker, pauses=(0, 0)).post("/v1/ask", QUESTION) == {"answers": []}
    assert server.asked == 3


def test_a_partner_that_asks_for_time_gets_it(server: RegisterServer, breaker: Breaker) -> None:
    server.behave(status=429, retry_after=120)
    partner = reach(server, breaker, pauses=(0, 0))
    assert refused(partner).retry_after == 120
    server.behave()
    assert refused(partner).retry_after == 120
    assert server.asked == 0
    assert isinstance(breaker.clock, Clock)
    breaker.clock.forward(seconds=120)
    assert partner.post("/v1/ask", QUESTION) == {"answers": []}


def test_the_breaker_is_shared_and_lets_one_ask(server: RegisterServer, breaker: Breaker) -> None:
    clock = breaker.clock
    assert isinstance(clock, Clock)
    server.behave(status=503)
    here = reach(server, breaker)
    elsewhere = reach(server, Breaker(engine=breaker.engine, name="register", clock=clock))
    for _ in range(THRESHOLD):
        assert refused(here).code == "partner-away"
    assert refused(elsewhere).code == "partner-away"
    assert server.asked == THRESHOLD  # another process did not even ask
    clock.forward(seconds=FIRST_PAUSE * 2)
    assert breaker.enter()  # the first one may
    assert refused(elsewhere).retry_after == PROBE  # the others wait for what it finds
    clock.forward(seconds=PROBE)
    assert refused(here).retry_after is None  # the one that asked was killed: the next one asks, in vain
    clock.forward(seconds=LONGEST_PAUSE * 2)
    server.behave()
    assert here.post("/v1/ask", QUESTION) == {"answers": []}
    assert elsewhere.post("/v1/ask", QUESTION) == {"answers": []}
    with breaker.engine.connect() as connection:
        row = connection.execute(select(partners)).one()
    assert (row.failures, row.retry_at, row.reason) == (0, None, None)


def test_a_refusal_shows_that_the_partner_is_there(server: RegisterServer, breaker: Breaker) -> None:
    server.behave(status=503)
    partner = reach(server, breaker)
    refused(partner)
    server.behave(status=403)
    assert refused(partner).code == "partner-refused"
    assert not breaker.enter()


@pytest.mark.parametrize("url", ["register.example.vn", "http://register.example.vn", "https://u:p@x", "https://x?y"])
def test_addresses_that_are_none(server: RegisterServer, breaker: Breaker, url: str) -> None:
    with pytest.raises(CentreError, match="settings"):
        open_partner(replace(server.address(), url=url), breaker)


def test_keys_that_cannot_be_used(server: RegisterServer, breaker: Breaker, tmp_path: Path) -> None:
    empty, shown = tmp_path / "empty.pem", tmp_path / "shown.key"
    empty.touch(mode=0o600)
    shown.write_bytes((server.folder / "centre.key").read_bytes())
    shown.chmod(0o644)
    if os.name == "posix":
        with pytest.raises(CentreError, match="can be read by others"):
            open_partner(replace(server.address(), key=shown), breaker)
    for changes in ({"ca": None}, {"key": None}, {"ca": empty}, {"certificate": empty}, {"key": tmp_path / "none"}):
        with pytest.raises(CentreError, match="settings"):
            open_partner(replace(server.address(), **changes), breaker)
