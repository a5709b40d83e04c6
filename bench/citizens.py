"""A citizen fetches a passport: found by its code, compared, its QR drawn; against the least that the server can do."""

import http.client
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from api.citizens.holder import open_holder
from api.context import system_clock
from api.store.schema import passports
from api.store.transactions import writing
from bench.harness import Result, each, race
from bench.native import NotHereError
from bench.service import connected, free_port, serve
from tests.support.centre import make_world
from tests.support.databases import postgres

if TYPE_CHECKING:
    from bench.rows import Bench

PASSPORTS: Final = 100
BORN: Final = "1980-04-05"
_JSON: Final = {"Content-Type": "application/json"}


def citizens(_bench: "Bench") -> Iterator[Result]:
    """One client with one connection, on each database."""
    yield _fetching("SQLite", None)
    try:
        server = postgres()
    except pytest.skip.Exception as reason:
        raise NotHereError(str(reason)) from reason
    yield _fetching("PostgreSQL", server.address(server.take()))


def citizen_pages(_bench: "Bench") -> Iterator[Result]:
    """The page that shows a passport, by its code and behind the proof, against the first page, which shows nothing."""
    with _served(None) as (client, port, codes, bearer):
        forms = [urlencode({"certificate_code": code, "date_of_birth": BORN}).encode() for code in codes]
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
        mine = {"Cookie": f"citizen={bearer}"}

        def by_code(number: int) -> None:
            _ask(client, "POST", "/me/qr", forms[number % PASSPORTS], form)

        def behind(_number: int) -> None:
            _ask(client, "GET", "/me/mine/qr", None, mine)

        for stage, shown in (("citizen page, passport shown", by_code), ("the same, behind the proof", behind)):
            yield race(
                stage,
                each(shown),
                "the first page of the same server",
                each(lambda _: _ask(client, "GET", "/me", None, {})),
                rounds=(50, 50),
                must=1 / 3,
            )


def _fetching(database: str, address: str | None) -> Result:
    with _served(address) as (client, _port, codes, _bearer):
        bodies = [json.dumps({"certificate_code": code, "date_of_birth": BORN}).encode() for code in codes]

        def fetch(number: int) -> None:
            _ask(client, "POST", "/v1/citizen/passport", bodies[number % PASSPORTS], _JSON)

        return race(
            f"citizen fetches a passport, {database}",
            each(fetch),
            "/healthz of the same server",
            each(lambda _: _ask(client, "GET", "/healthz", None, {})),
            rounds=(100, 100),
            must=0.5,
        )


@contextmanager
def _served(address: str | None) -> Iterator[tuple[http.client.HTTPConnection, int, Sequence[str], str]]:
    """A service with passports: a connection, its port, the certificate codes, and the session of the first person."""
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        folder = Path(name)
        world = make_world(folder, mode="station", address=address)
        world.add_records(PASSPORTS)
        world.agent("TYT-1").work(PASSPORTS)
        with writing(world.engine) as connection:
            codes = connection.execute(select(passports.c.uvci).where(passports.c.state == "issued")).scalars().all()
            bearer, _holder = open_holder(connection, "r00000001", "slip", app="", at=system_clock())
        world.engine.dispose()
        assert len(codes) == PASSPORTS
        port = free_port()
        settings = {"VAXSEAL_REQUESTS_PER_MINUTE": "1000000000", "VAXSEAL_MODE": "station"}
        if address is not None:
            settings["VAXSEAL_DATABASE_URL"] = address.replace("+psycopg", "")
        with serve(folder, port, settings), connected(port) as client:
            yield client, port, codes, bearer


def _ask(
    client: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> None:
    client.request(method, path, body, dict(headers))
    answer = client.getresponse()
    answer.read()
    assert answer.status == http.client.OK, (path, answer.status)
