"""Drivers as they are in the field: old mechanisms only, and no answer to a search before the log-in."""

import json
from collections.abc import Callable

import pytest
from pkcs11 import Mechanism
from typer.testing import CliRunner

from hsm.discovery import survey
from hsm.drivers import Driver
from hsm.errors import MechanismMissing, ModuleHung
from tests.faults.conftest import open_behind
from tests.support.proxy import Fault, Proxy, client_module
from tests.support.softhsm import GoldenToken, GoldenTokens
from vaxseal.cli import app

ALWAYS = 1_000_000

Plug = Callable[[GoldenToken], Proxy]


def test_a_token_with_old_padding_only_is_refused_and_explained(
    proxied: Plug, golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = proxied(golden_tokens.rsa)
    proxy.meet(Fault(call="C_GetMechanismList", what="only", rv=Mechanism.RSA_PKCS, times=ALWAYS))
    with pytest.raises(MechanismMissing, match=r"PKCS#1 v1\.5 padding only"), open_behind(proxy, golden_tokens.rsa):
        pass
    for name, value in proxy.environment.items():
        monkeypatch.setenv(name, value)
    asked = ("--module", str(client_module()), "--token", golden_tokens.rsa.serial, "--json")
    shown = json.loads(CliRunner().invoke(app, ["token", "info", *asked]).stdout)
    assert shown["signs"] == {"ES256": None, "PS256": None}
    assert [one["uses"]["confirmations"] for one in shown["certificates"]] == [["mechanism"]]
    examined = CliRunner().invoke(app, ["token", "doctor", *asked])
    assert examined.exit_code == 1
    assert [finding["code"] for finding in json.loads(examined.stdout)["findings"]] == ["padding-old"]


def test_what_a_driver_told_before_it_hung_is_kept(
    proxied: Plug, golden_tokens: GoldenTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = proxied(golden_tokens.ec)
    proxy.meet(Fault(call="C_FindObjectsInit", what="hang", times=ALWAYS))
    for name, value in proxy.environment.items():
        monkeypatch.setenv(name, value)
    (report,) = survey((Driver(name="hangs before log-in", path=client_module()),), seconds=4)
    assert isinstance(report.error, ModuleHung)
    (found,) = [token for token in report.tokens if token.info.initialised]
    assert found.info.serial == golden_tokens.ec.serial
    assert found.mechanisms
    assert found.certificates is None
