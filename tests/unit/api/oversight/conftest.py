from dataclasses import replace
from typing import Any

import pytest

from api.accounts.staff import Role, Staff
from api.states import RecordState
from api.store.counts import fold
from api.store.records import write_versions
from api.store.transactions import writing
from tests.support.centre import World, new_version
from tests.support.revoking import set_up_tree


@pytest.fixture
def world(world: World) -> World:
    """The ministry above two provinces, both stations in the first."""
    set_up_tree(world)
    folded(world)
    return world


def folded(world: World) -> None:
    with writing(world.engine) as connection:
        while fold(connection):
            pass


def person(unit: str, *roles: Role) -> Staff:
    return Staff(account="hoa", unit=unit, roles=frozenset(roles or ("overseer",)))


def add(world: World, number: int, state: RecordState, reason: str | None = None, **given: Any) -> str:
    """A record that stands so."""
    version = replace(new_version(number, state=state, at=world.clock(), **{"unit": "TYT-1", **given}), reason=reason)
    with writing(world.engine) as connection:
        write_versions(connection, [replace(version, evidence=None)], by="import", why="import", at=world.clock())
    return version.record.record_id
