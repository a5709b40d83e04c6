"""Which drivers are found, by platform."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hsm import drivers, p11kit
from hsm.drivers import installed_drivers, softhsm_places

Make = Callable[[str], Path]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Make:
    """Makes a file on a machine where nothing is installed; its folders are those of all platforms."""
    monkeypatch.chdir(tmp_path)
    folders = {
        "linux": (("usr/lib", 0), ("usr/lib/x86_64-linux-gnu", 0), ("usr/local/lib", 1), ("opt", 3)),
        "darwin": (("usr/local/lib", 1),),
        "win32": (("{ProgramFiles}", 4),),
    }
    monkeypatch.setattr(drivers, "_FOLDERS", folders)
    monkeypatch.setenv("ProgramFiles", str(tmp_path / "Program Files"))
    softhsm: dict[str, tuple[str, ...]] = {"linux": ("libsofthsm2.so",), "darwin": (), "win32": ()}
    monkeypatch.setattr(drivers, "_SOFTHSM", softhsm)
    monkeypatch.setattr(p11kit, "configured_modules", lambda: iter(()))
    monkeypatch.setattr("sys.platform", "linux")

    def make(place: str) -> Path:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        return path

    return make


def test_nothing_is_installed(make: Make) -> None:
    assert installed_drivers() == ()


@pytest.mark.parametrize(
    ("platform", "place", "name"),
    [
        ("linux", "usr/lib/libeTPkcs11.so", "SafeNet"),
        ("linux", "usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "OpenSC"),
        ("linux", "opt/viettel-ca/lib/viettel-ca_v6.so", "Viettel-CA"),
        ("linux", "usr/local/lib/libcastle.so.1.0.0", "Feitian ePass2003"),
        ("freebsd14", "usr/local/lib/libbit4xpki.so", "Bit4id"),
        ("darwin", "usr/local/lib/libeTPkcs11.dylib", "SafeNet"),
        ("win32", "Program Files/Viettel/viettel-ca_v6.dll", "Viettel-CA"),
        ("win32", "Program Files/VNPT-CA/Client/x64/VNPTCA_P11_v8.dll", "VNPT-CA"),
        ("win32", "Program Files/SafeNet/Authentication/SAC/x64/eTPKCS11.dll", "SafeNet"),
        ("win32", "Program Files/Feitian/eps2003csp11.dll", "Feitian ePass2003"),
        ("win32", "Program Files/Bit4id/bit4xpki.dll", "Bit4id"),
    ],
)
def test_vendors_files_are_known(
    make: Make, monkeypatch: pytest.MonkeyPatch, platform: str, place: str, name: str
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    path = make(place)
    (found,) = installed_drivers()
    assert (found.name, found.path.resolve()) == (name, path)


def test_windows_looks_where_32_bit_setups_put_their_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("SystemRoot", str(tmp_path))
    for folder in ("System32", "SysWOW64"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vnptca_p11_v8.dll").write_bytes(b"")
    found = [driver.path.parent.name for driver in installed_drivers()]
    assert found == ["System32", "SysWOW64"]


def test_a_file_counts_once_and_softhsm_comes_last(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    softhsm = make("libsofthsm2.so")
    opensc = make("usr/lib/opensc-pkcs11.so")
    again = opensc.parent / "pkcs11" / "opensc-pkcs11.so"
    again.parent.mkdir()
    again.symlink_to(opensc)
    vendors = make("elsewhere/vendor.so")
    listed = [("opensc", opensc), ("softhsm2", softhsm), ("vendor", vendors)]
    monkeypatch.setattr(p11kit, "configured_modules", lambda: iter(listed))
    found = installed_drivers()
    assert [driver.name for driver in found] == ["OpenSC", "vendor", "SoftHSM"]
    assert [driver.is_software for driver in found] == [False, False, True]


@pytest.mark.parametrize(
    ("platform", "name"), [("linux", "libsofthsm2.so"), ("darwin", "libsofthsm2.so"), ("win32", "softhsm2-x64.dll")]
)
def test_softhsm_has_its_places(monkeypatch: pytest.MonkeyPatch, platform: str, name: str) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert {place.name for place in softhsm_places()} == {name}
