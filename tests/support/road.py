"""A centre and its tokens as processes and folders of their own, each step by its command, forked from a warm process
(`tests.support.zygote`). POSIX only."""

import csv
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from certificates.profiles import to_pem
from hsm.softhsm import write_config
from tests.support.softhsm import GoldenToken, GoldenTokens
from tests.support.zygote import Child, warm

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
    served: Child | None = None
    pins: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def centre(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(
        self, *arguments: str, token: str | None = None, typed: str = "", expect: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        """A command, with the token of this name plugged in; ``typed`` is standard input."""
        child = warm().start(arguments, self.environment(token), typed=typed)
        code = child.wait()
        out, err = child.out.read_text(), child.err.read_text()
        assert code == expect, (arguments, code, out[:1000], err[-2000:])
        return subprocess.CompletedProcess(arguments, code, out, err)

    def answer(self, *arguments: str, token: str | None = None, typed: str = "", expect: int = 0) -> Any:
        """As `run`, with --json, and its one document read."""
        return json.loads(self.run(*arguments, "--json", token=token, typed=typed, expect=expect).stdout)

    def sign(self, role: str, *more: str, token: str | None = None, pin: str | None = None, expect: int = 0) -> Any:
        name = token or role
        more = ("--journal", str(self.folder / "journal" / name), *more)
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
        return dict(Counter(state for (state,) in self.query("select state from records")))

    def issued(self) -> list[tuple[str, str]]:
        return self.query("select uvci, record_id from passports where state = 'issued'")

    def query(self, statement: str) -> list[Any]:
        """Rows of the service's database."""
        address = self.settings.get("VAXSEAL_DATABASE_URL")
        if address is None:
            with sqlite3.connect(self.folder / "data" / "vaxseal.sqlite3") as database:
                return list(database.execute(statement))
        with psycopg.connect(address) as connection:
            return list(connection.execute(statement.encode()))

    def start(self, *, die_at: int | None = None, inject: str | None = None) -> None:
        """The service, until it answers, or died (`Zygote.start`)."""
        arguments = ("serve", "--port", str(self.port), "--mode", self.mode)
        log = self.folder / "service.log"
        self.served = warm().start(arguments, self.environment(None), die_at=die_at, inject=inject, err=log)
        while self.served.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.01)
        assert die_at or inject, log.read_text()[-2000:]

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.served is not None:
            self.served.end(number)
            self.served = None

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def environment(self, token: str | None) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("VAXSEAL_", "SOFTHSM2_"))}
        mine |= {
            "COLUMNS": "200",
            "XDG_STATE_HOME": str(self.folder / "state"),
            "VAXSEAL_DATA": str(self.folder / "data"),
            "VAXSEAL_PKCS11_MODULE": str(self.tokens.module),
            "VAXSEAL_MODE": self.mode,
            "VAXSEAL_PUBLICATION_HOURS": "0",
            **self.settings,
        }
        if token is not None:
            mine["SOFTHSM2_CONF"] = str(self.folder / "tokens" / token / "softhsm2.conf")
        return mine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def build_road(
    folder: Path,
    tokens: GoldenTokens,
    mode: str,
    station: GoldenToken,
    ministry: GoldenToken,
    *,
    people: int = PEOPLE,
    settings: dict[str, str] | None = None,
) -> Road:
    road = Road(folder=folder, tokens=tokens, mode=mode, port=free_port(), settings=settings or {})
    set_up(road, station, ministry, people)
    return road


def set_up(road: Road, station: GoldenToken, ministry: GoldenToken, people: int) -> None:
    """Units, tokens and records of a new road."""
    folder, tokens, mode = road.folder, road.tokens, road.mode
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
        *("ministry", "units", "add", str(trust / f"{STATION}.pem"), "--unit", STATION, "--quota", "100000"),
        *("--file", str(folder / "units.json")),
    )
    take_in(road, people)


def copy_road(road: Road, folder: Path) -> Road:
    """The same in another place: what is built once serves many tests."""
    shutil.copytree(road.folder, folder)
    copy = replace(road, folder=folder, port=free_port(), pins=dict(road.pins), settings=dict(road.settings))
    for name in copy.pins:
        write_config(folder / "tokens" / name)
    return copy


def take_in(road: Road, count: int) -> None:
    """A spreadsheet of ``count`` people with two doses each, and a register that knows them; then slips for all."""
    people = [
        (
            f"001185{number:06d}",
            f"Nguyễn Thị {'MLHC'[number // 50 % 4]}ai {'BCDGHKLMNT'[number % 10]}{'aeiou'[number // 10 % 5]}n",
            "1985-04-30",
        )
        for number in range(count)
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
    road.run("records", "slips", "--out", str(road.folder / "slips.csv"))
    assert road.states() == {"ready": count}
