import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.accounts.staff import Role, Staff
from api.audit import read_log
from api.errors import CentreError
from api.revocation.criteria import Criteria
from api.revocation.drafting import count_open, make_draft
from api.revocation.orders import list_orders
from api.revocation.proposals import Proposed, approve, propose, withdraw
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.revocation.states import OrderState
from tests.support.centre import World
from tests.support.revoking import AN, BINH, FRAUD, codes, entries, order, take_back, world_with_passports

LOT = RevocationReason.LOT_RECALLED


@pytest.fixture
def station(tmp_path: Path) -> World:
    return world_with_passports(tmp_path, "station")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(CentreError) as caught:
        act()
    return caught.value.code


def proposed(world: World, reason: RevocationReason = FRAUD, staff: Staff = AN, **criteria: object) -> Proposed:
    chosen = Criteria(**(criteria or {"unit": "TYT-1"}))  # type: ignore[arg-type]
    return propose(world.engine, world.centre.settings, chosen, reason, staff=staff, at=world.clock())


def approved(world: World, made: Proposed, staff: Staff = BINH) -> None:
    approve(world.engine, world.centre.settings, made.order_id or "", staff=staff, at=world.clock())


def person(unit: str, *roles: Role, account: str = "chi") -> Staff:
    return Staff(account=account, unit=unit, roles=frozenset(roles))


def test_more_than_one_passport_takes_two_people_of_two_units(station: World) -> None:
    made = proposed(station)
    assert (made.state, made.passports) == (OrderState.PROPOSED, 2)
    run_orders(station.engine, at=station.clock())
    assert entries(station) == []
    assert refused(lambda: approved(station, made, AN)) == "order-same-person"
    assert refused(lambda: approved(station, made, person("BYT", "ministry"))) == "order-same-unit"
    assert refused(lambda: approved(station, made, person("SO-02", "overseer"))) == "place"
    assert refused(lambda: approved(station, made, person("SO-01", "operator"))) == "role"
    approved(station, made)
    assert refused(lambda: approved(station, made)) == "order-not-proposed"
    assert run_orders(station.engine, at=station.clock()).revoked == 2
    (listed,) = list_orders(station.engine)
    assert (listed["state"], listed["made_by"], listed["made_unit"]) == ("done", "an", "BYT")
    assert (listed["approved_by"], listed["approved_unit"], listed["units"]) == ("binh", "SO-01", {"TYT-1": 2})
    acts = [(act.actor, act.act) for act in read_log(station.engine, limit=4)]
    assert acts[2:] == [("binh@SO-01", "revoke"), ("an@BYT", "propose-revocation")]


def test_one_passport_takes_one_person_and_stays_one(station: World) -> None:
    made = proposed(station, LOT, unit="TYT-2")
    assert made.state is OrderState.RUNNING
    station.add_records(1, unit="TYT-2")
    station.agent("TYT-2").work()
    assert run_orders(station.engine, at=station.clock()).revoked == 1


def test_who_may_propose(station: World) -> None:
    assert refused(lambda: proposed(station, staff=person("BYT", "clerk"))) == "role"
    assert refused(lambda: proposed(station, staff=person("SO-02", "overseer"))) == "place"
    assert proposed(station, staff=person("SO-01", "overseer")).state is OrderState.PROPOSED


def test_a_proposal_that_nobody_approves_lapses(station: World) -> None:
    made = proposed(station)
    station.clock.forward(hours=73)
    assert refused(lambda: approved(station, made)) == "order-lapsed"


def test_a_proposal_is_refused(station: World) -> None:
    made = proposed(station)
    state = withdraw(station.engine, made.order_id or "", why="wrong station", staff=BINH, at=station.clock())
    assert state is OrderState.REFUSED
    assert refused(lambda: approved(station, made)) == "order-not-proposed"
    assert run_orders(station.engine, at=station.clock()).revoked == 0
    assert list_orders(station.engine)[0]["withdrawn_why"] == "wrong station"


def test_what_cannot_be_taken_back(station: World) -> None:
    made = order(station, unit="TYT-1")

    def taken(order_id: str | None = made.order_id, why: str = "mistake", staff: Staff = AN) -> str:
        return refused(lambda: withdraw(station.engine, order_id or "", why=why, staff=staff, at=station.clock()))

    assert taken("none") == "order-unknown"
    assert taken(why=" ") == "order-why"
    assert taken(staff=person("BYT", "auditor")) == "role"
    assert taken(staff=person("SO-02", "overseer")) == "place"
    take_back(station, made)
    assert taken() == "order-withdrawn"


def drafted(world: World) -> tuple[int, int]:
    return make_draft(world.engine, by="an", at=world.clock()).count


def test_what_is_taken_back_in_the_undo_window_reaches_no_list(station: World) -> None:
    made = order(station, LOT, unit="TYT-1")
    station.clock.forward(minutes=59)
    assert drafted(station) == (0, 0)
    assert count_open(station.engine, at=station.clock())["undoable"] == 2
    withdraw(station.engine, made.order_id or "", why="mistake", staff=AN, at=station.clock())
    station.clock.forward(minutes=2)
    assert drafted(station) == (0, 0)  # before its pages came to the entries
    run_orders(station.engine, at=station.clock())
    assert drafted(station) == (0, 0)
    assert entries(station) == []


def test_after_the_undo_window_and_with_fraud_at_once(station: World) -> None:
    order(station, LOT, unit="TYT-1")
    order(station, RevocationReason.WRONG_DATA, fraud=True, unit="TYT-2")
    assert drafted(station) == (1, 0)
    station.clock.forward(minutes=60)
    assert drafted(station) == (3, 0)


def test_the_window_of_the_order_that_remains_counts(station: World) -> None:
    fraud = order(station, unit="TYT-1")
    order(station, LOT, unit="TYT-1")
    assert drafted(station) == (2, 0)
    take_back(station, fraud)
    assert drafted(station) == (0, 0)
    station.clock.forward(minutes=61)
    assert drafted(station) == (2, 0)


def test_criteria_are_kept_whole() -> None:
    text = {"codes": ["A"], "records": ["r"], "signed_with": ["00ff"], "unit": "U", "token": "0a", "account": "y"}
    text |= {"lot": "L", "product": "P", "since": "2022-01-01T00:00:00Z", "until": "2022-02-01T00:00:00Z"}
    assert Criteria.from_dict(json.loads(json.dumps(text))).to_dict() == text


def test_codes_stay_out_of_the_list(station: World) -> None:
    proposed(station, codes=tuple(codes(station, "TYT-1")))
    assert list_orders(station.engine)[0]["criteria"] == {"codes": 2}
