"""A machine of the ministry that follows the officer's signed list, wherever it comes from."""

from datetime import timedelta
from pathlib import Path

import pytest

from certificates import unit_list
from certificates.bundle_folder import Get, folder_reader
from certificates.errors import CertificateError
from certificates.unit_list import MANIFEST
from signer.errors import AgentError
from signer.unit_source import UnitSource, entries_of
from signer.units import EnrolledUnits
from tests.support.codes import AT
from tests.support.scripted import Clock
from tests.support.signing import UNIT, certificate_of
from tests.support.trust_lists import LIST_KEY, ROOT, WEEK, certify

OFFICER = (LIST_KEY.certificate_der,)
UNITS = EnrolledUnits().add(certificate_of("unit").der, unit=UNIT, daily_quota=3)


def sign(folder: Path, units: EnrolledUnits = UNITS) -> int:
    entries = entries_of(units)
    return unit_list.sign_next(folder, entries, LIST_KEY, OFFICER, issued_at=AT, expires_at=AT + WEEK).version


class Source:
    """A folder of the officer's that somebody carries, as well as they please."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.away = folder, 0, False
        self.clock = Clock()
        self.clock.now = AT

    def get(self) -> Get:
        read = folder_reader(self.folder)

        def get(name: str, largest: int) -> bytes:
            self.asked += name == MANIFEST
            if self.away:
                raise CertificateError("lists-unreachable")
            return read(name, largest)

        return get

    def machine(self, folder: Path, *, seen: int = 0) -> UnitSource:
        return UnitSource(folder=folder, pinned=OFFICER, get=self.get(), seen=seen, clock=self.clock)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "officer")


def is_suspended(machine: UnitSource) -> bool:
    return next(iter(machine.current())).suspended


def test_a_suspension_comes_within_a_minute_and_is_asked_for_once_in_it(source: Source, tmp_path: Path) -> None:
    sign(source.folder)
    machine = source.machine(tmp_path / "machine")
    assert [is_suspended(machine) for _ in range(3)] == [False] * 3
    sign(source.folder, UNITS.suspend(UNIT))
    assert not is_suspended(machine)
    source.clock.now += timedelta(minutes=1)
    assert is_suspended(machine)
    assert (source.asked, machine.trouble) == (2, None)


def test_another_worker_reads_what_the_first_one_brought(source: Source, tmp_path: Path) -> None:
    sign(source.folder)
    first, second = source.machine(tmp_path / "machine"), source.machine(tmp_path / "machine")
    assert [is_suspended(first), is_suspended(second)] == [False, False]
    sign(source.folder, UNITS.suspend(UNIT))
    source.clock.now += timedelta(minutes=1)
    assert is_suspended(first)
    source.away = True
    assert is_suspended(second)
    assert second.trouble == "lists-unreachable"


def test_a_source_that_is_away_or_lies_changes_nothing(source: Source, tmp_path: Path) -> None:
    sign(source.folder)
    sign(source.folder, UNITS.suspend(UNIT))
    machine = source.machine(tmp_path / "machine")
    assert is_suspended(machine)
    sign(tmp_path / "older")
    forger = certify(ROOT)
    entries = entries_of(UNITS)
    for _ in range(3):
        unit_list.sign_next(
            tmp_path / "forged", entries, forger, [ROOT.certificate_der], issued_at=AT, expires_at=AT + WEEK
        )
    for name, trouble in (("older", "list-rollback"), ("forged", "list-chain"), ("nothing", "list-missing")):
        source.folder = tmp_path / name
        machine.get = source.get()
        source.clock.now += timedelta(minutes=1)
        assert is_suspended(machine)
        assert machine.trouble == trouble


def test_a_machine_that_lost_its_folder_remembers_the_number(source: Source, tmp_path: Path) -> None:
    sign(source.folder)
    with pytest.raises(AgentError, match="units-missing"):
        source.machine(tmp_path / "machine", seen=2).current()
    sign(source.folder, UNITS.suspend(UNIT))
    assert is_suspended(source.machine(tmp_path / "machine", seen=2))


def test_a_list_that_ended_or_was_touched_is_no_list(source: Source, tmp_path: Path) -> None:
    sign(source.folder)
    machine = source.machine(tmp_path / "machine")
    machine.current()
    source.clock.now = AT + WEEK + timedelta(seconds=1)
    with pytest.raises(AgentError, match="units-expired"):
        machine.current()
    source.clock.now, source.away = AT, True
    (tmp_path / "machine" / MANIFEST).write_bytes(b"\x82")
    with pytest.raises(AgentError, match="units-refused"):
        source.machine(tmp_path / "machine").current()


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    entry = unit_list.UnitEntry(unit="TYT-1", certificate=b"x", suspended=False, daily_quota=1)
    unit_list.sign_next(tmp_path, [entry], LIST_KEY, OFFICER, issued_at=AT, expires_at=AT + WEEK)
    with pytest.raises(AgentError, match="units-form"):
        UnitSource(folder=tmp_path, pinned=OFFICER, clock=lambda: AT).current()


def test_a_folder_that_cannot_be_used(source: Source, tmp_path: Path) -> None:
    sign(source.folder)
    (tmp_path / "file").touch()
    with pytest.raises(AgentError, match="file-not-written"):
        source.machine(tmp_path / "file").current()
