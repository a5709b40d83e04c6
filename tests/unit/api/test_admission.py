"""The queue before signing work: bounded, fair, and in nobody else's way."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from api.admission import LONGEST_RETRY, MOST_OF_ONE, MOST_SECONDS, MOST_WAITING, Lane
from api.errors import CentreError
from api.metrics import counted
from certificates.pdf.layout import LAYOUT
from tests.support.centre import Agent, World

LEASE = "/v1/signing/lease"
BODY = {"layout": LAYOUT, "limit": 1}


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_are_at_work_than_there_are_places() -> None:
    async def run() -> None:
        lane = Lane(2)
        tasks = [asyncio.create_task(lane.enter(f"u{number}")) for number in range(5)]
        await settle()
        assert [task.done() for task in tasks] == [True, True, False, False, False]
        lane.leave(0.01)
        await settle()
        assert sum(task.done() for task in tasks) == 3
        for _ in range(2):
            lane.leave(0.01)
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_a_unit_that_asks_ten_times_as_often_gets_no_more_than_the_others() -> None:
    async def run() -> Counter[str]:
        lane, served = Lane(1), Counter[str]()

        async def work(unit: str, rounds: int) -> None:
            for _ in range(rounds):
                await lane.enter(unit)
                served[unit] += 1
                await asyncio.sleep(0)
                lane.leave(0.0)

        greedy = [asyncio.create_task(work("greedy", 30)) for _ in range(10)]
        modest = [asyncio.create_task(work(f"u{number}", 30)) for number in range(4)]
        await asyncio.gather(*modest)
        so_far = Counter(served)
        await asyncio.gather(*greedy)
        return so_far

    served = asyncio.run(run())
    assert all(served[f"u{number}"] == 30 for number in range(4))
    assert served["greedy"] <= 35


def test_the_queue_is_bounded_and_whoever_was_served_longest_ago_keeps_its_place() -> None:
    async def run() -> None:
        lane = Lane(1)
        for number in range(MOST_WAITING + 1):
            await lane.enter(f"u{number}")
            lane.leave(0.0)
        await lane.enter("u0")  # at work; everybody else waits
        tasks = [asyncio.create_task(lane.enter(f"u{number}")) for number in range(1, MOST_WAITING + 1)]
        await settle()
        newcomer = asyncio.create_task(lane.enter("new"))
        await settle()
        with pytest.raises(CentreError, match="busy"):
            await tasks[-1]  # it was served last of those who wait
        with pytest.raises(CentreError, match="busy"):
            await lane.enter("u0")  # it was served even later
        lane.leave(0.0)
        await newcomer
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


def test_those_who_are_refused_are_told_different_times() -> None:
    async def run() -> list[int | None]:
        lane = Lane(1)
        await lane.enter("a")
        lane.leave(10 * MOST_SECONDS + 1)  # a request takes longer on average now than anybody waits
        await lane.enter("a")
        told = []
        for number in range(9):
            with pytest.raises(CentreError) as refused:
                await lane.enter(f"u{number}")
            told.append(refused.value.retry_after)
        return told

    told = asyncio.run(run())
    assert told == sorted(told, key=lambda seconds: seconds or 0)
    assert len(set(told)) > 5
    assert told[-1] is not None
    assert told[-1] <= LONGEST_RETRY


def test_one_unit_has_a_bounded_part_of_the_queue() -> None:
    async def run() -> None:
        lane = Lane(1)
        await lane.enter("a")
        tasks = [asyncio.create_task(lane.enter("a")) for _ in range(MOST_OF_ONE)]
        await settle()
        with pytest.raises(CentreError, match="too-many-requests") as refused:
            await lane.enter("a")
        assert refused.value.retry_after is not None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


def test_who_goes_away_leaves_no_place_taken() -> None:
    async def run() -> None:
        lane = Lane(1)
        await lane.enter("a")
        waiting, chosen = (asyncio.create_task(lane.enter(unit)) for unit in ("b", "c"))
        await settle()
        waiting.cancel()
        await settle()
        lane.leave(0.0)  # c is chosen, and goes away before it hears of it
        chosen.cancel()
        await asyncio.gather(waiting, chosen, return_exceptions=True)
        await asyncio.wait_for(lane.enter("d"), 5)

    asyncio.run(run())


def fill(world: World, agent: Agent) -> Any:
    """Let the confirmers' leases take so long on average that nobody may wait; and take every place."""
    assert agent.post(LEASE, BODY).status_code == 200
    lanes: Any = world.client.app.state.lanes  # type: ignore[attr-defined]
    lane = lanes._lanes[LEASE, "confirm"]
    asyncio.run(lane.enter("other"))
    lane.leave(10_000.0)
    for _ in range(4):
        asyncio.run(lane.enter("other"))
    return lane


def busy() -> float:
    return counted.get_sample_value("vaxseal_busy_total", {"lane": "lease-confirm"}) or 0.0


def test_a_busy_centre_says_when_to_come_again_and_everything_else_goes_on(world: World) -> None:
    agent, ministry = world.agent("TYT-1"), world.agent("BYT")
    world.add_records(2)
    lane = fill(world, agent)
    before = busy()
    with world.client.stream("POST", LEASE, json=BODY, headers={"Authorization": f"Bearer {agent.bearer}"}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert b'"code":"busy"' in answer.read()
        assert 1 <= int(answer.headers["retry-after"]) <= LONGEST_RETRY
    assert busy() == before + 1
    assert world.client.get("/healthz").status_code == 200
    fetch = {"certificate_code": "x", "date_of_birth": "1980"}
    assert world.client.post("/v1/citizen/passport", json=fetch).status_code == 404
    assert ministry.post(LEASE, BODY).status_code == 200  # the desk that issues has a lane of its own
    for _ in range(4):
        lane.leave(0.0)
    assert agent.post(LEASE, BODY).status_code == 200


def test_nobody_without_a_session_takes_a_place(world: World) -> None:
    fill(world, world.agent("TYT-1"))
    missing = world.client.post(LEASE, json=BODY)
    assert (missing.status_code, missing.json()["code"]) == (401, "bearer-missing")
    strange = world.client.post(LEASE, json=BODY, headers={"Authorization": "Bearer x", "Host": "["})
    assert strange.status_code == 401
    unknown = world.client.post(LEASE, json=BODY, headers={"Authorization": "Bearer x"})
    assert (unknown.status_code, unknown.json()["code"]) == (401, "session-ended")
