"""The operator's commands, as typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.softkeys import soft_key
from vaxseal.cli import app

runner = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    assert run(folder, "admin", "init").exit_code == 0
    assert (
        run(folder, "admin", "add-unit", "BYT", "--name", "Bộ Y tế", "--kind", "ministry", "--province", "01").exit_code
        == 0
    )
    return folder


def run(data: Path, *arguments: str) -> Any:
    return runner.invoke(app, [*arguments, "--data", str(data)])


def answer(data: Path, *arguments: str) -> Any:
    return json.loads(run(data, *arguments, "--json").stdout)


def test_a_unit_and_its_token(data: Path, tmp_path: Path) -> None:
    certificate = tmp_path / "t.der"
    certificate.write_bytes(soft_key("ES256").certificate_der)
    fingerprint = soft_key("ES256").certificate.fingerprint.hex()
    added = answer(
        data, "admin", "add-unit", "A-1", "--name", "Trạm", "--kind", "station", "--province", "01", "--parent", "BYT"
    )
    assert added == {"unit": "A-1"}
    assert run(data, "admin", "enrol", "A-1", str(certificate)).exit_code == 2  # the SPECIMEN certificate has ended
    assert answer(data, "admin", "enrol", "A-1", str(certificate)) == {
        "error": "enrol-ended",
        "detail": "The certificate has ended.",
    }
    assert answer(data, "admin", "suspend", fingerprint, "--reason", "lost")["error"] == "token-unknown"
    assert answer(data, "admin", "suspend", "xyz", "--reason", "lost")["error"] == "fingerprint-form"
    assert [unit["unit"] for unit in answer(data, "admin", "units")] == ["A-1", "BYT"]
    assert answer(data, "admin", "close-unit", "A-1", "--successor", "BYT") == {"unit": "A-1", "successor": "BYT"}
    assert answer(data, "admin", "resume-held", "x", "--reason", "y")["error"] == "record-not-held"


def test_init_leaves_what_is_there(data: Path) -> None:
    secret = (data / "secret.key").read_bytes()
    assert run(data, "admin", "init").exit_code == 0
    assert (data / "secret.key").read_bytes() == secret
    assert len(answer(data, "admin", "units")) == 1


def test_a_folder_without_a_service(tmp_path: Path) -> None:
    for command in (("admin", "units"), ("audit", "verify"), ("audit", "show")):
        result = run(tmp_path / "nothing", *command, "--json")
        assert result.exit_code == 2
        assert json.loads(result.stdout)["error"] == "data-missing"
    assert not (tmp_path / "nothing").exists()


def test_wrong_values(data: Path, tmp_path: Path) -> None:
    unit = ("admin", "add-unit", "A", "--name", "x", "--province", "01")
    assert answer(data, *unit, "--kind", "district")["error"] == "unit-kind"
    assert answer(data, *unit, "--kind", "station", "--opened-on", "1/2/2022")["error"] == "date-form"
    assert answer(data, "admin", "enrol", "BYT", str(tmp_path / "missing"))["error"] == "certificate-file"


def test_the_log(data: Path) -> None:
    shown = answer(data, "audit", "show")
    assert [(act["act"], act["subject"]) for act in shown] == [("add-unit", "BYT")]
    assert run(data, "audit", "show").exit_code == 0
    head = answer(data, "audit", "verify")
    assert (head["rows"], len(head["hash"])) == (1, 64)


def test_a_bent_log(data: Path) -> None:
    import sqlite3

    with sqlite3.connect(data / "vaxseal.sqlite3") as connection:
        connection.execute("UPDATE audit SET actor = 'nobody'")
    connection.close()
    result = run(data, "audit", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "audit-broken"


def test_a_service_that_others_reach_without_tls_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAXSEAL_ENVIRONMENT", "production")
    result = run(tmp_path, "serve", "--host", "0.0.0.0", "--json")  # noqa: S104 - refused is what is tested
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] == "exposed"
    assert json.loads(run(tmp_path, "serve", "--mode", "none", "--json").stdout)["error"] == "settings"
