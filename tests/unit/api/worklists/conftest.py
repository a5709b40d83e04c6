from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.accounts.staff import Role, Staff
from api.signing.enrolment import add_unit
from api.states import RecordState
from api.store.counts import read_counts
from api.store.records import write_versions
from api.store.recount import find_differences
from api.store.transactions import writing
from tests.support.centre import World, new_version

Add = Callable[..., str]
PROVINCE = "T-01"


@pytest.fixture
def world(world: World) -> World:
    """A station and its police below a province, and the ministry above it; no register is set."""
    for code, kind in ((PROVINCE, "province"), ("TYT-3", "station"), ("CA-3", "police")):
        add_unit(
            world.engine,
            code=code,
            name=f"Đơn vị {code}",
            kind=kind,
            province="01",
            parent="BYT" if code == PROVINCE else PROVINCE,
            opened_on=date(2020, 1, 1),
            by="test",
            at=world.clock(),
        )
    settings = world.centre.settings.model_copy(update={"register_address": None})
    return replace(world, centre=replace(world.centre, settings=settings))


@pytest.fixture
def add(world: World) -> Add:
    """A record of TYT-3 that stands so."""
    numbers = iter(range(500, 900))

    def one(state: RecordState = RecordState.MISMATCHED, reason: str | None = None, *, unit: str = "TYT-3") -> str:
        version = replace(new_version(next(numbers), unit=unit, state=state, at=world.clock()), reason=reason)
        with writing(world.engine) as connection:
            write_versions(connection, [replace(version, evidence=None)], by="import", why="import", at=world.clock())
        return version.record.record_id

    return one


def staff(account: str, *roles: Role, unit: str = "TYT-3") -> Staff:
    return Staff(account=account, unit=unit, roles=frozenset(roles))


CLERK = staff("lan", "clerk")
POLICE = staff("minh", "police", unit="CA-3")
OVERSEER = staff("hoa", "overseer", unit=PROVINCE)


def measures(world: World) -> dict[str, int]:
    """What is counted, by measure and desk; and the counts agree with the records."""
    with world.engine.connect() as connection:
        assert find_differences(connection) == {}
        found: dict[str, int] = {}
        for key, number in read_counts(connection).items():
            name = f"{key.measure}/{key.desk}" if key.desk else key.measure
            found[name] = found.get(name, 0) + number
    return found


def code_of(caught: Any) -> str:
    return str(caught.value.code)
