"""The officer's list of units comes to a second machine of the ministry without a hand that copies it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certificates.profiles import DscProfile, issue_list_signer, to_pem
from hsm.requests import RequestSubject, make_csr
from tests.support.ministry import Ministry, Token
from tests.support.road import MINISTRY, Road, free_port
from tests.support.softhsm import GoldenTokens, golden_tokens
from vaxseal.console import now

__all__ = ["golden_tokens"]  # a fixture
UNIT = "TYT-0101"


@pytest.fixture
def officer(tmp_path: Path, golden_tokens: GoldenTokens) -> Ministry:
    return Ministry(tmp_path, golden_tokens)


@pytest.fixture
def signer(officer: Ministry, golden_tokens: GoldenTokens) -> Token:
    """The officer's token, with a certificate for lists below the CSCA."""
    made = golden_tokens.new_token("EC")
    with made.open_bare() as key:
        request = make_csr(key, RequestSubject(common_name="Officer", organisation="Bộ Y tế"))
    profile, begin = DscProfile(specimen=True), now() - timedelta(hours=1)
    with golden_tokens.csca.open() as csca:
        der = issue_list_signer(request, csca, csca.certificate_der, profile, not_before=begin)
    imported = officer.write("officer.pem", der)
    officer.done("token", "import", imported, "--token", made.serial, pins=(made.pin,))
    return Token(made.serial, made.pin)


@pytest.fixture
def road(tmp_path: Path, golden_tokens: GoldenTokens, officer: Ministry, signer: Token) -> Iterator[Road]:
    made = Road(folder=tmp_path, tokens=golden_tokens, mode="two-tier", port=free_port())
    made.settings["VAXSEAL_LIST_ROOTS"] = officer.csca
    data = ("--data", str(tmp_path / "data"))
    officer.done("admin", "init", *data)
    kind = ("--name", "Bộ Y tế", "--kind", "ministry", "--province", "01")
    officer.done("admin", "add-unit", MINISTRY, *kind, *data)
    (tmp_path / "ministry.pem").write_text(to_pem(golden_tokens.rsa.certificate_der))
    officer.done("admin", "enrol", MINISTRY, str(tmp_path / "ministry.pem"), *data)
    made.plug("ministry", golden_tokens.rsa)
    made.start()
    del made.settings["VAXSEAL_LIST_ROOTS"]  # no bundle is published that the ministry's machines would ask for
    yield made
    made.stop()


def test_a_suspension_reaches_the_other_machine(
    road: Road, officer: Ministry, signer: Token, golden_tokens: GoldenTokens
) -> None:
    draft, signed, pinned = (
        officer.path("units.json"),
        officer.path("signed"),
        ("--units-root", officer.path("officer.pem")),
    )
    unit = officer.write("unit.pem", golden_tokens.ec.certificate_der)

    def hand_out() -> Any:
        officer.done(
            *("ministry", "units", "sign", signed, "--file", draft, *pinned, "--token", signer.serial),
            pins=(signer.pin,),
        )
        return road.answer(
            *("ministry", "units", "send", signed, "--centre", road.centre, "--account", "minh", *pinned),
            *("--pin-stdin", "--journal", officer.path("journal")),
            token="ministry",
            typed=road.pins["ministry"] + "\n",
        )

    def other_machine() -> list[Any]:
        done = road.answer(
            *("ministry", "sign", "--centre", road.centre, "--account", "minh", "--yes", "--pin-stdin"),
            *("--units", officer.path("other"), "--units-from", "centre", *pinned),
            *("--journal", officer.path("other-journal")),
            token="ministry",
            typed=road.pins["ministry"] + "\n",
        )
        assert done["waiting"] == 0
        listed = officer.done("ministry", "units", "list", "--file", officer.path("other"), *pinned)
        return [(one["unit"], one["suspended"], one["daily_quota"]) for one in listed]

    officer.done("ministry", "units", "add", unit, "--unit", UNIT, "--quota", "400", "--file", draft)
    assert hand_out() == {"version": 1, "parts": 1}
    assert other_machine() == [(UNIT, False, 400)]
    officer.done("ministry", "units", "suspend", UNIT, "--file", draft)
    assert hand_out() == {"version": 2, "parts": 1}
    assert other_machine() == [(UNIT, True, 400)]
    seen = json.loads((road.folder / "other-journal" / "seen-versions.json").read_text())
    assert set(seen.values()) == {2}

    road.stop()  # what it has it works by; who pins nothing is asked for it
    without = ("ministry", "sign", "--centre", road.centre, "--account", "minh", "--units-from", "centre")
    assert officer.refused(*without) == "units-root-missing"
    alone = ("ministry", "units", "list", "--file", officer.path("nowhere"), *pinned)
    assert officer.refused(*alone) == "units-missing"
