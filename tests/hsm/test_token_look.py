"""`vaxseal token list`, `info` and `doctor` on real tokens in all their states."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hsm import softhsm
from hsm.drivers import SOFTHSM, Driver
from tests.support.piv_reader import SIGNING, CardSetup, PivReader, new_card, piv_reader
from tests.support.softhsm import GoldenTokens
from vaxseal.cli import app

runner = CliRunner()

Install = Callable[..., None]


def run(*arguments: str, lines: tuple[str, ...] = ()) -> Result:
    return runner.invoke(app, ["token", *arguments], input="".join(line + "\n" for line in lines))


def told(*arguments: str, code: int = 0) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def inside(command: str, module: Path, pin: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With a log-in, the command loads the driver itself: in a process of its own, as the driver keeps its reader."""
    program = [sys.executable, "-m", "vaxseal", "token", command, "--log-in", "--pin-stdin", "--module", str(module)]
    return subprocess.run([*program, *arguments], input=f"{pin}\n", capture_output=True, text=True, check=False)


def findings_inside(module: Path, pin: str, *arguments: str) -> list[str]:
    done = inside("doctor", module, pin, "--json", *arguments)
    answer = json.loads(done.stdout)
    assert done.returncode == int(not answer["healthy"])
    return [finding["code"] for finding in answer["findings"]]


