"""The list of those whose dose is due leaves the centre by the rules of exports."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

from api.accounts import exports
from api.accounts.exports import approve_export
from api.errors import CentreError
from api.oversight import due
from api.oversight.due import ask_due_list, import_hamlets, take_due_list
from api.states import RecordState
from api.store.schema_intake import recoveries
from api.store.transactions import writing
from tests.support.centre import World
from tests.support.staff import add_person
from tests.unit.api.oversight.conftest import add

MARCH = date(2022, 3, 6)


@pytest.fixture
def known(world: World, tmp_path: Path) -> World:
    """Four people of TYT-1, of whom one died; two of a hamlet; one had the disease in February."""
    for number in range(3):
        add(world, number, RecordState.ISSUED)
    add(world, 3, RecordState.DECEASED)
    path = tmp_path / "hamlets.csv"
    path.write_text("record,hamlet\nr00000000,Thôn Hạ\nr00000002,Thôn Hạ\nnone,Thôn Hạ\n", "utf-8")
    assert import_hamlets(world.engine, path, by="test", at=world.clock()) == (2, 1)
    given = {"source": "CDC", "unit": "TYT-1", "person": "{}", "import_id": "i", "made_at": "t", "province": "01"}
    with writing(world.engine) as connection:
        values = {"person_key": "CCCD:001180000002", "positive_on": "2022-02-20", **given}
        connection.execute(insert(recoveries).values(values))
    return world


def test_by_hamlet_with_initials(known: World) -> None:
    hoa = add_person(known, "hoa", "SO-01", "overseer").staff
    found = ask_due_list(known.centre, hoa, unit="TYT-1", until=MARCH).hamlets
    assert found is not None
    assert {name: [one.record_id for one in people] for name, people in found.items()} == {
        "Thôn Hạ": ["r00000000", "r00000002"],
        "": ["r00000001"],
    }
    person = found[""][0]
    assert (person.name, person.birth_year, person.dose, person.due_on) == ("N.T.H.H.", "1980", 3, date(2022, 1, 5))
    assert "1980" not in repr(person)
    early = ask_due_list(known.centre, hoa, unit="TYT-1", until=date(2022, 1, 4)).hamlets
    assert early == {}


def test_a_clerk_has_names(known: World) -> None:
    lan = add_person(known, "lan", "TYT-1", "clerk").staff
    found = ask_due_list(known.centre, lan, unit="TYT-1", until=MARCH).hamlets
    assert found is not None
    assert found[""][0].name == "NGUYỄN THỊ HỒNG HẠNH"


def test_more_than_one_person_takes_alone(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "ALONE", 2)
    hoa, an = (add_person(known, name, "SO-01", "overseer") for name in ("hoa", "an"))
    body = {"unit": "TYT-1", "until": "2022-03-06"}
    waiting = hoa.post("/v1/oversight/due", body).json()
    assert waiting["hamlets"] is None
    again = {**body, "export_id": waiting["export_id"]}
    assert hoa.post("/v1/oversight/due", again).json()["code"] == "export-waiting"
    approve_export(known.centre, an.staff, waiting["export_id"])
    assert an.post("/v1/oversight/due", again).json()["code"] == "export-unknown"
    taken = hoa.post("/v1/oversight/due", again).json()
    assert sorted(len(people) for people in taken["hamlets"].values()) == [1, 2]
    with pytest.raises(CentreError, match="export-settled"):
        take_due_list(known.centre, hoa.staff, waiting["export_id"], unit="TYT-1", until=MARCH)


def test_what_cannot_be_asked(known: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for who, roles, code in (("a", "auditor", "role"), ("b", "overseer", "place")):
        staff = add_person(known, who, "SO-02", roles).staff  # type: ignore[arg-type]
        with pytest.raises(CentreError, match=code):
            ask_due_list(known.centre, staff, unit="TYT-1", until=MARCH)
    monkeypatch.setattr(due, "MOST", 3)
    hoa = add_person(known, "hoa", "SO-01", "overseer").staff
    with pytest.raises(CentreError, match="due-wide"):
        ask_due_list(known.centre, hoa, unit="TYT-1", until=MARCH)
    for content in (b"\xff\xfe", b"record\nr1\n"):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(CentreError, match="hamlets-form"):
            import_hamlets(known.engine, tmp_path / "x", by="test", at=known.clock())
