"""What the clerk reads afterwards."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.intake.importer import import_file
from api.intake.reports import count_records, list_imports, list_records, write_row_report
from tests.support.intake import NOW, row, write_csv

pytestmark = pytest.mark.both_databases


def test_every_row_with_its_cells(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", row(), row(name="=HYPERLINK(1)"))
    import_id = import_file(engine, path, imported_by="lan", at=NOW).import_id
    out = io.StringIO()
    assert write_row_report(engine, import_id, out) == 2
    _header, accepted, refused = csv.reader(io.StringIO(out.getvalue()))
    assert accepted[:3] == ["2", "accepted", ""]
    assert refused[:4] == ["3", "refused", "cell-formula", "Họ và tên"]
    assert "'=HYPERLINK(1)" in refused  # the report must not carry the formula on
    only_refused = io.StringIO()
    assert write_row_report(engine, import_id, only_refused, refused_only=True) == 1


def test_counts_say_what_helps(engine: Engine, tmp_path: Path) -> None:
    rows = [row(), row(id="001161012346"), row(id="12", name="Lê An"), row(id="001161012347", unit="01-0002")]
    import_file(engine, write_csv(tmp_path / "a.csv", *rows), imported_by="lan", at=NOW)
    counts = [count.to_dict() for count in count_records(engine)]
    assert [(count["state"], count["records"]) for count in counts] == [("awaiting_match", 3), ("malformed_id", 1)]
    assert all(count["next_vi"] and count["next_en"] for count in counts)
    assert [count.records for count in count_records(engine, unit="01-0002")] == [1]
    assert {each["state"] for each in list_records(engine)} == {"awaiting_match", "malformed_id"}
    (listed,) = list_records(engine, state="awaiting_match", unit="01-0002")
    assert (listed["version"], listed["unit"]) == (1, "01-0002")


def test_imports_are_listed(engine: Engine, tmp_path: Path) -> None:
    import_file(engine, tmp_path / "nothing.csv", imported_by="lan", at=NOW)
    (taken,) = list_imports(engine)
    assert (taken["file"], taken["state"], taken["reason"]) == ("nothing.csv", "failed", "file-unreadable")
