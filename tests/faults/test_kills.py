"""kill -9 of agent, token worker and service, at every step and at random: nothing lost, nothing doubled."""

import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from certificates.checking import check_text
from certificates.trust import TrustStore
from tests.faults.conftest import Many, Tell
from tests.support.road import Road, free_port, set_up
from tests.support.softhsm import GoldenTokens
from tests.support.zygote import Child, warm
from vaxseal.console import now

BATCH = 3
STEPS = 60  # about as many as an agent takes in one sitting
SERVICE_STEPS = 150
PER_KILL = 2  # records; so that there is work left for the last kill


@dataclass
class Killing:
    """Agents of one role at a time, until all records are issued; somebody dies at most of them."""

    road: Road
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    ended: int = 0

    def agent(self, role: str, die_at: int | None) -> Child:
        # A fresh copy of the token: SoftHSM does not survive a kill while it writes, real tokens do.
        shutil.rmtree(self.road.folder / "tokens" / role)
        self.road.plug(role, {"station": self.road.tokens.rsa, "ministry": self.road.tokens.ec}[role])
        own = ("--units", str(self.road.folder / "units.json")) if role == "ministry" else ()
        return warm().start(
            (
                *(role, "sign", "--centre", self.road.centre, "--account", "lan", *own),
                *("--limit", str(BATCH), "--yes", "--json", "--pin-stdin"),
            ),
            self.road.environment(role),
            typed=f"{self.road.pins[role]}\n",
            die_at=die_at,
        )

    def note(self, agent: Child) -> None:
        """The receipt of an agent that ended by itself."""
        complaint = agent.err.read_text()
        assert agent.code in (0, 1, 2), complaint[-2000:]
        assert "Traceback" not in complaint, complaint[-2000:]
        answer: Any = json.loads(agent.out.read_text())
        self.accepted |= {job["job_id"] for job in answer.get("jobs", ()) if job["outcome"] in ("accepted", "already")}
        self.ended += 1

    def once(self, role: str) -> None:
        """One sitting, and a death in it."""
        how = self.chance.choices(
            ("agent at a step", "agent", "worker", "service at a step", "service", "both"), (12, 3, 2, 2, 1, 1)
        )[0]
        if how == "service at a step":
            self.road.kill()
            self.road.start(die_at=self.chance.randint(1, SERVICE_STEPS))
        agent = self.agent(role, self.chance.randint(1, STEPS) if how == "agent at a step" else None)
        if how in ("agent", "worker", "service", "both"):
            until = time.monotonic() + self.chance.uniform(0, 0.8)
            while time.monotonic() < until and agent.poll() is None:
                time.sleep(0.005)
            if agent.poll() is None:
                self.kill(how, agent)
        if how == "service at a step" and self.road.served is not None:
            while agent.poll() is None and self.road.served.poll() is None:
                time.sleep(0.005)
            if self.road.served.poll() is not None:
                self.kills["service at a step"] += 1
                time.sleep(self.chance.uniform(0, 0.5))
            self.road.kill()
        if self.road.served is None:
            self.road.start()
        if agent.wait() == -signal.SIGKILL:
            self.kills["agent at a step"] += how == "agent at a step"
        else:
            self.note(agent)

    def kill(self, how: str, agent: Child) -> None:
        if how in ("service", "both"):
            self.road.kill()
        if how in ("agent", "both"):
            agent.kill()
        if how == "worker":
            workers = children(agent.pid)
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            if not workers:
                return
        self.kills[how] += 1

    def work(self, role: str, goal: str, total: int, kills: int) -> None:
        deadline = time.monotonic() + 60 + 10 * total
        while self.road.states().get(goal, 0) < total:
            assert time.monotonic() < deadline, (self.road.states(), self.kills)
            if sum(self.kills.values()) < kills:
                self.once(role)
            else:
                agent = self.agent(role, None)
                agent.wait()
                self.note(agent)


def children(pid: int) -> list[int]:
    """The processes of a process (Linux)."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, file.read_text().split())
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="kills need /proc (Linux): left out")
def test_kills(tmp_path: Path, golden_tokens: GoldenTokens, many: Many, tell: Tell) -> None:
    kills = many(30, 1000)
    people = kills * PER_KILL // 2
    road = Road(folder=tmp_path, tokens=golden_tokens, mode="two-tier", port=free_port())
    road.settings["VAXSEAL_LEASE_SECONDS"] = "3"  # what a dead agent held and did not keep comes back soon
    set_up(road, golden_tokens.rsa, golden_tokens.ec, people)
    killing = Killing(road, random.Random(11))  # noqa: S311 - moments, no secrets
    road.start()
    try:
        killing.work("station", "confirmed", people, kills // 2)
        killing.work("ministry", "issued", people, kills)
        time.sleep(3.5)  # what the last dead agent of each role held has lapsed: the next sitting clears up after it
        for role in ("station", "ministry"):
            last = killing.agent(role, None)
            last.wait()
            killing.note(last)
    finally:
        road.kill()
    check_everything(road, killing, people)
    total = sum(killing.kills.values())
    tell(f"{total} kills ({dict(killing.kills)}), {people} people: 0 lost, 0 doubled")
    assert total >= kills // 2  # on a quick machine a few die after their work


def check_everything(road: Road, killing: Killing, people: int) -> None:
    trust = TrustStore.load(road.folder / "trust")
    with sqlite3.connect(road.folder / "data" / "vaxseal.sqlite3") as database:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return list(database.execute(query))

        assert ask("select count(*), count(distinct uvci), count(distinct record_id) from passports") == [(people,) * 3]
        assert ask("select count(*) from intents") == [(people,)]  # one UVCI each, through all leases
        assert ask("select count(*) from passports where pdf is null or state <> 'issued'") == [(0,)]
        assert ask("select count(*), count(distinct subject) from audit where act = 'issue'") == [(people,) * 2]
        assert ask("select count(*) from confirmations") == [(people,)]
        # What the journal held was sent as it was: no second signature for a job whose first was kept.
        assert ask("select count(*) from late_signatures where reason = 'again'") == [(0,)]
        done = {job for (job,) in ask("select job_id from jobs where state = 'done'")}
        assert killing.accepted <= done
        for uvci, hc1 in ask("select uvci, hc1 from passports"):
            assert check_text(hc1, trust, at=now()).payload["v"][0]["ci"] == uvci
    road.run("audit", "verify")
    batches = list((road.folder / "state" / "vaxseal" / "batches").glob("batch-*"))
    assert batches == [], "a journal is left of what was acknowledged"
