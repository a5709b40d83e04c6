"""Examples of the routes of revocation and reconciliation."""

from typing import Final
from weakref import WeakKeyDictionary

from api.accounts.staff import Staff
from api.revocation.criteria import Criteria
from api.revocation.proposals import SERVER, propose
from api.revocation.reasons import RevocationReason
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing
from tests.support.staff import add_person

_AT_THE_SERVER: Final = Staff(account="root", unit=SERVER, roles=frozenset({"operator"}))
_have_passports: WeakKeyDictionary[object, set[str]] = WeakKeyDictionary()


def _choose(world: World, unit: str) -> Request:
    _issue(world, unit)
    return Request(body={"reason": "fraud", "unit": unit})


def _see(world: World, unit: str) -> Request:
    return Request(path={"order_id": _order(world, unit)})


def _take_back(world: World, unit: str) -> Request:
    return Request(path={"order_id": _order(world, unit)}, body={"why": "mistake"})


def _days(_world: World, unit: str) -> Request:
    return Request(params={"from": "2021-08-01", "to": "2021-08-31", "unit": unit})


def _order(world: World, unit: str) -> str:
    _issue(world, unit)
    made = propose(
        world.engine,
        world.centre.settings,
        Criteria(unit=unit),
        RevocationReason.FRAUD,
        staff=_AT_THE_SERVER,
        at=world.clock(),
    )
    assert made.order_id
    return made.order_id


def _issue(world: World, unit: str) -> None:
    """Two passports of the unit, once for each centre."""
    having = _have_passports.setdefault(world.engine, set())
    if unit not in having:
        having.add(unit)
        world.add_records(2, unit=unit)
        signer = add_person(world, f"signer.{unit.lower()}", unit, "signer")
        world.agent(unit, account=signer.account).work()
        world.agent("BYT").work()


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/revocation/preview": Example(_choose),
    "POST /v1/revocation/orders": Example(_choose),
    "GET /v1/revocation/orders": Example(nothing, placed=False),
    "GET /v1/revocation/orders/{order_id}": Example(_see),
    "POST /v1/revocation/orders/{order_id}/approve": Example(_see),
    "POST /v1/revocation/orders/{order_id}/withdraw": Example(_take_back),
    "GET /v1/reconciliation": Example(_days),
}
