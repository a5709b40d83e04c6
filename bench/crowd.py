"""Two hundred stations at one service at once: all of them together, and each of them beside the others.

The service, its PostgreSQL and the agents share the cores of this machine. Every agent is the real one: it logs in,
leases, rebuilds, signs through SoftHSM, keeps its journal and sends. Agents of one process are threads over one token,
which signs one thing at a time; every process has a copy of the token, every station a certificate of its own.
"""

import multiprocessing
import os
import shutil
import statistics
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.signing.enrolment import add_unit, enrol_token
from api.states import RecordState
from api.store.database import open_database
from api.store.records import NewVersion, write_versions
from api.store.transactions import writing
from bench import material
from bench.harness import Result
from bench.native import NotHereError
from bench.service import free_port, serve
from certificates.profiles import DscProfile, issue_dsc
from certificates.signing import Algorithm
from hsm.keys import TokenKey, open_bare_key, open_key
from hsm.requests import RequestSubject, make_csr
from hsm.tokens import TokenSelector
from signer.agent import SigningAgent
from signer.client import CentreClient
from signer.errors import AgentError
from signer.journal_folder import JournalFolder
from tests.support.centre import new_version
from tests.support.databases import postgres

if TYPE_CHECKING:
    from bench.rows import Bench

STATIONS: Final = 200
SECONDS: Final = 60.0  # for the crowd
ALONE: Final = 10.0  # for one agent
BATCH: Final = 5
RECORDS: Final = 150  # of each station; the one that works alone first has more
FIRST: Final = 4000
_LARGE: Final = "1000000000"


@dataclass(slots=True)
class Signed:
    """What one agent signed: what the centre accepted, when the last of it was, and why the rest was not."""

    accepted: int = 0
    seconds: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A unit with its certificate (DER), and the label of the token that holds the key."""

    unit: str
    certificate: bytes
    token: str = "bench-EC"  # noqa: S105 - a label


@dataclass(slots=True)
class SharedKey:
    """One of the stations' certificates over a token of the process."""

    token: TokenKey
    lock: threading.Lock
    certificate_der: bytes

    @property
    def algorithm(self) -> Algorithm:
        return self.token.algorithm

    def sign(self, tbs: bytes) -> bytes:
        with self.lock:
            return self.token.sign(tbs)


def crowd(bench: "Bench") -> Iterator[Result]:
    """Confirmations: records a second of all stations against one agent's times the cores; and the slowest station."""
    cores = os.cpu_count() or 1
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            database = postgres().take()
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason
        stations = _prepare(bench, postgres().address(database), folder)
        settings = {
            "VAXSEAL_DATABASE_URL": postgres().address(database).replace("+psycopg", ""),
            "VAXSEAL_REQUESTS_PER_MINUTE": _LARGE,
            "VAXSEAL_STATION_DAILY_QUOTA": _LARGE,
            "VAXSEAL_SIGNER_DAILY_QUOTA": _LARGE,
        }
        port = free_port()
        stack.enter_context(serve(folder / "data", port, settings))
        pipes = start_agents(stack, bench.tokens, port, stations, folder)
        pipes[0].send((1, ALONE, None))
        alone = sum(one.accepted for one in pipes[0].recv().values()) / ALONE
        done = let_work(pipes, SECONDS)
    each = sorted(one.accepted for one in done.values())
    together, middle = sum(each) / SECONDS, statistics.median(each)
    yield _result(
        f"{STATIONS} agents at once, {together:,.0f} records/s",
        f"one agent ({alone:,.0f} records/s) x {cores} cores",
        together,
        alone * cores,
        must=0.8,
    )
    yield _result(f"slowest of {STATIONS} agents", "their median", each[0] / SECONDS, middle / SECONDS, must=0.5)


def _result(stage: str, against: str, ours: float, other: float, *, must: float) -> Result:
    """From records a second."""
    mine, theirs = 1 / max(ours, 1e-9), 1 / max(other, 1e-9)
    return Result(stage=stage, against=against, ours=(mine, mine), other=(theirs, theirs), must=must, stretch=None)


