"""The service's database work, against the same statements sent by the bare driver.

Both sides have a database of their own with the same records. What our side sends is noted and played back on the
other one by psycopg or sqlite3: as a loop, a statement for each row that is written (psycopg sends them in a pipeline);
or as it was sent, where many rows go into one statement. What is left of the difference is SQLAlchemy, and everything
that the service builds and checks.
"""

import json
import re
import shutil
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from sqlalchemy import Engine, event

from api.auth import Session, read_certificate
from api.context import Centre
from api.signing.acceptance import accept
from api.signing.leasing import lease_work
from api.states import RecordState
from api.store.records import NewVersion, write_versions
from api.store.transactions import writing
from api.workers import look_seldom_for_garbage
from bench import material
from bench.harness import Result, race
from bench.native import NotHereError
from certificates.issuance import finish, prepare_confirmation
from certificates.jobs import SignedJob, SigningJob
from certificates.pdf.layout import LAYOUT
from certificates.pki import verify_signature
from certificates.records.verification import verify
from tests.support.centre import START, World, make_world, new_version
from tests.support.databases import Kind, postgres
from tests.support.records import answer

if TYPE_CHECKING:
    from bench.rows import Bench

BATCH: Final = 100
REPEATS: Final = 15
WARM: Final = 5  # batches before anything is measured
MANY: Final = 10_000_000  # no quota stands in the way
NAMES: Final[dict[Kind, str]] = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_ENDS: Final = ("COMMIT", "ROLLBACK")
_INSERT: Final = re.compile(r"INSERT INTO (\w+) \(([^)]*)\) SELECT ")
_BYTES: Final = re.compile(r"decode\((\w+), 'hex'\)")
_ANY: Final = re.compile(r"= ANY \(%\((\w+)\)s::\w+\[\]\)")
Statement = tuple[str, Any, bool]


@dataclass
class _Noted:
    """What one piece of work sent, and the signatures that it had verified."""

    statements: list[Statement] = field(default_factory=list)
    verified: list[tuple[bytes, bytes]] = field(default_factory=list)

    def as_loop(self) -> "_Noted":
        return _Noted([_as_loop(*one) for one in self.statements], self.verified)


def leasing_and_acceptance(_bench: "Bench") -> Iterator[Result]:
    """A hundred confirmations: leased and marked done; and taken in alone."""
    yield from _rows_on("postgresql")
    yield from _rows_on("sqlite")


def _rows_on(kind: Kind) -> Iterator[Result]:
    look_seldom_for_garbage()  # as the service does
    with ExitStack() as stack:
        try:
            batches = WARM + (3 if kind == "postgresql" else 2) * (REPEATS + 1)
            ours, player = Ours(stack, kind, batches=batches), _player(stack, kind, batches)
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason
        for _ in range(WARM):
            lease, _, accepted, _ = ours.round()
            player([*lease.statements, *accepted.statements])
        if kind == "postgresql":  # as its autovacuum does: plans that were made for empty tables go
            player([("ANALYZE", None, False), ("COMMIT", None, False)])
            with ours.engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
        certificate = read_certificate(ours.session.certificate.der)

        def play(noted: _Noted) -> float:
            start = perf_counter()
            player(noted.statements)
            for message, signature in noted.verified:
                verify_signature(certificate, message, signature)
            return perf_counter() - start

        def both(change: Callable[[_Noted], _Noted]) -> tuple[Callable[[int], float], Callable[[int], float]]:
            waiting = deque[_Noted]()

            def work(rounds: int) -> float:
                seconds = 0.0
                for _ in range(rounds):
                    lease, lease_time, accepted, accept_time = ours.round()
                    waiting.append(change(_Noted([*lease.statements, *accepted.statements], accepted.verified)))
                    seconds += lease_time + accept_time
                return seconds

            return work, lambda rounds: sum(play(waiting.popleft()) for _ in range(rounds))

        def taking() -> tuple[Callable[[int], float], Callable[[int], float]]:
            waiting = deque[_Noted]()

            def work(rounds: int) -> float:
                seconds = 0.0
                for _ in range(rounds):
                    lease, _, accepted, accept_time = ours.round()
                    play(lease)
                    waiting.append(accepted.as_loop())
                    seconds += accept_time
                return seconds

            return work, lambda rounds: sum(play(waiting.popleft()) for _ in range(rounds))

        must = 0.7 if kind == "postgresql" else None
        pair, loop = f"lease {BATCH} + accept, {NAMES[kind]}", "raw loop, bare driver, + verifications"
        yield _race(pair, both(_Noted.as_loop), loop, must=must, stretch=0.9 if must else None)
        if kind == "postgresql":
            yield _race(pair, both(lambda noted: noted), "the same statements, many rows in one", must=None)
        yield _race(f"accept {BATCH} confirmations, {NAMES[kind]}", taking(), loop, must=0.5, stretch=0.7)


def _race(
    stage: str,
    runs: tuple[Callable[[int], float], Callable[[int], float]],
    against: str,
    *,
    must: float | None,
    stretch: float | None = None,
) -> Result:
    return race(stage, runs[0], against, runs[1], rounds=(1, 1), must=must, stretch=stretch, repeats=REPEATS)


