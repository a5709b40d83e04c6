"""Files that clerks hand in over HTTP, and what became of them. Larger ones are imported on the centre's machine."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from sqlalchemy import Row, func, select

from api.accounts.staff import Staff, refuse_place, refuse_role, units_above
from api.complaints.routing import units_below
from api.context import Centre
from api.errors import CentreError
from api.intake.importer import ImportReport, import_file
from api.store.schema import import_rows, imports

LISTED: Final = 50
ROWS_SHOWN: Final = 200
_NAME_LIMIT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLook:
    """Where an import stands. ``outcomes`` counts its rows by accepted, duplicate, refused; no personal data."""

    import_id: str
    file: str
    unit: str | None
    state: str
    reason: str | None
    waiting: int
    outcomes: Mapping[str, int]
    started_at: str
    completed_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that counts for nothing: why, in which column, and what helps. ``row`` as the spreadsheet counts."""

    row: int
    reason: str
    column: str | None
    detail: str | None


def hand_in(centre: Centre, staff: Staff, name: str, content: bytes, *, unit: str | None = None) -> ImportReport:
    """Import a clerk's file for a unit, the clerk's own where none is named: rows of other units are refused.

    What was interrupted goes on when the same file is handed in again.

    Raises CentreError ``role``, ``place``.
    """
    refuse_role(staff, "clerk")
    unit = unit or staff.unit
    with centre.engine.connect() as connection:
        refuse_place(connection, staff, unit)
    with tempfile.TemporaryDirectory(prefix="vaxseal-") as folder:  # nobody else reads it
        path = Path(folder) / _plain(name)
        path.write_bytes(content)
        return import_file(centre.engine, path, imported_by=staff.actor, at=centre.clock(), unit=unit)


def _plain(name: str) -> str:
    """The last part of a name as some browser said it, without what a file system may take amiss."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    return f"{(stem or kept)[:_NAME_LIMIT]}{dot}{suffix[:5]}" if stem else (kept[:_NAME_LIMIT] or "file")


def find_import(centre: Centre, staff: Staff, import_id: str) -> Row[Any]:
    """An import of this person's units; one whose rows name their units is for people at the root of the tree.

    Raises CentreError ``import-unknown``, ``place``.
    """
    with centre.engine.connect() as connection:
        row = connection.execute(select(imports).where(imports.c.import_id == import_id)).one_or_none()
        if row is None:
            raise CentreError("import-unknown")
        if row.unit is not None:
            refuse_place(connection, staff, row.unit)
        elif len(units_above(connection, staff.unit)) > 1:
            raise CentreError("place", "the file names several units")
    return row


def look_at_import(centre: Centre, staff: Staff, import_id: str) -> ImportLook:
    """As `find_import`, with its counts."""
    found = find_import(centre, staff, import_id)
    outcomes = select(import_rows.c.outcome, func.count()).where(import_rows.c.import_id == import_id)
    with centre.engine.connect() as connection:
        counts = {row[0]: row[1] for row in connection.execute(outcomes.group_by(import_rows.c.outcome))}
    left = max(0, (found.row_count or 0) - sum(counts.values())) if found.state == "staged" else 0
    return _look(found, left, counts)


def list_own_imports(centre: Centre, staff: Staff) -> tuple[ImportLook, ...]:
    """The newest imports of this person's units, without counts of rows."""
    refuse_role(staff, "clerk", "overseer")
    query = (
        select(imports)
        .where(imports.c.unit.in_(units_below(staff.unit)))
        .order_by(imports.c.started_at.desc(), imports.c.import_id)
        .limit(LISTED)
    )
    with centre.engine.connect() as connection:
        return tuple(_look(row, 0, {}) for row in connection.execute(query))


def refused_rows(centre: Centre, staff: Staff, import_id: str) -> tuple[RefusedRow, ...]:
    """The first refused rows of an import, in the order of the file. Errors: `find_import`."""
    find_import(centre, staff, import_id)
    query = (
        select(import_rows)
        .where(import_rows.c.import_id == import_id, import_rows.c.outcome == "refused")
        .order_by(import_rows.c.row_number)
        .limit(ROWS_SHOWN)
    )
    with centre.engine.connect() as connection:
        return tuple(
            RefusedRow(row=row.row_number, reason=row.reason, column=row.column_name, detail=row.detail)
            for row in connection.execute(query)
        )


def _look(row: Row[Any], waiting: int, outcomes: Mapping[str, int]) -> ImportLook:
    return ImportLook(
        import_id=row.import_id,
        file=row.file_name,
        unit=row.unit,
        state=row.state,
        reason=row.reason,
        waiting=waiting,
        outcomes=outcomes,
        started_at=row.started_at,
        completed_at=row.completed_at,
    )
