"""The service and the agents die by kill -9 at random moments of a batch: nothing is lost, nothing doubled."""

import json
import random
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.road import STATION, VAXSEAL, Road, build_road
from tests.support.softhsm import GoldenTokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture

PEOPLE = 160
KILLS = 12
BATCH = 10


@pytest.fixture
def road(tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Road]:
    made = build_road(tmp_path, golden_tokens, "two-tier", golden_tokens.rsa, golden_tokens.ec, people=PEOPLE)
    made.settings["VAXSEAL_LEASE_SECONDS"] = "3"  # what a dead agent held comes back soon
    yield made
    made.stop()


class Agent:
    """`station sign` or `ministry sign` in a process of its own."""

    def __init__(self, road: Road, role: str) -> None:
        # A fresh copy of the token: SoftHSM does not survive a kill while it writes, real tokens do.
        shutil.rmtree(road.folder / "tokens" / role)
        road.plug(role, {"station": road.tokens.rsa, "ministry": road.tokens.ec}[role])
        own = ("--units", str(road.folder / "units.json")) if role == "ministry" else ()
        self.process = subprocess.Popen(
            [
                *(*VAXSEAL, role, "sign", "--centre", road.centre, "--account", "lan"),
                *(*own, "--all", "--limit", str(BATCH), "--yes", "--json", "--pin-stdin"),
            ],
            env=road.environment(role),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(f"{road.pins[role]}\n".encode())
        self.process.stdin.close()
        self.process.stdin = None

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def answer(self) -> Any:
        """What it printed when it ended by itself."""
        out, complaint = self.process.communicate(timeout=120)
        assert self.process.returncode in (0, 1, 2), complaint.decode()[-2000:]
        assert b"Traceback" not in complaint, complaint.decode()[-2000:]
        return json.loads(out)


def test_no_passport_is_lost_or_doubled(road: Road) -> None:
    moments = random.Random(5)  # noqa: S311 - moments, no secrets
    accepted: set[str] = set()
    kills: Counter[str] = Counter()

    def note(answer: Any) -> None:
        accepted.update(job["job_id"] for job in answer.get("jobs", ()) if job["outcome"] == "accepted")

    def work(role: str, goal: str, killed: int) -> None:
        """Agents of this role until all records stand at ``goal``; the first ``killed`` times somebody dies."""
        deadline = time.monotonic() + 300
        while road.states() != {goal: PEOPLE}:
            assert time.monotonic() < deadline, road.states()
            agent, before = Agent(road, role), road.states()
            if sum(kills.values()) >= killed:
                note(agent.answer())
                time.sleep(0.5)
                continue
            # From the first record that was handed out: before, nothing can be lost.
            while road.states() == before and agent.process.poll() is None:
                time.sleep(0.01)
            time.sleep(moments.uniform(0, 0.5))
            victim = moments.choice(("agent", "service", "both"))
            if agent.process.poll() is None:
                kills[victim] += 1
            if victim != "agent":
                assert road.service is not None
                road.service.kill()
                road.service.wait()
                road.service = None
            if victim == "service":
                time.sleep(moments.uniform(0, 1))  # the agent meets a centre that is away
                road.start()
                note(agent.answer())
            else:
                agent.kill()
            if road.service is None:
                road.start()

    road.start()
    work("station", "confirmed", KILLS // 2)
    work("ministry", "issued", KILLS)
    assert sum(kills.values()) >= 4  # on a quick machine an agent may be done before its moment

    with sqlite3.connect(road.folder / "data" / "vaxseal.sqlite3") as database:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return list(database.execute(query))

        assert ask("select count(*), count(distinct uvci), count(distinct record_id) from passports") == [(PEOPLE,) * 3]
        assert ask("select count(*) from intents") == [(PEOPLE,)]  # one UVCI each, through all leases
        assert ask("select count(*) from passports where pdf is null or state <> 'issued'") == [(0,)]
        assert ask("select count(*), count(distinct subject) from audit where act = 'issue'") == [(PEOPLE,) * 2]
        assert accepted <= {job for (job,) in ask("select job_id from jobs where state = 'done'")}
        for name, hc1 in ask("select uvci, hc1 from passports"):
            (road.folder / f"{name[-14:]}.txt").write_text(hc1)
    texts = sorted(map(str, road.folder.glob("[0-9A-Z]*.txt")))
    checked = road.answer("check", *texts, "--trust", str(road.folder / "trust"))
    assert len(texts) == PEOPLE
    codes = {Path(text).stem for text in texts}
    assert {one["payload"]["v"][0]["ci"][-14:] for one in checked} == codes
    road.run("audit", "verify")
    assert STATION in (road.folder / "units.json").read_text()
