"""Accounts and proposals, as the operator types them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from typer.testing import CliRunner

from api.accounts.login import PasswordAndCode, prove_by_password
from api.accounts.second_factor import code_at
from api.server import open_centre
from tests.support.softkeys import make_key
from vaxseal.cli import app
from vaxseal.terminal_qr import terminal_qr

runner = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    assert run(folder, "init").exit_code == 0
    unit = ("add-unit", "BYT", "--name", "Bộ Y tế", "--kind", "ministry", "--province", "01")
    assert run(folder, *unit).exit_code == 0
    return folder


def run(data: Path, *arguments: str, given: str = "") -> Any:
    return runner.invoke(app, ["admin", *arguments, "--data", str(data)], input=given)


def answer(data: Path, *arguments: str, given: str = "") -> Any:
    return json.loads(run(data, *arguments, "--json", given=given).stdout)


def secret_of(handed: dict[str, str]) -> bytes:
    return base64.b32decode(parse_qs(urlsplit(handed["otpauth"]).query)["secret"][0])


def test_an_account_from_its_first_day_to_its_last(data: Path) -> None:
    handed = answer(data, "account", "add", "byt.minh", "--unit", "BYT", "--role", "ministry", "--role", "auditor")
    centre = open_centre(data)
    code = code_at(secret_of(handed), centre.clock())
    given = PasswordAndCode(
        account="byt.minh", password=handed["password"], code=code, new_password="quite another one"
    )
    assert prove_by_password(centre, given).account == "byt.minh"
    (listed,) = answer(data, "account", "list")
    assert (listed["roles"], bool(listed["password_set_at"])) == (["auditor", "ministry"], True)
    assert answer(data, "account", "roles", "byt.minh", "--role", "overseer") == {"account": "byt.minh"}
    assert answer(data, "account", "disable", "byt.minh", "--reason", "left") == {"account": "byt.minh"}
    assert answer(data, "account", "list", "--unit", "BYT")[0]["disabled_at"]
    assert answer(data, "account", "enable", "byt.minh", "--reason", "back") == {"account": "byt.minh"}
    assert secret_of(answer(data, "account", "reset", "byt.minh", "--reason", "lost")) != secret_of(handed)
    assert answer(data, "account", "roles", "nobody", "--role", "clerk")["error"] == "account-unknown"
    centre.engine.dispose()


def test_people_read_sentences(data: Path) -> None:
    shown = run(data, "account", "add", "an", "--unit", "BYT", "--role", "clerk").stdout
    assert "otpauth://totp/" in shown
    assert "█" in shown
    assert "clerk" in run(data, "account", "list").stdout
    assert run(data, "account", "roles", "an", "--role", "police").stdout == "an is police now.\n"
    assert run(data, "account", "move", "an", "--unit", "BYT").stdout == "an works for BYT now.\n"
    assert answer(data, "account", "move", "an", "--unit", "T-9")["error"] == "unit-unknown"
    assert run(data, "account", "disable", "an", "--reason", "x").stdout == "an is disabled.\n"
    assert run(data, "account", "enable", "an", "--reason", "x").stdout == "an is enabled.\n"
    assert "first password" in run(data, "account", "reset", "an", "--reason", "x").stdout


def test_the_code_on_the_screen_can_be_read_by_a_telephone() -> None:
    text = "otpauth://totp/vaxseal:thu?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=vaxseal"
    lines = terminal_qr(text).split("\n")
    picture = Image.new("L", (len(lines[0]), 2 * len(lines)), 0)
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            picture.putpixel((column, 2 * row), 255 * (letter in "█▀"))
            picture.putpixel((column, 2 * row + 1), 255 * (letter in "█▄"))
    (read,) = zxingcpp.read_barcodes(picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST))
    assert read.text == text


def test_in_production_a_unit_and_a_token_wait_for_a_second_person(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = answer(data, "account", "add", "byt.minh", "--unit", "BYT", "--role", "ministry")
    centre = open_centre(data)
    monkeypatch.setenv("VAXSEAL_ENVIRONMENT", "production")
    monkeypatch.setattr("api.signing.enrolment.check_standing", lambda *_args, **_given: "own")
    monkeypatch.setattr("api.signing.enrolment._SPECIMEN", "nothing is one")
    unit = ("add-unit", "T-1", "--name", "Trạm", "--kind", "station", "--province", "01", "--parent", "BYT")
    made = answer(data, *unit)
    assert (made["state"], made["subject"]) == ("open", "T-1")
    assert [one["unit"] for one in answer(data, "units")] == ["BYT"]
    assert "T-1" in run(data, "proposals").stdout

    def log_in(moment: datetime) -> str:
        return f"{password}\n{code_at(secret_of(handed), moment)}\n"

    password, now = "quite another one", centre.clock()
    before = code_at(secret_of(handed), now - timedelta(seconds=30))
    setting = ("account", "password", "byt.minh", "--stdin")
    assert answer(data, *setting, given=f"{handed['password']}\n{before}\nshort\n")["error"] == "password-form"
    assert answer(data, *setting, given=f"{handed['password']}\n{before}\n{password}\n") == {"account": "byt.minh"}
    approve = ("approve", made["proposal_id"], "--account", "byt.minh", "--stdin")
    assert answer(data, *approve, given="wrong\n000000\n")["error"] == "staff-login-refused"
    assert answer(data, *approve, given=log_in(now))[0]["state"] == "approved"
    assert [one["unit"] for one in answer(data, "units")] == ["BYT", "T-1"]

    start = datetime.now(UTC)
    key = make_key("ES256", not_before=start - timedelta(days=1), not_after=start + timedelta(days=700))
    (tmp_path / "t.der").write_bytes(key.certificate_der)
    waiting = answer(data, "enrol", "T-1", str(tmp_path / "t.der"))
    assert waiting["kind"] == "token"
    assert "waits for another person" in run(data, "enrol", "T-1", str(tmp_path / "t.der")).stdout
    again = ("approve", waiting["proposal_id"], "--account", "byt.minh", "--stdin")
    shown = run(data, *again, given=log_in(now + timedelta(seconds=30))).stdout
    assert "is in." in shown
    assert answer(data, "units")[1]["tokens"][0]["fingerprint"] == waiting["subject"]
    another = ("account", "add", "byt.hai", "--unit", "BYT", "--role", "ministry")
    assert answer(data, *another)["proposal"] in {one["proposal_id"] for one in answer(data, "proposals")}
    assert "vaxseal admin approve" in run(data, "account", "reset", "byt.hai", "--reason", "x").stdout
    assert "disabled until" in run(data, "account", "enable", "byt.hai", "--reason", "x").stdout
    centre.engine.dispose()


def test_the_first_unit_of_a_tree_needs_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXSEAL_ENVIRONMENT", "production")
    folder = tmp_path / "service"
    run(folder, "init")
    unit = ("add-unit", "BYT", "--name", "Bộ Y tế", "--kind", "ministry", "--province", "01")
    assert answer(folder, *unit) == {"unit": "BYT"}
