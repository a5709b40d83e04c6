"""The operator's commands, as typed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.store.versions import NEWEST
from tests.support.softkeys import make_key, soft_key
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


def test_tables_that_are_the_newest_and_older_ones(data: Path) -> None:
    import sqlite3

    assert answer(data, "admin", "migrate") == {"before": NEWEST, "now": NEWEST}
    with sqlite3.connect(data / "vaxseal.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    assert answer(data, "admin", "units")["error"] == "schema-old"


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
        connection.execute("DROP TRIGGER audit_update")
        connection.execute("UPDATE audit SET actor = 'nobody'")
    connection.close()
    result = run(data, "audit", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == "audit-broken"


def test_a_service_that_others_reach_without_tls_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for environment in ("development", "production"):
        monkeypatch.setenv("VAXSEAL_ENVIRONMENT", environment)
        result = run(tmp_path, "serve", "--host", "0.0.0.0", "--json")  # noqa: S104 - refused is what is tested
        assert result.exit_code == 2
        assert json.loads(result.stdout)["error"] == "exposed"
    assert json.loads(run(tmp_path, "serve", "--mode", "none", "--json").stdout)["error"] == "settings"


def test_a_spare_warnings_and_another_look_at_the_authorities(data: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    run(data, "admin", "add-unit", "A-1", "--name", "Trạm", "--kind", "station", "--province", "01")
    keys = [
        make_key("ES256", not_before=now - timedelta(days=9), not_after=now + timedelta(days=days))
        for days in (30, 900)
    ]
    names = [key.certificate.fingerprint.hex() for key in keys]
    for key, name in zip(keys, names, strict=True):
        (tmp_path / f"{name}.der").write_bytes(key.certificate_der)
    first, second = (str(tmp_path / f"{name}.der") for name in names)
    answer(data, "admin", "enrol", "A-1", first)
    assert run(data, "admin", "warnings").exit_code == 1
    assert "NONE" in run(data, "admin", "warnings").stdout
    answer(data, "admin", "enrol", "A-1", second)
    (warned,) = answer(data, "admin", "warnings")
    assert (warned["fingerprint"], warned["fault"], warned["successor"]) == (names[0], "ending", names[1])
    assert run(data, "admin", "warnings").exit_code == 0
    replace = ("admin", "replace", *names, "--reason", "lost")
    assert answer(data, *replace) == {"unit": "A-1", "returned": 0, "too_early": 0, "unpublished": False}
    assert answer(data, "admin", "replace", names[1], names[0], "--reason", "x")["error"] == "token-suspended"
    assert answer(data, "admin", "replace", "x", names[0], "--reason", "x")["error"] == "fingerprint-form"
    assert answer(data, "admin", "warnings") == []
    assert "60 days" in run(data, "admin", "warnings").stdout
    assert answer(data, "admin", "recheck") == {"good": [], "revoked": [], "silent": {}, "released": 0}


def test_authorities_that_know_no_such_certificate(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    key = make_key("ES256", not_before=now - timedelta(days=9), not_after=now + timedelta(days=900))
    certificate, roots = tmp_path / "t.der", tmp_path / "root.der"
    certificate.write_bytes(key.certificate_der)
    roots.write_bytes(soft_key("ES256").ca_der)
    answer(data, "admin", "enrol", "BYT", str(certificate))
    monkeypatch.setenv("VAXSEAL_UNIT_CA_ROOTS", str(roots))
    asked = run(data, "admin", "recheck")
    assert asked.exit_code == 1
    assert f"{key.certificate.fingerprint.hex()}: enrol-chain" in asked.stdout
    assert list(answer(data, "admin", "recheck")["silent"]) == [key.certificate.fingerprint.hex()]
