"""Pairs are found across files and stations, and decided by people who stand above both sides."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from api.accounts.staff import Role, Staff
from api.audit import read_log
from api.duplicates.deciding import decide, list_open, show
from api.errors import CentreError
from api.identity.corrections import correct
from api.intake.importer import import_file
from api.states import RecordState
from api.store.records import load_record, move_record
from api.store.schema import records, units
from api.store.schema_intake import possible_duplicates
from api.store.transactions import writing
from certificates.errors import RecordError
from tests.support.centre import START, World
from tests.support.intake import outcomes, people, row, write_csv
from tests.support.staff import add_person

TWO_UNITS = ({"unit": "TYT-1"}, {"unit": "TYT-2"})


@pytest.fixture(autouse=True)
def tree(world: World) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code != "BYT").values(parent="BYT"))


def take(world: World, folder: Path, *rows: dict[str, Any]) -> Any:
    path = write_csv(folder / f"{len(list(folder.iterdir()))}.csv", *rows)
    return import_file(world.engine, path, imported_by="lan", at=START)


def staff(unit: str = "BYT", *roles: Role) -> Staff:
    return Staff(account="minh", unit=unit, roles=frozenset(roles or ("overseer",)))


def pairs(world: World, who: Staff | None = None) -> list[tuple[str, str]]:
    return [(pair["kind"], pair["reason"]) for pair in list_open(world.centre, who or staff())]


@pytest.mark.both_databases
def test_a_person_of_two_stations_is_joined_by_a_person(world: World, tmp_path: Path) -> None:
    take(world, tmp_path, row(unit="TYT-1"))
    take(world, tmp_path, row(unit="TYT-2", id="", name="Nguyen Thi Hong", dose=2, day="20/12/2021"))
    (pair,) = list_open(world.centre, staff())
    assert (pair["kind"], pair["reason"], {pair["unit"], pair["other_unit"]}) == (
        "person",
        "number-missing",
        {"TYT-1", "TYT-2"},
    )
    assert len(people(world.engine)) == 2  # nothing joins by itself
    seen = show(world.centre, staff(), pair["duplicate_id"])
    assert len(seen["records"]) == 2
    assert decide(world.centre, staff(), pair["duplicate_id"], "same", why="same book")["state"] == "same"
    one, other = sorted(people(world.engine), key=lambda stored: stored.state is RecordState.JOINED)
    assert [dose.number for dose in one.record.doses] == [1, 2]
    assert (one.record.person.full_name, one.record.version) == ("Nguyễn Thị Hồng", 2)
    assert (other.state, len(other.record.doses)) == (RecordState.JOINED, 1)
    acts = {(act.act, act.actor) for act in read_log(world.engine, limit=20)}
    assert {("duplicate-same", "minh@BYT"), ("record-joined", "minh@BYT"), ("read-record", "minh@BYT")} <= acts
    # What comes in again, under the name that was wrong, is the joined person's.
    third = {"id": "", "name": "Nguyen Thi Hong", "unit": "TYT-2"}
    report = take(world, tmp_path, row(**third, dose=2, day="20/12/2021"), row(**third, dose=3, day="20/03/2022"))
    assert [each[1] for each in outcomes(world.engine, report.import_id)] == ["duplicate", "accepted"]
    assert len(people(world.engine)) == 2
    with pytest.raises(RecordError, match="record-joined"):
        correct(world.engine, other.record.record_id, {"sex": "Nam"}, by="lan", why="x", at=START)
    assert pairs(world) == []


def test_a_person_whose_doses_two_stations_entered_keeps_the_number_that_the_register_confirmed(
    world: World, tmp_path: Path
) -> None:
    take(world, tmp_path, row(unit="TYT-1", id="001161012354"))
    take(world, tmp_path, row(unit="TYT-2"))
    (right,) = (stored for stored in people(world.engine) if stored.record.person.id_number == "001161012345")
    with writing(world.engine) as connection:
        move_record(connection, right, RecordState.READY, None, at=START)
    (pair,) = list_open(world.centre, staff())
    assert pair["reason"] == "number-near"
    decide(world.centre, staff(), pair["duplicate_id"], "same", why="one book, one card")
    one, other = sorted(people(world.engine), key=lambda stored: stored.state is RecordState.JOINED)
    assert (one.record, one.state) == (right.record, RecordState.READY)
    assert other.state is RecordState.JOINED
    report = take(world, tmp_path, row(unit="TYT-1", id="001161012354", dose=2, day="20/12/2021"))
    assert report.records_extended == 1
    assert {len(stored.record.doses) for stored in people(world.engine)} == {1, 2}


def test_who_were_found_to_be_two_are_not_asked_about_again(world: World, tmp_path: Path) -> None:
    take(world, tmp_path, row(unit="TYT-1"), row(unit="TYT-1", id="001161012354"))
    (pair,) = list_open(world.centre, staff())
    assert pair["reason"] == "number-near"
    decide(world.centre, staff(), pair["duplicate_id"], "different", why="two sisters came")
    take(world, tmp_path, row(unit="TYT-1", dose=2, day="20/12/2021"), row(unit="TYT-1", id="001161012354"))
    assert pairs(world) == []
    assert {stored.record.version for stored in people(world.engine)} == {1, 2}
    (act,) = read_log(world.engine, limit=9, subject=pair["duplicate_id"])
    assert act.act == "duplicate-different"


@pytest.mark.parametrize(("verdict", "doses"), [("same", [1]), ("different", [1, 2])])
def test_a_dose_that_two_stations_entered(world: World, tmp_path: Path, verdict: Any, doses: list[int]) -> None:
    take(world, tmp_path, row(unit="TYT-1"))
    report = take(world, tmp_path, row(unit="TYT-2", day="12/10/2021", lot="ABX9"))
    assert report.reasons == {"dose-conflict": 1}
    (pair,) = list_open(world.centre, staff())
    assert (pair["kind"], pair["reason"]) == ("dose", "dose-two-stations")
    assert show(world.centre, staff(), pair["duplicate_id"])["dose"]["lot"] == "ABX9"
    decide(world.centre, staff(), pair["duplicate_id"], verdict, why="asked by phone")
    (stored,) = people(world.engine)
    assert [dose.number for dose in stored.record.doses] == doses
    with pytest.raises(CentreError, match="duplicate-decided"):
        decide(world.centre, staff(), pair["duplicate_id"], verdict, why="again")


@pytest.mark.parametrize(("verdict", "doses"), [("same", [1]), ("different", [1, 2])])
def test_two_doses_within_days(world: World, tmp_path: Path, verdict: Any, doses: list[int]) -> None:
    take(world, tmp_path, row(unit="TYT-1"), row(unit="TYT-2", dose=2, day="08/10/2021"))
    (stored,) = people(world.engine)
    assert stored.reason == "dose-interval"
    (pair,) = list_open(world.centre, staff())
    assert pair["reason"] == "dose-days"
    decide(world.centre, staff(), pair["duplicate_id"], verdict, why="asked by phone")
    (stored,) = people(world.engine)
    assert [dose.number for dose in stored.record.doses] == doses


def test_only_who_stands_above_both_may_decide(world: World, tmp_path: Path) -> None:
    take(world, tmp_path, row(unit="TYT-1"), row(unit="TYT-2", id="", dose=2, day="20/12/2021"))
    (pair,) = list_open(world.centre, staff("TYT-1", "clerk"))
    for who, code in (
        (staff("TYT-1", "clerk"), "place"),
        (staff("BYT", "police"), "role"),
    ):
        with pytest.raises(CentreError, match=code):
            decide(world.centre, who, pair["duplicate_id"], "same", why="x")
        with pytest.raises(CentreError, match=code):
            show(world.centre, who, pair["duplicate_id"])
    with pytest.raises(CentreError, match="reason-missing"):
        decide(world.centre, staff(), pair["duplicate_id"], "same", why=" ")
    with pytest.raises(CentreError, match="duplicate-unknown"):
        decide(world.centre, staff(), "0" * 16, "same", why="x")


def test_what_contradicts_or_is_busy_is_not_joined(world: World, tmp_path: Path) -> None:
    take(world, tmp_path, row(unit="TYT-1"), row(unit="TYT-2", id="", lot="ABX9"))
    (pair,) = list_open(world.centre, staff())
    with pytest.raises(CentreError, match="duplicate-conflict"):
        decide(world.centre, staff(), pair["duplicate_id"], "same", why="x")
    with writing(world.engine) as connection:
        connection.execute(update(records).values(state=RecordState.LEASED.value))
    with pytest.raises(CentreError, match="duplicate-busy"):
        decide(world.centre, staff(), pair["duplicate_id"], "same", why="x")
    with world.engine.connect() as connection:
        assert connection.execute(select(possible_duplicates.c.state)).scalar_one() == "open"
        assert load_record(connection, pair["record"]) is not None


def test_over_http(world: World, tmp_path: Path) -> None:
    take(world, tmp_path, row(unit="TYT-1"), row(unit="TYT-1", id="001161012354"))
    clerk = add_person(world, "lan.tran", "TYT-1", "clerk")
    (pair,) = clerk.get("/v1/duplicates").json()["duplicates"]
    path = f"/v1/duplicates/{pair['duplicate_id']}"
    assert len(clerk.post(f"{path}/read", {}).json()["records"]) == 2
    done = clerk.post(f"{path}/decision", {"verdict": "different", "why": "two sisters"})
    assert (done.status_code, done.json()["state"]) == (200, "different")
    again = clerk.post(f"{path}/decision", {"verdict": "same", "why": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate-decided")
    assert clerk.get("/v1/duplicates?limit=0").status_code == 422


def test_what_everybody_shares_says_nothing(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.duplicates.finding.COMMON", 2)
    take(world, tmp_path, *(row(unit="TYT-1", id=f"00116101234{number}") for number in range(3)))
    assert pairs(world) == []


def test_rows_of_a_joined_person_under_both_names_in_one_file(world: World, tmp_path: Path) -> None:
    other = {"id": "", "name": "Nguyen Thi Hong"}
    take(world, tmp_path, row(unit="TYT-1"), row(unit="TYT-1", **other, dose=2, day="20/12/2021"))
    (pair,) = list_open(world.centre, staff())
    decide(world.centre, staff(), pair["duplicate_id"], "same", why="same book")
    report = take(
        world,
        tmp_path,
        row(unit="TYT-1", dose=3, day="25/02/2022"),
        row(unit="TYT-1", **other, dose=2, day="20/12/2021"),
        row(unit="TYT-1", **other, dose=4, day="01/03/2022"),
    )
    assert [each[1] for each in outcomes(world.engine, report.import_id)] == ["accepted", "duplicate", "accepted"]
    assert sorted(len(stored.record.doses) for stored in people(world.engine)) == [1, 4]
