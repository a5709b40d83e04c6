import base64

import pytest
from sqlalchemy import delete, select

from api.audit import verify_log
from api.auditing.checkpoints import kept_checkpoints
from api.store.schema import audit
from api.store.schema_audit import audit_checkpoints
from certificates import checkpoints
from certificates.act_chain import LogHead
from tests.support.bending import bending
from tests.support.centre import Agent, World

pytestmark = pytest.mark.both_databases


def send(agent: Agent, head: LogHead, *, key: str = "BYT") -> tuple[int, str]:
    world = agent.world
    signed = checkpoints.sign(head, world.keys[key], at=world.clock())
    answer = agent.post("/v1/audit/checkpoints", {"checkpoint": base64.b64encode(signed).decode()})
    return answer.status_code, answer.json().get("code", "")


def test_the_ministry_leaves_a_checkpoint_once(world: World) -> None:
    agent = world.agent("BYT")
    head = verify_log(world.engine)
    assert send(agent, head) == (200, "")
    assert send(agent, head) == (200, "")
    (kept,) = kept_checkpoints(world.engine)
    assert checkpoints.read(kept).head == head
    with world.engine.connect() as connection:
        acts = connection.execute(select(audit).where(audit.c.act == "audit-checkpoint")).all()
    assert [(act.actor, act.subject, act.reason) for act in acts] == [
        ("y.ta@BYT", f"row-{head.sequence}", head.hash.hex())
    ]
    assert acts[0].token == world.keys["BYT"].certificate.fingerprint


def test_rows_in_pages(world: World) -> None:
    agent = world.agent("BYT")
    send(agent, LogHead(sequence=1, hash=_hash(world, 1)))
    answer = agent.post("/v1/audit/rows", {"after": 1, "limit": 2}).json()
    assert [row["sequence"] for row in answer["rows"]] == [2, 3]
    assert answer["covered"] == 1
    assert agent.post("/v1/audit/rows", {"after": 10_000}).json() == {"rows": [], "covered": 1}


def test_what_is_refused(world: World) -> None:
    agent, head = world.agent("BYT"), verify_log(world.engine)
    assert send(agent, head, key="TYT-1") == (409, "checkpoint-signer")
    assert send(agent, LogHead(sequence=head.sequence, hash=bytes(32))) == (409, "checkpoint-differs")
    assert send(agent, LogHead(sequence=head.sequence + 9, hash=head.hash)) == (409, "checkpoint-differs")
    for text, code in (("AAAA", "checkpoint-form"), ("x", "request-form")):
        assert agent.post("/v1/audit/checkpoints", {"checkpoint": text}).json()["code"] == code
    signed = bytearray(checkpoints.sign(head, world.keys["BYT"], at=world.clock()))
    signed[-1] ^= 1
    wrong = {"checkpoint": base64.b64encode(signed).decode()}
    assert agent.post("/v1/audit/checkpoints", wrong).json()["code"] == "checkpoint-signature"
    early = checkpoints.sign(head, world.keys["BYT"], at=world.clock())
    world.clock.forward(hours=1)
    late = {"checkpoint": base64.b64encode(early).decode()}
    assert agent.post("/v1/audit/checkpoints", late).json()["code"] == "checkpoint-time"
    assert kept_checkpoints(world.engine) == ()


def test_stations_neither_read_the_log_nor_vouch_for_it(world: World) -> None:
    agent = world.agent("TYT-1")
    assert agent.post("/v1/audit/rows", {"after": 0}).json()["code"] == "role"
    assert send(agent, verify_log(world.engine), key="TYT-1") == (403, "role")


def test_a_checkpoint_here_is_refused_to_change_as_well(world: World) -> None:
    assert send(world.agent("BYT"), verify_log(world.engine)) == (200, "")
    with pytest.raises(Exception, match="append-only"), world.engine.begin() as connection:
        connection.execute(delete(audit_checkpoints))
    with bending(world.engine) as connection:
        connection.execute(delete(audit_checkpoints))
    assert kept_checkpoints(world.engine) == ()


def _hash(world: World, sequence: int) -> bytes:
    with world.engine.connect() as connection:
        found: bytes = connection.execute(select(audit.c.hash).where(audit.c.sequence == sequence)).scalar_one()
    return found
