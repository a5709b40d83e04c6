from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.accounts.exports import ALONE, Export, approve_export, list_own, list_waiting, request_export, take_export
from api.audit import read_log
from api.errors import CentreError
from api.store.transactions import writing
from tests.support.centre import World
from tests.support.staff import Person, add_person


@pytest.fixture
def clerk(world: World) -> Person:
    return add_person(world, "thu", "TYT-1", "clerk")


@pytest.fixture
def second(world: World) -> Person:
    return add_person(world, "loan", "TYT-1", "overseer")


def ask(person: Person, persons: int) -> Export:
    return request_export(person.world.centre, person.staff, kind="work-list", unit="TYT-1", persons=persons, what="a")


def take(person: Person, export: Export, **other: Any) -> None:
    given = {"kind": "work-list", "unit": "TYT-1", "persons": export.persons, "what": "a", **other}
    with writing(person.world.engine) as connection:
        take_export(connection, person.staff, export.export_id, at=person.world.clock(), **given)


def refusal(call: Any, *args: Any, **given: Any) -> str:
    with pytest.raises(CentreError) as caught:
        call(*args, **given)
    return caught.value.code


def test_few_rows_are_taken_alone_and_counted(world: World, clerk: Person, second: Person) -> None:
    export = ask(clerk, ALONE)
    assert export.state == "granted"
    take(clerk, export, persons=150)
    assert refusal(take, clerk, export) == "export-settled"
    assert second.get("/v1/staff/exports/counts?day=2022-03-01").json() == {
        "day": "2022-03-01",
        "counts": [{"account": "thu", "unit": "TYT-1", "exports": 1, "persons": 150}],
    }
    acts = [act.act for act in read_log(world.engine, limit=9, subject=export.export_id)]
    assert acts == ["take-export", "ask-export"]


def test_more_rows_need_a_second_person(world: World, clerk: Person, second: Person) -> None:
    export = ask(clerk, ALONE + 1)
    assert export.state == "waiting"
    assert refusal(take, clerk, export) == "export-waiting"
    assert refusal(approve_export, world.centre, clerk.staff, export.export_id) == "second-person"
    (seen,) = second.get("/v1/staff/exports/waiting").json()["exports"]
    assert (seen["account"], seen["persons"]) == ("thu", ALONE + 1)
    assert clerk.get("/v1/staff/exports/waiting").json() == {"exports": []}
    answer = second.post("/v1/staff/exports/approve", {"export_id": export.export_id}).json()
    assert (answer["state"], answer["approved_by"]) == ("approved", "loan")
    assert refusal(approve_export, world.centre, second.staff, export.export_id) == "export-settled"
    assert refusal(take, second, export) == "export-unknown"
    assert refusal(take, clerk, export, what="b") == "export-unknown"
    assert refusal(take, clerk, export, persons=ALONE + 2) == "export-grown"
    take(clerk, export)


def test_small_pieces_add_up_and_the_next_day_begins_anew(world: World, clerk: Person) -> None:
    assert [ask(clerk, 90).state for _ in range(3)] == ["granted", "granted", "waiting"]
    world.clock.forward(days=1)
    assert ask(clerk, 90).state == "granted"


def test_an_old_request_is_over(world: World, clerk: Person, second: Person) -> None:
    few, many = ask(clerk, 1), ask(clerk, 500)
    world.clock.forward(days=1)
    assert refusal(take, clerk, few) == "export-settled"
    assert refusal(approve_export, world.centre, second.staff, many.export_id) == "export-settled"
    assert list_waiting(world.centre, second.staff) == ()


def test_other_places_and_roles(world: World, clerk: Person) -> None:
    export = ask(clerk, 500)
    elsewhere = add_person(world, "xa", "TYT-2", "overseer")
    operator = add_person(world, "op", "TYT-1", "operator")
    assert refusal(approve_export, world.centre, elsewhere.staff, export.export_id) == "place"
    assert refusal(approve_export, world.centre, operator.staff, export.export_id) == "role"
    assert refusal(approve_export, world.centre, elsewhere.staff, "none") == "export-unknown"
    assert elsewhere.get("/v1/staff/exports/waiting").json() == {"exports": []}
    assert elsewhere.get("/v1/staff/exports/counts?day=2022-03-01").json()["counts"] == []
    assert refusal(request_export, world.centre, clerk.staff, kind="k", unit="TYT-2", persons=1) == "place"


@pytest.mark.both_databases
def test_requests_at_once_add_up(world: World, clerk: Person) -> None:
    with ThreadPoolExecutor(6) as pool:
        states = [export.state for export in pool.map(lambda _: ask(clerk, 90), range(6))]
    assert states.count("granted") == 2


def test_ones_own_requests_until_they_are_taken(world: World, clerk: Person, second: Person) -> None:
    small, large = ask(clerk, 10), ask(clerk, ALONE)
    assert [(one.export_id, one.state) for one in list_own(world.centre, clerk.staff)] == [
        (one.export_id, one.state) for one in sorted((small, large), key=lambda one: one.export_id)
    ]
    approve_export(world.centre, second.staff, large.export_id)
    take(clerk, small)
    assert [one.state for one in list_own(world.centre, clerk.staff)] == ["approved"]
    assert list_own(world.centre, second.staff) == ()
    world.clock.forward(days=1)
    assert list_own(world.centre, clerk.staff) == ()
