"""Which module is used, in which order."""

from pathlib import Path

import pytest

from hsm import modules
from hsm.drivers import Driver
from hsm.errors import ModuleNotFound
from hsm.modules import ENVIRONMENT_VARIABLE, find_module, find_softhsm


@pytest.fixture
def empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No driver is installed; the work folder is empty."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    install(monkeypatch)
    return tmp_path


def install(monkeypatch: pytest.MonkeyPatch, *drivers: Driver, softhsm: tuple[Path, ...] = ()) -> None:
    monkeypatch.setattr(modules, "installed_drivers", lambda: drivers)
    monkeypatch.setattr(modules, "softhsm_places", lambda: softhsm)


def make(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_the_order(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFound, match="--module"):
        find_module()
    with pytest.raises(ModuleNotFound, match="SoftHSM"):
        find_softhsm()
    driver = Driver(name="SafeNet", path=make(Path("drivers/libeTPkcs11.so")))
    install(monkeypatch, driver)
    assert find_module() == driver.path
    own = make(Path(".cache/softhsm/usr/lib/softhsm/libsofthsm2.so"))
    install(monkeypatch, driver, softhsm=(own,))
    assert find_module() == find_softhsm() == own
    named = make(empty_machine / "named.so")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(named))
    assert find_module() == named
    explicit = make(empty_machine / "explicit.so")
    assert find_module(explicit) == explicit


def test_a_named_module_that_is_not_there_is_not_replaced(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Driver(name="SoftHSM", path=make(empty_machine / "system.so")))
    with pytest.raises(ModuleNotFound, match=r"missing\.so"):
        find_module(Path("missing.so"))
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "gone.so")
    with pytest.raises(ModuleNotFound, match=r"gone\.so"):
        find_module()


def test_of_several_drivers_that_show_nothing_the_first_is_used(
    empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drivers = [Driver(name=name, path=make(empty_machine / name)) for name in ("first", "second")]
    install(monkeypatch, *drivers)
    assert find_module() == drivers[0].path
