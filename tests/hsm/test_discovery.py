"""All drivers of a machine are asked, each in a process of its own: none can take the list down."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hsm import discovery, errors, softhsm
from hsm.discovery import DriverReport, choose_driver, find_readers, survey
from hsm.drivers import SOFTHSM, Driver
from hsm.modules import find_module
from hsm.tokens import TokenSelector
from tests.support.piv_reader import PivReader, new_card, piv_reader
from tests.support.softhsm import GoldenTokens


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[PivReader]:
    with piv_reader(new_card("ES256"), new_card("PS256")) as reader:
        for name, value in reader.environment.items():
            monkeypatch.setenv(name, value)
        yield reader


@pytest.fixture
def software(golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch) -> Driver:
    monkeypatch.setenv(softhsm.ENVIRONMENT_VARIABLE, str(golden_tokens.directory / "softhsm2.conf"))
    return Driver(name=SOFTHSM, path=golden_tokens.module)


def test_tokens_of_several_drivers_are_seen_at_once(
    golden_tokens: GoldenTokens, reader: PivReader, software: Driver
) -> None:
    opensc = Driver(name="OpenSC", path=reader.module)
    card = reader.cards[0]
    empty, _ = survey((opensc, software))
    assert (empty.slots, empty.tokens, empty.error) == (("Virtual PCD 00 00", "Virtual PCD 00 01"), (), None)
    card.insert()
    hardware, files = survey((opensc, software))
    (token,) = hardware.tokens
    assert token.info.serial == card.setup.token_serial
    assert token.certificates is not None
    assert [one.der for one in token.certificates] == [card.certificate_der]
    assert {golden_tokens.ec.serial, golden_tokens.rsa.serial} <= {token.info.serial for token in files.tokens}
    assert choose_driver((files, hardware)) == opensc  # before software
    assert choose_driver((hardware, files), TokenSelector(serial=golden_tokens.ec.serial)) == software
    assert choose_driver((files, hardware), TokenSelector(fingerprint=b"none such")) in (opensc, software)


def test_the_driver_that_shows_the_token_is_used(
    reader: PivReader, software: Driver, golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    drivers = (software, Driver(name="OpenSC", path=reader.module))
    monkeypatch.delenv("VAXSEAL_PKCS11_MODULE", raising=False)
    monkeypatch.setattr("hsm.modules.installed_drivers", lambda: drivers)
    monkeypatch.setattr("hsm.modules.softhsm_places", lambda: ())
    assert find_module() == golden_tokens.module
    reader.cards[0].insert()
    assert find_module() == reader.module
    assert find_module(None, TokenSelector(serial=golden_tokens.ec.serial)) == golden_tokens.module


def test_different_tokens_of_different_drivers_are_not_guessed_between(reader: PivReader) -> None:
    for card in reader.cards:
        card.insert()
    (report,) = survey((Driver(name="OpenSC", path=reader.module),))
    moved = []
    for name, token in zip(("one", "other"), report.tokens, strict=True):
        driver = Driver(name=name, path=Path(name))
        moved.append(DriverReport(driver=driver, slots=(), tokens=(replace(token, driver=driver),), error=None))
    with pytest.raises(errors.TokenAmbiguous) as caught:
        choose_driver(tuple(moved))
    assert set(caught.value.serials) == {card.setup.token_serial for card in reader.cards}
    again = replace(moved[0].tokens[0], driver=moved[1].driver)
    twice = (moved[0], replace(moved[1], tokens=(again,)))
    assert choose_driver(twice) == moved[0].driver  # two drivers for one token are no choice


def test_a_driver_that_hangs_takes_nothing_down(
    golden_tokens: GoldenTokens, reader: PivReader, software: Driver
) -> None:
    reader.cards[0].insert()
    reader.cards[0].freeze()
    hung, files = survey((Driver(name="OpenSC", path=reader.module), software), seconds=3)
    assert isinstance(hung.error, errors.ModuleHung)
    assert golden_tokens.ec.serial in {token.info.serial for token in files.tokens}
    assert files.error is None


def test_a_driver_that_crashes_takes_nothing_down(software: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    start = discovery._start
    program = 'print(\'{"slots": ["A reader"]}\\n{"tok\', flush=True); import os; os.abort()'

    def crash(argument: str) -> Any:
        if argument != "crash":
            return start(argument)
        return subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    monkeypatch.setattr(discovery, "_start", crash)
    crashed, files = survey((Driver(name="bad", path=Path("crash")), software))
    assert isinstance(crashed.error, errors.ModuleCrashed)
    assert crashed.slots == ("A reader",)  # what it had told before is kept
    assert files.tokens


def test_what_is_no_driver_says_so(tmp_path: Path) -> None:
    text = tmp_path / "driver.so"
    text.write_text("no driver")
    broken, gone = survey((Driver(name="a", path=text), Driver(name="b", path=tmp_path / "gone.so")))
    assert isinstance(broken.error, errors.ModuleNotLoaded)
    assert isinstance(gone.error, errors.ModuleNotFound)
    assert choose_driver((broken, gone)) == broken.driver


def test_a_spy_on_pins_stops_the_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PKCS11SPY", "/usr/lib/driver.so")
    with pytest.raises(errors.ModuleRefused):
        survey(())


def test_readers_are_seen_without_a_driver(reader: PivReader) -> None:
    reader.cards[1].insert()
    seen = find_readers()
    assert seen is not None
    assert seen.service == "running"
    assert [(one.card, one.atr.startswith("3bfd")) for one in seen.readers] == [(False, False), (True, True)]
    reader.stop_service()
    stopped = find_readers()
    assert stopped is not None
    assert (stopped.service, stopped.readers) == ("stopped", ())
