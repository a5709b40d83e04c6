"""`vaxseal ministry sign --unattended` as processes: several workers, one quota, stopped by a signal."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.road import VAXSEAL, Road, build_road
from tests.support.softhsm import GoldenTokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture

PEOPLE, QUOTA = 40, 25


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory, golden_tokens: GoldenTokens) -> Iterator[Road]:
    """One for all tests, in their order: the next goes on with what the one before left."""
    folder = tmp_path_factory.mktemp("unattended")
    made = build_road(folder, golden_tokens, "two-tier", golden_tokens.rsa, golden_tokens.ec, people=PEOPLE)
    made.start()
    made.sign("station", "--all")
    yield made
    made.stop()


def start(road: Road, *more: str, pin: str | None = None) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [
            *(*VAXSEAL, "ministry", "sign", "--centre", road.centre, "--account", "minh", "--pin-stdin"),
            *("--units", str(road.folder / "units.json"), "--unattended", *(more or ("--limit", "5"))),
        ],
        env=road.environment("ministry"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(f"{pin or road.pins['ministry']}\n".encode())
    process.stdin.close()
    process.stdin = None
    return process


def events(process: "subprocess.Popen[bytes]") -> list[dict[str, Any]]:
    out, complaint = process.communicate(timeout=60)
    assert complaint == b"", complaint.decode()[-2000:]
    return [json.loads(line) for line in out.splitlines()]


def set_quota(road: Road, quota: int) -> None:
    units = json.loads((road.folder / "units.json").read_text())
    units[0]["daily_quota"] = quota
    (road.folder / "units.json").write_text(json.dumps(units))


def test_a_wrong_pin_is_tried_once_and_ends_everything(road: Road) -> None:
    process = start(road, "--workers", "3", pin="99990000")
    said = events(process)
    assert process.returncode == 2
    assert [event["reason"] for event in said if event["event"] == "gave-up"] == ["pin-incorrect"]


def test_a_centre_that_is_away_at_the_start_is_waited_for(road: Road) -> None:
    """After a power cut the desk's machine may be up first; nobody is there to start the desk a second time."""
    set_quota(road, 0)
    road.stop()
    process = start(road)
    assert process.stdout is not None
    away = json.loads(process.stdout.readline())
    road.start()
    said = [json.loads(process.stdout.readline())]
    while said[-1]["event"] == "trouble":
        said.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGTERM)
    said += events(process)
    assert (away["event"], away["reason"]) == ("trouble", "centre-unreachable")
    assert "ready" in {event["event"] for event in said}
    assert process.returncode == 0


def test_two_workers_share_one_quota_and_stop_when_they_are_told(road: Road) -> None:
    set_quota(road, QUOTA)
    process = start(road, "--workers", "2", "--limit", "5")
    deadline = time.monotonic() + 90
    while len(road.issued()) < QUOTA:
        assert time.monotonic() < deadline
        assert process.poll() is None, events(process)
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    said = events(process)
    assert process.returncode == 0
    assert len(road.issued()) == QUOTA
    assert {event["worker"] for event in said if event["event"] == "ready"} == {1, 2}
    assert sum(event["counts"].get("accepted", 0) for event in said if event["event"] == "batch") == QUOTA
    assert said[-1]["event"] == "stopped"
    text = json.dumps(said, ensure_ascii=False)
    assert road.pins["ministry"] not in text
    assert "Nguyễn" not in text
    assert list((road.folder / "state" / "vaxseal" / "batches").glob("batch-*")) == []


def test_a_worker_that_is_killed_is_started_again(road: Road) -> None:
    set_quota(road, 2 * PEOPLE)  # what a killed worker had counted stays counted
    before = len(road.issued())
    process = start(road, "--limit", "1")
    try:
        while len(road.issued()) == before:
            time.sleep(0.05)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
        deadline = time.monotonic() + 90
        while len(road.issued()) < PEOPLE - 1:  # it may have held one that nobody knew of yet: that lease has to lapse
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGTERM)
    said = events(process)
    assert "worker-ended" in {event["event"] for event in said}
