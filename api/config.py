"""Settings of the service, from the sources of `api.config_sources`, refused where unknown; and its one secret."""

import hashlib
import ipaddress
import os
import secrets
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from api import config_sources
from api.errors import CentreError

SECRET_SIZE: Final = 32
DATABASE_NAME: Final = "vaxseal.sqlite3"
SECRET_NAME: Final = "secret.key"  # noqa: S105 - a file name
_WORDS: Final = frozenset(  # of examples, and what is tried first
    {
        "admin",
        "changeme",
        "default",
        "example",
        "letmein",
        "passw0rd",
        "password",
        "postgres",
        "qwerty",
        "root",
        "secret",
        "test",
        "vaxseal",
        "123456",
        "12345678",
        "123456789",
    }
)
_DRIVER: Final = "postgresql+psycopg"
_OTHERS: Final = frozenset({"VAXSEAL_PKCS11_MODULE", "VAXSEAL_FIXTURES", config_sources.CONFIG})  # read elsewhere


class Settings(BaseModel):
    """How one deployment works.

    ``centre_url`` is the base URL that the agents are configured with: a log-in names it. ``issuer`` is the DCC's
    ``is``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    data: Path = Path("var/service")
    database_url: SecretStr | None = None  # postgresql://user@host/name; None: SQLite in the data folder
    centre_url: str = "http://127.0.0.1:8080"
    mode: Literal["two-tier", "station"] = "two-tier"
    issuer: str = Field(default="Ministry of Health, Viet Nam", min_length=1, max_length=80)
    country: str = Field(default="VN", pattern="^[A-Z]{2}$")
    environment: Literal["development", "production"] = "development"
    lease_seconds: int = Field(default=7200, ge=1, le=86400)
    offline_lease_seconds: int = Field(default=86400, ge=1, le=86400)  # for work without a network
    desk_accounts: Literal["known", "required", "proven"] | None = None  # None: proven in production (docs/accounts.md)
    staff_idle_minutes: int = Field(default=30, ge=5, le=480)  # without use, after which a session of the staff ends
    station_daily_quota: int = Field(default=2000, ge=0)  # records that a unit may take to sign in a day (ADR 47)
    signer_daily_quota: int = Field(default=1000, ge=0)  # that one person there may take
    ministry_daily_quota: int = Field(default=2_000_000, ge=0)  # that the ministry's desk may take
    requests_per_minute: int = Field(default=60, ge=1)  # of one client on the open routes
    verifications_per_minute: int = Field(default=6000, ge=100)  # texts that one client may have checked
    list_roots: Path | None = None  # PEM: the pinned root of the checkers' lists; two while it changes
    list_max_age_days: int = Field(default=7, ge=1)
    publication_hours: int = Field(default=24, ge=0)  # a DSC stands on the published list so long before it signs
    largest_request: int = Field(default=8 * 1024 * 1024, ge=1024)  # bytes
    own_roots: Path | None = None  # PEM file or folder: our own authorities, CSCA among them (docs/enrolment.md)
    unit_ca_roots: Path | None = None  # likewise: other authorities whose certificates units bring, and those between
    undo_minutes: int = Field(default=60, ge=0, le=1440)  # before an order of revocation reaches a list, but for fraud
    replace_days: int = Field(default=14, ge=0, le=90)  # an order waits so long for new passports of honest holders
    revocation_max_age_hours: int = Field(default=24, ge=1, le=168)
    register_address: str | None = None  # the population register: https address, or a CSV file (docs/register.md)
    register_ca: Path | None = None  # PEM: the only authorities of the register's certificate
    platform_address: str | None = None  # the platform that verified corrections go back to: https address
    platform_ca: Path | None = None
    client_certificate: Path | None = None  # PEM: what the register and the platform know us by
    client_key: Path | None = None
    partner_seconds: float = Field(default=10, gt=0, le=300)  # for one try at the register or the platform
    register_queries_per_day: int = Field(default=100, ge=0)  # of one account, about single persons
    session_people_per_day: int = Field(default=2000, ge=0)  # on session lists of one account, about whom it is asked
    attempts_before_police: int = Field(default=3, ge=1)  # to reach a person, before police get the record (ADR 45)
    attempts_over_hours: int = Field(default=48, ge=0)  # between the first and the last of them
    citizen_codes_per_hour: int = Field(default=60, ge=1)  # one-time codes that one network may ask for
    counter_look_ups_per_day: int = Field(default=200, ge=1)  # of one clerk, for people who stand there
    sms_address: str | None = None  # a gateway for text messages: https address (docs/citizen-api.md)
    sms_ca: Path | None = None  # PEM: the only authorities of the gateway's certificate
    smtp_host: str | None = None  # that takes e-mail to citizens, with STARTTLS
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_from: str | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    citizen_console: bool = False  # development only: codes go to the service's terminal
    aside_days: int = Field(default=30, ge=1)  # that a record may be put aside at most
    escalation_days: int = Field(default=14, ge=1)  # after which a level above is shown what waits; each level so many
    recheck_percent: int = Field(default=2, ge=1, le=100)  # of what a unit closed, checked again by the unit above
    recheck_percent_single: int = Field(default=10, ge=1, le=100)  # where one person is alone in the unit
    host: str = "127.0.0.1"  # that the service listens on
    port: int = Field(default=8080, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)  # processes; more than one with PostgreSQL only
    metrics_host: str = "127.0.0.1"  # of the listener for Prometheus, which nobody else should reach
    metrics_port: int | None = Field(default=None, ge=1, le=65535)  # None: no such listener
    least_disk_mb: int = Field(default=500, ge=1)  # free in the data folder; with less the service is not ready
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_in_front: bool = False  # a proxy ends TLS, and nobody else reaches the address that the service listens on

    @model_validator(mode="before")
    @classmethod
    def _own_address(cls, said: dict[str, Any]) -> dict[str, Any]:
        """Where nobody says what the agents are configured with, it is where the service listens."""
        return {"centre_url": f"http://{said.get('host', '127.0.0.1')}:{said.get('port', 8080)}", **said}

    @field_validator("centre_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("the URL starts with http:// or https://")
        return url.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, given: SecretStr | None) -> SecretStr | None:
        """No answer of this one repeats the address: it may hold a password."""
        if given is None:
            return None
        try:
            url = make_url(given.get_secret_value())
        except (ArgumentError, ValueError):
            raise ValueError("not an address of the form postgresql://user@host/name") from None
        if url.drivername not in ("postgresql", _DRIVER) or not url.database:
            raise ValueError("an address of PostgreSQL names its database: postgresql://user@host/name")
        return SecretStr(url.set(drivername=_DRIVER).render_as_string(hide_password=False))

    @model_validator(mode="after")
    def _no_known_password(self) -> "Settings":
        if self.environment == "production" and self.database_url is not None:
            _refuse_known_password(make_url(self.database_url.get_secret_value()))
        return self

    @model_validator(mode="after")
    def _published_first(self) -> "Settings":
        if self.publication_hours == 0 and self.environment == "production":
            raise ValueError("publication_hours is 0 in development only: checkers need time to fetch a new signer")
        return self

    @model_validator(mode="after")
    def _no_codes_on_a_terminal(self) -> "Settings":
        if self.citizen_console and self.environment == "production":
            raise ValueError("citizen_console is for development only: whoever reads the terminal is everybody")
        return self

    @property
    def desk_accounts_required(self) -> bool:
        """Whether who signs has an account at every unit, not only at those that have accounts of signers."""
        return self._desk != "known"

    @property
    def desk_person_proven(self) -> bool:
        """Whether who signs at a station's desk proves the account beside the token."""
        return self._desk == "proven"

    @property
    def _desk(self) -> str:
        return self.desk_accounts or ("proven" if self.environment == "production" else "known")

    @property
    def lists(self) -> Path:
        """The checkers' bundle as it is served."""
        return self.data / "lists"

    @property
    def lists_cache(self) -> Path:
        """Look-ups made of it, for this machine alone."""
        return self.data / "lists-cache"

    @property
    def database(self) -> Path | str:
        """What `api.store.database.open_database` takes: a file, or an address that may hold a password."""
        return self.data / DATABASE_NAME if self.database_url is None else self.database_url.get_secret_value()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One setting for people: its value, a secret masked, and where it comes from."""

    name: str
    value: str
    origin: str


def load_settings(*, config: Path | None = None, **given: Any) -> Settings:
    """Settings from ``given`` (what the command line says) before the environment, before the file.

    Args:
        config: the file; None: the one that VAXSEAL_CONFIG names, if any.

    Raises CentreError ``settings``: a value of the wrong form or a key that nobody knows.
    """
    return _load(config, given)[0]


def explain_settings(*, config: Path | None = None, **given: Any) -> tuple[Explained, ...]:
    """Every setting in force, by name. Raises CentreError ``settings``."""
    settings, sources = _load(config, given)
    return tuple(
        Explained(name=name, value=_shown(getattr(settings, name)), origin=sources[name])
        for name in sorted(Settings.model_fields)
    )


def _load(config: Path | None, given: dict[str, Any]) -> tuple[Settings, dict[str, str]]:
    known = frozenset(Settings.model_fields)
    said = {name: value for name, value in given.items() if value is not None}
    environment = config_sources.read_environment(known, _OTHERS)
    path = config_sources.find_file(config)
    file = config_sources.read_file(path, known) if path else {}
    try:
        settings = Settings(**{**file, **environment, **said})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CentreError("settings", wrong) from None
    return settings, config_sources.origins(known, said, environment, file)


def _shown(value: object) -> str:
    return "" if value is None else str(value)  # a SecretStr shows asterisks


def load_secret(data: Path, *, make: bool = True) -> bytes:
    """The secret of this data folder, made from the system's random source at the first start (mode 0600).

    Args:
        make: False where the service has a secret already: another one would not fit its claim codes.

    Raises CentreError ``secret-missing``, ``secret-weak`` or ``secret-readable``.
    """
    data.mkdir(parents=True, exist_ok=True)
    path = data / SECRET_NAME
    if not make and not path.exists():
        raise CentreError(
            "secret-missing", f"this service has a {SECRET_NAME} already: copy it to {path} from where it was made"
        )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_secret(path)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(SECRET_SIZE))
        file.flush()
        os.fsync(file.fileno())
    return _read_secret(path)


def check_exposure(settings: Settings) -> None:
    """Refuse a service that others reach without TLS, in development as well: its records may be real all the same.

    Raises CentreError ``exposed``.
    """
    if is_loopback(settings.host):
        return
    if not (settings.tls_certificate and settings.tls_key) and not settings.tls_in_front:
        raise CentreError(
            "exposed",
            "other than on loopback set VAXSEAL_TLS_CERTIFICATE and VAXSEAL_TLS_KEY, or VAXSEAL_TLS_IN_FRONT=true where"
            " a proxy ends TLS and nobody else reaches this address",
        )
    if not settings.centre_url.startswith("https://"):
        raise CentreError("exposed", "other than on loopback VAXSEAL_CENTRE_URL starts with https://")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_secret(path: Path) -> bytes:
    secret = path.read_bytes()
    if len(secret) != SECRET_SIZE or _is_known(secret):
        raise CentreError("secret-weak", f"{path.name} was not made by this program: remove it and start again")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise CentreError("secret-readable", f"{path.name} can be read by others: chmod 600")
    return secret


def _is_known(secret: bytes) -> bool:
    """Whether a secret was typed, counted, copied from an example, or made of a word: anything but drawn."""
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    typed = all(32 <= byte < 127 for byte in secret)  # 2 ** -46 of what is drawn
    words = {hashlib.sha256(word.encode()).digest() for word in (*_WORDS, "")}
    return len(set(secret)) < SECRET_SIZE // 2 or len(steps) == 1 or typed or secret in words


def _refuse_known_password(url: URL) -> None:
    """Raises ValueError, without repeating it: a password of the database that everybody tries first."""
    password = (url.password or "").lower()
    known = password in _WORDS or password in ((url.username or "").lower(), (url.database or "").lower())
    if password and known:
        raise ValueError("the database's password is one that everybody tries first: give it another one")
