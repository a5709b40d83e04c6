from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, insert, select

from api.audit import read_log, record_act, verify_log
from api.retention import RULES, look, run
from api.store.schema import import_rows, imports, rate_windows, sessions
from api.store.schema_accounts import login_tries
from api.store.schema_intake import entered_doses, session_people, vaccination_sessions
from api.store.transactions import writing
from certificates.records.model import instant_to_text
from tests.support.centre import START, World

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
PLACE = {"province": "01", "unit": "TYT-1"}
MADE = {"made_at": "2022", "made_by": "a"}
PERSON = {
    "province": "01",
    "place": 1,
    "person_key": "k",
    "person": "{}",
    "dose_number": 1,
    "record_id": "r",
    "verdict": "ready",
    "reasons": "",
}
DOSE = {**PLACE, "position": 1, "dose_id": "d", "outcome": "accepted", "late_days": 0, "document": '{"name": "Hạnh"}'}


def fill(connection: Connection, world: World, at: datetime, name: str) -> None:
    """One row of several kinds, whose time began at ``at``."""
    told, key = instant_to_text(at), name.encode()
    token = world.keys["TYT-1"].certificate.fingerprint
    rows: list[tuple[Table, dict[str, Any]]] = [
        (sessions, {"token_hash": key, "fingerprint": token, "account": "a", "expires_at": told}),
        (login_tries, {"name": key, "failures": 1, "not_before": told}),
        (rate_windows, {"client": key, "minute": int(at.timestamp()) // 60, "calls": 1}),
        (
            imports,
            {
                "import_id": name,
                "file_name": "x",
                "file_sha256": key,
                "state": "complete",
                "started_at": told,
                "completed_at": told,
                "imported_by": "a",
            },
        ),
        (vaccination_sessions, {**PLACE, "session_id": name, "day": told[:10], "product": "x", "lot": "x", **MADE}),
        (session_people, {**PERSON, "session_id": name, "checked_at": told}),
        (entered_doses, {**DOSE, "request_id": name, "received_at": told}),
        (import_rows, {"import_id": name, "row_number": 2, "outcome": "accepted", "cells": '["Hạnh"]'}),
    ]
    for table, values in rows:
        connection.execute(insert(table).values(values))


def counts(world: World) -> dict[str, int]:
    return {one.rule.table.name: one.rows for one in look(world.engine, at=world.clock())}


def test_what_has_had_its_time_goes_and_nothing_else(world: World) -> None:
    with writing(world.engine) as connection:
        fill(connection, world, START, "old")
        fill(connection, world, START + 95 * DAY, "new")
    world.clock.now = START + 95 * DAY
    before = counts(world)
    assert {name: rows for name, rows in before.items() if rows} == {
        "sessions": 1,
        "login_tries": 1,
        "rate_windows": 1,
        "import_rows": 1,
        "session_people": 1,
        "entered_doses": 1,
    }
    assert counts(world) == before  # a look changes nothing
    done = {one.rule.table.name: one.rows for one in run(world.engine, by="op", at=world.clock())}
    assert done == before
    assert not any(counts(world).values())
    with world.engine.connect() as connection:
        assert connection.execute(
            select(import_rows.c.cells).order_by(import_rows.c.import_id.desc())
        ).scalars().all() == [
            "[]",
            '["Hạnh"]',
        ]
        assert connection.execute(select(func.count()).select_from(sessions)).scalar_one() == 1
    acts = [(act.subject, act.reason) for act in read_log(world.engine, limit=9) if act.act == "retention"]
    assert ("import_rows", "rows 1") in acts


def test_notes_go_after_years_and_the_log_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.retention._AT_ONCE", 2)
    with writing(world.engine) as connection:
        for number in range(5):
            record_act(connection, at=START, actor="a", act="x", subject=str(number), reason="chị gọi lại")
    head = verify_log(world.engine)
    world.clock.now = START + 1826 * DAY
    assert counts(world)["audit_notes"] == 5
    run(world.engine, by="op", at=world.clock())
    assert counts(world)["audit_notes"] == 0
    assert verify_log(world.engine, [head]).sequence == head.sequence + 3


def test_the_table_of_the_documents_is_this_one() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "operating.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| {rule.kind} | {rule.days} | {rule.since} |" in page, rule.kind
