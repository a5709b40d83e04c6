"""What staff may ask about an import."""

from pathlib import Path

from sqlalchemy import update

from api.intake.importer import import_file
from api.store.schema import units
from api.store.transactions import writing
from tests.support.centre import START, World
from tests.support.intake import row, write_csv
from tests.support.staff import add_person


def take(world: World, folder: Path, unit: str | None) -> str:
    rows = [row(unit="TYT-1", id=f"001161{number:06}") for number in range(600)]
    path = write_csv(folder / "a.csv", *rows, row(unit="TYT-1", born="?"), row(unit="TYT-1", lot="-1"))
    return import_file(world.engine, path, imported_by="lan", at=START, unit=unit).import_id


def test_state_and_rows_without_personal_data(world: World, tmp_path: Path) -> None:
    import_id = take(world, tmp_path, "TYT-1")
    clerk = add_person(world, "lan.tran", "TYT-1", "clerk")
    told = clerk.get(f"/v1/imports/{import_id}").json()
    assert (told["state"], told["waiting"], told["outcomes"]) == ("complete", 0, {"accepted": 601, "refused": 1})
    answer = clerk.get(f"/v1/imports/{import_id}/rows.csv")
    lines = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert lines[0].startswith("\ufeffrow,outcome,reason")
    assert len(lines) == 603
    assert "Hồng" not in answer.text
    refused = clerk.get(f"/v1/imports/{import_id}/rows.csv?refused=true").text.splitlines()
    assert [line.split(",")[1:3] for line in refused[1:]] == [["refused", "date-form"]]


def test_whose_import_it_is(world: World, tmp_path: Path) -> None:
    with writing(world.engine) as connection:
        connection.execute(update(units).where(units.c.code != "BYT").values(parent="BYT"))
    of_many = take(world, tmp_path, None)
    clerk, other = add_person(world, "lan", "TYT-1", "clerk"), add_person(world, "an", "TYT-2", "clerk")
    overseer = add_person(world, "minh", "BYT", "overseer")
    assert clerk.get(f"/v1/imports/{of_many}").json()["code"] == "place"
    assert overseer.get(f"/v1/imports/{of_many}/rows.csv").status_code == 200
    assert clerk.get("/v1/imports/0000").json()["code"] == "import-unknown"
    own = take(world, tmp_path, "TYT-1")
    assert other.get(f"/v1/imports/{own}/rows.csv").json()["code"] == "place"
