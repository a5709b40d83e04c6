"""Checkers' lists over HTTPS: asked for, drafted, signed elsewhere, handed in and published."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from api.revocation.drafting import count_open
from api.store.schema import audit
from api.store.schema_ministry import ministry_files
from certificates.bundle_folder import MANIFEST
from certificates.bundle_signing import Changes, sign_next
from signer.ministry_calls import MinistryCalls
from tests.support.bundles import bundle_of, opened
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.ministry_calls import calls, refused
from tests.support.revoking import order
from tests.support.trust_lists import ENTRY, HOUR, ROOTS, WEEK, certify, make_root

pytestmark = pytest.mark.both_databases


@pytest.fixture
def centre(make: Any) -> World:
    world: World = make("station")
    world.clock.now = AT
    world.add_records(3)
    world.agent("TYT-1").work()
    return world


def sign(world: World, folder: Path, machine: MinistryCalls, limit: int = 9) -> None:
    """The next version, with what the centre wants on it."""
    made = machine.list_draft(limit)
    changes = Changes(added=made.added_hashes, removed=made.removed_hashes, entries_expire_at=made.entries_expire_at)
    bundle_of(folder, changes=changes, at=world.clock())


def test_from_a_decision_to_the_published_bundle_without_a_database(centre: World, tmp_path: Path) -> None:
    machine, folder = calls(centre), tmp_path / "officer"
    assert machine.list_state() == (0, 0)
    bundle_of(folder, ENTRY, at=centre.clock())
    first = machine.send_bundle(folder, ROOTS)
    assert (first.version, first.signers, first.fresh) == (1, 1, True)
    order(centre, unit="TYT-1")
    assert machine.list_state() == (1, 3)
    sign(centre, folder, machine, limit=2)
    second = machine.send_bundle(folder, ROOTS)
    assert (second.version, second.ticked_off) == (2, 2)
    assert machine.list_state() == (2, 1)
    sign(centre, folder, machine)
    third = machine.send_bundle(folder, ROOTS)
    assert (third.version, third.ticked_off, third.fresh) == (3, 1, True)
    assert not machine.send_bundle(folder, ROOTS).fresh  # again: nothing happens
    assert opened(centre.centre.settings.lists, at=centre.clock()).version == 3
    assert count_open(centre.engine, at=centre.clock())["published"] == 3
    with centre.engine.connect() as connection:
        acts = connection.execute(select(audit.c.actor, audit.c.token).where(audit.c.act == "draft-revocations")).all()
    assert {tuple(act) for act in acts} == {("y.ta@BYT", centre.keys["BYT"].certificate.fingerprint)}
    assert [path.name for path in centre.centre.settings.data.glob("handed-in-*")] == []


def test_only_what_is_new_travels(centre: World, tmp_path: Path) -> None:
    machine, folder = calls(centre), tmp_path / "officer"
    bundle_of(folder, ENTRY, at=centre.clock())
    machine.send_bundle(folder, ROOTS)
    with centre.engine.begin() as connection:
        assert len(connection.execute(delete(ministry_files).returning(ministry_files.c.sha256)).all()) == 2
    bundle_of(folder, changes=Changes(), at=centre.clock())
    assert machine.send_bundle(folder, ROOTS).version == 2  # its parts are known from the version before
    with centre.engine.connect() as connection:
        assert connection.execute(select(ministry_files)).all() == []


def test_what_is_no_bundle_of_the_ministry(centre: World, tmp_path: Path) -> None:
    machine = calls(centre)
    bundle_of(tmp_path / "old", ENTRY, at=centre.clock() - WEEK - HOUR, lasting=WEEK)
    assert refused(lambda: machine.send_bundle(tmp_path / "old", ROOTS)) == "bundle-refused"
    root = make_root()
    folder = tmp_path / "foreign"
    at = centre.clock()
    given: Any = {"issued_at": at, "expires_at": at + timedelta(days=1)}
    sign_next(folder, Changes(entries=(ENTRY,)), certify(root), [root.certificate_der], **given)
    assert refused(lambda: machine.send_bundle(folder, [root.certificate_der])) == "bundle-refused"
    bundle_of(tmp_path / "good", ENTRY, at=at)
    machine.send_bundle(tmp_path / "good", ROOTS)
    bundle_of(tmp_path / "other", ENTRY, at=at + timedelta(seconds=-1))
    assert refused(lambda: machine.send_bundle(tmp_path / "other", ROOTS)) == "lists-differ"


def test_a_part_that_was_not_handed_in(centre: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = calls(centre)
    bundle_of(tmp_path / "officer", ENTRY, at=centre.clock())
    monkeypatch.setattr(MinistryCalls, "hand_in_file", lambda _self, _data: None)
    assert refused(lambda: machine.send_bundle(tmp_path / "officer", ROOTS)) == "bundle-refused"
    assert not (centre.centre.settings.lists / MANIFEST).exists()


def test_stations_have_no_part_in_it(centre: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    station = calls(centre, "TYT-1")
    bundle_of(tmp_path / "officer", ENTRY, at=centre.clock())
    for call in (
        station.list_state,
        lambda: station.list_draft(1),
        lambda: station.send_bundle(tmp_path / "officer", ROOTS),
    ):
        assert refused(call) == "role"
    monkeypatch.setattr(MinistryCalls, "missing_files", lambda _self, _names: ())
    assert refused(lambda: station.send_bundle(tmp_path / "officer", ROOTS)) == "role"
