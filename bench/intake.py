"""Imports: a CSV file on PostgreSQL against COPY of its rows, a spreadsheet against the library that only reads it.

``BENCH_ROWS`` and ``BENCH_SHEET_ROWS`` say how many rows: a million and a hundred thousand in earnest, fewer here.
"""

import csv
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

import openpyxl
import psycopg
import pytest
import python_calamine
from sqlalchemy import Engine, insert

from api.intake.importer import import_file
from api.store.database import open_database
from api.store.schema import units
from api.store.transactions import writing
from bench.harness import Result, race
from bench.native import NotHereError
from tests.support.databases import postgres

if TYPE_CHECKING:
    from bench.rows import Bench

ROWS: Final = int(os.environ.get("BENCH_ROWS", "50000"))
SHEET_ROWS: Final = int(os.environ.get("BENCH_SHEET_ROWS", "10000"))
REPEATS: Final = 3
UNITS: Final = 50
AT: Final = datetime(2022, 3, 1, 2, 0, tzinfo=UTC)
HEADER: Final = (
    "STT",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Quốc tịch",
    "Số CCCD/CMND/Hộ chiếu",
    "Mũi tiêm số",
    "Ngày tiêm",
    "Tên vắc xin",
    "Hãng sản xuất",
    "Số lô",
    "Liều lượng",
    "Mã cơ sở tiêm",
    "Người nhập",
    "Ghi chú",
)
_NAMES: Final = (
    "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý",
    "Thị Văn Hữu Đức Minh Ngọc Thanh Quang Thu Xuân Kim Bích",
    "An Bình Châu Dũng Hà Hạnh Hồng Hùng Hương Khánh Lan Linh Long Mai Nam Nga Phúc Quân Sơn Thảo Tú Yến",
)
_VACCINES: Final = (
    ("AstraZeneca", "AstraZeneca", "ABX"),
    ("Pfizer", "Pfizer", "FK"),
    ("Moderna", "Moderna", "MD"),
)


