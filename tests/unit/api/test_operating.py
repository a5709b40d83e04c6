"""The doctor: a service in good order, and each thing an operator can get wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from sqlalchemy import insert, text

from api.config import Settings
from api.operating import Finding, examine
from api.store.database import open_database
from api.store.deployment import agree_on_secret
from api.store.schema_accounts import accounts
from api.store.transactions import writing
from tests.support.centre import World

NOW = datetime.now(UTC).replace(microsecond=0)
PAIR = ("tls.pem", "tls.key")


@pytest.fixture
def settings(world: World) -> Settings:
    """Those of the running service, and a folder that only it enters."""
    agree_on_secret(world.engine, world.centre.secret)
    world.centre.settings.data.chmod(0o700)
    if world.engine.dialect.name == "sqlite":
        return world.centre.settings
    address = SecretStr(world.engine.url.render_as_string(hide_password=False))
    return world.centre.settings.model_copy(update={"database_url": address})


def look(settings: Settings, config: Path | None = None, **changes: Any) -> dict[str, Finding]:
    found = examine(settings.model_copy(update=changes), config=config, at=datetime.now(UTC))
    for one in found:
        assert bool(one.advice) == (one.grade != "ok"), one
        assert one.detail
    return {one.check: one for one in found}


def grades(settings: Settings, **changes: Any) -> dict[str, str]:
    return {name: one.grade for name, one in look(settings, **changes).items()}


def tls(folder: Path, days: int) -> dict[str, Path]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c.vn")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, SHA256())
    )
    (folder / PAIR[0]).write_bytes(made.public_bytes(Encoding.PEM))
    (folder / PAIR[1]).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"tls_certificate": folder / PAIR[0], "tls_key": folder / PAIR[1]}


@pytest.mark.both_databases
def test_a_service_in_development_has_no_fault(settings: Settings, world: World) -> None:
    found = grades(settings)
    faults = {name for name, grade in found.items() if grade == "fault"}
    quick = world.engine.dialect.name == "postgresql"  # the tests' server promises nothing
    assert faults == ({"promises"} if quick else set())
    assert (found["database"], found["secret"], found["append-only log"], found["disk"]) == ("ok",) * 4
    assert (found["environment"], found["checkpoints"], found["accounts"]) == ("warning",) * 3


@pytest.mark.both_databases
def test_triggers_that_somebody_removed(settings: Settings, world: World) -> None:
    removed = (
        "DROP TRIGGER audit_append_only ON audit"
        if world.engine.dialect.name == "postgresql"
        else "DROP TRIGGER audit_update"
    )
    with world.engine.begin() as connection:
        connection.execute(text(removed))
    try:
        assert grades(settings)["append-only log"] == "fault"
    finally:
        if world.engine.dialect.name == "postgresql":
            with world.engine.begin() as connection:
                connection.execute(
                    text(
                        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
                        " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
                    )
                )


@pytest.mark.parametrize(
    ("check", "changes", "grade"),
    [
        ("exposure", {"host": "0.0.0.0"}, "fault"),  # noqa: S104 - found is what is tested
        ("metrics", {"metrics_port": 9100}, "ok"),
        ("metrics", {"metrics_port": 9100, "metrics_host": "192.0.2.1"}, "warning"),
        ("processes", {"workers": 2}, "fault"),
        ("processes", {"workers": 64, "database_url": SecretStr("postgresql+psycopg://x@127.0.0.1:1/y")}, "warning"),
        ("database", {"database_url": SecretStr("postgresql+psycopg://x@127.0.0.1:1/y")}, "fault"),
        ("disk", {"least_disk_mb": 10**9}, "fault"),
        ("lists", {"list_roots": None}, "warning"),
        ("lists", {"list_roots": Path("nowhere.pem")}, "fault"),
        ("authorities", {"environment": "production"}, "fault"),
        ("authorities", {"own_roots": Path("nowhere.pem")}, "fault"),
    ],
)
def test_settings_that_are_wrong(settings: Settings, check: str, changes: dict[str, Any], grade: str) -> None:
    assert grades(settings, **changes)[check] == grade


def test_the_certificate_for_tls(settings: Settings, tmp_path: Path) -> None:
    assert "tls certificate" not in grades(settings)
    for days, grade in ((90, "ok"), (10, "warning"), (-1, "fault")):
        assert grades(settings, **tls(tmp_path, days))["tls certificate"] == grade
    pair = tls(tmp_path, 90)
    other = ec.generate_private_key(ec.SECP256R1())
    pair["tls_key"].write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert look(settings, **pair)["tls certificate"].detail == "certificate and key do not belong together"
    assert grades(settings, tls_certificate=tmp_path / "none", tls_key=tmp_path / "none")["tls certificate"] == "fault"


def test_files_that_others_read(settings: Settings, tmp_path: Path) -> None:
    settings.data.chmod(0o755)
    config = tmp_path / "vaxseal.toml"
    config.touch(mode=0o644)
    found = look(settings, config=config, database_url=SecretStr("postgresql+psycopg://x:hidden@127.0.0.1:1/y"))
    assert (found["data folder"].grade, found["settings file"].grade) == ("warning", "warning")
    assert "hidden" not in str(found)
    (settings.data / "secret.key").chmod(0o644)
    assert look(settings)["secret"].grade == "fault"
    assert grades(settings, data=tmp_path / "nothing")["data folder"] == "fault"


def test_programs_for_backups(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    away = SecretStr("postgresql+psycopg://x@127.0.0.1:1/y")
    monkeypatch.setattr("api.operating.shutil.which", lambda _: None)
    assert grades(settings, database_url=away)["backup programs"] == "warning"
    monkeypatch.setattr("api.operating.shutil.which", lambda _: "/usr/bin/x")
    assert grades(settings, database_url=away)["backup programs"] == "ok"


@pytest.mark.both_databases
@pytest.mark.parametrize(("version", "grade"), [("9.6.1", "warning"), ("99.1 (Debian)", "ok")])
def test_programs_that_are_older_than_the_server(
    settings: Settings, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, grade: str
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    program.chmod(0o755)
    monkeypatch.setattr("api.operating.shutil.which", lambda _: str(program))
    on_postgresql = world.engine.dialect.name == "postgresql"
    assert grades(settings).get("backup version") == (grade if on_postgresql else None)


def test_two_operators(settings: Settings, world: World) -> None:
    with writing(world.engine) as connection:
        for name in ("an", "be"):
            person = {"account": name, "unit": "BYT", "roles": "auditor operator", "password_hash": "x"}
            connection.execute(
                insert(accounts).values(**person, totp_secret=b"", totp_step=0, made_at="2022", made_by="x")
            )
    assert grades(settings)["accounts"] == "ok"


def test_a_database_of_another_version(settings: Settings, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "vaxseal admin migrate" in look(settings)["database"].detail


@pytest.mark.both_databases
def test_a_clock_that_is_wrong(settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_database(settings.database)
    from api.operating import _clock, _promises

    if engine.dialect.name == "sqlite":
        assert _clock(engine, NOW) is None
        assert _promises(engine) is None
        return
    wrong = _clock(engine, datetime.now(UTC) + timedelta(minutes=1))
    assert wrong is not None
    assert (wrong[0], wrong[2]) == ("fault", "Let both run NTP.")
    assert (_clock(engine, datetime.now(UTC)) or ("",))[0] == "ok"
