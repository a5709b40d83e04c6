"""A database that goes away and comes back, and a hundred requests that are all the same: one passport each."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.audit import verify_log
from api.store.schema import confirmations, jobs, late_signatures, records
from certificates.pdf.layout import LAYOUT
from tests.faults.conftest import Many, Tell
from tests.support.centre import Agent, World, make_world
from tests.support.databases import KINDS, Kind, addresses, new_server

PATIENCE = 600.0  # seconds in which whatever is not stuck is long done


def ask(agent: Agent, path: str, body: Any) -> Any:
    """As a signing agent does: again and again, until the centre is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        response = agent.post(path, body)
        if response.status_code == 200:
            return response.json()
        assert response.status_code in (429, 503), response.text
        time.sleep(0.2)
    raise TimeoutError("the centre did not come back")


def submission(agent: Agent, leased: dict[str, Any]) -> dict[str, Any]:
    signed = [agent.sign(job).to_dict() for job in leased["jobs"]]
    return {"lease_id": leased["lease_id"], "signed": signed, "refused": []}


def sign_all(agent: Agent) -> None:
    while (leased := ask(agent, "/v1/signing/lease", {"layout": LAYOUT, "limit": 5}))["jobs"]:
        ask(agent, "/v1/signing/submit", submission(agent, leased))


def count(world: World, query: Any) -> int:
    with world.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def assert_one_each(world: World, people: int) -> None:
    assert count(world, select(records).where(records.c.state == "confirmed")) == people
    assert count(world, select(confirmations)) == people
    assert count(world, select(jobs).where(jobs.c.state == "leased")) == 0
    assert count(world, select(jobs).where(jobs.c.state == "done")) == people
    assert count(world, select(late_signatures)) == 0
    verify_log(world.engine)


def test_a_database_that_goes_away_in_mid_batch_loses_doubles_and_keeps_nothing(
    tmp_path: Path, many: Many, tell: Tell
) -> None:
    people, crashes = many(120, 3000), many(3, 60)
    server = new_server()
    try:
        world = make_world(
            tmp_path, address=server.address(server.take()), station_daily_quota=9999, signer_daily_quota=9999
        )
        world.add_records(people)
        agents = [world.agent("TYT-1", account=f"s{number}") for number in range(4)]
        with ThreadPoolExecutor(len(agents)) as pool:
            running = [pool.submit(sign_all, agent) for agent in agents]
            for number in range(crashes):
                time.sleep(random.Random(number).uniform(0.02, 0.3))  # noqa: S311
                server.crash()
                server.start()
            for one in running:
                one.result(PATIENCE)
        world.clock.forward(hours=3)  # an answer that was lost left a lease, which lapses
        again = world.agent("TYT-1")
        sign_all(again)
        assert_one_each(world, people)
        tell(f"{crashes} crashes of PostgreSQL in mid-batch, {people} records: one confirmation each")
        world.engine.dispose()
    finally:
        server.stop()


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    kind: Kind = request.param
    with addresses(kind) as new_address:
        made = make_world(tmp_path, address=new_address(tmp_path), station_daily_quota=9999, signer_daily_quota=9999)
        yield made
        made.engine.dispose()


def test_a_hundred_identical_requests_at_once_make_one_passport_each(world: World, many: Many, tell: Tell) -> None:
    people, alike, batch = many(20, 1000), many(10, 100), many(10, 100)
    agent = world.agent("TYT-1")
    outcomes = Counter[str]()
    with ThreadPoolExecutor(alike) as pool:
        for _ in range(people // batch):
            world.add_records(batch)
            start = threading.Barrier(alike)

            def lease(start: threading.Barrier = start) -> Any:
                start.wait(PATIENCE)
                return ask(agent, "/v1/signing/lease", {"layout": LAYOUT, "limit": batch})

            leases = [one.result(PATIENCE) for one in [pool.submit(lease) for _ in range(alike)]]
            ids = [job["record"]["record_id"] for leased in leases for job in leased["jobs"]]
            assert len(ids) == len(set(ids)) == batch
            for leased in filter(lambda one: one["jobs"], leases):
                body = submission(agent, leased)

                def submit(body: Any = body, start: threading.Barrier = start) -> Any:
                    start.wait(PATIENCE)
                    return ask(agent, "/v1/signing/submit", body)

                for one in [pool.submit(submit) for _ in range(alike)]:
                    outcomes.update(result["outcome"] for result in one.result(PATIENCE)["results"])
    assert outcomes == {"accepted": people, "already": people * (alike - 1)}
    assert_one_each(world, people)
    tell(f"{alike} identical requests at once, for {people} records: one confirmation each")