def _as_loop(statement: str, values: Any, many: bool) -> Statement:
    """One statement that writes many rows, as one that writes a row many times."""
    inserted, chosen = _INSERT.match(statement), _ANY.search(statement)
    if many or not isinstance(values, dict) or not (inserted or (chosen and not statement.startswith("SELECT"))):
        return statement, values, many
    if inserted:
        table, names = inserted.groups()
        places = ", ".join(f"%({name})s" for name in names.split(", "))
        rows = json.loads(values["rows"])
        for name in _BYTES.findall(statement):
            for row in rows:
                row[name] = None if row[name] is None else bytes.fromhex(row[name])
        return f"INSERT INTO {table} ({names}) VALUES ({places})", rows, True  # noqa: S608
    assert chosen is not None
    name = chosen[1]
    return _ANY.sub(f"= %({name})s", statement), [{**values, name: one} for one in values[name]], True


def _player(stack: ExitStack, kind: Kind, batches: int) -> Callable[[list[Statement]], None]:
    """Sends statements to a database of its own."""
    place = _filled(stack, kind, batches).plain
    theirs: Any
    if kind == "postgresql":
        theirs = stack.enter_context(psycopg.connect(place))
    else:
        theirs = sqlite3.connect(place, isolation_level=None)
        stack.callback(theirs.close)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            theirs.execute(f"PRAGMA {pragma}")

    def play(statements: list[Statement]) -> None:
        cursor = theirs.cursor()
        for statement, values, many in statements:
            if statement in _ENDS:
                (theirs.commit if statement == "COMMIT" else theirs.rollback)()
            elif many:
                cursor.executemany(statement, values)
            else:
                cursor.execute(statement, values or (None if kind == "postgresql" else ()))
                if cursor.description:
                    cursor.fetchall()
        cursor.close()

    return play


class Ours:
    """The service's side, whose statements are noted."""

    def __init__(self, stack: ExitStack, kind: Kind, *, batches: int) -> None:
        filled = _filled(stack, kind, batches)
        self._world, self.plain = filled.world, filled.plain
        self.engine = self._world.engine
        self._key = self._world.keys["TYT-1"]
        self.session = Session(
            unit="TYT-1",
            account="y.ta",
            task="confirm",
            certificate=read_certificate(self._key.certificate_der),
            expires_at=START,
        )
        self._noted = _Noted()
        event.listen(self._world.engine, "before_cursor_execute", self._note)
        if kind == "sqlite":  # begun by the driver itself, past SQLAlchemy's eyes; psycopg begins as ours does
            event.listen(self._world.engine, "begin", lambda _: self._note(None, None, "BEGIN", (), None, False))
        for end in _ENDS:
            event.listen(
                self._world.engine, end.lower(), lambda _, end=end: self._note(None, None, end, None, None, False)
            )

    def round(self) -> tuple[_Noted, float, _Noted, float]:
        """One batch: what the lease sent and how long it took, and the same of the acceptance."""
        centre: Centre = self._world.centre
        self._noted = lease_noted = _Noted()
        start = perf_counter()
        lease = lease_work(centre, self.session, layout=LAYOUT, limit=BATCH)
        lease_time = perf_counter() - start
        assert len(lease.jobs) == BATCH
        self._noted = accept_noted = _Noted()
        signed = [self._sign(job, accept_noted) for job in lease.jobs]
        start = perf_counter()
        results = accept(centre, self.session, lease.lease_id, signed, ())
        accept_time = perf_counter() - start
        assert {result.outcome for result in results} == {"accepted"}
        return lease_noted, lease_time, accept_noted, accept_time

    def _sign(self, job: SigningJob, noted: _Noted) -> SignedJob:
        record = verify(job.record, job.evidence, today=job.signing_time.date())
        tbs = prepare_confirmation(record, job.terms, self.session.certificate)
        signature = self._key.sign(tbs.message)
        finish(tbs, signature)
        noted.verified.append((tbs.message, signature))
        return SignedJob(job_id=job.job_id, signature=signature)

    def _note(self, _c: Any, _k: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        self._noted.statements.append((statement, values, many))


def _named(number: int) -> NewVersion:
    """A record whose person has a name out of some thousand: nothing is quick because it was met before."""
    version = new_version(number, unit="TYT-1", state=RecordState.READY)
    name = material.name(number)
    person = replace(version.record.person, full_name=name)
    return replace(version, record=replace(version.record, person=person), evidence=answer(person, answered_at=START))


@dataclass(frozen=True)
class _Filled:
    world: World
    plain: str


def _filled(stack: ExitStack, kind: Kind, batches: int) -> _Filled:
    """A database with as many records as are signed in these batches: the same ones each time."""
    folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-"))
    stack.callback(shutil.rmtree, folder)
    address, plain = None, str(folder / "vaxseal.sqlite3")
    if kind == "postgresql":
        name = postgres().take()
        address, plain = postgres().address(name), postgres().plain_address(name)
    world = make_world(folder, address=address, station_daily_quota=MANY, signer_daily_quota=MANY)
    engine: Engine = world.engine
    stack.callback(engine.dispose)
    versions = [_named(number) for number in range(BATCH * batches)]
    with writing(engine) as connection:
        write_versions(connection, versions, by="bench", why="bench", at=START)
    if kind == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return _Filled(world, plain)
