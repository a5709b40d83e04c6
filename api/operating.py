"""What an operator can get wrong, looked for one by one; each finding says what to do. Nothing is changed here."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from api.checkers.publishing import pinned_roots
from api.config import Settings, check_exposure, is_loopback, load_secret
from api.config_sources import find_file
from api.context import Centre
from api.errors import CentreError
from api.health import refuse_full_disk, refuse_old_lists
from api.signing.authorities import Authorities
from api.signing.endings import find_warnings
from api.store.database import open_database
from api.store.deployment import agree_on_secret, has_secret
from api.store.schema import audit
from api.store.schema_accounts import accounts
from api.store.schema_audit import audit_checkpoints

Grade = Literal["ok", "warning", "fault"]
CHECKPOINT_ROWS: Final = 100_000  # acts that no checkpoint covers
CERTIFICATE_DAYS: Final = timedelta(days=30)
CLOCKS: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer. ``advice`` is empty where all is well."""

    check: str
    grade: Grade
    detail: str
    advice: str = ""


Answer = tuple[Grade, str, str] | None  # None: it does not concern this service


def examine(settings: Settings, *, config: Path | None, at: datetime) -> tuple[Finding, ...]:
    """All findings, in the order in which they are best mended."""
    found = [*_without_database(settings, config, at)]
    try:
        engine = open_database(settings.database, make=False)
    except (CentreError, SQLAlchemyError) as error:
        detail = str(error) if isinstance(error, CentreError) else type(error).__name__
        advice = "See docs/database.md; `vaxseal admin init` makes a new service."
        return (*found, Finding(check="database", grade="fault", detail=detail, advice=advice))
    found.append(Finding(check="database", grade="ok", detail=f"{engine.dialect.name}, with the newest tables"))
    found += _with_database(settings, engine, at)
    engine.dispose()
    return tuple(found)


def _without_database(settings: Settings, config: Path | None, at: datetime) -> Iterator[Finding]:
    yield from _all(
        {
            "environment": lambda: _environment(settings),
            "exposure": lambda: _exposure(settings),
            "metrics": lambda: _metrics(settings),
            "settings file": lambda: _settings_file(find_file(config), settings),
            "data folder": lambda: _data_folder(settings.data),
            "disk": lambda: _disk(settings),
            "tls certificate": lambda: _tls(settings, at),
            "processes": lambda: _processes(settings),
            "backup programs": lambda: _programs(settings),
        }
    )


def _with_database(settings: Settings, engine: Engine, at: datetime) -> Iterator[Finding]:
    yield from _all(
        {
            "backup version": lambda: _backup_version(engine),
            "secret": lambda: _secret(settings, engine),
            "append-only log": lambda: _triggers(engine),
            "checkpoints": lambda: _checkpoints(engine),
            "lists": lambda: _lists(settings, engine),
            "authorities": lambda: _authorities(settings),
            "tokens": lambda: _tokens(settings, engine, at),
            "accounts": lambda: _accounts(engine),
            "clock": lambda: _clock(engine, at),
            "promises": lambda: _promises(engine),
        }
    )


def _all(checks: dict[str, Callable[[], Answer]]) -> Iterator[Finding]:
    for name, check in checks.items():
        try:
            answer = check()
        except (CentreError, SQLAlchemyError, OSError) as error:
            detail = error.detail if isinstance(error, CentreError) else type(error).__name__
            answer = "fault", detail or str(error), "Mend what it says, then run this again."
        if answer is not None:
            grade, detail, advice = answer
            yield Finding(check=name, grade=grade, detail=detail, advice=advice)


def _ok(detail: str) -> Answer:
    return "ok", detail, ""


def _environment(settings: Settings) -> Answer:
    if settings.environment == "production":
        return _ok("production: specimens are refused")
    return (
        "warning",
        "development: specimen signers are taken",
        'Set environment = "production" where people are served.',
    )


def _exposure(settings: Settings) -> Answer:
    check_exposure(settings)
    if is_loopback(settings.host) or settings.tls_certificate:
        return _ok(f"{settings.host}:{settings.port}")
    return (
        "fault",
        f"{settings.host} is reached from elsewhere, without TLS",
        "Set tls_certificate and tls_key, or a proxy.",
    )


def _metrics(settings: Settings) -> Answer:
    if settings.metrics_port is None:
        return "warning", "nobody counts", "Set metrics_port, and let Prometheus ask it."
    if is_loopback(settings.metrics_host):
        return _ok(f"{settings.metrics_host}:{settings.metrics_port}")
    return "warning", f"figures are shown on {settings.metrics_host}", "Let nobody but Prometheus reach that address."


def _settings_file(path: Path | None, settings: Settings) -> Answer:
    if path is None:
        return None
    if os.name == "posix" and path.stat().st_mode & 0o007 and settings.database_url is not None:
        return "warning", f"{path} can be read by everybody", f"It may hold a password: chmod 640 {path}"
    return _ok(str(path))


def _data_folder(data: Path) -> Answer:
    if not data.is_dir():
        return "fault", f"there is no folder {data}", "`vaxseal admin init` makes it."
    if not os.access(data, os.W_OK):
        return "fault", f"{data} cannot be written by this account", "Run this as the service's account, or chown it."
    if os.name == "posix" and data.stat().st_mode & 0o007:
        return "warning", f"{data} can be entered by everybody", f"chmod 750 {data}"
    return _ok(str(data))


def _disk(settings: Settings) -> Answer:
    refuse_full_disk(_centre(settings))
    return _ok(f"{shutil.disk_usage(settings.data).free // 1024**2} MB are free")


