import base64
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import OperationalError

from api import metrics
from api.audit import verify_log
from api.complaints import working
from api.metrics import FromDatabase, counted, listen
from certificates import checkpoints
from certificates.trust_entries import TrustEntry
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.complaints import plant
from tests.support.road import free_port

pytestmark = pytest.mark.both_databases


def look(world: World) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(FromDatabase(world.centre))
    return figures(generate_latest(registry).decode())


def figures(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_what_the_database_says(world: World) -> None:
    world.clock.now = AT
    world.add_records(3)
    agent = world.agent("TYT-1")
    world.publish(TrustEntry.of(world.keys["TYT-1"].certificate_der))
    world.clock.forward(minutes=1)
    agent.lease(2)
    world.clock.forward(minutes=1)
    found = look(world)
    assert (found["vaxseal_database_up"], found["vaxseal_list_age_seconds"]) == (1, 120)
    assert (found["vaxseal_jobs_leased"], found["vaxseal_leases_open"]) == (2, 1)
    assert found["vaxseal_log_head_age_seconds"] == 60
    assert found["vaxseal_log_uncovered_rows"] == found["vaxseal_log_rows"] > 3
    assert "vaxseal_log_checkpoint_age_seconds" not in found
    sign_head(world)
    world.clock.forward(hours=3)
    found = look(world)
    assert (found["vaxseal_leases_open"], found["vaxseal_log_checkpoint_age_seconds"]) == (0, 10800)
    assert found["vaxseal_log_uncovered_rows"] == 1  # that it was left


def sign_head(world: World) -> None:
    agent = world.agent("BYT")
    signed = checkpoints.sign(verify_log(world.engine), world.keys["BYT"], at=world.clock())
    body = {"checkpoint": base64.b64encode(signed).decode()}
    assert agent.post("/v1/audit/checkpoints", body).status_code == 200


def test_complaints_and_those_whose_time_is_up(world: World) -> None:
    tree = plant(world)
    tree.open()
    asked = tree.open()
    working.ask(world.centre, asked.number, "?", staff=tree.staff("TYT-1"))
    world.clock.forward(hours=48, seconds=1)
    found = look(world)
    assert found['vaxseal_complaints{state="open"}'] == found['vaxseal_complaints{state="waiting"}'] == 1
    assert found["vaxseal_complaints_overdue"] == 1  # the other one's clock stands


def test_a_database_that_does_not_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(world.engine, "connect", refuse)
    assert look(world) == {"vaxseal_database_up": 0}


def test_requests_and_signatures_by_closed_labels_and_nobodys_data(world: World, tmp_path: Path) -> None:
    before = figures(generate_latest(counted).decode())
    world.add_records(2)
    world.agent("TYT-1").work()
    world.client.get("/v1/citizen/URN:UVCI:01:VN:CANARY")
    world.client.request("SPELL", "/v1/signing/lease")
    port = free_port()
    listen(world.centre, host="127.0.0.1", port=port)
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    after = figures(text)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more('vaxseal_signatures_total{outcome="accepted",task="confirm"}') == 2
    assert more('vaxseal_requests_total{method="POST",route="/v1/signing/submit",status="200"}') == 1
    assert more('vaxseal_requests_total{method="GET",route="none",status="404"}') == 1
    assert more('vaxseal_requests_total{method="other",route="/v1/signing/lease",status="405"}') == 1
    assert more('vaxseal_request_seconds_count{route="/v1/signing/lease"}') == 2
    for canary in ("CANARY", "SPELL", "y.ta", "TYT-1", "NGUYỄN", "001180000"):  # six digits stand in many a time of day
        assert canary not in text
    assert metrics.FOLDER not in text
