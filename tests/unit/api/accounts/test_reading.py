from typing import Any

import pytest

from api.accounts.reading import Purpose, read_record
from api.audit import read_log
from api.errors import CentreError
from tests.support.centre import World
from tests.support.staff import add_person


def read(person: Any, record_id: str, purpose: str = "complaint") -> Any:
    return person.post("/v1/staff/records/read", {"record_id": record_id, "purpose": purpose})


def acts(world: World) -> list[tuple[str, str, str, str]]:
    found = read_log(world.engine, limit=20)
    return [(act.actor, act.act, act.subject, act.reason) for act in found if act.act.startswith("read-")]


def test_a_record_is_read_for_a_purpose_and_the_log_knows(world: World) -> None:
    (record_id,) = world.add_records(1)
    clerk = add_person(world, "thu", "TYT-1", "clerk")
    answer = read(clerk, record_id).json()
    assert answer["record"]["record_id"] == record_id
    assert answer["state"] == "ready"
    assert acts(world) == [("thu@TYT-1", "read-record", record_id, "complaint")]


def test_no_purpose_no_record(world: World) -> None:
    (record_id,) = world.add_records(1)
    clerk = add_person(world, "thu", "TYT-1", "clerk")
    for body in ({"record_id": record_id}, {"record_id": record_id, "purpose": "curiosity"}):
        assert clerk.post("/v1/staff/records/read", body).json()["code"] == "request-form"
    assert acts(world) == []


def test_another_units_record_is_refused_and_the_try_is_logged(world: World) -> None:
    (record_id,) = world.add_records(1, unit="TYT-2")
    clerk = add_person(world, "thu", "TYT-1", "clerk")
    answer = read(clerk, record_id, "audit")
    assert (answer.status_code, answer.json()["code"]) == (403, "place")
    unknown = read(clerk, "001180000001")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "record-unknown")
    assert acts(world) == [
        ("thu@TYT-1", "read-refused", "unknown", "complaint"),
        ("thu@TYT-1", "read-refused", record_id, "audit"),
    ]


def test_who_has_no_business_with_records(world: World) -> None:
    (record_id,) = world.add_records(1)
    operator = add_person(world, "op", "TYT-1", "operator")
    assert read(operator, record_id).json()["code"] == "role"
    with pytest.raises(CentreError, match="role"):
        read_record(world.centre, operator.staff, record_id, Purpose.AUDIT)
