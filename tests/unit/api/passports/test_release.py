import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from api import background
from api.app import create_app
from api.audit import read_log, verify_log
from api.context import Centre
from api.passports import building, release
from api.passports.release import release_all, release_pending
from api.signing import acceptance
from api.signing.enrolment import suspend_token
from api.store.schema import jobs, passports
from api.store.transactions import writing
from api.workers import Workers
from certificates.errors import IssuanceError
from certificates.pdf import page
from tests.support.centre import World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def crashed(make: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A centre that died after the signatures were stored and before anything was released."""
    world: World = make("station")
    world.add_records(3)

    def die(*_: object) -> None:
        raise RuntimeError

    agent = world.agent("TYT-1")
    leased = agent.lease()
    batch = [agent.sign(job).to_dict() for job in leased["jobs"]]
    with monkeypatch.context() as patched:
        patched.setattr(acceptance, "release_all", die)
        response = agent.post("/v1/signing/submit", {"lease_id": leased["lease_id"], "signed": batch, "refused": []})
        assert response.status_code == 500
    assert states(world) == {"signed": 3}
    return world


def states(world: World) -> dict[str, int]:
    with world.engine.connect() as connection:
        query = select(passports.c.state, func.count().label("passports")).group_by(passports.c.state)
        return {row.state: row.passports for row in connection.execute(query)}


def test_the_next_start_finishes_a_release(crashed: World) -> None:
    with TestClient(create_app(crashed.centre)) as client:
        assert client.get("/healthz").status_code == 200
        for _ in range(500):
            if states(crashed) == {"issued": 3}:
                break
            time.sleep(0.01)
    assert states(crashed) == {"issued": 3}
    verify_log(crashed.engine)


def test_what_failed_is_tried_again_without_a_restart(crashed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a killed worker at the moment of the release must not cost a passport until the next start."""
    monkeypatch.setattr(background, "PENDING_PERIOD", 0.05)
    tries = []

    def fails_once(centre: Centre) -> int:
        tries.append(states(crashed))
        if len(tries) == 1:
            raise OSError
        return release_pending(centre)

    monkeypatch.setattr(background, "release_pending", fails_once)
    with TestClient(create_app(crashed.centre)):
        for _ in range(600):
            if states(crashed) == {"issued": 3}:
                break
            time.sleep(0.05)
    assert tries[:2] == [{"signed": 3}] * 2
    assert states(crashed) == {"issued": 3}


def test_pending_releases_are_finished_once(crashed: World) -> None:
    assert release_pending(crashed.centre) == 3
    assert release_pending(crashed.centre) == 0
    assert states(crashed) == {"issued": 3}


def test_a_crash_in_the_middle_releases_the_rest_later(crashed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    finish, done = release._finish, 0

    def die_at_the_second(*args: Any, **kwargs: Any) -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise SystemExit
        finish(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(release, "_A_COMMIT", 1)
        patched.setattr(release, "_finish", die_at_the_second)
        with pytest.raises(SystemExit):
            release_pending(crashed.centre)
    assert states(crashed) == {"issued": 1, "signed": 2}
    assert release_pending(crashed.centre) == 2
    assert states(crashed) == {"issued": 3}
    assert [act.act for act in read_log(crashed.engine, limit=99)].count("issue") == 3


def test_two_releases_at_once_release_once(crashed: World) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: release_pending(crashed.centre), range(2)))
    assert states(crashed) == {"issued": 3}
    assert [act.act for act in read_log(crashed.engine, limit=99)].count("issue") == 3


def test_an_unforeseen_failure_leaves_the_passport_signed(crashed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    build, calls = building.build, 0

    def fail_once(*args: Any) -> building.Released:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ZeroDivisionError
        return build(*args)

    monkeypatch.setattr(building, "build", fail_once)
    release_pending(crashed.centre)
    assert states(crashed) == {"issued": 2, "signed": 1}
    release_pending(crashed.centre)
    assert states(crashed) == {"issued": 3}


def test_a_token_suspended_before_the_release_holds_it(crashed: World) -> None:
    fingerprint = crashed.keys["TYT-1"].certificate.fingerprint
    suspend_token(crashed.engine, fingerprint, by="test", at=crashed.clock(), reason="lost")
    release_pending(crashed.centre)
    assert states(crashed) == {"held": 3}
    with crashed.engine.connect() as connection:
        assert set(connection.execute(select(passports.c.reason)).scalars()) == {"token-suspended"}


def test_another_layout_holds_it(crashed: World) -> None:
    with writing(crashed.engine) as connection:
        connection.execute(update(jobs).values(layout="page-0"))
    release_pending(crashed.centre)
    assert states(crashed) == {"held": 3}


@pytest.mark.parametrize(
    "raised", [IssuanceError("gate-picture"), IssuanceError("gate-page"), IssuanceError("gate-text")]
)
def test_what_the_gate_refuses_is_held(crashed: World, monkeypatch: pytest.MonkeyPatch, raised: IssuanceError) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(building, "check_before_release", refuse)
    release_pending(crashed.centre)
    with crashed.engine.connect() as connection:
        rows = connection.execute(select(passports.c.state, passports.c.reason, passports.c.pdf)).all()
    assert rows == [("held", raised.code, None)] * 3


def test_a_page_that_both_ends_lay_out_wrong_is_held(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Centre and agent make the same page, so only the gate can see that it does not show the record."""
    made = page._page_data
    monkeypatch.setattr(page, "_page_data", lambda *given: {**made(*given), "disease": "COVID-18"})
    world: World = make("station")
    (record_id,) = world.add_records(1)
    world.agent("TYT-1").work()
    assert world.state(record_id) == ("held", "gate-text")
    (act,) = [act for act in read_log(world.engine, limit=9) if act.act == "hold"]
    assert act.reason == "gate-text: the page does not show the record's disease targeted"


def test_worker_processes_release_the_same(crashed: World) -> None:
    workers = Workers(2)
    try:
        release_pending(dataclasses.replace(crashed.centre, workers=workers))
    finally:
        workers.close()
    assert states(crashed) == {"issued": 3}


def test_nothing_to_release(world: World) -> None:
    release_all(world.centre, ["URN:UVCI:01:VN:X"])
    assert states(world) == {}
