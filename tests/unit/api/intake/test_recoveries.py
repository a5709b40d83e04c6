"""Files of recovered cases."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from api.audit import read_log
from api.intake import recoveries as subject
from api.intake.claiming import claimed
from api.intake.recoveries import import_recoveries
from api.store.schema import imports
from api.store.schema_intake import recoveries
from tests.support.intake import NOW, outcomes, row, write_csv

CASE = {
    name: value
    for name, value in row().items()
    if name in ("Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD/CMND/Hộ chiếu", "Mã cơ sở tiêm")
} | {"Ngày dương tính": "10/01/2022", "Nguồn": "CDC Hà Nội"}


def case(**changes: Any) -> dict[str, Any]:
    names = {"id": "Số CCCD/CMND/Hộ chiếu", "born": "Ngày sinh", "day": "Ngày dương tính", "source": "Nguồn"}
    names |= {"unit": "Mã cơ sở tiêm", "name": "Họ và tên"}
    return CASE | {names[name]: value for name, value in changes.items()}


def take(engine: Engine, path: Path, **options: Any) -> Any:
    return import_recoveries(engine, path, imported_by="lan", at=NOW, **options)


def stored(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(recoveries).order_by(recoveries.c.positive_on))
        return [(row.positive_on, row.source, row.unit) for row in rows]


@pytest.mark.both_databases
def test_each_row_ends_somewhere_and_the_file_again_makes_nothing(engine: Engine, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        case(),
        case(),
        case(day="12/02/2022", source="BV Bạch Mai"),
        case(day="31/02/2022"),
        case(day="2022"),
        case(day="01/01/2019"),
        case(day="01/01/2030"),
        case(source=""),
        case(id="", born=""),
        case(unit="99"),
        case(unit=""),
        case(name="=A1"),
    )
    report = take(engine, path)
    assert (report.state, report.accepted, report.duplicate, report.refused) == ("complete", 2, 1, 9)
    assert [each[1:] for each in outcomes(engine, report.import_id)] == [
        ("accepted", None, None),
        ("duplicate", None, None),
        ("accepted", None, None),
        ("refused", "date-impossible", "Ngày dương tính"),
        ("refused", "positive-on-partial", "Ngày dương tính"),
        ("refused", "positive-on-impossible", "Ngày dương tính"),
        ("refused", "positive-on-impossible", "Ngày dương tính"),
        ("refused", "source-missing", "Nguồn"),
        ("refused", "person-unknowable", "Số CCCD/CMND/Hộ chiếu"),
        ("refused", "unit-unknown", "Mã cơ sở tiêm"),
        ("refused", "unit-missing", "Mã cơ sở tiêm"),
        ("refused", "cell-formula", "Họ và tên"),
    ]
    assert stored(engine) == [("2022-01-10", "CDC Hà Nội", "01-0001"), ("2022-02-12", "BV Bạch Mai", "01-0001")]
    assert take(engine, path).duplicate == 3
    assert read_log(engine, limit=1)[0].act == "recoveries-imported"


def test_what_was_interrupted_goes_on(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "BATCH", 2)
    path = write_csv(tmp_path / "a.csv", *(case(day=f"{day:02}/01/2022") for day in range(1, 6)))

    def stop(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(engine, path, progress=stop)
    assert len(stored(engine)) == 2
    done: list[int] = []
    report = take(engine, path, progress=lambda at, _total: done.append(at))
    assert (report.rows, report.accepted, done) == (5, 5, [2, 3])


@pytest.mark.parametrize(
    ("left_out", "options", "missing"),
    [
        ("Ngày dương tính", {}, "Ngày dương tính"),
        ("Nguồn", {}, "Nguồn"),
        ("Mã cơ sở tiêm", {}, "Mã cơ sở tiêm"),
        ("Họ và tên", {}, "Họ và tên"),
    ],
)
def test_columns_that_are_missing(
    engine: Engine, tmp_path: Path, left_out: str, options: dict[str, str], missing: str
) -> None:
    path = write_csv(tmp_path / "a.csv", {name: value for name, value in CASE.items() if name != left_out})
    report = take(engine, path, **options)
    assert (report.state, report.reason) == ("failed", "columns-missing")
    assert missing in report.sentence_en
    with engine.connect() as connection:
        assert connection.execute(select(imports.c.state)).scalar_one() == "failed"


def test_unit_and_source_of_the_whole_file(engine: Engine, tmp_path: Path) -> None:
    bare = {name: value for name, value in CASE.items() if name not in ("Nguồn", "Mã cơ sở tiêm")}
    path = write_csv(tmp_path / "a.csv", bare)
    assert take(engine, path, unit="99", source="CDC").reason == "unit-unknown"
    assert take(engine, path, unit="01-0002", source="CDC").accepted == 1
    assert stored(engine) == [("2022-01-10", "CDC", "01-0002")]


def test_files_that_cannot_be_read(engine: Engine, tmp_path: Path) -> None:
    assert take(engine, tmp_path / "nothing.csv").reason == "file-unreadable"
    (tmp_path / "empty.csv").write_text(",".join(CASE) + "\n", encoding="utf-8")
    assert take(engine, tmp_path / "empty.csv").reason == "file-empty"
    path = write_csv(tmp_path / "a.csv", case())
    content = hashlib.sha256(path.read_bytes()).digest()
    with claimed(engine, hashlib.sha256(b"recoveries" + content).digest()):
        assert take(engine, path).reason == "import-running"
