"""The road on PostgreSQL: one service, and two of different machines with agents at work on both at once."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from tests.support.databases import postgres
from tests.support.road import Road, build_road, free_port
from tests.support.softhsm import GoldenTokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture

PEOPLE = 30
BATCH = 4


@pytest.fixture
def road(tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Road]:
    address = postgres().address(postgres().new_database()).replace("+psycopg", "")
    made = build_road(
        tmp_path,
        golden_tokens,
        "two-tier",
        golden_tokens.ec,
        golden_tokens.rsa,
        people=PEOPLE,
        settings={"VAXSEAL_DATABASE_URL": address},
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture
def other(road: Road) -> Iterator[Road]:
    """Another machine: a data folder of its own, the same secret, the same database; and spare copies of the tokens."""
    data = road.folder / "other"
    data.mkdir()
    shutil.copy(road.folder / "data" / "secret.key", data)
    made = replace(road, port=free_port(), served=None, settings=road.settings | {"VAXSEAL_DATA": str(data)})
    made.plug("station-2", road.tokens.ec)
    made.plug("ministry-2", road.tokens.rsa)
    made.start()
    yield made
    made.stop()


def together(*calls: Callable[[], dict[str, dict[str, int]]]) -> int:
    """How many jobs were accepted, of agents that work at the same time; nothing else may have come of any."""
    with ThreadPoolExecutor(len(calls)) as pool:
        counts = [future.result()["counts"] for future in [pool.submit(call) for call in calls]]
    assert all(sum(one.values()) == one["accepted"] for one in counts), counts
    return sum(one["accepted"] for one in counts)


def test_two_machines_and_four_agents_lose_and_double_nothing(road: Road, other: Road) -> None:
    assert not (road.folder / "data" / "vaxseal.sqlite3").exists()
    batch = ("--limit", str(BATCH), "--all")
    for role, state in (("station", "confirmed"), ("ministry", "issued")):
        done = together(
            lambda role=role: road.sign(role, *batch),  # type: ignore[misc]
            lambda role=role: other.sign(role, *batch, token=f"{role}-2"),  # type: ignore[misc]
        )
        assert done == PEOPLE
        assert road.states() == {state: PEOPLE}
    passports = road.issued()
    assert len({record for _, record in passports}) == len(passports) == PEOPLE
    assert road.query("select count(*) from late_signatures") == [(0,)]
    assert road.query("select count(*) from jobs where state <> 'done'") == [(0,)]
    assert road.answer("audit", "verify")["rows"] == road.query("select count(*) from audit")[0][0]
    post = {"certificate_code": passports[0][0], "date_of_birth": "1985-04-30"}
    answers = [httpx2.post(f"{one.centre}/v1/citizen/passport", json=post, trust_env=False) for one in (road, other)]
    assert [one.json()["status"] for one in answers] == ["valid", "valid"]
    road.run("check", answers[0].json()["hc1"], "--trust", str(road.folder / "trust"))
