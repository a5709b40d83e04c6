"""A clerk's file, handed in for the clerk's own units."""

from pathlib import Path

import pytest

from api.errors import CentreError
from api.intake.handing_in import hand_in, list_own_imports, look_at_import, refused_rows
from tests.support.centre import World
from tests.support.complaints import Tree, plant
from tests.support.intake import row, write_csv


@pytest.fixture
def tree(world: World) -> Tree:
    return plant(world)


def content(folder: Path, *rows: dict[str, object]) -> bytes:
    return write_csv(folder / "a.csv", *rows).read_bytes()


def test_a_file_of_ones_own_unit_with_a_report_for_each_row(tree: Tree, tmp_path: Path) -> None:
    centre, clerk = tree.world.centre, tree.staff("TYT-1")
    rows = row(unit="TYT-1"), row(unit="TYT-2", id="001161012346"), row(unit="TYT-1", id="001161012347", born="?")
    report = hand_in(centre, clerk, "C:\\Tháng 3\\ds.csv", content(tmp_path, *rows))
    assert (report.state, report.file_name, report.accepted, report.refused) == ("complete", "ds.csv", 1, 2)
    assert [(one.row, one.reason) for one in refused_rows(centre, clerk, report.import_id)] == [
        (3, "unit-other"),
        (4, "date-form"),
    ]
    (listed,) = list_own_imports(centre, clerk)
    assert (listed.import_id, listed.file, listed.unit) == (report.import_id, "ds.csv", "TYT-1")
    assert look_at_import(centre, clerk, report.import_id).outcomes == {"accepted": 1, "refused": 2}
    assert [one.import_id for one in list_own_imports(centre, tree.staff("SYT"))] == [report.import_id]
    other = tree.staff("TYT-2")
    assert list_own_imports(centre, other) == ()
    with pytest.raises(CentreError, match="place"):
        refused_rows(centre, other, report.import_id)


def test_who_may_hand_in_and_what_is_no_table(tree: Tree, tmp_path: Path) -> None:
    centre = tree.world.centre
    with pytest.raises(CentreError, match="role"):
        hand_in(centre, tree.staff("TYT-1", "hoa", "overseer"), "a.csv", b"")
    with pytest.raises(CentreError, match="place"):
        hand_in(centre, tree.staff("TYT-1"), "a.csv", b"", unit="TYT-2")
    for name, held in (("a.csv", b""), ("../../x.pdf", b"%PDF-1.7"), ("", b"\x89PNG")):
        report = hand_in(centre, tree.staff("TYT-1"), name, held)
        assert (report.state, bool(report.sentence_vi)) == ("failed", True)
    assert [one.state for one in list_own_imports(centre, tree.staff("TYT-1"))] == ["failed"] * 3
