"""Doses against residents, and who is due."""

from datetime import date
from pathlib import Path

import pytest

from api.errors import CentreError
from api.intake.recoveries import import_recoveries
from api.oversight.covered import Coverage, look_at_coverage
from api.oversight.residents import Imported, import_residents
from api.states import RecordState
from api.store.recount import find_differences
from tests.support.centre import World
from tests.support.staff import add_person
from tests.unit.api.oversight.conftest import add, folded, person

CASES = "Họ và tên,Ngày sinh,Giới tính,Số CCCD,Ngày dương tính,Nguồn,Mã cơ sở tiêm\n"


def take_in(world: World, tmp_path: Path, *rows: str, head: str = "unit,band,people") -> Imported:
    path = tmp_path / "residents.csv"
    path.write_text("\n".join((head, *rows)), "utf-8")
    return import_residents(world.engine, path, by="test", at=world.clock())


def seen(world: World, unit: str | None = None) -> Coverage:
    return look_at_coverage(world.centre, person("BYT", "auditor"), unit)


@pytest.mark.both_databases
def test_doses_against_residents(world: World, tmp_path: Path) -> None:
    add(world, 1, RecordState.ISSUED)
    add(world, 2, RecordState.UNVERIFIABLE, unit="TYT-2")
    assert seen(world).whole.bands["18+"].part(1) is None
    assert take_in(world, tmp_path, "TYT-1,18+,4", "TYT-1,5-11,3") == Imported(changed=2, same=0, faults=())
    for _ in range(2):
        province = seen(world, "SO-01")
        assert province.whole.bands["18+"].doses == (2, 2, 0, 0)
        assert province.whole.bands["18+"].part(2) == 0.5
        assert (province.whole.everybody.residents, province.whole.everybody.doses) == (7, (2, 2, 0, 0))
        assert [one.unit.code for one in province.below] == ["TYT-1", "TYT-2"]
        assert province.whole.due == (0, 0, 2, 0)
        assert province.until == date(2022, 3, 6)
        folded(world)
    assert take_in(world, tmp_path, "TYT-1,18+,2", "TYT-1,5-11,3") == Imported(changed=1, same=1, faults=())
    assert seen(world, "TYT-1").whole.bands["18+"].residents == 2
    with world.engine.connect() as connection:
        assert find_differences(connection) == {}


def test_faults_are_named_and_left_out(world: World, tmp_path: Path) -> None:
    done = take_in(world, tmp_path, "none,18+,4", "TYT-1,old,4", "TYT-1,18+,-1", "TYT-1,18+,10000001", "TYT-1,18+,9")
    assert done.faults == ((2, "unit-unknown"), (3, "band-unknown"), (4, "people-form"), (5, "people-form"))
    assert done.changed == 1
    with pytest.raises(CentreError, match="residents-form") as caught:
        take_in(world, tmp_path, head="unit,band")
    assert caught.value.fields == ("people",)
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CentreError, match="residents-form"):
        import_residents(world.engine, tmp_path / "x", by="test", at=world.clock())


def test_recovered_cases(world: World, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(CASES + "Nguyễn Thị Hồng Hạnh,05/04/1980,Nữ,001180000001,01/02/2022,CDC,TYT-1\n", "utf-8")
    assert import_recoveries(world.engine, path, imported_by="test", at=world.clock()).accepted == 1
    assert import_recoveries(world.engine, path, imported_by="test", at=world.clock()).duplicate == 1
    assert seen(world).whole.recovered == 1
    with world.engine.connect() as connection:
        assert find_differences(connection) == {}


def test_over_http(world: World) -> None:
    add(world, 1, RecordState.ISSUED)
    answer = add_person(world, "hoa", "BYT", "ministry").post("/v1/oversight/coverage", {}).json()
    assert answer["whole"]["bands"]["all"] == {"residents": 0, "doses": [1, 1, 0, 0]}
    assert [one["unit"] for one in answer["below"]] == ["SO-01"]
