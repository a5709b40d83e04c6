from typing import Any

import pytest
from sqlalchemy import select, update

from api.signing import acceptance
from api.store.schema import evidence, jobs, record_versions
from api.store.transactions import writing
from tests.support.centre import World


def outcomes(world: World, leased: dict[str, Any]) -> list[tuple[str, str | None]]:
    agent = world.agent("TYT-1")
    signed = [agent.sign(job) for job in leased["jobs"]]
    return [(one["outcome"], one["reason"]) for one in agent.submit(leased["lease_id"], signed)]


def test_what_was_checked_when_it_was_leased_is_not_built_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add_records(3)
    leased = world.agent("TYT-1").lease()
    monkeypatch.setattr(acceptance, "work_of", None)
    assert outcomes(world, leased) == [("accepted", None)] * 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(evidence).values(document='{"kind": "x"}'), "record-form"),
        (update(record_versions).values(digest=bytes(32)), "record-digest"),
        (update(jobs).values(seal=None), None),
        (update(jobs).values(seal=bytes(32)), None),
        (update(jobs).values(tbs=b"\x84" + bytes(90)), "tbs-differs"),
    ],
)
def test_where_anything_was_changed_everything_is_checked_anew(world: World, change: Any, reason: str | None) -> None:
    world.add_records(1)
    leased = world.agent("TYT-1").lease()
    with writing(world.engine) as connection:
        connection.execute(change)
    assert outcomes(world, leased) == [("rejected" if reason else "accepted", reason)]


def test_the_seal_of_one_job_fits_no_other(world: World) -> None:
    world.add_records(2)
    leased = world.agent("TYT-1").lease()
    with writing(world.engine) as connection:
        one, other = connection.execute(select(jobs.c.job_id, jobs.c.seal, jobs.c.tbs)).all()
        connection.execute(update(jobs).where(jobs.c.job_id == one.job_id).values(seal=other.seal, tbs=other.tbs))
    assert sorted(outcomes(world, leased), key=str) == [("accepted", None), ("rejected", "tbs-differs")]
