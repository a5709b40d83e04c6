"""A citizen fetches a passport: found by its code, compared, its QR drawn; against the least that the server can do."""

import http.client
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import select

from api.store.schema import passports
from bench.harness import Result, each, race
from bench.native import NotHereError
from bench.service import connected, free_port, serve
from tests.support.centre import make_world
from tests.support.databases import postgres

if TYPE_CHECKING:
    from bench.rows import Bench

PASSPORTS: Final = 100
BORN: Final = "1980-04-05"


def citizens(_bench: "Bench") -> Iterator[Result]:
    """One client with one connection, on each database."""
    yield _fetching("SQLite", None)
    try:
        server = postgres()
    except pytest.skip.Exception as reason:
        raise NotHereError(str(reason)) from reason
    yield _fetching("PostgreSQL", server.address(server.take()))


def _fetching(database: str, address: str | None) -> Result:
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        folder = Path(name)
        world = make_world(folder, mode="station", address=address)
        world.add_records(PASSPORTS)
        world.agent("TYT-1").work(PASSPORTS)
        with world.engine.connect() as connection:
            codes = connection.execute(select(passports.c.uvci).where(passports.c.state == "issued")).scalars().all()
        world.engine.dispose()
        assert len(codes) == PASSPORTS
        bodies = [json.dumps({"certificate_code": code, "date_of_birth": BORN}).encode() for code in codes]
        port = free_port()
        settings = {"VAXSEAL_REQUESTS_PER_MINUTE": "1000000000", "VAXSEAL_MODE": "station"}
        if address is not None:
            settings["VAXSEAL_DATABASE_URL"] = address.replace("+psycopg", "")
        with serve(folder, port, settings), connected(port) as client:

            def fetch(number: int) -> None:
                _ask(client, "POST", "/v1/citizen/passport", bodies[number % PASSPORTS])

            return race(
                f"citizen fetches a passport, {database}",
                each(fetch),
                "/healthz of the same server",
                each(lambda _: _ask(client, "GET", "/healthz", None)),
                rounds=(100, 100),
                must=0.5,
            )


def _ask(client: http.client.HTTPConnection, method: str, path: str, body: bytes | None) -> None:
    client.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    answer = client.getresponse()
    answer.read()
    assert answer.status == http.client.OK, (path, answer.status)
