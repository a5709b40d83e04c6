"""Passports to revoke: a centre at work, and the orders given in one line."""

from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from api.accounts.staff import Staff
from api.revocation.criteria import Criteria
from api.revocation.proposals import Proposed, approve, propose, withdraw
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.revocation.states import OrderState
from api.signing.enrolment import add_unit
from api.store.schema import passports, revocation_entries, units
from api.store.transactions import writing
from tests.support.centre import Mode, World, make_world

FRAUD = RevocationReason.FRAUD


def world_with_passports(folder: Path, mode: Mode, *, address: Path | str | None = None, **accounts: str) -> World:
    """Two passports of TYT-1, one of TYT-2; in two-tier confirmed there and signed by the ministry.

    ``accounts``: who sits at the token, by unit in small letters (``tyt_1``); else y.ta.
    """
    world = make_world(folder, mode=mode, address=address)
    set_up_tree(world)
    for unit, count in (("TYT-1", 2), ("TYT-2", 1)):
        world.add_records(count, unit=unit)
        world.agent(unit, account=accounts.get(unit.lower().replace("-", "_"), "y.ta")).work()
        world.clock.forward(hours=1)
    if mode == "two-tier":
        world.agent("BYT", account="y.ta").work()
    return world


def set_up_tree(world: World) -> None:
    """The ministry above two provinces, both stations in the first; nothing where it stands so."""
    with world.engine.connect() as connection:
        if connection.execute(select(units.c.code).where(units.c.code == "SO-01")).first():
            return
    opened: dict[str, Any] = {"opened_on": date(2020, 1, 1), "by": "test", "at": world.clock()}
    for code, province in (("SO-01", "01"), ("SO-02", "02")):
        name = f"Sở Y tế {province}"
        add_unit(world.engine, code=code, name=name, kind="province", province=province, parent="BYT", **opened)
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code.in_(("TYT-1", "TYT-2"))).values(parent="SO-01"))


def codes(world: World, unit: str | None = None) -> list[str]:
    """Certificate codes, of the records of a unit where one is given."""
    numbers = {"TYT-1": ["r00000001", "r00000002"], "TYT-2": ["r00000003"]}
    query = select(passports.c.uvci).order_by(passports.c.record_id)
    with world.engine.connect() as connection:
        return list(
            connection.execute(query.where(passports.c.record_id.in_(numbers[unit])) if unit else query).scalars()
        )


AN = Staff(account="an", unit="BYT", roles=frozenset({"ministry"}))
BINH = Staff(account="binh", unit="SO-01", roles=frozenset({"overseer"}))


def order(
    world: World, reason: RevocationReason = FRAUD, *, fraud: bool = False, run: bool = True, **criteria: Any
) -> Proposed:
    """Propose as An of the ministry, approve as Binh of the province where that is needed, and see it done."""
    set_up_tree(world)
    engine, settings, at = world.engine, world.centre.settings, world.clock()
    made = propose(engine, settings, Criteria(**criteria), reason, staff=AN, at=at, fraud=fraud)
    if made.state is OrderState.PROPOSED and made.order_id:
        approve(engine, settings, made.order_id, staff=BINH, at=at)
    if run:
        run_orders(engine, at=at)
    return made


def take_back(world: World, made: Proposed, why: str = "mistake") -> int:
    """An takes the order back; how many passports are valid again."""
    assert made.order_id
    withdraw(world.engine, made.order_id, why=why, staff=AN, at=world.clock())
    return run_orders(world.engine, at=world.clock()).freed


def entries(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(revocation_entries)).all())
