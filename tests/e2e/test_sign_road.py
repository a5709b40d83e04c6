"""The whole road on real parts: a service of its own process, tokens in SoftHSM, every step by its command."""

import csv
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from certificates.profiles import to_pem
from hsm.provisioning import store_certificate
from hsm.softhsm import write_config
from tests.support.softhsm import GoldenToken, GoldenTokens, golden_tokens

__all__ = ["golden_tokens"]  # a fixture

VAXSEAL = (sys.executable, "-c", "from vaxseal.cli import main; main()")
STATION, MINISTRY = "TYT-01", "BYT"
PEOPLE = 6


@dataclass
class Road:
    """One centre with a station and the ministry, and the folder of each token."""

    folder: Path
    tokens: GoldenTokens
    mode: str
    port: int
    service: "subprocess.Popen[bytes] | None" = None
    pins: dict[str, str] = field(default_factory=dict)

    @property
    def centre(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(
        self, *arguments: str, token: str | None = None, typed: str = "", expect: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        """A command, with the token of this name plugged in; ``typed`` is standard input."""
        done = subprocess.run(
            [*VAXSEAL, *arguments],
            env=self._environment(token),
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == expect, (arguments, done.returncode, done.stdout[:1000], done.stderr[-2000:])
        return done

    def answer(self, *arguments: str, token: str | None = None, typed: str = "", expect: int = 0) -> Any:
        """As `run`, with --json, and its one document read."""
        return json.loads(self.run(*arguments, "--json", token=token, typed=typed, expect=expect).stdout)

    def sign(self, role: str, *more: str, token: str | None = None, pin: str | None = None, expect: int = 0) -> Any:
        name = token or role
        own = ("--units", str(self.folder / "units.json")) if role == "ministry" else ()
        typed = (self.pins.get(name, "") if pin is None else pin) + "\n"
        return self.answer(
            *(role, "sign", "--centre", self.centre, "--account", "lan", "--yes", "--pin-stdin"),
            *own,
            *more,
            token=name,
            typed=typed,
            expect=expect,
        )

    def plug(self, name: str, *tokens: GoldenToken) -> None:
        """A SoftHSM folder with copies of these tokens: one folder a process, as SoftHSM needs it."""
        folder = self.folder / "tokens" / name
        write_config(folder)
        for token in tokens:
            (found,) = [
                path
                for path in (self.tokens.directory / "tokens").iterdir()
                if path.name.replace("-", "").endswith(token.serial)
            ]
            shutil.copytree(found, folder / "tokens" / found.name)
            self.pins[name] = token.pin

    def states(self) -> dict[str, int]:
        with sqlite3.connect(self.folder / "data" / "vaxseal.sqlite3") as database:
            return dict(Counter(state for (state,) in database.execute("select state from records")))

    def issued(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.folder / "data" / "vaxseal.sqlite3") as database:
            return list(database.execute("select uvci, record_id from passports where state = 'issued'"))

    def start(self) -> None:
        with (self.folder / "service.log").open("ab") as log:
            self.service = subprocess.Popen(
                [*VAXSEAL, "serve", "--port", str(self.port), "--mode", self.mode],
                env=self._environment(None),
                stderr=log,
            )
        for _ in range(200):
            try:
                if httpx2.get(f"{self.centre}/healthz", trust_env=False).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "service.log").read_text())

    def stop(self) -> None:
        if self.service is not None:
            self.service.terminate()
            self.service.wait(30)
            self.service = None

    def _environment(self, token: str | None) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("VAXSEAL_", "SOFTHSM2_"))}
        mine |= {
            "COLUMNS": "200",
            "VAXSEAL_DATA": str(self.folder / "data"),
            "VAXSEAL_PKCS11_MODULE": str(self.tokens.module),
        }
        if token is not None:
            mine["SOFTHSM2_CONF"] = str(self.folder / "tokens" / token / "softhsm2.conf")
        return mine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def build_road(folder: Path, tokens: GoldenTokens, mode: str, station: GoldenToken, ministry: GoldenToken) -> Road:
    road = Road(folder=folder, tokens=tokens, mode=mode, port=free_port())
    road.run("admin", "init")
    for code, kind in ((MINISTRY, "ministry"), (STATION, "station")):
        road.run("admin", "add-unit", code, "--name", f"Unit {code}", "--kind", kind, "--province", "01")
    trust = folder / "trust"
    trust.mkdir()
    for name, token in ((STATION, station), (MINISTRY, ministry), ("csca", tokens.csca)):
        (trust / f"{name}.pem").write_text(to_pem(token.certificate_der))
    for code in (STATION, MINISTRY):
        road.run("admin", "enrol", code, str(trust / f"{code}.pem"), "--mode", mode)
    road.plug("station", station)
    road.plug("ministry", ministry)
    road.run(
        *("ministry", "units", "add", str(trust / f"{STATION}.pem"), "--unit", STATION, "--quota", "1000"),
        *("--file", str(folder / "units.json")),
    )
    take_in(road)
    return road


