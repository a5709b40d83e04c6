"""A database with units, and import files made row by row."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select

from api.intake.importer import ImportReport, import_file
from api.store.database import open_database
from api.store.records import stored_record
from api.store.schema import import_rows, records, units
from api.store.transactions import writing

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
UNITS = ("01-0001", "01-0002", "01-0003")

ROW: Mapping[str, Any] = {
    "Họ và tên": "Nguyễn Thị Hồng",
    "Ngày sinh": "07/03/1961",
    "Giới tính": "Nữ",
    "Quốc tịch": "Việt Nam",
    "Số CCCD/CMND/Hộ chiếu": "001161012345",
    "Mũi tiêm số": "1",
    "Ngày tiêm": "05/10/2021",
    "Tên vắc xin": "AstraZeneca",
    "Hãng sản xuất": "AstraZeneca",
    "Số lô": "ABX1234",
    "Liều lượng": "0,5 ml",
    "Mã cơ sở tiêm": "01-0001",
    "Người nhập": "lan",
}
ID = "Số CCCD/CMND/Hộ chiếu"


def make_engine(address: Path | str) -> Engine:
    """A database with three stations; the third closed and was followed by the second."""
    engine = open_database(address)
    with writing(engine) as connection:
        for code in UNITS:
            connection.execute(
                insert(units),
                {
                    "code": code,
                    "name": f"Station {code}",
                    "kind": "station",
                    "province": "01",
                    "opened_on": "2000-01-01",
                    "closed_on": "2025-06-30" if code == UNITS[2] else None,
                    "successor": UNITS[1] if code == UNITS[2] else None,
                },
            )
    return engine


def row(**changes: Any) -> dict[str, Any]:
    """A good row with some columns changed; ``id`` and ``dose`` are short for the long names."""
    names = {"id": ID, "dose": "Mũi tiêm số", "name": "Họ và tên", "born": "Ngày sinh", "sex": "Giới tính"}
    names |= {"day": "Ngày tiêm", "vaccine": "Tên vắc xin", "lot": "Số lô", "unit": "Mã cơ sở tiêm"}
    names |= {"maker": "Hãng sản xuất", "nation": "Quốc tịch", "amount": "Liều lượng"}
    return {**ROW, **{names.get(key, key): value for key, value in changes.items()}}


def csv_text(rows: Iterable[Mapping[str, Any]], delimiter: str = ",") -> str:
    """The rows as CSV, the first one's keys as the header."""
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_csv(path: Path, *rows: Mapping[str, Any], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    path.write_bytes(csv_text(rows, delimiter).encode(encoding))
    return path


def outcomes(engine: Engine, import_id: str) -> list[tuple[int, str, str | None, str | None]]:
    """Row number, outcome, reason and column of every row."""
    query = select(import_rows).where(import_rows.c.import_id == import_id).order_by(import_rows.c.row_number)
    with engine.connect() as connection:
        return [(r.row_number, r.outcome, r.reason, r.column_name) for r in connection.execute(query)]


def take(engine: Engine, path: Path, **options: Any) -> ImportReport:
    """Import a file at `NOW`, as the clerk lan."""
    return import_file(engine, path, imported_by="lan", at=NOW, **options)


def people(engine: Engine) -> list[Any]:
    """The newest version of every record."""
    with engine.connect() as connection:
        return [stored_record(found) for found in connection.execute(select(records).order_by(records.c.person_key))]
