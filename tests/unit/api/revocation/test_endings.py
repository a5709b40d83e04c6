"""Codes that end at a time."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.revocation.endings import AFTER_TELLING, end_due_codes, note_told, schedule_endings
from api.revocation.reasons import RevocationReason
from api.store.schema_complaints import code_endings
from api.store.transactions import writing
from certificates.records.model import instant_to_text
from tests.support.centre import World
from tests.support.revoking import codes, order, world_with_passports

RECORD = "r00000001"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_with_passports(tmp_path, "station")


def schedule(world: World, because: str, reason: RevocationReason, *, at_once: bool) -> int:
    with writing(world.engine) as connection:
        return schedule_endings(
            connection,
            RECORD,
            before_version=2,
            reason=reason,
            because=because,
            by="lan@TYT-1",
            at=world.clock(),
            at_once=at_once,
        )


def ending(world: World) -> Any:
    with world.engine.connect() as connection:
        return connection.execute(select(code_endings)).one()


def test_the_days_begin_when_the_person_was_told(world: World) -> None:
    assert schedule(world, "a", RevocationReason.SUPERSEDED, at_once=False) == 1
    assert (ending(world).uvci, ending(world).ends_at) == (codes(world)[0], None)
    with writing(world.engine) as connection:
        note_told(connection, "b", at=world.clock())  # another complaint
        assert ending(world).ends_at is None
        note_told(connection, "a", at=world.clock())
    told = instant_to_text(world.clock() + AFTER_TELLING)
    assert ending(world).ends_at == told
    world.clock.forward(days=1)
    with writing(world.engine) as connection:
        note_told(connection, "a", at=world.clock())
    assert ending(world).ends_at == told  # the first time counts
    world.clock.forward(days=14)
    assert end_due_codes(world.centre) == 0  # nothing has taken its place


def test_what_is_grave_overtakes_what_waits(world: World) -> None:
    schedule(world, "a", RevocationReason.SUPERSEDED, at_once=False)
    schedule(world, "b", RevocationReason.FRAUD, at_once=True)
    schedule(world, "c", RevocationReason.SUPERSEDED, at_once=False)  # and is not put off again
    assert (ending(world).because, ending(world).reason) == ("b", "fraud")
    assert end_due_codes(world.centre, because="a") == 0
    assert end_due_codes(world.centre, because="b") == 1
    assert ending(world).order_id is not None
    assert end_due_codes(world.centre) == 0


def test_what_is_revoked_already_needs_no_end(world: World) -> None:
    order(world, codes=(codes(world)[0],))
    assert schedule(world, "a", RevocationReason.SUPERSEDED, at_once=False) == 0


def test_an_order_that_was_given_before_the_end_is_noted(world: World) -> None:
    schedule(world, "a", RevocationReason.FRAUD, at_once=True)
    order(world, RevocationReason.FRAUD, codes=(codes(world)[0],))
    assert end_due_codes(world.centre) == 1
    assert (ending(world).ended_at, ending(world).order_id) == (instant_to_text(world.clock()), None)
