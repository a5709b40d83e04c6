"""Taking in a file: rows are staged, understood, and counted only when the whole file is there."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, bindparam, insert, select, update

from api.audit import record_act
from api.intake.columns import NAMES, Column, Header, check_header
from api.intake.faults import FileError, RowError, row_sentence
from api.intake.joining import join_staged
from api.intake.rows import read_row
from api.intake.sources import Table, open_table
from api.intake.texts import ColumnEvidence, Conversion, RawCell
from api.intake.units import UnitBook
from api.store.schema import import_rows, imports
from api.store.transactions import Turn, writing
from certificates.records.model import instant_to_text

BATCH: Final = 1000  # rows a transaction while staging
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file. ``state`` is ``complete`` or ``failed``; a failed file counts for nothing.

    ``reasons`` counts refused rows by code; ``noted`` counts rows by what was converted or joined in them; ``states``
    counts the records that this import made or extended by where they stand now.
    """

    import_id: str
    file_name: str
    state: str
    reason: str | None = None
    sentence_vi: str = ""
    sentence_en: str = ""
    notes: tuple[str, ...] = ()
    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    noted: Mapping[str, int] = field(default_factory=dict)
    records_made: int = 0
    records_extended: int = 0
    states: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "import_id": self.import_id,
            "file": self.file_name,
            "state": self.state,
            "reason": self.reason,
            "sentence_vi": self.sentence_vi,
            "sentence_en": self.sentence_en,
            "notes": list(self.notes),
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "refused": self.refused,
            "reasons": dict(self.reasons),
            "noted": dict(self.noted),
            "records_made": self.records_made,
            "records_extended": self.records_extended,
            "states": dict(self.states),
        }