def dose_rows(count: int, *, first_person: int = 0) -> Iterator[list[str]]:
    """Rows of a province's export: two or three doses a person, first doses before second ones, one in fifty faulty."""
    chance = random.Random(first_person)  # noqa: S311 - made-up people
    people = []
    for number in range(first_person, first_person + max(1, count * 2 // 5)):
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
        male = chance.random() < 0.5
        name = " ".join(chance.choice(words.split()) for words in _NAMES)
        citizen = f"001{'0' if male else '1'}{born.year % 100:02}{number:06}"
        vaccine, unit = chance.choice(_VACCINES), f"01-{number % UNITS + 1:04}"
        people.append((name, f"{born:%d/%m/%Y}", "Nam" if male else "Nữ", citizen, vaccine, unit, number))
    row = 0
    for dose in (1, 2, 3):
        given = date(2021, 5, 1) + timedelta(days=(dose - 1) * 90)
        for name, birth, sex, citizen, vaccine, unit, number in people:
            if row == count:
                return
            row += 1
            day = given + timedelta(days=number % 60)
            yield [
                str(row),
                name,
                birth if row % 50 else "hôm qua",
                sex,
                "Việt Nam",
                citizen,
                str(dose),
                f"{day:%d/%m/%Y}",
                vaccine[0],
                vaccine[1],
                f"{vaccine[2]}{1000 + day.month * 7 + number % 5}",
                "0,5 ml",
                unit,
                f"y.ta.{number % 9}",
                "",
            ]


def write_doses(path: Path, count: int, *, first_person: int = 0) -> None:
    """The same as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(dose_rows(count, first_person=first_person))


def importing_csv(_bench: "Bench") -> Iterator[Result]:
    """A province's export on PostgreSQL, all cores; and once more where ten times as many records are there already."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="vaxseal-bench-"))
        stack.callback(shutil.rmtree, folder)
        path, more, fewer = folder / "all.csv", folder / "more.csv", folder / "fewer.csv"
        write_doses(path, ROWS)
        write_doses(fewer, ROWS // 10, first_person=500_000)
        write_doses(more, ROWS // 10, first_person=600_000)
        try:
            grown, fresh = _Database(stack), _Database(stack)
        except pytest.skip.Exception as reason:
            raise NotHereError(str(reason)) from reason

        def ours(rounds: int) -> float:
            return sum(_Database(stack).take_in(path) for _ in range(rounds))

        def copy(rounds: int) -> float:
            return sum(fresh.copy(path) for _ in range(rounds))

        yield race(
            f"import of {ROWS:,} rows, CSV, PostgreSQL",
            ours,
            "psycopg: COPY of the same rows",
            copy,
            rounds=(1, 1),
            must=0.1,
            stretch=0.25,
            repeats=REPEATS,
        )
        first = fresh.take_in(fewer)
        grown.take_in(path)
        later = grown.take_in(more)
        yield Result(
            stage=f"import of {ROWS // 10:,} rows beside {ROWS:,}",
            against="the same beside none",
            ours=(later, later),
            other=(first, first),
            must=1 / 1.3,
            stretch=None,
        )


class _Database:
    """An empty one on PostgreSQL, with units."""

    def __init__(self, stack: ExitStack) -> None:
        server = postgres()
        name = server.new_database()
        self.engine: Engine = open_database(server.address(name), make=True)
        stack.callback(self.engine.dispose)
        self.plain = server.plain_address(name)
        _add_units(self.engine)

    def take_in(self, path: Path) -> float:
        start = perf_counter()
        report = import_file(self.engine, path, imported_by="bench", at=AT, processes=os.cpu_count() or 1)
        assert report.state == "complete"
        assert report.accepted > report.refused
        return perf_counter() - start

    def copy(self, path: Path) -> float:
        """The rows of the file, read by csv, into a table of texts; with its commit."""
        start = perf_counter()
        with psycopg.connect(self.plain) as connection:
            columns = ", ".join(f"c{number} text" for number in range(len(HEADER)))
            connection.execute("DROP TABLE IF EXISTS staging")
            connection.execute(f"CREATE TABLE staging ({columns})".encode())
            with (
                path.open(encoding="utf-8", newline="") as file,
                connection.cursor() as cursor,
                cursor.copy("COPY staging FROM STDIN") as copying,
            ):
                for row in csv.reader(file):
                    copying.write_row(row)
        return perf_counter() - start


def _add_units(engine: Engine) -> None:
    given = {"name": "Station", "kind": "station", "province": "01", "opened_on": "2000-01-01"}
    with writing(engine) as connection:
        connection.execute(insert(units), [given | {"code": f"01-{number:04}"} for number in range(1, UNITS + 1)])


def importing_xlsx(_bench: "Bench") -> Iterator[Result]:
    """A spreadsheet on SQLite, against the two libraries that only read it."""
    with tempfile.TemporaryDirectory(prefix="vaxseal-bench-") as name:
        folder = Path(name)
        path = folder / "doses.xlsx"
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(HEADER)
        for row in dose_rows(SHEET_ROWS):
            sheet.append(row)
        book.save(path)
        made = 0

        def ours(rounds: int) -> float:
            nonlocal made
            seconds = 0.0
            for _ in range(rounds):
                made += 1
                engine = open_database(folder / f"{made}.sqlite3")
                _add_units(engine)
                start = perf_counter()
                assert import_file(engine, path, imported_by="bench", at=AT).state == "complete"
                seconds += perf_counter() - start
                engine.dispose()
            return seconds

        def reading(rounds: int) -> float:
            start = perf_counter()
            for _ in range(rounds):
                opened = openpyxl.load_workbook(path, read_only=True)
                assert sum(1 for _ in opened.worksheets[0].iter_rows(values_only=True)) == SHEET_ROWS + 1
                opened.close()
            return perf_counter() - start

        def quickly(rounds: int) -> float:
            start = perf_counter()
            for _ in range(rounds):
                rows = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python()
                assert len(rows) == SHEET_ROWS + 1
            return perf_counter() - start

        for library, run, must in (("openpyxl, read-only", reading, 0.5), ("python-calamine", quickly, None)):
            yield race(
                f"import of {SHEET_ROWS:,} rows, XLSX",
                ours,
                f"{library}: reading alone",
                run,
                rounds=(1, 1),
                must=must,
                repeats=REPEATS,
            )
