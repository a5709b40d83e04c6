"""Passports to revoke: a centre at work, and the orders given in one line."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.revocation.criteria import Criteria
from api.revocation.orders import Revoked, revoke
from api.revocation.reasons import RevocationReason
from api.store.schema import passports, revocation_entries
from tests.support.centre import Mode, World, make_world

FRAUD = RevocationReason.FRAUD


def world_with_passports(folder: Path, mode: Mode, *, address: Path | str | None = None, **accounts: str) -> World:
    """Two passports of TYT-1, one of TYT-2; in two-tier confirmed there and signed by the ministry.

    ``accounts``: who sits at the token, by unit in small letters (``tyt_1``); else y.ta.
    """
    world = make_world(folder, mode=mode, address=address)
    for unit, count in (("TYT-1", 2), ("TYT-2", 1)):
        world.add_records(count, unit=unit)
        world.agent(unit, account=accounts.get(unit.lower().replace("-", "_"), "y.ta")).work()
        world.clock.forward(hours=1)
    if mode == "two-tier":
        world.agent("BYT", account="y.ta").work()
    return world


def codes(world: World, unit: str | None = None) -> list[str]:
    """Certificate codes, of the records of a unit where one is given."""
    numbers = {"TYT-1": ["r00000001", "r00000002"], "TYT-2": ["r00000003"]}
    query = select(passports.c.uvci).order_by(passports.c.record_id)
    with world.engine.connect() as connection:
        return list(
            connection.execute(query.where(passports.c.record_id.in_(numbers[unit])) if unit else query).scalars()
        )


def order(world: World, reason: RevocationReason = FRAUD, **criteria: Any) -> Revoked:
    return revoke(world.engine, Criteria(**criteria), reason, by="an", at=world.clock())


def entries(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(revocation_entries)).all())
