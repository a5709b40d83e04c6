"""One order of revocation over very many passports, on PostgreSQL: from the look to the published bundle.

    .venv/bin/python -m bench.orders --passports 1000000

One passport goes its whole road through the service; the others are its copies, made by the database without their
pictures and pages. What is measured afterwards is the service's own work: the look, the order page by page, and the
rounds of the list desk. Memory is this process's at its peak, once each part is through.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from api.revocation.criteria import Criteria
from api.revocation.proposals import approve, propose
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.store.schema import (
    certificate_codes,
    confirmations,
    evidence,
    intents,
    jobs,
    passports,
    record_versions,
    records,
)
from api.store.schema_revoking import renewals
from tests.support import databases
from tests.support.bundles import bundle_of, opened
from tests.support.codes import AT
from tests.support.databases import postgres
from tests.support.revoking import AN, BINH, world_with_passports
from tests.support.trust_lists import LIST_KEY, ROOTS, WEEK
from vaxseal.list_desk import ListDesk
from vaxseal.list_place import DatabasePlace

_COPIED: Final = (
    records, record_versions, evidence, intents, certificate_codes, jobs, confirmations, passports, renewals,
)  # fmt: skip
_GIVEN: Final = {
    "record_id": "'z' || lpad(g::text, 9, '0')",
    "person_key": "'CCCD:' || lpad(g::text, 12, '7')",
    "uvci": "'URN:UVCI:01:VN:' || upper(substr(md5(g::text), 1, 14))",
    "job_id": "job_id || g::text",
    "cms": "'\\x00'",
    "qr_png": "NULL",
    "pdf": "NULL",
    "tbs": "'\\x00'",
}
_ORIGINAL: Final = "r00000001"


@contextmanager
def _measured(what: str) -> Iterator[None]:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    yield
    after = resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = time.perf_counter() - began
    print(f"{what:<50} {seconds:8.1f} s, {processor:7.1f} s here, {after.ru_maxrss / 1000:6.0f} MB", flush=True)


def _copy(address: str, count: int) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # no look-up of foreign keys while it is filled
        for table in _COPIED:
            names = [column.name for column in table.columns]
            chosen = ", ".join(_GIVEN.get(name, name) for name in names)
            connection.execute(
                f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {chosen}"  # noqa: S608 - names of our tables
                f" FROM {table.name}, generate_series(1, {count}) AS g WHERE record_id = '{_ORIGINAL}'".encode()
            )
        connection.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description="One order of revocation over very many passports.")
    parser.add_argument("--passports", type=int, default=100_000)
    count = parser.parse_args().passports
    databases._SPEED["shared_buffers"] = "3GB"  # as a server of this size has it
    server = postgres()
    database = server.take()
    with tempfile.TemporaryDirectory(prefix="vaxseal-orders-") as name:
        folder = Path(name)
        world = world_with_passports(folder, "two-tier", address=server.address(database))
        world.clock.now = AT
        with _measured(f"{count:,} copies of a passport (no part of it)"):
            _copy(server.plain_address(database), count)
        bundle_of(folder / "officer", at=AT - timedelta(hours=1))
        engine, settings = world.engine, world.centre.settings
        criteria, fraud = Criteria(unit="TYT-1"), RevocationReason.FRAUD
        with _measured("the look, and the proposal"):
            proposed = propose(engine, settings, criteria, fraud, staff=AN, at=AT)
        assert proposed.order_id is not None
        began = time.perf_counter()
        with _measured("approved"):
            approve(engine, settings, proposed.order_id, staff=BINH, at=AT)
        with _measured("revoked, page by page"):
            done = run_orders(engine, at=AT)
        place: Any = DatabasePlace(centre=world.centre, by="officer")
        desk = ListDesk(place=place, folder=folder / "officer", roots=tuple(ROOTS), lasting=WEEK, most=10**9)
        with _measured("drafted, signed, published, noted"):
            said = []
            while (one := desk.round(LIST_KEY)) is not None:
                said.append(one)
        print(f"{'decision to published bundle':<50} {time.perf_counter() - began:8.1f} s, {len(said)} rounds")
        with _measured("the bundle, opened by a checker"):
            found = opened(settings.lists, at=AT)
        assert done.revoked == proposed.passports == count + 2
        assert sum(one["ticked_off"] for one in said) == count + 2
        print(f"version {found.version}, {len(found.revocation):,} entries")
        world.engine.dispose()


if __name__ == "__main__":
    main()
