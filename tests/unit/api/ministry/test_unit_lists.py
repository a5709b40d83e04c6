"""The ministry's list of units on its way over the centre, handed in and fetched as its machines do it."""

import base64
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.store.schema import audit
from api.store.schema_ministry import ministry_files, unit_lists
from certificates import unit_list
from certificates.errors import CertificateError
from certificates.unit_list import UnitManifest
from signer.unit_source import UnitSource, entries_of
from signer.units import EnrolledUnits
from tests.support.centre import World
from tests.support.codes import AT
from tests.support.ministry_calls import calls, refused
from tests.support.trust_lists import LIST_KEY, WEEK, certify, make_root

pytestmark = pytest.mark.both_databases

OFFICER = (LIST_KEY.certificate_der,)


@pytest.fixture
def world(world: World) -> World:
    world.clock.now = AT
    return world


def units_of(world: World) -> EnrolledUnits:
    units = EnrolledUnits()
    for code in ("TYT-1", "TYT-2"):
        units = units.add(world.keys[code].certificate_der, unit=code, daily_quota=3)
    return units


def sign(folder: Path, units: EnrolledUnits, **given: Any) -> UnitManifest:
    how = {"key": LIST_KEY, "pinned": OFFICER, "issued_at": AT, "expires_at": AT + WEEK, **given}
    return unit_list.sign_next(folder, entries_of(units), **how)


def test_from_the_officer_to_another_machine(world: World, tmp_path: Path) -> None:
    machine = calls(world)
    assert refused(lambda: machine.units_reader()("units.cbor", 9)) == "list-missing"
    assert machine.send_units(tmp_path / "officer", sign(tmp_path / "officer", units_of(world))) == 2
    source = UnitSource(folder=tmp_path / "machine", pinned=OFFICER, get=machine.units_reader(), clock=world.clock)
    assert {one.unit: one.suspended for one in source.current()} == {"TYT-1": False, "TYT-2": False}

    second = sign(tmp_path / "officer", units_of(world).suspend("TYT-1"))
    assert machine.send_units(tmp_path / "officer", second) == 1  # the other part was there
    assert machine.send_units(tmp_path / "officer", second) == 0  # again: nothing happens
    world.clock.forward(minutes=1)
    assert {one.unit: one.suspended for one in source.current()} == {"TYT-1": True, "TYT-2": False}
    with world.engine.connect() as connection:
        acts = connection.execute(select(audit.c.subject, audit.c.reason).where(audit.c.act == "unit-list")).all()
    assert [tuple(one) for one in acts] == [("version-1", "entries 2"), ("version-2", "entries 2")]


def test_what_is_no_list_of_the_ministry(world: World, tmp_path: Path) -> None:
    machine, units = calls(world), units_of(world)
    root = make_root()
    stranger = certify(root)
    foreign = sign(tmp_path / "foreign", units, key=stranger, pinned=[root.certificate_der])
    assert refused(lambda: machine.send_units(tmp_path / "foreign", foreign)) == "units-refused"
    over = sign(tmp_path / "over", units, issued_at=AT - WEEK, expires_at=AT - timedelta(seconds=1))
    assert refused(lambda: machine.send_units(tmp_path / "over", over)) == "units-refused"
    sign(tmp_path / "bare", units.suspend("TYT-1"))
    manifest = base64.b64encode((tmp_path / "bare" / "units.cbor").read_bytes()).decode()
    answer = world.agent("BYT").post("/v1/ministry/units", {"manifest": manifest})
    assert (answer.status_code, answer.json()["code"]) == (422, "units-refused")  # its parts were not handed in
    with world.engine.connect() as connection:
        assert connection.execute(select(unit_lists)).all() == []


def test_no_older_list_and_no_other_one_of_the_same_number(world: World, tmp_path: Path) -> None:
    machine, units = calls(world), units_of(world)
    machine.send_units(tmp_path / "officer", sign(tmp_path / "officer", units))
    other = sign(tmp_path / "other", units.suspend("TYT-1"))
    assert refused(lambda: machine.send_units(tmp_path / "other", other)) == "units-older"


def test_stations_neither_send_nor_see_it(world: World, tmp_path: Path) -> None:
    station = calls(world, "TYT-1")
    manifest = sign(tmp_path / "officer", units_of(world))
    assert refused(lambda: station.send_units(tmp_path / "officer", manifest)) == "role"
    assert refused(lambda: station.hand_in_file(b"x")) == "role"
    for name in ("units.cbor", f"parts/{'0' * 64}"):
        assert refused(lambda name=name: station.units_reader()(name, 9)) == "role"


def test_files_that_nothing_names_are_forgotten(world: World, tmp_path: Path) -> None:
    machine, units = calls(world), units_of(world)
    machine.hand_in_file(b"nobody's")
    machine.send_units(tmp_path / "officer", sign(tmp_path / "officer", units))
    world.clock.forward(days=6)
    machine = calls(world)
    late = {"issued_at": world.clock(), "expires_at": world.clock() + 9 * WEEK}
    machine.send_units(tmp_path / "officer", sign(tmp_path / "officer", units.suspend("TYT-1"), **late))
    world.clock.forward(days=2)
    machine = calls(world)
    late["issued_at"] = world.clock()
    third = sign(tmp_path / "officer", units.suspend("TYT-1").suspend("TYT-2"), **late)
    machine.send_units(tmp_path / "officer", third)
    with world.engine.connect() as connection:
        assert connection.execute(select(unit_lists.c.version).order_by(unit_lists.c.version)).scalars().all() == [2, 3]
        names = set(connection.execute(select(ministry_files.c.sha256)).scalars())
    second = {part.sha256 for part in third.parts}
    assert second < names
    assert len(names) == 3  # of the last two lists
    assert refused(lambda: machine.units_reader()(f"parts/{'0' * 64}", 9)) == "list-missing"


def test_a_file_that_is_too_large(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = calls(world)
    machine.hand_in_file(b"four")
    with pytest.raises(CertificateError, match="list-differs"):
        machine.units_reader()(f"parts/{sha256(b'four').hexdigest()}", 3)
    monkeypatch.setattr("api.ministry.files.LARGEST", 3)
    assert refused(lambda: machine.hand_in_file(b"five")) == "request-too-large"
