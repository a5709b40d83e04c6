"""Several processes and several importers at once, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.intake import importer, reading, steps
from tests.support.intake import outcomes, people, row, take, write_csv
from tests.support.together import together

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


def test_several_processes_share_a_large_file(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "LARGE", 0)
    monkeypatch.setattr(reading, "BATCH", 100)
    monkeypatch.setattr(steps, "ROWS", 50)
    doses = ({"dose": 1}, {"dose": 2, "day": "20/12/2021"})
    rows = [row(id=f"001161{number:06}", **dose) for dose in doses for number in range(300)]
    report = take(engine, write_csv(tmp_path / "a.csv", *rows), processes=2)
    assert (report.accepted, report.records_made, report.records_extended) == (600, 300, 0)
    assert len(outcomes(engine, report.import_id)) == 600


def test_two_importers_of_one_file_and_two_stations_with_one_person(engine: Engine, tmp_path: Path) -> None:
    rows = [row(id=f"001161{number:06}") for number in range(300)]
    seconds = [row(id=f"001161{number:06}", dose=2, day="20/12/2021", unit="01-0002") for number in range(300)]
    one, other = write_csv(tmp_path / "a.csv", *rows), write_csv(tmp_path / "b.csv", *seconds)
    with ThreadPoolExecutor() as pool:
        reports = together(pool, *(partial(take, engine, path) for path in (one, one, other)))
    assert len(people(engine)) == 300
    assert {len(stored.record.doses) for stored in people(engine)} == {2}
    for first in reports[:2]:
        assert first.reason == "import-running" or first.accepted + first.duplicate == 300
    assert sum(report.accepted for report in reports) == 600
