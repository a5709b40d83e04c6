import dataclasses
from typing import Any

import pytest
from sqlalchemy import select, update

from api.audit import read_log, verify_log
from api.errors import CentreError
from api.signing.holding import resume_held
from api.store.schema import passports
from api.store.transactions import writing
from tests.support.centre import World

pytestmark = pytest.mark.both_databases


def test_a_refused_record_returns_to_its_queue(world: World) -> None:
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    refusal = {"job_id": leased["jobs"][0]["job_id"], "reason": "tbs-digest", "detail": ""}
    agent.submit(leased["lease_id"], [], [refusal])
    assert resume_held(world.centre, record_id, by="ops", reason="agent updated") == "ready"
    assert agent.work()[0]["state"] == "confirmed"
    leased = world.agent("BYT").lease()
    refusal = {"job_id": leased["jobs"][0]["job_id"], "reason": "tbs-digest", "detail": ""}
    world.agent("BYT").submit(leased["lease_id"], [], [refusal])
    assert resume_held(world.centre, record_id, by="ops", reason="again") == "confirmed"
    acts = [(act.actor, act.reason) for act in read_log(world.engine, limit=99) if act.act == "resume-held"]
    assert acts == [("ops", "again"), ("ops", "agent updated")]
    verify_log(world.engine)


def test_a_signed_passport_passes_the_gate_again(make: Any) -> None:
    world: World = make("station")
    (record_id,) = world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    job = agent.sign(leased["jobs"][0])
    agent.submit(leased["lease_id"], [dataclasses.replace(job, pdf_digest=bytes(32))])
    assert resume_held(world.centre, record_id, by="ops", reason="try") == "held"  # nothing changed: held again
    assert world.state(record_id) == ("held", "pdf-differs")
    with writing(world.engine) as connection:
        connection.execute(update(passports).values(pdf_digest=job.pdf_digest))
    assert resume_held(world.centre, record_id, by="ops", reason="mended") == "issued"
    with world.engine.connect() as connection:
        assert connection.execute(select(passports.c.state)).scalar_one() == "issued"


def test_what_is_not_held(world: World) -> None:
    (record_id,) = world.add_records(1)
    for unknown in (record_id, "x"):
        with pytest.raises(CentreError, match="record-not-held"):
            resume_held(world.centre, unknown, by="ops", reason="x")
