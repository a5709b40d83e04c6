import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from api.config import Settings, check_exposure, explain_settings, load_secret, load_settings
from api.errors import CentreError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("VAXSEAL_"):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.mode, settings.country, settings.environment) == ("two-tier", "VN", "development")
    assert settings.database == Path("var/service/vaxseal.sqlite3")


def test_environment_and_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXSEAL_MODE", "station")
    monkeypatch.setenv("VAXSEAL_CENTRE_URL", "https://vaxseal.example.vn/")
    assert load_settings(data=None).mode == "station"
    assert load_settings().centre_url == "https://vaxseal.example.vn"
    assert load_settings(mode="two-tier").mode == "two-tier"


def test_an_unknown_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXSEAL_MOED", "station")
    with pytest.raises(CentreError, match="VAXSEAL_MOED"):
        load_settings()


def test_settings_that_others_read_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXSEAL_PKCS11_MODULE", "/x")
    load_settings()


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "none"},
        {"centre_url": "centre"},
        {"issuer": "x" * 81},
        {"country": "vn"},
        {"publication_hours": -1},
        {"verifications_per_minute": 99},
        {"nothing": 1},
    ],
)
def test_wrong_values_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(CentreError) as caught:
        load_settings(**given)
    assert caught.value.code == "settings"


