"""Backup and restore of a whole service: database, secret, lists, in one sealed file that names what it holds.

The manifest has the SHA-256 of every file, the rows of every table, and the head of the log of acts: a restore proves
them before it says yes.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from api.audit import record_act, verify_log
from api.backup_format import OpeningReader, SealingWriter
from api.config import SECRET_NAME, Settings
from api.errors import CentreError
from api.store.database import connect, open_database
from api.store.schema import audit, metadata
from api.store.transactions import writing
from api.store.versions import migrate, read_version
from certificates.act_chain import BEGINNING, LogHead
from certificates.records.model import instant_to_text

_MANIFEST: Final = "manifest.json"
_DATABASE: Final = "database"
_LISTS: Final = "lists"
_BLOCK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds. ``kind``: sqlite or postgresql; ``files``: SHA-256 by name; ``rows`` by table."""

    kind: str
    made_at: str
    schema: str
    files: dict[str, str]
    rows: dict[str, int]
    acts: int
    log_hash: str


def back_up(settings: Settings, target: Path, passphrase: str, *, by: str, at: datetime) -> Manifest:
    """Write a backup of the running service into a new file, readable by its owner only.

    Raises CentreError ``passphrase-short``, ``backup-exists``, ``program-missing``, ``program-failed`` (pg_dump), and
    those of `open_database`.
    """
    engine = open_database(settings.database, make=False)
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CentreError("backup-exists", f"{target} exists already: it is not overwritten") from None
    try:
        with os.fdopen(handle, "wb") as file, _folder(settings.data) as folder:
            sealing = SealingWriter(file, passphrase)
            manifest = _collect(settings, engine, folder, at)
            with tarfile.open(fileobj=sealing, mode="w|") as archive:
                for name in (_MANIFEST, *manifest.files):
                    archive.add(folder / name, arcname=name)
            sealing.finish()
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink()
        raise
    with writing(engine) as connection:
        record_act(connection, at=at, actor=by, act="backup", subject=f"row-{manifest.acts}", reason=manifest.log_hash)
    engine.dispose()
    return manifest


def restore(settings: Settings, source: Path, passphrase: str) -> Manifest:
    """Bring a backup to life in an empty data folder, with PostgreSQL in an empty database; and prove it whole.

    Raises CentreError ``restore-occupied``, ``restore-kind`` (of the other database), ``backup-form``,
    ``backup-damaged``, ``backup-differs`` (what came out is not what went in), ``program-missing``, ``program-failed``.
    """
    _refuse_occupied(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _folder(settings.data) as folder:
        manifest = _unpack(source, passphrase, folder)
        if manifest.kind != ("sqlite" if settings.database_url is None else "postgresql"):
            raise CentreError("restore-kind", f"this is a backup of {manifest.kind}: set database_url accordingly")
        if isinstance(settings.database, Path):
            _prove(folder / _DATABASE, manifest)
            (folder / _DATABASE).replace(settings.database)
            settings.database.chmod(0o600)
        else:
            _run_postgresql("pg_restore", settings.database, "--exit-on-error", "--no-owner", str(folder / _DATABASE))
            _prove(settings.database, manifest)
        if (folder / _LISTS).exists():
            shutil.copytree(folder / _LISTS, settings.lists)
        secret = settings.data / SECRET_NAME  # last: without it nothing starts
        (folder / SECRET_NAME).replace(secret)
        secret.chmod(0o600)
    return manifest


def _collect(settings: Settings, engine: Engine, folder: Path, at: datetime) -> Manifest:
    """Everything as it stood at one moment."""
    database = folder / _DATABASE
    if isinstance(settings.database, Path):
        with closing(sqlite3.connect(settings.database)) as running, closing(sqlite3.connect(database)) as copy:
            running.backup(copy, pages=4096)
        copied = connect(database)
        with copied.connect() as connection:
            facts = _facts(connection)
        copied.dispose()
    else:
        with engine.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            facts = _facts(connection)
            options = ("--format=custom", f"--snapshot={snapshot}", "--no-owner", f"--file={database}")
            _run_postgresql("pg_dump", settings.database, *options)
    shutil.copyfile(settings.data / SECRET_NAME, folder / SECRET_NAME)
    if settings.lists.exists():
        shutil.copytree(settings.lists, folder / _LISTS)
    files = {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = Manifest(kind=engine.dialect.name, made_at=instant_to_text(at), files=files, **facts)
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))
    return manifest