def _tls(settings: Settings, at: datetime) -> Answer:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(settings.tls_certificate, settings.tls_key)
        ends = x509.load_pem_x509_certificate(settings.tls_certificate.read_bytes()).not_valid_after_utc
    except (ssl.SSLError, ValueError):
        return "fault", "certificate and key do not belong together", "Name the files of one certificate, in PEM."
    if ends < at + CERTIFICATE_DAYS:
        grade: Grade = "fault" if ends < at else "warning"
        return grade, f"it ends on {ends:%Y-%m-%d}", "Have a new one issued."
    return _ok(f"until {ends:%Y-%m-%d}")


def _processes(settings: Settings) -> Answer:
    cores = os.cpu_count() or 1
    if settings.workers > 1 and settings.database_url is None:
        return "fault", "several workers on SQLite", "Set database_url, or workers = 1."
    if settings.workers > cores:
        return "warning", f"{settings.workers} workers on {cores} cores", f"Set workers = {cores}."
    return _ok(f"{settings.workers} on {cores} cores")


def _programs(settings: Settings) -> Answer:
    if settings.database_url is None:
        return None
    missing = [name for name in ("pg_dump", "pg_restore") if shutil.which(name) is None]
    if missing:
        return (
            "warning",
            f"{' and '.join(missing)} not found",
            "Install the client programs of PostgreSQL, for backups.",
        )
    return _ok("pg_dump and pg_restore are there")


def _backup_version(engine: Engine) -> Answer:
    """pg_dump refuses a server that is newer than itself."""
    program = shutil.which("pg_dump")
    if engine.dialect.name != "postgresql" or program is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10).stdout  # noqa: S603 - no shell
    ours = int((re.search(r"\d+", said) or ["0"])[0])
    with engine.connect() as connection:
        theirs = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if ours < theirs:
        advice = f"Install the client programs of PostgreSQL {theirs}, or newer ones."
        return "warning", f"pg_dump {ours} backs up no server of version {theirs}", advice
    return _ok(f"pg_dump {ours} for a server of version {theirs}")


def _secret(settings: Settings, engine: Engine) -> Answer:
    if not has_secret(engine):
        return "fault", "the service never had a secret", "`vaxseal admin init` makes it."
    agree_on_secret(engine, load_secret(settings.data, make=False))
    return _ok("secret.key is the one of this service")


def _triggers(engine: Engine) -> Answer:
    query = (
        "SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%append_only' AND tgenabled = 'O'"
        if engine.dialect.name == "postgresql"
        else "SELECT count(*) / 2 FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'"
    )
    with engine.connect() as connection:
        here = connection.execute(text(query)).scalar_one()
    if here < 2:
        advice = "Somebody removed them. Verify the log with the ministry's checkpoints, and find out who."
        return "fault", "triggers that keep the log of acts from being changed are gone", advice
    return _ok("the database refuses to change the log of acts")


def _checkpoints(engine: Engine) -> Answer:
    with engine.connect() as connection:
        covered = connection.execute(select(func.max(audit_checkpoints.c.sequence))).scalar_one() or 0
        rows = connection.execute(select(func.max(audit.c.sequence))).scalar_one() or 0
    if rows - covered > CHECKPOINT_ROWS or (rows and not covered):
        advice = "The ministry signs one: vaxseal audit checkpoint, by a timer (deploy/)."
        return "warning", f"{rows - covered} acts have no checkpoint yet", advice
    return _ok(f"{rows - covered} acts since the last one")


def _lists(settings: Settings, engine: Engine) -> Answer:
    if settings.list_roots is None:
        return "warning", "no root of lists is pinned", "Set list_roots, and publish lists (docs/publishing-lists.md)."
    pinned_roots(settings)
    refuse_old_lists(_centre(settings, engine))
    if not settings.lists.exists():
        return "warning", "no lists are published", "vaxseal lists publish, see docs/publishing-lists.md."
    return _ok("fresh enough")


def _authorities(settings: Settings) -> Answer:
    if Authorities.load(settings).named:
        return _ok("named")
    grade: Grade = "fault" if settings.environment == "production" else "warning"
    return grade, "no authorities are named: any certificate may be enrolled", "Set own_roots (docs/enrolment.md)."


def _tokens(settings: Settings, engine: Engine, at: datetime) -> Answer:
    alone = [one for one in find_warnings(engine, settings=settings, at=at) if one.successor is None]
    if alone:
        return "warning", f"{len(alone)} units have no token to go on with", "vaxseal admin warnings names them."
    return _ok("every token signs for 60 days and more")


def _accounts(engine: Engine) -> Answer:
    with engine.connect() as connection:
        active = select(func.count()).select_from(accounts).where(accounts.c.disabled_at.is_(None))
        people = connection.execute(active.where(accounts.c.roles.contains("operator"))).scalar_one()
    if people < 2:
        advice = "Two people approve enrolment and big orders: add accounts (vaxseal admin account add)."
        return "warning", f"{people} operators have an account", advice
    return _ok(f"{people} operators")


def _clock(engine: Engine, at: datetime) -> Answer:
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as connection:
        theirs: datetime = connection.execute(text("SELECT now()")).scalar_one()
    apart = abs(theirs.astimezone(UTC) - at)
    if apart > CLOCKS:
        return "fault", f"the database's clock is {int(apart.total_seconds())} seconds away", "Let both run NTP."
    return _ok("agrees with the database's")


def _promises(engine: Engine) -> Answer:
    """What was answered must survive a power cut."""
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as connection:
        said = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("fsync", "synchronous_commit")}
    if said["fsync"] == "off" or said["synchronous_commit"] == "off":
        return "fault", "PostgreSQL may lose what it promised", "Set fsync = on and synchronous_commit = on."
    return _ok("fsync and synchronous_commit are on")


def _centre(settings: Settings, engine: Engine | None = None) -> Centre:
    return Centre(engine=engine, settings=settings, secret=b"")  # type: ignore[arg-type]
