"""Signatures that came too late or a second time: revoked by themselves, while the passport stays good."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select

from api.store.schema import passports
from certificates.cose import decode_cose_sign1
from certificates.hc1 import decode_hc1
from certificates.revocation.hashes import signature_hash
from tests.support.centre import World
from tests.support.revoking import codes, entries, order

pytestmark = pytest.mark.both_databases

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # n of P-256


def sums(world: World) -> set[tuple[str, bytes, str]]:
    return {(one.hash_type, one.hash, one.wanted) for one in entries(world)}


@pytest.mark.parametrize("unit", ["TYT-1", "TYT-2"])
def test_a_second_signature(make: Any, unit: str) -> None:
    world: World = make("station")
    world.add_records(1, unit=unit)
    agent = world.agent(unit)
    leased = agent.lease()
    first, second = (agent.sign(leased["jobs"][0]) for _ in range(2))
    agent.submit(leased["lease_id"], [first])
    for _ in range(2):
        agent.submit(leased["lease_id"], [second])
    (kept,) = entries(world)
    assert (kept.hash_type, kept.hash) == ("SIGNATURE", signature_hash(second.signature, agent.key.algorithm))
    assert (kept.scope, kept.uvci, kept.expires_at) == (
        agent.key.certificate.kid,
        codes(world)[0],
        "2023-03-01T02:00:00Z",
    )


def test_the_passports_own_signature_in_another_guise_is_not_revoked(make: Any) -> None:
    """r,n-s verifies as r,s does, and has the same hash."""
    world: World = make("station")
    world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    first = agent.sign(leased["jobs"][0])
    agent.submit(leased["lease_id"], [first])
    r, s = first.signature[:32], int.from_bytes(first.signature[32:])
    mirrored = dataclasses.replace(first, signature=r + (ORDER - s).to_bytes(32))
    assert agent.submit(leased["lease_id"], [mirrored])[0]["outcome"] in ("already", "rejected")
    assert entries(world) == []


def test_a_signature_after_the_lease(make: Any) -> None:
    world: World = make("station", lease_seconds=60)
    world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    late = agent.sign(leased["jobs"][0])
    world.clock.forward(seconds=61)
    assert agent.submit(leased["lease_id"], [late])[0]["outcome"] == "rejected"
    assert sums(world) == {("SIGNATURE", signature_hash(late.signature, "ES256"), "revoked")}
    agent.work()
    assert world.state("r00000001")[0] == "issued"
    order(world, codes=tuple(codes(world)))
    assert {one[0] for one in sums(world)} == {"SIGNATURE", "UCI"}


def test_a_key_that_signs_alike_does_not_revoke_its_own_passport(make: Any) -> None:
    world: World = make("station", lease_seconds=60)
    world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    late = agent.sign(leased["jobs"][0])
    world.clock.forward(seconds=61)
    agent.submit(leased["lease_id"], [late])
    again = agent.lease()
    fresh = agent.sign(again["jobs"][0])
    with world.engine.connect() as connection:
        assert connection.execute(select(passports)).all() == []
    alike = dataclasses.replace(late, job_id=fresh.job_id)
    results = agent.submit(again["lease_id"], [alike])
    assert results[0]["outcome"] == "accepted"
    assert sums(world) == {("SIGNATURE", signature_hash(late.signature, "ES256"), "valid")}
    with world.engine.connect() as connection:
        hc1 = connection.execute(select(passports.c.hc1)).scalar_one()
    assert decode_cose_sign1(decode_hc1(hc1)).signature == late.signature


def test_a_late_confirmation_is_no_passport(make: Any) -> None:
    world: World = make("two-tier")
    world.add_records(1)
    agent = world.agent("TYT-1")
    leased = agent.lease()
    for _ in range(2):
        agent.submit(leased["lease_id"], [agent.sign(leased["jobs"][0])])
    assert entries(world) == []
