"""The drill: a service is backed up while it runs, brought to life in another place, and proven."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import delete, insert, select

from api.app import create_app
from api.audit import verify_log
from api.backup import back_up, restore
from api.backup_format import OpeningReader, SealingWriter
from api.config import Settings
from api.context import Centre
from api.errors import CentreError
from api.passports.claims import hash_claim_code
from api.server import open_with
from api.store.schema import claim_codes, passports, records
from api.store.transactions import writing
from tests.support import databases
from tests.support.bending import bending
from tests.support.centre import START, World

PASSPHRASE = "một câu dài, dễ nhớ"
CLAIM = "7K2MX-9Q0ZD"


@pytest.fixture
def issued(make: Any, new_address: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A station-mode centre that issued two passports; one slip is printed."""
    if programs := databases._find_programs():
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    world: World = make("station")
    first, _ = world.add_records(2)
    world.agent("TYT-1").work()
    given = hash_claim_code(world.centre.secret, first, CLAIM)
    with writing(world.engine) as connection:
        connection.execute(
            insert(claim_codes).values(
                record_id=first, province="01", code_hash=given, failures=0, made_at="2022-03-01T00:00:00Z"
            )
        )
    return world


def settings_of(world: World) -> Settings:
    """As the running service has them, with the address of its database."""
    return _with_database(world.centre.settings, world)


def elsewhere(world: World, tmp_path: Path, name: str = "elsewhere") -> Settings:
    """Another machine's settings: an empty folder, an empty database."""
    settings = world.centre.settings.model_copy(update={"data": tmp_path / name})
    if world.engine.dialect.name == "sqlite":
        return settings
    address = databases.postgres().address(databases.postgres().new_database())
    return settings.model_copy(update={"database_url": SecretStr(address)})


def _with_database(settings: Settings, world: World) -> Settings:
    if world.engine.dialect.name == "sqlite":
        return settings
    address = world.engine.url.render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": SecretStr(address)})


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(CentreError) as caught:
        call()
    assert caught.value.code == code


@pytest.mark.both_databases
def test_the_drill(issued: World, tmp_path: Path) -> None:
    target = tmp_path / "today.backup"
    head = verify_log(issued.engine)
    made = back_up(settings_of(issued), target, PASSPHRASE, by="op", at=START)
    assert (made.acts, made.log_hash, made.rows["records"]) == (head.sequence, head.hash.hex(), 2)
    assert target.stat().st_mode & 0o077 == 0
    assert b"NGUY" not in target.read_bytes()

    other = elsewhere(issued, tmp_path)
    assert restore(other, target, PASSPHRASE) == made
    centre = open_with(other)
    assert verify_log(centre.engine, [head]) == head
    assert centre.secret == issued.centre.secret
    with centre.engine.connect() as connection:
        found = connection.execute(
            select(passports.c.uvci).join(claim_codes, claim_codes.c.record_id == passports.c.record_id)
        ).scalar_one()
    living = TestClient(create_app(Centre(**{**_parts(centre), "clock": issued.clock})))
    asked = {"certificate_code": found, "date_of_birth": "1980-04-05", "claim_code": CLAIM}
    assert living.post("/v1/citizen/certificate.pdf", json=asked).content.startswith(b"%PDF")
    refused("restore-occupied", lambda: restore(other, target, PASSPHRASE))
    centre.engine.dispose()
    assert verify_log(issued.engine).sequence == head.sequence + 1  # that it was backed up is an act


def _parts(centre: Centre) -> dict[str, Any]:
    return {"engine": centre.engine, "settings": centre.settings, "secret": centre.secret}


def test_what_is_refused(issued: World, tmp_path: Path) -> None:
    settings, target = settings_of(issued), tmp_path / "b"
    refused("passphrase-short", lambda: back_up(settings, target, "short", by="op", at=START))
    assert not target.exists()
    back_up(settings, target, PASSPHRASE, by="op", at=START)
    refused("backup-exists", lambda: back_up(settings, target, PASSPHRASE, by="op", at=START))
    whole = target.read_bytes()
    other = elsewhere(issued, tmp_path)
    refused("backup-damaged", lambda: restore(other, target, "another passphrase"))
    for damaged in (whole[:-1], whole + b"\0", whole[:60] + b"\0" + whole[61:], whole[:40]):
        target.write_bytes(damaged)
        refused("backup-damaged", lambda: restore(other, target, PASSPHRASE))
    target.write_bytes(b"something else")
    refused("backup-form", lambda: restore(other, target, PASSPHRASE))
    assert list(other.data.iterdir()) == []


def repack(whole: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A backup by somebody who knows the passphrase, of other contents."""
    with tarfile.open(fileobj=OpeningReader(io.BytesIO(whole), PASSPHRASE), mode="r|") as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    change(files)
    sealed = io.BytesIO()
    sealing = SealingWriter(sealed, PASSPHRASE)
    with tarfile.open(fileobj=sealing, mode="w|") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    sealing.finish()
    return sealed.getvalue()


def test_what_came_out_is_what_went_in(issued: World, tmp_path: Path) -> None:
    settings, target = settings_of(issued), tmp_path / "b"
    back_up(settings, target, PASSPHRASE, by="op", at=START)
    whole = target.read_bytes()

    def say(files: dict[str, bytes], **changes: object) -> None:
        files["manifest.json"] = json.dumps({**json.loads(files["manifest.json"]), **changes}).encode()

    for code, change in (
        ("backup-differs", lambda files: files.update({"secret.key": bytes(32)})),
        ("backup-differs", lambda files: files.update({"more": b""})),
        ("backup-differs", lambda files: say(files, rows={"records": 3})),
        ("audit-cut", lambda files: say(files, acts=99)),
        ("backup-form", lambda files: files.pop("manifest.json")),
        ("backup-form", lambda files: files.update({"../outside": b""})),
        ("restore-kind", lambda files: say(files, kind="postgresql")),
    ):
        target.write_bytes(repack(whole, change))
        refused(code, lambda: restore(elsewhere(issued, tmp_path), target, PASSPHRASE))
    assert not (tmp_path / "outside").exists()


def test_a_database_that_was_bent_before_its_backup_is_not_restored_in_silence(issued: World, tmp_path: Path) -> None:
    with bending(issued.engine) as connection:
        connection.execute(delete(records))
        connection.exec_driver_sql("UPDATE audit SET actor = 'x' WHERE sequence = 2")
    back_up(settings_of(issued), tmp_path / "b", PASSPHRASE, by="op", at=START)
    refused("audit-broken", lambda: restore(elsewhere(issued, tmp_path), tmp_path / "b", PASSPHRASE))


def test_without_the_programs_of_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.backup import _run_postgresql

    monkeypatch.setenv("PATH", str(tmp_path))
    refused("program-missing", lambda: _run_postgresql("pg_dump", "postgresql://a:hidden@b/c"))
    broken = tmp_path / "pg_dump"
    broken.write_text("#!/bin/sh\necho no such database >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(CentreError, match="program-failed: pg_dump: no such database") as caught:
        _run_postgresql("pg_dump", "postgresql://a:hidden@b/c")
    assert "hidden" not in str(caught.value)
