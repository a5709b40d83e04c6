from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from api.store.versions import version_table
from certificates.trust_entries import TrustEntry
from tests.support.centre import World
from tests.support.codes import AT


def failing(world: World) -> list[str]:
    answer = world.client.get("/readyz")
    assert (answer.status_code == 200) == (answer.json().get("status") == "ready")
    assert answer.status_code == 200 or answer.json()["code"] == "not-ready"
    fields: list[str] = answer.json().get("fields", [])
    return fields


def test_a_service_that_can_work(world: World) -> None:
    assert failing(world) == []


def test_the_database_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(world.engine, "connect", refuse)
    assert world.client.get("/healthz").json() == {"status": "ok"}
    assert failing(world) == ["database", "lists"]


def test_tables_of_another_program(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(version_table).values(version_num="9999"))
    assert failing(world) == ["database"]


def test_lists_grow_old(world: World) -> None:
    world.clock.now = AT
    world.publish(TrustEntry.of(world.keys["TYT-1"].certificate_der))
    assert failing(world) == []
    world.clock.now += timedelta(days=8)
    assert failing(world) == ["lists"]


def test_the_disk_is_full(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.health.shutil.disk_usage", lambda _: SimpleNamespace(free=1))
    assert failing(world) == ["disk"]
