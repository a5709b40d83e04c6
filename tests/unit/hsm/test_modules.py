"""Where modules are looked for, in which order."""

from pathlib import Path

import pytest

from hsm import modules
from hsm.errors import ModuleNotFound
from hsm.modules import ENVIRONMENT_VARIABLE, driver_places, find_module, find_softhsm, softhsm_places


@pytest.fixture
def empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No driver is installed; the work folder is empty."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules, "_SOFTHSM", {"linux": ("system.so",), "darwin": (), "win32": ()})
    monkeypatch.setattr(modules, "_DRIVER_FOLDERS", {"linux": ("drivers",), "darwin": (), "win32": ()})
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def make(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_the_order(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFound, match="--module"):
        find_module()
    with pytest.raises(ModuleNotFound, match="SoftHSM"):
        find_softhsm()
    make(empty_machine / "system.so")
    assert find_module() == find_softhsm() == Path("system.so")
    make(empty_machine / "drivers" / "libeTPkcs11.so")
    assert find_module() == Path("drivers/libeTPkcs11.so")
    own = make(empty_machine / ".cache/softhsm/usr/lib/softhsm/libsofthsm2.so").relative_to(empty_machine)
    assert find_module() == find_softhsm() == own
    named = make(empty_machine / "named.so")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(named))
    assert find_module() == named
    explicit = make(empty_machine / "explicit.so")
    assert find_module(explicit) == explicit


def test_a_named_module_that_is_not_there_is_not_replaced(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(empty_machine / "system.so")
    with pytest.raises(ModuleNotFound, match=r"missing\.so"):
        find_module(Path("missing.so"))
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "gone.so")
    with pytest.raises(ModuleNotFound, match=r"gone\.so"):
        find_module()


@pytest.mark.parametrize(("platform", "softhsm", "driver"), [
    ("linux", "libsofthsm2.so", "libeTPkcs11.so"),
    ("darwin", "libsofthsm2.so", "libeTPkcs11.dylib"),
    ("win32", "softhsm2-x64.dll", "viettel-ca_v6.dll"),
    ("freebsd14", "libsofthsm2.so", "opensc-pkcs11.so"),
])  # fmt: skip
def test_every_platform_has_its_names(
    monkeypatch: pytest.MonkeyPatch, platform: str, softhsm: str, driver: str
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert softhsm in {place.name for place in softhsm_places()}
    assert driver in {place.name for place in driver_places()}