def take_in(road: Road) -> None:
    """A spreadsheet of `PEOPLE` with two doses each, and a register that knows them; then slips for all."""
    people = [
        (f"001185{number:06d}", f"Nguyễn Thị Mai {'BCDGHKLMNT'[number % 10]}{'aeiou'[number // 10 % 5]}n", "1985-04-30")
        for number in range(PEOPLE)
    ]
    with (road.folder / "doses.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            (
                *("Full name", "Date of birth", "Sex", "Nationality", "ID number", "Dose number"),
                *("Date of vaccination", "Vaccine name", "Lot number", "Facility code"),
            )
        )
        for number, name, _ in people:
            for dose, day in ((1, "02/08/2021"), (2, "05/10/2021")):
                rows.writerow(
                    [name, "30/04/1985", "Nữ", "VN", number, dose, day, "AstraZeneca", f"ABX123{dose}", STATION]
                )
    with (road.folder / "register.csv").open("w", encoding="utf-8", newline="") as file:
        entries = csv.writer(file)
        entries.writerow(["id", "name", "dob", "sex", "status"])
        entries.writerows([number, name, dob, "F", "found"] for number, name, dob in people)
    road.run("records", "import", str(road.folder / "doses.csv"))
    road.run("records", "match", "--register", str(road.folder / "register.csv"))
    road.run("records", "slips", "--output", str(road.folder / "slips.csv"))
    assert road.states() == {"ready": PEOPLE}


@pytest.fixture(scope="module")
def two_tier_ready(tmp_path_factory: pytest.TempPathFactory, golden_tokens: GoldenTokens) -> Road:
    """Built once: every test works on a copy."""
    folder = tmp_path_factory.mktemp("two-tier")
    return build_road(folder, golden_tokens, "two-tier", golden_tokens.ec, golden_tokens.rsa)


@pytest.fixture
def two_tier(tmp_path: Path, two_tier_ready: Road) -> Iterator[Road]:
    folder = tmp_path / "road"
    shutil.copytree(two_tier_ready.folder, folder)
    road = replace(two_tier_ready, folder=folder, port=free_port(), pins=dict(two_tier_ready.pins))
    for name in road.pins:
        write_config(folder / "tokens" / name)
    road.start()
    yield road
    road.stop()


def fetch_and_check(road: Road) -> None:
    """What a citizen does, and what a checker does with it."""
    issued = road.issued()
    assert len(issued) == PEOPLE
    post = {"certificate_code": issued[0][0], "date_of_birth": "1985-04-30"}
    passport = httpx2.post(f"{road.centre}/v1/citizen/passport", json=post, trust_env=False).json()
    assert passport["status"] == "valid"
    with (road.folder / "slips.csv").open(encoding="utf-8-sig", newline="") as file:
        codes = {slip["record"]: slip["code"] for slip in csv.DictReader(file)}
    assert len(codes) == PEOPLE
    post["claim_code"] = codes[issued[0][1]]
    answer = httpx2.post(f"{road.centre}/v1/citizen/certificate.pdf", json=post, trust_env=False)
    assert answer.status_code == 200, answer.text
    page = road.folder / "certificate.pdf"
    page.write_bytes(answer.content)
    road.run("check", passport["hc1"], str(page), "--trust", str(road.folder / "trust"))


