from pathlib import Path

import pytest

from api.revocation.running import run_orders
from tests.support.centre import World
from tests.support.revoking import codes, world_with_passports
from tests.support.staff import add_person

ORDERS = "/v1/revocation/orders"


@pytest.fixture
def station(tmp_path: Path) -> World:
    return world_with_passports(tmp_path, "station")


def test_two_people_over_http(station: World) -> None:
    an, binh = add_person(station, "an", "BYT", "ministry"), add_person(station, "binh", "SO-01", "overseer")
    asked = {"reason": "lot-recalled", "unit": "TYT-1", "product": "Vaxzevria", "lot": "ABX5678"}
    assert an.post("/v1/revocation/preview", asked).json()["units"] == {"TYT-1": 2}
    made = an.post(ORDERS, asked).json()
    assert (made["state"], made["passports"]) == ("proposed", 2)
    assert an.post(f"{ORDERS}/{made['order']}/approve", {}).json()["code"] == "order-same-person"
    done = binh.post(f"{ORDERS}/{made['order']}/approve", {}).json()
    assert (done["state"], done["approved_by"], done["publish_from"]) == ("running", "binh", "2022-03-01T05:00:00Z")
    run_orders(station.engine, at=station.clock())
    assert binh.get(f"{ORDERS}/{made['order']}").json()["passports"] == 2
    back = an.post(f"{ORDERS}/{made['order']}/withdraw", {"why": "other lot"}).json()
    assert (back["state"], back["withdrawn_why"]) == ("withdrawing", "other lot")


def test_each_sees_the_own_part_of_the_tree(station: World) -> None:
    an, elsewhere = add_person(station, "an", "BYT", "operator"), add_person(station, "chi", "SO-02", "overseer")
    made = an.post(ORDERS, {"reason": "fraud", "codes": [codes(station)[0][-14:].lower()]}).json()
    assert made["state"] == "running"
    assert [one["order"] for one in an.get(ORDERS).json()] == [made["order"]]
    assert elsewhere.get(ORDERS).json() == []
    assert elsewhere.get(f"{ORDERS}/{made['order']}").json()["code"] == "order-unknown"
    assert elsewhere.post(ORDERS, {"reason": "fraud", "unit": "TYT-1"}).json()["code"] == "place"
    assert elsewhere.post("/v1/revocation/preview", {"reason": "fraud", "unit": "TYT-1"}).json()["code"] == "place"


def test_refusals(station: World) -> None:
    an = add_person(station, "an", "BYT", "ministry")

    def refused(**asked: object) -> str:
        return str(an.post(ORDERS, {"reason": "fraud", **asked}).json()["code"])

    assert refused() == "criteria-none"
    assert refused(unit="TYT-9") == "unit-unknown"
    assert refused(lot="X", product="none") == "product-unknown"
    assert refused(lot="X") == "revocation-nothing"
    assert refused(token="ab") == "request-form"
    assert refused(unit="TYT-1", since="2022-03-01T00:00:00") == "request-form"
    assert refused(unit="TYT-1", since="2022-03-02T00:00:00Z", until="2022-03-01T00:00:00Z") == "criteria-window"
