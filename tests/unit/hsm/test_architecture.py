"""Modules for other processors are told by their first bytes."""

import struct
import sys
from pathlib import Path

import pytest

from hsm import architecture
from hsm.architecture import check_architecture, module_architecture
from hsm.errors import ModuleArchitecture
from hsm.sessions import load


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01".ljust(16, b"\0") + struct.pack("<HH", 3, machine)


def pe(machine: int) -> bytes:
    return b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80) + bytes(0x40) + b"PE\0\0" + struct.pack("<H", machine)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (elf(62), "x86-64"),
        (elf(3), "x86"),
        (elf(183), "arm64"),
        (pe(0x8664), "x86-64"),
        (pe(0x14C), "x86"),
        (pe(0xAA64), "arm64"),
        (elf(8), None),
        (b"MZ", None),
        (pe(0)[:0x84], None),
        (b"", None),
        (b"\xca\xfe\xba\xbe", None),
    ],
)
def test_the_processor_stands_in_the_file(tmp_path: Path, head: bytes, found: str | None) -> None:
    (tmp_path / "driver").write_bytes(head)
    assert module_architecture(tmp_path / "driver") == found


def test_a_driver_of_32_bits_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    driver = tmp_path / "viettel-ca_v6.dll"
    driver.write_bytes(pe(0x14C))
    monkeypatch.setattr(architecture, "_own_architecture", lambda: "x86-64")
    with pytest.raises(ModuleArchitecture, match="32-bit driver and this program has 64 bits"):
        load(driver)
    driver.write_bytes(pe(0xAA64))
    with pytest.raises(ModuleArchitecture, match="driver for arm64"):
        check_architecture(driver)


def test_what_fits_or_is_not_known_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check_architecture(Path(sys.executable).resolve())
    driver = tmp_path / "driver"
    check_architecture(driver)  # not there: whoever loads it says so
    driver.write_bytes(elf(3))
    monkeypatch.setattr(architecture, "_own_architecture", lambda: None)
    check_architecture(driver)
