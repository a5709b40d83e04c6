"""Heads that agents were given at a real centre, held against its log: whole, cut, grown again, and made up."""

import pytest
from sqlalchemy import delete

from api.audit import read_head, record_act, verify_log
from api.auditing.witnesses import CUT, REWRITTEN, UNPROVEN, Statement, hear_witnesses
from api.store.schema import audit
from api.store.schema_audit import audit_notes
from api.store.transactions import writing
from certificates.act_chain import LogHead
from certificates.log_heads import GivenHead, SeenHead, give_head
from tests.support.bending import bending
from tests.support.centre import World

pytestmark = pytest.mark.both_databases


def act(world: World, count: int, *, why: str = "") -> None:
    for number in range(count):
        with writing(world.engine) as connection:
            record_act(connection, at=world.clock(), actor="a@TYT-1", act="x", subject=str(number), reason=why)


def seen(world: World, given: GivenHead | None = None) -> SeenHead:
    if given is None:
        with world.engine.connect() as connection:
            given = give_head(world.centre.secret, read_head(connection))
    return SeenHead(given=given, seen_at=world.clock(), centre="https://centre.example.vn")


def cut(world: World, rows: int) -> None:
    end = verify_log(world.engine).sequence - rows
    with bending(world.engine) as connection:
        connection.execute(delete(audit_notes).where(audit_notes.c.sequence > end))
        connection.execute(delete(audit).where(audit.c.sequence > end))


def hear(world: World, *told: SeenHead, secret: bytes | None = None) -> Statement:
    head = verify_log(world.engine)
    (heard,) = hear_witnesses(world.engine, head, {"TYT-1": told}, secret or world.centre.secret)
    return heard


def codes(statement: Statement) -> list[str]:
    return [code for code, _ in statement.against]


def test_log_in_lease_and_receipt_carry_the_head(world: World) -> None:
    world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    signed = [agent.sign(job).to_dict() for job in leased["jobs"]]
    receipt = agent.post("/v1/signing/submit", {"lease_id": leased["lease_id"], "signed": signed, "refused": []}).json()
    given = [GivenHead.from_dict(answer["log"]) for answer in (agent.login, leased, receipt)]
    heard = hear(world, *(seen(world, one) for one in given))
    assert (heard.confirmed, heard.newest, heard.against) == (3, verify_log(world.engine).sequence, ())


def test_rows_that_were_cut_off_after_somebody_saw_them(world: World) -> None:
    kept = []
    for _ in range(3):
        act(world, 2)
        kept.append(seen(world))
    cut(world, 3)
    heard = hear(world, *kept)
    assert (heard.confirmed, codes(heard)) == (1, [CUT, CUT])
    assert [one for _, one in heard.against] == kept[1:]


def test_a_log_that_grew_again_after_the_cut(world: World) -> None:
    act(world, 3)
    kept = seen(world)
    cut(world, 2)
    act(world, 9, why="another")
    assert codes(hear(world, kept)) == [REWRITTEN]


def test_what_a_witness_made_up_proves_nothing(world: World) -> None:
    act(world, 3)
    good = seen(world)
    head = good.given.head
    other_row = LogHead(sequence=head.sequence - 1, hash=bytes(32))
    later = LogHead(sequence=head.sequence + 5, hash=bytes(32))
    lies = [seen(world, GivenHead(head=one, seal=good.given.seal)) for one in (other_row, later)]
    heard = hear(world, good, *lies)
    assert (heard.confirmed, codes(heard)) == (1, [UNPROVEN, UNPROVEN])
    assert codes(hear(world, seen(world, give_head(bytes(32), later)))) == [UNPROVEN]


def test_who_has_no_secret_proves_nothing(world: World) -> None:
    act(world, 3)
    kept = seen(world)
    cut(world, 1)
    (heard,) = hear_witnesses(world.engine, verify_log(world.engine), {"x": (kept,)}, None)
    assert codes(heard) == [UNPROVEN]
