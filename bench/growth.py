"""What a record costs to sign as records grow: the same work in a small database and in a large one, in turns.

BENCH_RECORDS says how many the large one has, a million if it is not set. Half of them wait for the same unit, behind
those that are signed here; half are issued long since. Ten million take some 20 GB and a quarter of an hour to make.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from api.store.schema import evidence, record_versions, records
from bench.harness import Result, race
from bench.native import NotHereError
from bench.store import BATCH, Ours

if TYPE_CHECKING:
    from bench.rows import Bench

FEW: Final = 10_000
MANY: Final = int(os.environ.get("BENCH_RECORDS", "1000000"))
REPEATS: Final = 15
WARM: Final = 5


def growth(_bench: "Bench") -> Iterator[Result]:
    """A hundred records leased and their confirmations taken in, among many records and among few."""
    with ExitStack() as stack:
        try:
            few, many = _signing(stack, FEW), _signing(stack, MANY)
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason
        yield race(
            f"lease {BATCH} + accept, {MANY:,} records",
            many,
            f"the same, {FEW:,} records",
            few,
            rounds=(1, 1),
            must=1 / 1.3,
            repeats=REPEATS,
        )


def _signing(stack: ExitStack, count: int) -> Callable[[int], float]:
    ours = Ours(stack, "postgresql", batches=REPEATS + WARM + 1)
    with psycopg.connect(ours.plain, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # no look-up of foreign keys while it is filled
        for table in (records, record_versions, evidence):
            names = [column.name for column in table.columns]
            given = {
                "record_id": "'z' || lpad(g::text, 9, '0')",
                "person_key": "'CCCD:' || lpad(g::text, 12, '7')",
                "state": "CASE WHEN g % 2 = 0 THEN 'ready' ELSE 'issued' END",
                "document": "document" if table is records else "'{}'",
            }
            chosen = ", ".join(given.get(name, name) for name in names)
            connection.execute(
                f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {chosen}"  # noqa: S608
                f" FROM {table.name}, generate_series(1, {count}) AS g WHERE record_id = 'r00000000'".encode()
            )
        connection.execute("VACUUM ANALYZE")
    for _ in range(WARM):
        ours.round()
    with psycopg.connect(ours.plain, autocommit=True) as connection:
        connection.execute("ANALYZE")

    def run(rounds: int) -> float:
        seconds = 0.0
        for _ in range(rounds):
            _, lease, _, accepted = ours.round()
            seconds += lease + accepted
        return seconds

    return run
