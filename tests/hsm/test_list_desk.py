"""From a decision over HTTP to a checker's REVOKED, with nobody at the list signer's desk: processes, a real token."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.signing.enrolment import enrol_token
from certificates.bundle_folder import open_bundle
from certificates.revocation.hashes import HashType, uci_hash
from certificates.signed_list import AgeLimits
from tests.hsm.test_revocations import Desk
from tests.support.revoking import codes, order
from tests.support.road import VAXSEAL, free_port
from tests.support.softhsm import GoldenTokens
from tests.support.staff import Person, add_person
from vaxseal.console import now
from vaxseal.files import read_certificate


class Centre:
    """The service as a process, on the desk's data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, f"http://127.0.0.1:{(port := free_port())}"
        words = ["serve", "--data", str(folder), "--port", str(port), "--mode", "station"]
        self.process = subprocess.Popen([*VAXSEAL, *words], stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                if httpx2.get(f"{self.address}/healthz", trust_env=False).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise AssertionError

    def ask(self, person: Person, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {person.bearer}"}
        answer = httpx2.request(method, f"{self.address}{path}", json=body, headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def desk(golden_tokens: GoldenTokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(tmp_path, golden_tokens)
    monkeypatch.setenv("VAXSEAL_LIST_ROOTS", desk.ministry.path("root.pem"))
    desk.world.clock.now = now()
    return desk


@pytest.fixture
def centre(desk: Desk, tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    yield made
    made.process.terminate()
    made.process.wait(30)


def start(desk: Desk, *more: str, pin: str | None = None, remote: Centre | None = None) -> "subprocess.Popen[str]":
    """The desk, with the database, or at a centre over HTTP."""
    there = ("--centre", remote.address, "--account", "lists", "--journal", desk.ministry.path("j")) if remote else ()
    words = ["lists", "sign", "--unattended", "--period", "0.3", *desk.root, *desk.bundle, *(there or desk.data)]
    key = ["--token", desk.signer.serial, "--module", desk.ministry.module, "--pin-stdin", "--by", "minh"]
    process = subprocess.Popen(
        [*VAXSEAL, *words, *key, *more],
        env={**os.environ, "VAXSEAL_DATA": "/nowhere"} if remote else dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(f"{pin or desk.signer.pin}\n")
    process.stdin.close()
    process.stdin = None
    return process


def stop(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("over", ["https", "database"])
def test_from_the_decision_to_the_published_bundle(desk: Desk, centre: Centre, tmp_path: Path, over: str) -> None:
    if over == "https":
        der = read_certificate(Path(desk.ministry.path("lists.pem")))
        enrol_token(desk.world.engine, "BYT", der, settings=desk.world.centre.settings, by="test", at=now())
    an = add_person(desk.world, "an", "BYT", "ministry")
    binh = add_person(desk.world, "binh", "SO-01", "overseer")
    process = start(desk, remote=centre if over == "https" else None)
    try:
        made = centre.ask(an, "POST", "/v1/revocation/orders", {"reason": "fraud", "unit": "TYT-1"})
        centre.ask(binh, "POST", f"/v1/revocation/orders/{made['order']}/approve", {})
        deadline = time.monotonic() + 60
        while centre.ask(binh, "GET", f"/v1/revocation/orders/{made['order']}")["published"] < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        said = stop(process)
    assert [one["event"] for one in said] == ["ready", "published", "signed", "stopped"]
    assert (said[2]["version"], said[2]["added"], said[2]["ticked_off"]) == (2, 2, 2)
    assert desk.signer.pin not in json.dumps(said)
    checker = ("--bundle", str(tmp_path / "checker"), *desk.root, *desk.ministry.state)
    desk.ministry.done("lists", "fetch", f"{centre.address}/v1/lists", *checker)
    root = read_certificate(Path(desk.ministry.path("root.pem")))
    opened = open_bundle(tmp_path / "checker", [root], at=now(), seen=2, limits=AgeLimits())
    table = opened.revocation.table(desk.world.keys["TYT-1"].certificate.kid, HashType.UCI)
    assert table is not None
    assert [uci_hash(code) in table for code in codes(desk.world)] == [True, True, False]


def test_what_is_out_of_proportion_waits_for_a_person(desk: Desk) -> None:
    desk.publish()
    order(desk.world, unit="TYT-1")
    process = start(desk, "--most", "1")
    assert process.stdout is not None
    seen = [json.loads(process.stdout.readline())["event"] for _ in range(3)]
    said = stop(process)
    assert seen == ["ready", "too-many", "too-many"]
    assert {one["event"] for one in said} <= {"too-many", "stopped"}
    assert desk.waiting()["to_add"] == 2


def test_a_wrong_pin_ends_it_after_one_try(desk: Desk) -> None:
    process = start(desk, pin="00000000")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "PIN" in out + err