def findings(*arguments: str, code: int = 1) -> list[str]:
    answer = told("doctor", *arguments, code=code)
    assert answer["healthy"] == (code == 0)
    for finding in answer["findings"]:
        assert finding["detail"]
        assert finding["detail_vi"]
    return [finding["code"] for finding in answer["findings"]]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Only these drivers are installed, and none is named."""
    monkeypatch.delenv("VAXSEAL_PKCS11_MODULE", raising=False)

    def install(*drivers: Driver) -> None:
        monkeypatch.setattr("hsm.drivers.installed_drivers", lambda: drivers)

    return install


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, install: Install) -> Iterator[PivReader]:
    bare = CardSetup(keys={SIGNING: (new_card("ES256").keys[SIGNING][0], b"")})
    with piv_reader(new_card("PS256", "ES256"), bare) as reader:
        for name, value in reader.environment.items():
            monkeypatch.setenv(name, value)
        install(Driver(name="OpenSC", path=reader.module))
        yield reader


def test_all_drivers_are_listed_with_their_tokens(
    reader: PivReader, golden_tokens: GoldenTokens, install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(softhsm.ENVIRONMENT_VARIABLE, str(golden_tokens.directory / "softhsm2.conf"))
    broken = tmp_path / "viettel-ca_v6.so"
    broken.write_text("no driver")
    install(
        Driver(name="Viettel-CA", path=broken),
        Driver(name="OpenSC", path=reader.module),
        Driver(name=SOFTHSM, path=golden_tokens.module),
    )
    card = reader.cards[0]
    card.insert()
    listed = told("list")
    assert [(one["name"], one["error"]) for one in listed["drivers"]] == [
        ("Viettel-CA", "module-not-loaded"),
        ("OpenSC", None),
        (SOFTHSM, None),
    ]
    by_serial = {one["serial"]: one for one in listed["tokens"]}
    shown = by_serial[card.setup.token_serial]
    assert (shown["driver"], shown["module"], shown["pin"]) == ("OpenSC", str(reader.module), "set")
    assert shown["signs"] == {"ES256": "ECDSA_SHA256", "PS256": "SHA256_RSA_PKCS_PSS"}
    assert by_serial[golden_tokens.ec.serial]["driver"] == SOFTHSM
    plain = run("list")
    assert plain.exit_code == 0
    assert f"{card.setup.token_serial}  SPECIMEN DSC" in plain.stdout
    assert "[OpenSC]" in plain.stdout
    assert "viettel-ca_v6.so" in plain.stderr


def test_a_token_tells_how_it_signs_and_what_its_certificates_are_for(reader: PivReader) -> None:
    reader.cards[0].insert()
    before = told("info")
    assert before["keys"] is None
    uses = [one["uses"] for one in before["certificates"]]
    assert uses == [{"confirmations": [], "passports": [], "documents": []}] * 2
    assert before["certificates"][0]["key_usage"] == ["content_commitment", "digital_signature"]
    pin = reader.cards[0].pin
    after = json.loads(inside("info", reader.module, pin, "--json").stdout)
    assert [(key["kind"], key["bits"], key["always_authenticate"]) for key in after["keys"]] == [
        ("RSA", 2048, False),
        ("EC", 256, True),
    ]
    fingerprints = [one["fingerprint"] for one in after["certificates"]]
    assert [key["certificates"] for key in after["keys"]] == [[one] for one in fingerprints]
    plain = inside("info", reader.module, pin)
    assert "signs ES256 ECDSA_SHA256, PS256 SHA256_RSA_PKCS_PSS" in plain.stdout
    assert "signs passports (QR) / ký hộ chiếu (QR): yes / được" in plain.stdout
    assert "EC 256 bits, wants the PIN for each signature" in plain.stdout


def test_which_token_is_meant(reader: PivReader, golden_tokens: GoldenTokens, install: Install) -> None:
    assert told("info", code=2)["error"] == "token-not-found"
    for card in reader.cards:
        card.insert()
    assert told("info", code=2)["error"] == "token-ambiguous"
    serial = reader.cards[1].setup.token_serial
    assert told("info", "--token", serial)["serial"] == serial
    install()
    assert told("info", code=2)["error"] == "module-not-found"
    assert told("list", code=2)["error"] == "module-not-found"
    assert told("info", "--module", "gone.so", code=2)["error"] == "module-not-found"
    named = told("info", "--module", str(golden_tokens.module), "--token", golden_tokens.ec.serial)
    assert named["driver"] == golden_tokens.module.stem


def test_the_doctor_follows_a_card_through_its_life(reader: PivReader) -> None:
    card = reader.cards[0]
    assert findings() == ["token-none"]
    card.insert()
    assert findings(code=0) == []
    assert findings_inside(reader.module, card.pin) == []
    plain = run("doctor")
    assert plain.exit_code == 0
    assert "Mọi thứ đều tốt" in plain.stdout
    assert findings_inside(reader.module, "999999") == ["log-in-failed"]
    card.set_tries(1)
    assert findings() == ["pin-final-try"]
    assert findings_inside(reader.module, card.pin) == ["pin-final-try", "log-in-failed"]
    assert card.tries == 1  # not used without --last-try
    assert findings_inside(reader.module, card.pin, "--last-try") == ["pin-final-try"]
    assert card.tries == 3
    card.set_tries(0)
    assert findings() == ["pin-locked"]
    plain = run("doctor")
    assert plain.exit_code == 1
    assert "Mã PIN đã bị khóa" in plain.stdout
    assert "The PIN is locked" in plain.stdout
    card.remove()
    reader.stop_service()
    assert findings() == ["service-stopped"]


def test_the_doctor_on_a_card_that_no_driver_knows_or_that_hangs(reader: PivReader, install: Install) -> None:
    reader.cards[1].insert()
    assert findings() == ["certificate-none"]
    install()
    assert findings() == ["driver-none"]  # a token is plugged in, and no driver installed


def test_the_doctor_on_software_tokens(golden_tokens: GoldenTokens) -> None:
    named = ("--module", str(golden_tokens.module))
    good = golden_tokens.ec
    assert findings(*named, "--token", good.serial, code=0) == []
    assert findings_inside(golden_tokens.module, good.pin, "--token", good.serial) == []
    assert findings(*named, "--token", "nowhere") == ["token-other"]
    assert findings(*named, "--token", golden_tokens.new_token("EC").serial) == ["certificate-none"]
    assert told("doctor", "--module", "gone.so", code=2)["error"] == "module-not-found"


def test_the_doctor_warns_of_a_spy_and_loads_nothing(monkeypatch: pytest.MonkeyPatch, install: Install) -> None:
    install()
    monkeypatch.setenv("PKCS11SPY", "/usr/lib/driver.so")
    assert findings() == ["spy-set"]
    assert told("list", "--module", "/bin/sh", code=2)["error"] == "module-refused"