def _prepare(bench: "Bench", address: str, folder: Path) -> list[Station]:
    """Units with their certificates and records."""
    from api.config import Settings

    engine = open_database(address)
    now = datetime.now(UTC).replace(microsecond=0)
    before = material.NOW - timedelta(days=1)
    settings = Settings(data=folder / "data")
    tokens, stations = bench.tokens, list[Station]()
    versions = list[NewVersion]()
    request = make_csr(bench.keys["EC"], RequestSubject(common_name="Bench station", organisation="Bench"))
    with open_bare_key(tokens.module, TokenSelector(label="bench-CSCA"), lambda: tokens.pin) as csca_key:
        for number in range(STATIONS):
            unit = f"TYT-{number:03d}"
            add_unit(
                engine,
                code=unit,
                name=unit,
                kind="station",
                province=f"{number % 60:02d}",
                opened_on=date(2020, 1, 1),
                by="bench",
                at=now,
            )
            certificate = issue_dsc(request, csca_key, tokens.root, DscProfile(specimen=True), not_before=before)
            enrol_token(engine, unit, certificate, settings=settings, by="bench", at=now)
            stations.append(Station(unit=unit, certificate=certificate))
            for _ in range(RECORDS if number else FIRST):
                versions.append(new_version(len(versions), unit=unit, state=RecordState.READY, at=now))
    for start in range(0, len(versions), 5000):
        with writing(engine) as connection:
            write_versions(connection, versions[start : start + 5000], by="bench", why="bench", at=now)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return stations


def start_agents(
    stack: ExitStack, tokens: material.Tokens, port: int, stations: Sequence[Station], folder: Path
) -> list[Any]:
    """A process of agents a core, all of them logged in; returns the pipes that they are told by."""
    cores, pipes = os.cpu_count() or 1, []
    context = multiprocessing.get_context("spawn")
    for place in range(cores):
        ours, theirs = context.Pipe()
        given = (theirs, tokens.copy(), port, stations[place::cores], folder / str(place))
        process = context.Process(target=_work, args=given, daemon=True)
        process.start()
        stack.callback(process.join)
        stack.callback(process.kill)
        pipes.append(ours)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    return pipes


def let_work(pipes: Sequence[Any], seconds: float, batches: int | None = None) -> dict[str, Signed]:
    """Let all agents work at once, for so many seconds or batches each; what they did, by unit."""
    done: dict[str, Signed] = {}
    for pipe in pipes:
        pipe.send((None, seconds, batches))
    for pipe in pipes:
        done |= pipe.recv()
    return done


def _work(pipe: Any, tokens: material.Tokens, port: int, stations: Sequence[Station], folder: Path) -> None:
    """A process of agents: logs all in, then lets as many as it is told work at once."""
    tokens.use()
    lock, keys = threading.Lock(), dict[str, TokenKey]()
    agents = {}
    for station in stations:
        if station.token not in keys:
            selector = TokenSelector(label=station.token)
            keys[station.token] = open_key(
                tokens.module, selector, lambda: tokens.pin, certificate_der=station.certificate
            )
        agents[station.unit] = SigningAgent(
            client=CentreClient(f"http://127.0.0.1:{port}"),
            key=SharedKey(keys[station.token], lock, station.certificate),
            role="station",
            account="lan",
            journal=JournalFolder(folder / station.unit),
        )
        agents[station.unit].log_in()
    pipe.send("ready")
    while True:
        try:
            count, seconds, batches = pipe.recv()
        except EOFError:  # nobody tells it anything any more
            return
        some = dict(list(agents.items())[:count])
        done = {unit: Signed() for unit in some}
        begun = monotonic()
        threads = [
            threading.Thread(target=_sign, args=(agent, begun, begun + seconds, batches, done[unit]))
            for unit, agent in some.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send(done)


def _sign(agent: SigningAgent, begun: float, ends: float, batches: int | None, done: Signed) -> None:
    """Batch after batch until nothing is handed out; what is accepted after the end does not count."""
    taken = 0
    while monotonic() < ends and taken != batches:
        taken += 1
        try:
            batch = agent.next_batch(BATCH)
            if not len(batch):
                return
            agent.sign_and_send(agent.approve(batch))
        except AgentError as error:
            done.refused[error.code] += 1
            return
        outcomes = agent.take_outcomes()
        if monotonic() < ends:
            done.accepted += sum(outcome.outcome == "accepted" for outcome in outcomes)
            done.refused.update(str(outcome.reason) for outcome in outcomes if outcome.outcome != "accepted")
            done.seconds = monotonic() - begun
