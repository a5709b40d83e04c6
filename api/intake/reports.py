"""What a clerk reads afterwards: every row of an import, and how many records stand where and why."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TextIO

from sqlalchemy import Engine, func, select

from api.states import RecordState
from api.store.schema import import_rows, imports, records

_PAGE: Final = 1000
_HEADER: Final = ("row", "outcome", "reason", "column", "what to do", "converted", "record")
_FORMULA: Final = ("=", "+", "-", "@", "\t")

# Where a clerk looks next, by state: Vietnamese and English.
NEXT_STEPS: Final[dict[RecordState, tuple[str, str]]] = {
    RecordState.INCOMPLETE: (
        "Bổ sung trường còn thiếu hoặc sửa mũi tiêm: vaxseal records correct",
        "add what is missing or correct the dose: vaxseal records correct",
    ),
    RecordState.MALFORMED_ID: (
        "Hỏi lại số CCCD/CMND của người dân: vaxseal records correct",
        "ask the person for the ID number again: vaxseal records correct",
    ),
    RecordState.AWAITING_MATCH: (
        "Chờ đối chiếu: vaxseal records match; người nước ngoài: vaxseal records attest",
        "waits for the register: vaxseal records match; foreigners: vaxseal records attest",
    ),
    RecordState.MISMATCHED: (
        "Liên hệ người dân, rồi công an cấp xã: vaxseal records correct",
        "ask the person first, then the commune police: vaxseal records correct",
    ),
    RecordState.UNVERIFIABLE: (
        "Cơ sở dữ liệu dân cư chưa trả lời: kiểm tra số rồi đối chiếu lại",
        "the register had no answer: check the number, then match again",
    ),
    RecordState.REGISTER_DISPUTED: (
        "Chờ công an ký xác nhận: vaxseal records police export",
        "waits for police's signature: vaxseal records police export",
    ),
    RecordState.DECEASED: (
        "Cơ sở dữ liệu dân cư ghi đã mất: chuyển công an cấp xã",
        "the register says deceased: hand to the commune police",
    ),
    RecordState.MERGED: (
        "Số định danh đã được gộp: hỏi số mới",
        "the register merged this number: ask for the new one",
    ),
    RecordState.READY: ("Chờ ký: vaxseal station sign", "waits for a signature: vaxseal station sign"),
    RecordState.EXPIRING: (
        "Hộ chiếu sắp hết hạn, chờ ký mã mới: vaxseal station sign",
        "its passport ends soon, the new one waits for a signature: vaxseal station sign",
    ),
    RecordState.HELD: ("Bị giữ khi kiểm tra lại: báo người vận hành", "held by the last check: tell the operator"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Records in one state for one reason."""

    state: str
    reason: str | None
    records: int

    def to_dict(self) -> dict[str, Any]:
        steps = NEXT_STEPS.get(RecordState(self.state), ("", ""))
        return {
            "state": self.state,
            "reason": self.reason,
            "records": self.records,
            "next_vi": steps[0],
            "next_en": steps[1],
        }


def count_records(engine: Engine, *, unit: str | None = None) -> tuple[Count, ...]:
    """How many records stand in which state and why, the most first."""
    query = select(records.c.state, records.c.reason, func.count()).group_by(records.c.state, records.c.reason)
    if unit is not None:
        query = query.where(records.c.unit == unit)
    with engine.connect() as connection:
        counts = [
            Count(state=state, reason=reason, records=number) for state, reason, number in connection.execute(query)
        ]
    return tuple(sorted(counts, key=lambda count: (-count.records, count.state, count.reason or "")))


def list_records(
    engine: Engine, *, state: str | None = None, unit: str | None = None, limit: int = 100
) -> tuple[dict[str, Any], ...]:
    """Records by number: version, unit, state and reason, the longest waiting first. No personal data."""
    query = select(records).order_by(records.c.updated_at, records.c.record_id).limit(limit)
    if state is not None:
        query = query.where(records.c.state == state)
    if unit is not None:
        query = query.where(records.c.unit == unit)
    with engine.connect() as connection:
        return tuple(
            {
                "record": row.record_id,
                "version": row.version,
                "unit": row.unit,
                "state": row.state,
                "reason": row.reason,
                "updated_at": row.updated_at,
            }
            for row in connection.execute(query)
        )


def list_imports(engine: Engine, *, limit: int = 20) -> tuple[dict[str, Any], ...]:
    """The last imports, newest first: what was taken in, what failed, what broke off."""
    query = select(imports).order_by(imports.c.started_at.desc()).limit(limit)
    with engine.connect() as connection:
        return tuple(
            {
                "import_id": row.import_id,
                "file": row.file_name,
                "state": row.state,
                "reason": row.reason,
                "note": row.note,
                "started_at": row.started_at,
                "imported_by": row.imported_by,
            }
            for row in connection.execute(query)
        )


def write_row_report(engine: Engine, import_id: str, out: TextIO, *, refused_only: bool = False) -> int:
    """Every row of an import as CSV for the clerk: outcome, reason, column, what to do, and the cells as they came.

    Returns the number of rows. Cells that a spreadsheet would take for a formula get an apostrophe in front.
    """
    lines = 0
    for line in row_lines(engine, import_id, refused_only=refused_only, cells=True):
        out.write(line)
        lines += 1
    return max(0, lines - 1)


def row_lines(engine: Engine, import_id: str, *, refused_only: bool = False, cells: bool = False) -> Iterator[str]:
    """The same line by line, the header first (none without rows); read in pages, so memory stays flat.

    Args:
        cells: with the cells as they came, which are personal data.
    """
    line = io.StringIO()
    writer = csv.writer(line)
    first = True
    for row in _rows(engine, import_id, refused_only=refused_only):
        if first:
            writer.writerow((*_HEADER, "cells") if cells else _HEADER)
            yield _taken(line)
            first = False
        fixed = (row.row_number, row.outcome, row.reason, row.column_name, row.detail, row.notes, row.record_id)
        kept = json.loads(row.cells) if cells else ()
        writer.writerow([_harmless(str("" if value is None else value)) for value in (*fixed, *kept)])
        yield _taken(line)


def _taken(line: io.StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text


def _rows(engine: Engine, import_id: str, *, refused_only: bool) -> Iterator[Any]:
    last = 0
    query = select(import_rows).where(import_rows.c.import_id == import_id).order_by(import_rows.c.row_number)
    if refused_only:
        query = query.where(import_rows.c.outcome == "refused")
    while True:
        with engine.connect() as connection:
            rows = connection.execute(query.where(import_rows.c.row_number > last).limit(_PAGE)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].row_number


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