def test_the_secret_is_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    secret = load_secret(tmp_path / "new")
    assert len(secret) == 32
    assert load_secret(tmp_path / "new") == secret
    assert load_secret(tmp_path / "other") != secret
    if os.name == "posix":
        assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        bytes(32),
        b"changeme" * 4,
        b"x" * 31,
        bytes(range(32)),
        bytes(range(62, -2, -2)),
        b"this-is-my-secret-for-vaxseal-01",
        hashlib.sha256(b"changeme").digest(),
        hashlib.sha256(b"").digest(),
    ],
)
def test_a_known_secret_is_refused(tmp_path: Path, secret: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(secret)
    (tmp_path / "secret.key").chmod(0o600)
    with pytest.raises(CentreError, match="secret-weak"):
        load_secret(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX systems")
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_secret(tmp_path)
    (tmp_path / "secret.key").chmod(0o640)
    with pytest.raises(CentreError, match="secret-readable"):
        load_secret(tmp_path)


def test_who_signs_has_an_account_in_production() -> None:
    assert not load_settings().desk_accounts_required
    assert load_settings(desk_accounts="required").desk_accounts_required
    assert load_settings(environment="production").desk_accounts_required
    assert load_settings(environment="production").desk_person_proven
    assert not load_settings(environment="production", desk_accounts="required").desk_person_proven
    assert not load_settings(environment="production", desk_accounts="known").desk_accounts_required


def test_production_publishes_before_it_signs() -> None:
    assert load_settings(environment="production").publication_hours == 24
    assert load_settings(publication_hours=0).publication_hours == 0
    with pytest.raises(CentreError, match="development only"):
        load_settings(environment="production", publication_hours=0)


@pytest.mark.parametrize("environment", ["development", "production"])
def test_nobody_reaches_the_service_without_tls(tmp_path: Path, environment: Any) -> None:
    def on(host: str, **given: Any) -> Settings:
        return Settings(environment=environment, host=host, **given)

    for host in ("0.0.0.0", "::", "192.0.2.1", "centre.example.vn", ""):  # noqa: S104 - refused is what is tested
        with pytest.raises(CentreError, match="exposed"):
            check_exposure(on(host))
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        check_exposure(on(host))
    with_tls = on("192.0.2.1", tls_certificate=tmp_path / "c", tls_key=tmp_path / "k")
    behind_proxy = on("192.0.2.1", tls_in_front=True)
    for settings in (with_tls, behind_proxy):
        with pytest.raises(CentreError, match="https"):
            check_exposure(settings)
        check_exposure(settings.model_copy(update={"centre_url": "https://c.vn"}))
    with pytest.raises(CentreError, match="exposed"):
        check_exposure(on("192.0.2.1", tls_certificate=tmp_path / "c", centre_url="https://c.vn"))


@pytest.mark.parametrize("login", ["postgres:postgres", "a:changeme", "nurse:Nurse", "a:vaxseal", "a:immunisation"])
def test_in_production_no_known_password_of_the_database(login: str) -> None:
    url = f"postgresql://{login}@db/immunisation"
    load_settings(database_url=url)
    with pytest.raises(CentreError, match=r"settings.*tries first") as caught:
        load_settings(database_url=url, environment="production")
    assert login not in str(caught.value)
    load_settings(database_url="postgresql://a:jw4kX0pl@db/immunisation", environment="production")
    load_settings(database_url="postgresql://a@db/immunisation", environment="production")


@pytest.mark.parametrize(
    "url", ["mysql://a:hidden@b/c", "postgresql://a:hidden@b", "postgresql+asyncpg://a:hidden@b/c", "hidden", "a:b://"]
)
def test_an_address_of_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(CentreError, match="settings: database_url") as caught:
        load_settings(database_url=url)
    assert "hidden" not in str(caught.value)


def test_the_databases_password_is_shown_nowhere() -> None:
    settings = load_settings(database_url="postgresql://nurse:hidden@db/vaxseal")
    assert settings.database == "postgresql+psycopg://nurse:hidden@db/vaxseal"
    assert "hidden" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_secret_is_not_made_anew_where_there_was_one(tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="secret-missing"):
        load_secret(tmp_path, make=False)
    assert not list(tmp_path.iterdir())
    assert load_secret(tmp_path) == load_secret(tmp_path, make=False)


def test_the_agents_address_is_where_the_service_listens_unless_somebody_says_another() -> None:
    assert load_settings(port=8443).centre_url == "http://127.0.0.1:8443"
    assert load_settings(port=8443, centre_url="https://c.vn/").centre_url == "https://c.vn"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "vaxseal.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_the_environment_and_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, 'mode = "station"\nport = 9000\nworkers = 3\nissuer = "Bộ Y tế"\n')
    monkeypatch.setenv("VAXSEAL_CONFIG", str(path))
    monkeypatch.setenv("VAXSEAL_PORT", "9001")
    settings = load_settings(workers=2)
    assert (settings.mode, settings.port, settings.workers, settings.issuer) == ("station", 9001, 2, "Bộ Y tế")
    told = {one.name: (one.value, one.origin) for one in explain_settings(workers=2, port=None)}
    assert told["mode"] == ("station", "file")
    assert told["port"] == ("9001", "environment")
    assert told["workers"] == ("2", "command line")
    assert told["country"] == ("VN", "default")
    assert load_settings(config=write(tmp_path, "port = 9002")).port == 9001


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXSEAL_DATABASE_URL", "postgresql://nurse:hidden@db/vaxseal")
    told = {one.name: one.value for one in explain_settings()}
    assert told["database_url"] == "**********"
    assert "hidden" not in str(explain_settings())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('moed = "station"', "moed (do you mean mode?)"),
        ("VAXSEAL_PORT = 1", "unknown settings: VAXSEAL_PORT"),
        ("[service]\nport = 1", "unknown settings: service"),
        ("port = [1]", "port is no single value"),
        ('port = 1\nmode = "hidden', "is no TOML: at "),
        ('port = "hidden"', "port: "),
        ('database_url = "mysql://a:hidden@b/c"', "database_url: "),
    ],
)
def test_a_wrong_file_says_where_and_repeats_no_value(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CentreError, match="settings") as caught:
        load_settings(config=write(tmp_path, text))
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="cannot be read"):
        load_settings(config=tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"mode = '\xff'")
    with pytest.raises(CentreError, match="it is not in UTF-8"):
        load_settings(config=tmp_path / "x.toml")


def test_a_near_match_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAXSEAL_DATABASE_ULR", "x")
    with pytest.raises(CentreError, match="do you mean VAXSEAL_DATABASE_URL"):
        load_settings()
