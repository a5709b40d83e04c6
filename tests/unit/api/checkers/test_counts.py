"""Counts of online checks reach the table: now and then, and at the end."""

import time
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api import app, background
from api.checkers.counts import VerdictCounts
from api.store.schema import verdict_counts
from certificates.errors import CheckError, CheckReason
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.rules import checked

pytestmark = pytest.mark.both_databases

SIG = CheckError(CheckReason.SIG)


def counted(world: World) -> dict[tuple[str, str], int]:
    with world.engine.connect() as connection:
        return {(row.day, row.reason): row.verdicts for row in connection.execute(select(verdict_counts))}


def test_by_day_and_reason(centre: World) -> None:
    counts = VerdictCounts(centre.engine)
    counts.write()
    counts.add([SIG, checked(), SIG], AT)
    counts.add([SIG], AT + timedelta(hours=17))  # the next day in Viet Nam
    assert counted(centre) == {}
    counts.write()
    counts.add([SIG], AT)
    counts.write()
    counts.write()
    assert counted(centre) == {("2022-06-01", "SIG"): 3, ("2022-06-01", "VALID"): 1, ("2022-06-02", "SIG"): 1}


def test_what_could_not_be_written_is_written_later(centre: World) -> None:
    counts = VerdictCounts(centre.engine)
    counts.add([SIG], AT)
    with centre.engine.connect() as connection:
        connection.execute(text("ALTER TABLE verdict_counts RENAME TO away"))
        connection.commit()
    with pytest.raises(DBAPIError):
        counts.write()
    counts.add([SIG], AT)
    with centre.engine.connect() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO verdict_counts"))
        connection.commit()
    counts.write()
    assert counted(centre) == {("2022-06-01", "SIG"): 2}


def test_the_end_of_the_service_writes_them(centre: World) -> None:
    with TestClient(app.create_app(centre.centre)) as client:
        client.post("/v1/checkers/verify-bulk", json={"texts": ["x", "y"]})
        assert counted(centre) == {}
    assert counted(centre) == {("2022-06-01", "TRUST"): 2}


def test_the_service_writes_them_now_and_then(centre: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "COUNTS_PERIOD", 0.01)
    write, tries = VerdictCounts.write, 0

    def fails_once(self: VerdictCounts) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError
        write(self)

    monkeypatch.setattr(VerdictCounts, "write", fails_once)
    with TestClient(app.create_app(centre.centre)) as client:
        client.post("/v1/checkers/verify", json={"text": "x"})
        for _ in range(500):
            if counted(centre):
                break
            time.sleep(0.01)
        assert counted(centre) == {("2022-06-01", "TRUST"): 1}
