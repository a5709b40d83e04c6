"""The service's database work on PostgreSQL, against the very same statements sent by the bare driver.

Both sides have a database of their own with the same records. What our side sends is noted and played back on the
other one by psycopg: what is left of the difference is SQLAlchemy, and everything that the service builds and checks.
"""

import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
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
from api.store.records import write_versions
from api.store.transactions import writing
from bench.harness import Result, race
from bench.native import NotHereError
from certificates.issuance import finish, prepare_confirmation
from certificates.jobs import SignedJob, SigningJob
from certificates.pdf.layout import LAYOUT
from certificates.pki import verify_signature
from certificates.records.verification import verify
from tests.support.centre import START, World, make_world, new_version
from tests.support.databases import postgres

if TYPE_CHECKING:
    from bench.rows import Bench

BATCH: Final = 100
REPEATS: Final = 15
RECORDS: Final = BATCH * (REPEATS * 2 + 10)
Statement = tuple[str, Any, bool]


@dataclass
class _Noted:
    """What one piece of work sent, and the signatures that it had verified."""

    statements: list[Statement] = field(default_factory=list)
    verified: list[tuple[bytes, bytes]] = field(default_factory=list)


def leasing_and_acceptance(_bench: "Bench") -> Iterator[Result]:
    """A hundred confirmations: leased and marked done; and taken in alone."""
    with ExitStack() as stack:
        try:
            ours, theirs = _Ours(stack), stack.enter_context(psycopg.connect(_filled(stack).plain))
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason
        certificate = read_certificate(ours.session.certificate.der)

        def play(noted: _Noted) -> float:
            start = perf_counter()
            with theirs.cursor() as cursor:
                for statement, values, many in noted.statements:
                    if statement == "COMMIT":
                        theirs.commit()
                    elif many:
                        cursor.executemany(statement.encode(), values)
                    else:
                        cursor.execute(statement.encode(), values or None)
                        if cursor.description:
                            cursor.fetchall()
            for message, signature in noted.verified:
                verify_signature(certificate, message, signature)
            return perf_counter() - start

        leases, taken = deque[_Noted](), deque[_Noted]()

        def both(rounds: int) -> float:
            seconds = 0.0
            for _ in range(rounds):
                lease, lease_time, accepted, accept_time = ours.round()
                leases.append(_Noted([*lease.statements, *accepted.statements], accepted.verified))
                seconds += lease_time + accept_time
            return seconds

        yield race(
            f"lease {BATCH} + accept, PostgreSQL",
            both,
            "same statements, bare driver, + verifications",
            lambda rounds: sum(play(leases.popleft()) for _ in range(rounds)),
            rounds=(1, 1),
            must=0.7,
            stretch=0.9,
            repeats=REPEATS,
        )

        def taking(rounds: int) -> float:
            seconds = 0.0
            for _ in range(rounds):
                lease, _, accepted, accept_time = ours.round()
                play(lease)
                taken.append(accepted)
                seconds += accept_time
            return seconds

        yield race(
            f"accept {BATCH} confirmations",
            taking,
            "same statements, bare driver, + verifications",
            lambda rounds: sum(play(taken.popleft()) for _ in range(rounds)),
            rounds=(1, 1),
            must=0.5,
            stretch=0.7,
            repeats=REPEATS,
        )


class _Ours:
    """The service's side, whose statements are noted."""

    def __init__(self, stack: ExitStack) -> None:
        self._world = _filled(stack).world
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
        event.listen(self._world.engine, "commit", lambda _: self._noted.statements.append(("COMMIT", None, False)))

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


@dataclass(frozen=True)
class _Filled:
    world: World
    plain: str


def _filled(stack: ExitStack) -> _Filled:
    """A database with the same records as the other one."""
    server = postgres()
    name = server.take()
    folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-"))
    stack.callback(shutil.rmtree, folder)
    world = make_world(folder, address=server.address(name))
    engine: Engine = world.engine
    stack.callback(engine.dispose)
    versions = [new_version(number, unit="TYT-1", state=RecordState.READY) for number in range(RECORDS)]
    with writing(engine) as connection:
        write_versions(connection, versions, by="bench", why="bench", at=START)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return _Filled(world, server.plain_address(name))