def _facts(connection: Connection) -> dict[str, Any]:
    head = connection.execute(
        select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    ).one_or_none()
    return {
        "schema": read_version(connection),
        "rows": {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        },
        "acts": head.sequence if head else BEGINNING.sequence,
        "log_hash": (head.hash if head else BEGINNING.hash).hex(),
    }


def _unpack(source: Path, passphrase: str, folder: Path) -> Manifest:
    try:
        with source.open("rb") as file, tarfile.open(fileobj=OpeningReader(file, passphrase), mode="r|") as archive:
            archive.extractall(folder, filter="data")
            while archive.fileobj is not None and archive.fileobj.read(_BLOCK):  # to the seal of the last chunk
                pass
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_bytes()))
    except (tarfile.TarError, KeyError, TypeError, ValueError, FileNotFoundError) as error:
        raise CentreError("backup-form", f"this is no backup of vaxseal ({type(error).__name__})") from None
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {_MANIFEST}
    if found != set(manifest.files) or any(_sha256(folder / name) != manifest.files[name] for name in found):
        raise CentreError("backup-differs", "the files are not those that the manifest names")
    return manifest


def _prove(database: Path | str, manifest: Manifest) -> None:
    engine = connect(database)
    try:
        with engine.connect() as connection:
            rows = {
                name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608 - own names
                for name in manifest.rows
                if name.isidentifier()
            }
        migrate(engine)
        head = verify_log(engine, [LogHead(sequence=manifest.acts, hash=bytes.fromhex(manifest.log_hash))])
    except SQLAlchemyError as error:
        raise CentreError("backup-differs", f"the database cannot be read ({type(error).__name__})") from None
    finally:
        engine.dispose()
    if rows != manifest.rows or head.sequence != manifest.acts:
        raise CentreError("backup-differs", "the database has other rows than the manifest says")


def _refuse_occupied(settings: Settings) -> None:
    if settings.data.exists() and any(settings.data.iterdir()):
        raise CentreError("restore-occupied", f"{settings.data} is not empty: restore into a new folder")
    if settings.database_url is not None:
        engine = connect(settings.database)
        with engine.connect() as connection:
            tables = connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar_one()
        engine.dispose()
        if tables:
            raise CentreError("restore-occupied", "the database is not empty: make a new one (docs/database.md)")


def _run_postgresql(program: str, address: Path | str, *options: str) -> None:
    """A program of PostgreSQL; the password goes by the environment, where other accounts do not see it."""
    url = make_url(str(address))
    found = shutil.which(program)
    if found is None:
        raise CentreError("program-missing", f"{program} is not there: install the client programs of PostgreSQL")
    settings = {"PGHOST": url.host or url.query.get("host"), "PGPORT": url.port and str(url.port)}
    settings |= {"PGUSER": url.username, "PGPASSWORD": url.password and str(url.password)}
    environment = {**os.environ, **{name: str(value) for name, value in settings.items() if value}}
    done = subprocess.run(  # noqa: S603 - a program that the operator installed
        [found, f"--dbname={url.database}", *options], env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [""]
        raise CentreError("program-failed", f"{program}: {said[-1][:300]}")


@contextmanager
def _folder(data: Path) -> Iterator[Path]:
    """A place for what nobody else may read, on the disk of the data."""
    with tempfile.TemporaryDirectory(dir=data, prefix=".backup-") as name:
        yield Path(name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