def test_two_tier_from_spreadsheet_to_checked_passport(two_tier: Road) -> None:
    road = two_tier
    confirmed = road.sign("station", "--limit", "4", "--all")
    assert confirmed["counts"] == {"accepted": PEOPLE, "already": 0, "rejected": 0, "refused": 0, "unsent": 0}
    assert road.states() == {"confirmed": PEOPLE}
    assert {code for job in confirmed["jobs"] for code in job["oddities"]} >= {"dose-old"}
    issued = road.sign("ministry", "--all")
    assert issued["counts"]["accepted"] == PEOPLE, issued
    assert road.states() == {"issued": PEOPLE}
    again = road.sign("ministry", "--all")
    assert again["jobs"] == []
    fetch_and_check(road)


def test_in_station_mode_the_station_signs_passport_and_page(tmp_path: Path, golden_tokens: GoldenTokens) -> None:
    road = build_road(tmp_path, golden_tokens, "station", golden_tokens.rsa, golden_tokens.ec)
    road.start()
    try:
        issued = road.sign("station", "--all")
        assert issued["counts"]["accepted"] == PEOPLE, issued
        assert road.states() == {"issued": PEOPLE}
        fetch_and_check(road)
        assert road.sign("ministry", expect=2)["error"] == "login-refused"
    finally:
        road.stop()


def test_the_table_is_shown_and_a_no_signs_nothing(two_tier: Road) -> None:
    sign = ("station", "sign", "--centre", two_tier.centre, "--account", "lan", "--pin-stdin")
    said_no = two_tier.run(*sign, token="station", typed=f"{two_tier.pins['station']}\nn\n", expect=1)
    assert "URN:UVCI:01:VN:" in said_no.stderr
    assert "last dose on" in said_no.stderr
    assert "Nothing was signed" in said_no.stdout
    assert two_tier.states() == {"ready": PEOPLE}
    two_tier.run(*sign, token="station", typed=f"{two_tier.pins['station']}\ny\n")
    assert two_tier.states() == {"confirmed": PEOPLE}
    assert two_tier.pins["station"] not in (two_tier.folder / "service.log").read_text()
    assert "Nguyễn" not in (two_tier.folder / "service.log").read_text()


def test_a_unit_outside_the_ministrys_list_gets_no_passport(two_tier: Road) -> None:
    two_tier.sign("station", "--all")
    listed = ("--file", str(two_tier.folder / "units.json"))
    two_tier.run("ministry", "units", "suspend", STATION, *listed)
    assert two_tier.answer("ministry", "units", "list", *listed)[0]["suspended"] is True
    refused = two_tier.sign("ministry", "--all", expect=1)
    assert refused["counts"]["refused"] == PEOPLE
    assert {job["reason"] for job in refused["jobs"]} == {"confirmation-suspended"}
    assert two_tier.issued() == []


def test_what_stops_a_signer_is_one_sentence_and_exit_code_2(two_tier: Road) -> None:
    road, tokens = two_tier, two_tier.tokens
    road.plug("none")
    road.plug("both", tokens.ec, tokens.rsa)
    stranger = tokens.new_token("EC")
    der = tokens.new_dsc(stranger)
    store_certificate(stranger.module, stranger.selector, lambda: stranger.pin, der)
    road.plug("stranger", stranger)
    ended = tokens.new_token("EC")
    old = tokens.new_dsc(ended, not_before=datetime.now(UTC) - timedelta(days=29), unit="T09")
    store_certificate(ended.module, ended.selector, lambda: ended.pin, old)
    faults: list[tuple[str, dict[str, Any]]] = [
        ("pin-incorrect", {"pin": "99990000"}),
        ("pin-form", {"pin": "12345ă"}),
        ("token-not-found", {"token": "none"}),
        ("token-ambiguous", {"token": "both"}),
        ("login-refused", {"token": "stranger"}),
    ]
    for code, how in faults:
        answer = road.sign("station", **how, expect=2)
        assert answer["error"] == code, answer
        assert answer["detail"].endswith(".")
    at_ministry = road.sign("station", token="ministry", expect=2)
    assert at_ministry["error"] == "role-differs"
    assert "ministry sign" in at_ministry["detail"]
    assert road.states() == {"ready": PEOPLE}
    road.stop()
    assert road.sign("station", expect=2)["error"] == "centre-unreachable"
