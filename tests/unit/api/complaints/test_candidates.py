"""Records that a complaint may be about."""

from pathlib import Path

import pytest

from api.audit import read_log
from api.complaints.candidates import find_candidates
from api.complaints.kinds import ComplaintKind
from api.errors import CentreError
from api.intake.importer import import_file
from tests.support.centre import START
from tests.support.complaints import Tree
from tests.support.intake import row, write_csv


def take(tree: Tree, folder: Path) -> None:
    rows = (
        row(unit="TYT-1"),
        row(unit="TYT-1", name="Nguyễn Thị Hòng", id="001161012346"),
        row(unit="TYT-2", id="001161012347"),
        row(unit="TYT-1", name="Lê Văn An", id="001161012348"),
    )
    import_file(tree.world.engine, write_csv(folder / "a.csv", *rows), imported_by="lan", at=START)


def seek(
    tree: Tree, number: str, born: str, unit: str = "TYT-1", name: str = "nguyễn thị hồng"
) -> list[tuple[str, bool]]:
    found = find_candidates(tree.world.centre, number, staff=tree.staff(unit), name=name, date_of_birth=born)
    return [(one.full_name, one.same_name) for one in found]


def test_those_of_the_same_name_come_first_and_each_look_is_logged(tree: Tree, tmp_path: Path) -> None:
    take(tree, tmp_path)
    number = tree.open(ComplaintKind.NOTHING_FOUND).number
    expected = [("Nguyễn Thị Hồng", True), ("Nguyễn Thị Hòng", False)]
    assert seek(tree, number, "07/03/1961") == expected
    assert seek(tree, number, "3/7/1961") == expected  # day and month swapped
    assert seek(tree, number, "07/03/1962") == []
    assert len(seek(tree, number, "07/03/1961", unit="SYT")) == 3  # of all units below
    acts = [act.act for act in read_log(tree.world.engine, limit=4)]
    assert acts == ["read-record"] * 3 + ["complaint-record-sought"]


def test_what_is_out_of_reach_or_cannot_be_read(tree: Tree, tmp_path: Path) -> None:
    take(tree, tmp_path)
    number = tree.open(ComplaintKind.NOTHING_FOUND).number
    with pytest.raises(CentreError, match="complaint-not-found"):
        seek(tree, number, "07/03/1961", unit="TYT-2")
    for born, name, field in (("hôm qua", "Lê An", "date_of_birth"), ("1961", " ", "person_name")):
        with pytest.raises(CentreError, match="complaint-text") as caught:
            seek(tree, number, born, name=name)
        assert caught.value.fields == (field,)