def import_file(
    engine: Engine,
    path: Path,
    *,
    imported_by: str,
    at: datetime,
    unit: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a CSV or XLSX file of doses.

    The rows are first staged as they came, then understood one by one, and last joined to records in one transaction:
    until that is committed nothing of the file counts, and a file that broke off leaves staged rows only. Every row
    ends as accepted, duplicate or refused, with its reason, in ``import_rows``.

    Args:
        engine: from `api.store.database.open_database`.
        path: the file.
        imported_by: the account that answers for the import.
        at: now, aware.
        unit: the unit that all rows belong to, or None when a column names it.
        progress: told the steps done (each row is staged, read and joined: three) and all of them, None while unknown.

    Returns:
        The report. A refused file is a report with ``state`` ``failed``, not an exception.
    """
    run = _Run(engine, path, imported_by, at, unit, progress or (lambda _done, _total: None))
    try:
        return run.complete()
    except FileError as error:
        return run.fail(error)


class _Run:
    """One import under way."""

    def __init__(self, engine: Engine, path: Path, by: str, at: datetime, unit: str | None, progress: Progress) -> None:
        self.engine, self.path, self.by, self.at, self.unit, self.progress = engine, path, by, at, unit, progress
        self.file_name = path.name.encode("utf-8", "replace").decode()  # names in an old encoding hold surrogates
        self.import_id = secrets.token_hex(8)
        self.notes: list[str] = []
        self.units = UnitBook.load(engine)
        digest = _sha256(path)
        with writing(engine) as connection:
            earlier = connection.execute(
                select(imports.c.import_id).where(imports.c.file_sha256 == digest, imports.c.state == "complete")
            ).scalars()
            self.notes += [f"the same file was taken in before: import {import_id}" for import_id in list(earlier)[:1]]
            connection.execute(
                insert(imports),
                {
                    "import_id": self.import_id,
                    "file_name": self.file_name,
                    "file_sha256": digest,
                    "unit": unit if unit in self.units else None,
                    "state": "staged",
                    "started_at": instant_to_text(at),
                    "imported_by": by,
                },
            )

    def complete(self) -> ImportReport:
        if self.unit is not None and self.unit not in self.units:
            raise FileError("unit-unknown")
        with open_table(self.path) as table:
            self.notes[:0] = table.notes
            check_header(table.header, unit_given=self.unit is not None)
            self._note_header(table.header)
            total, conversions = self._stage(table)
        if total == 0:
            raise FileError("file-empty")
        self._read(table.header, conversions, total)
        with writing(self.engine, Turn.IMPORT) as connection:
            joined = join_staged(
                connection,
                self.import_id,
                units=self.units,
                by=self.by,
                at=self.at,
                progress=lambda rows: self.progress(2 * total + rows, 3 * total),
            )
            connection.execute(
                update(imports)
                .where(imports.c.import_id == self.import_id)
                .values(state="complete", completed_at=instant_to_text(self.at), note="; ".join(self.notes))
            )
            record_act(
                connection,
                at=self.at,
                actor=self.by,
                act="import-completed",
                subject=self.import_id,
                reason=f"rows {joined.rows}, accepted {joined.accepted}, duplicate {joined.duplicate}, "
                f"refused {joined.refused}",
            )
        return ImportReport(
            import_id=self.import_id,
            file_name=self.file_name,
            state="complete",
            notes=tuple(self.notes),
            rows=joined.rows,
            accepted=joined.accepted,
            duplicate=joined.duplicate,
            refused=joined.refused,
            reasons=joined.reasons,
            noted=joined.noted,
            records_made=joined.records_made,
            records_extended=joined.records_extended,
            states=joined.states,
        )

    def fail(self, error: FileError) -> ImportReport:
        with writing(self.engine) as connection:
            connection.execute(
                update(imports)
                .where(imports.c.import_id == self.import_id)
                .values(
                    state="failed",
                    reason=error.code,
                    note="; ".join(self.notes),
                    completed_at=instant_to_text(self.at),
                )
            )
            record_act(
                connection,
                at=self.at,
                actor=self.by,
                act="import-failed",
                subject=self.import_id,
                reason=error.code,
            )
        return ImportReport(
            import_id=self.import_id,
            file_name=self.file_name,
            state="failed",
            reason=error.code,
            sentence_vi=error.sentences[0],
            sentence_en=error.sentences[1],
            notes=tuple(self.notes),
        )

    def _note_header(self, header: Header) -> None:
        if header.unknown:
            self.notes.append("unknown columns, kept but not read: " + ", ".join(header.unknown))
        if header.left_out:
            names = ", ".join(" ".join(header.names[position].split()) for position in sorted(header.left_out))
            self.notes.append("personal data that no certificate needs, not stored: " + names)

    def _stage(self, table: Table) -> tuple[int, dict[int, Conversion]]:
        """Store the raw rows, a thousand a transaction, and gather what their letters tell about font encodings."""
        evidence: dict[int, ColumnEvidence] = {}
        staged = 0
        header = table.header
        watched = set(header.positions.values())
        while batch := list(islice(table.rows, BATCH)):
            rows = []
            for number, cells in batch:
                for position in header.left_out:
                    if position < len(cells):
                        cells[position] = ""
                for position, cell in enumerate(cells):
                    if position in watched and isinstance(cell, str) and not cell.isascii():
                        evidence.setdefault(position, ColumnEvidence()).add(cell)
                rows.append(
                    {
                        "import_id": self.import_id,
                        "row_number": number,
                        "outcome": "staged",
                        "cells": _to_json(cells),
                    }
                )
            with writing(self.engine) as connection:
                connection.execute(insert(import_rows), rows)
            staged += len(rows)
            self.progress(staged, None)
        if table.font is not None:
            return staged, {position: Conversion(font=table.font, mixed=False) for position in watched}
        conversions = {}
        for position, column in sorted(evidence.items()):
            conversion = column.decide()
            if conversion is not None:
                conversions[position] = conversion
                name = " ".join(header.names[position].split())
                self.notes.append(f"column {name}: converted from {conversion.font.value} to Unicode")
        return staged, conversions

    def _read(self, header: Header, conversions: Mapping[int, Conversion], total: int) -> None:
        """Understand the staged rows; a refusal is stored at once, for it cannot change any more."""
        done = 0
        change = (
            update(import_rows)
            .where(import_rows.c.import_id == self.import_id, import_rows.c.row_number == bindparam("number"))
            .values({name: bindparam(f"new_{name}") for name in _READ_COLUMNS})
        )
        for batch in self._staged():
            changes = [self._understand(number, cells, header, conversions) for number, cells in batch]
            with writing(self.engine) as connection:
                connection.execute(change, changes)
            done += len(batch)
            self.progress(total + done, 3 * total)

    def _staged(self) -> Iterator[list[tuple[int, list[RawCell]]]]:
        last = 0
        while True:
            with self.engine.connect() as connection:
                rows = connection.execute(
                    select(import_rows.c.row_number, import_rows.c.cells)
                    .where(import_rows.c.import_id == self.import_id, import_rows.c.row_number > last)
                    .order_by(import_rows.c.row_number)
                    .limit(BATCH)
                ).all()
            if not rows:
                return
            last = rows[-1].row_number
            yield [(row.row_number, json.loads(row.cells)) for row in rows]

    def _understand(
        self, number: int, cells: list[RawCell], header: Header, conversions: Mapping[int, Conversion]
    ) -> dict[str, Any]:
        change: dict[str, Any] = dict.fromkeys((f"new_{name}" for name in _READ_COLUMNS), None)
        change |= {"number": number, "new_outcome": "staged"}
        try:
            row = read_row(cells, header, conversions, unit=self.unit)
            self.units.check(row.dose.unit)
        except RowError as error:
            vietnamese, english = row_sentence(error.code)
            change |= {
                "new_outcome": "refused",
                "new_reason": error.code,
                "new_column_name": column_name(error.column, header),
                "new_detail": f"{vietnamese} / {english}",
            }
        else:
            change |= {
                "new_notes": ",".join(row.notes) or None,
                "new_person_key": row.person_key,
                "new_reading": f"{_to_json(row.person.to_dict())}\n{_to_json(row.dose.to_dict())}",
            }
        return change


_READ_COLUMNS: Final = ("outcome", "reason", "column_name", "detail", "notes", "person_key", "reading")


def column_name(column: str, header: Header) -> str:
    """The column as the file calls it, else as we do."""
    position = header.positions.get(Column(column)) if column in set(Column) else None
    if position is not None:
        return " ".join(header.names[position].split())
    return NAMES[Column(column)][0] if column in set(Column) else " ".join(column.split())


def _sha256(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""
