"""The bundle that a process checks by: the newest that could be opened, never an older one."""

import threading
from pathlib import Path
from typing import Any

import pytest

from api.checkers import lists
from api.checkers.lists import CheckerLists
from api.checkers.publishing import open_checked
from certificates.bundle_folder import MANIFEST, PARTS
from certificates.bundle_signing import Changes
from certificates.errors import CheckError
from tests.support.bundles import bundle_of
from tests.support.centre import World
from tests.support.codes import AT


def why(checker: CheckerLists, world: World) -> str:
    with pytest.raises(CheckError) as caught:
        checker.current(world.clock())
    assert caught.value.code == "TRUST"
    return caught.value.detail


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_RETRY", 0.0)


def test_a_new_version_takes_the_place_of_the_old(centre: World) -> None:
    checker = CheckerLists(centre.centre)
    assert why(checker, centre) == "no list is published here"
    centre.publish()
    first = checker.current(centre.clock())
    assert checker.current(centre.clock()) is first
    centre.clock.forward(days=1)
    centre.publish(changes=Changes())
    assert checker.current(centre.clock()).version == 2


def test_what_cannot_be_opened_does_not_end_the_old_one(centre: World) -> None:
    checker = CheckerLists(centre.centre)
    centre.publish()
    checker.current(centre.clock())
    (centre.centre.settings.lists / MANIFEST).write_bytes(b"broken")
    assert checker.current(centre.clock()).version == 1
    assert "list-form" in why(CheckerLists(centre.centre), centre)
    centre.clock.forward(days=7, seconds=1)
    assert "list-expired" in why(checker, centre)


def test_an_older_file_than_was_published_is_refused(centre: World) -> None:
    """Whoever can write into the folder cannot bring back a list from before a withdrawal."""
    centre.publish()
    manifest = centre.centre.settings.lists / MANIFEST
    old = manifest.read_bytes()
    centre.publish(changes=Changes())
    manifest.write_bytes(old)
    assert "list-rollback" in why(CheckerLists(centre.centre), centre)


def test_a_missing_part(centre: World) -> None:
    centre.publish()
    next((centre.centre.settings.lists / PARTS).iterdir()).unlink()
    assert "list-missing" in why(CheckerLists(centre.centre), centre)


def test_without_a_root(centre: World, tmp_path: Path) -> None:
    bundle_of(centre.centre.settings.lists)
    (centre.centre.settings.data / "roots.pem").unlink()
    assert "lists-roots" in why(CheckerLists(centre.centre), centre)


def test_the_age_that_this_deployment_allows(make: Any) -> None:
    world: World = make("station", list_max_age_days=2)
    world.clock.now = AT
    world.publish()
    checker = CheckerLists(world.centre)
    world.clock.forward(days=2)
    assert checker.age(checker.current(world.clock()), world.clock()).old
    world.clock.forward(seconds=1)
    assert "list-age" in why(checker, world)


def test_nobody_waits_while_a_new_version_is_opened(centre: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checker = CheckerLists(centre.centre)
    centre.publish()
    checker.current(centre.clock())
    centre.publish(changes=Changes())
    begun, go_on = threading.Event(), threading.Event()

    def slow(*given: Any, **named: Any) -> Any:
        begun.set()
        assert go_on.wait(30)
        return open_checked(*given, **named)

    monkeypatch.setattr(lists, "open_checked", slow)
    thread = threading.Thread(target=checker.current, args=(centre.clock(),))
    thread.start()
    assert begun.wait(30)
    assert checker.current(centre.clock()).version == 1
    go_on.set()
    thread.join()
    assert checker.current(centre.clock()).version == 2
