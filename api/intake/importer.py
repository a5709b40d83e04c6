"""Taking in a file: rows are staged and understood, then joined to records; what was interrupted goes on."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from api.audit import record_act
from api.duplicates.finding import compare_people
from api.intake.claiming import claimed
from api.intake.columns import Header, check_header
from api.intake.crew import Crew
from api.intake.faults import FileError
from api.intake.joining import Tally, join_step, steps_for
from api.intake.sources import Table, open_table
from api.intake.staging import Plan, Row, Seen, conversion_notes, conversions_from, conversions_text, decide, stage
from api.intake.texts import Conversion
from api.intake.units import UnitBook
from api.store.schema import import_rows, imports
from api.store.schema_intake import import_staging, import_steps
from api.store.transactions import writing
from certificates.records.model import instant_to_text

BATCH: Final = 1000  # rows a transaction while staging
LARGE: Final = 4 << 20  # bytes of a file for which processes of its own are started
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
    processes: int = 1,
) -> ImportReport:
    """Import a CSV or XLSX file of doses.

    The rows are first understood and staged, a thousand a transaction; a file that cannot be read to its end leaves
    nothing. When all are there they are joined to records, again step by step. Every row ends as accepted, duplicate or
    refused, with its reason, in ``import_rows``. An import that was interrupted, at whatever moment, is gone on with by
    importing the file again: no step is done twice.

    Args:
        engine: from `api.store.database.open_database`.
        path: the file.
        imported_by: the account that answers for the import.
        at: now, aware.
        unit: the unit that all rows belong to, or None when a column names it.
        progress: told the steps done (each row is read and joined: two) and all of them, None while unknown.
        processes: how many may share the work of a large file, on PostgreSQL.

    Returns:
        The report. A refused file is a report with ``state`` ``failed``, not an exception.
    """
    digest = _sha256(path)
    name = path.name.encode("utf-8", "replace").decode()  # names in an old encoding hold surrogates
    try:
        with claimed(engine, digest):
            run = _Run(engine, path, name, digest, imported_by, at, unit, progress or (lambda _done, _total: None))
            try:
                return run.complete(processes)
            except FileError as error:
                return run.fail(error)
    except FileError as error:
        return _failed("", name, error, ())


class _Run:
    """One import under way."""

    def __init__(
        self,
        engine: Engine,
        path: Path,
        file_name: str,
        digest: bytes,
        by: str,
        at: datetime,
        unit: str | None,
        progress: Progress,
    ) -> None:
        self.engine, self.path, self.file_name, self.at, self.progress = engine, path, file_name, at, progress
        self.unit, self.by = unit, by
        self.notes: list[str] = []
        self.units = UnitBook.load(engine)
        self.import_id, went_on = self._begin(digest)
        if went_on:
            self.notes.append("gone on with where it was interrupted")

    def _begin(self, digest: bytes) -> tuple[str, bool]:
        """The import of this file that was interrupted, or a new one."""
        known = self.unit if self.unit in self.units else None
        same = (imports.c.file_sha256 == digest) & imports.c.unit.is_not_distinct_from(known)
        with writing(self.engine) as connection:
            begun = connection.execute(select(imports.c.import_id).where(same, imports.c.state == "staged")).scalar()
            if begun is not None:
                return str(begun), True
            earlier = connection.execute(
                select(imports.c.import_id).where(imports.c.file_sha256 == digest, imports.c.state == "complete")
            ).scalars()
            self.notes += [f"the same file was taken in before: import {import_id}" for import_id in list(earlier)[:1]]
            import_id = secrets.token_hex(8)
            connection.execute(
                insert(imports),
                {
                    "import_id": import_id,
                    "file_name": self.file_name,
                    "file_sha256": digest,
                    "unit": known,
                    "state": "staged",
                    "started_at": instant_to_text(self.at),
                    "imported_by": self.by,
                },
            )
        return import_id, False

    def complete(self, processes: int) -> ImportReport:
        if self.unit is not None and self.unit not in self.units:
            raise FileError("unit-unknown")
        with ExitStack() as stack:
            large = processes > 1 and self.path.stat().st_size > LARGE and self.engine.dialect.name == "postgresql"
            crew = stack.enter_context(Crew(self.engine, self.units, processes if large else 1))
            total = self._stage_all(crew)
            tally = self._join_all(crew, total)
        compare_people(self.engine, origin=self.import_id, at=self.at)
        report = self._report(tally)
        with writing(self.engine) as connection:
            connection.execute(delete(import_steps).where(import_steps.c.import_id == self.import_id))
            self._end(connection, state="complete")
            record_act(
                connection,
                at=self.at,
                actor=self.by,
                act="import-completed",
                subject=self.import_id,
                reason=f"rows {report.rows}, accepted {report.accepted}, duplicate {report.duplicate}, "
                f"refused {report.refused}",
            )
        return report

    def fail(self, error: FileError) -> ImportReport:
        with writing(self.engine) as connection:
            self._forget(connection)
            connection.execute(delete(import_steps).where(import_steps.c.import_id == self.import_id))
            self._end(connection, state="failed", reason=error.code)
            record_act(
                connection,
                at=self.at,
                actor=self.by,
                act="import-failed",
                subject=self.import_id,
                reason=error.code,
            )
        return _failed(self.import_id, self.file_name, error, tuple(self.notes))

    def _end(self, connection: Connection, **values: str) -> None:
        connection.execute(
            update(imports)
            .where(imports.c.import_id == self.import_id)
            .values(completed_at=instant_to_text(self.at), note="; ".join(self.notes), **values)
        )

    def _forget(self, connection: Connection) -> None:
        """Nothing of what was read counts; the file is still where it came from."""
        for table in (import_staging, import_rows):
            connection.execute(delete(table).where(table.c.import_id == self.import_id))
        connection.execute(
            delete(import_steps).where(import_steps.c.import_id == self.import_id, import_steps.c.phase == "read")
        )

    def _stage_all(self, crew: Crew) -> int:
        """Stage what is not staged yet; returns the number of rows.

        Letters of old fonts show only when the whole file was read. Where they do, it is read once more.
        """
        done = self._done()
        if "staged" in done:
            self.notes = [*done["staged"][1]["notes"], *self.notes]
            return int(done["staged"][1]["rows"])
        known = conversions_from(json.dumps(done["letters"][1])) if "letters" in done else None
        earlier = list(self.notes)
        with open_table(self.path) as table:
            self.notes[:0] = table.notes
            check_header(table.header, unit_given=self.unit is not None)
            if table.font is not None:
                known = {at: Conversion(font=table.font, mixed=False) for at in table.header.positions.values()}
            self.notes += self._header_notes(table.header)
            seen = self._stage(crew, table, known)
            header = table.header
        if known is None:
            known = decide(seen)
            if known:
                with writing(self.engine) as connection:
                    self._forget(connection)
                    self._mark(connection, "letters", 1, conversions_text(known))
                with open_table(self.path) as table:
                    self._stage(crew, table, known)
        if table.font is None:
            self.notes += conversion_notes(known, header)
        if seen.rows == 0:
            raise FileError("file-empty")
        with writing(self.engine) as connection:
            notes = [note for note in self.notes if note not in earlier]
            self._mark(connection, "staged", 1, json.dumps({"rows": seen.rows, "notes": notes}))
        return seen.rows

    def _mark(self, connection: Connection, phase: str, number: int, result: str) -> None:
        connection.execute(
            insert(import_steps).values(import_id=self.import_id, phase=phase, number=number, result=result)
        )

    def _done(self) -> dict[str, dict[int, Any]]:
        """What is behind this import, by phase and number."""
        query = select(import_steps).where(import_steps.c.import_id == self.import_id)
        done: dict[str, dict[int, Any]] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(query):
                done.setdefault(row.phase, {})[row.number] = json.loads(row.result)
        return done

    def _header_notes(self, header: Header) -> Iterator[str]:
        if header.unknown:
            yield "unknown columns, kept but not read: " + ", ".join(header.unknown)
        if header.left_out:
            names = ", ".join(" ".join(header.names[position].split()) for position in sorted(header.left_out))
            yield "personal data that no certificate needs, not stored: " + names

    def _stage(self, crew: Crew, table: Table, conversions: Mapping[int, Conversion] | None) -> Seen:
        plan = Plan(
            import_id=self.import_id,
            names=table.header.names,
            unit=self.unit,
            conversions=conversions,
        )
        seen = Seen()
        done = self._done().get("read", {})
        for result in done.values():
            seen.add(result)
        calls = ((plan, number, rows) for number, rows in enumerate(_batches(table.rows)) if number not in done)
        for result in crew.run(stage, calls):
            seen.add(json.loads(result))
            self.progress(seen.rows, None)
        return seen

    def _join_all(self, crew: Crew, total: int) -> Tally:
        tally, behind = Tally(), self._done()
        done = behind.get("join", {})
        for result in (*behind["read"].values(), *done.values()):
            tally.add(result)
        calls = ((self.import_id, step, self.by, self.at) for step in steps_for(total) if step.number not in done)
        for result in crew.run(join_step, calls):
            tally.add(json.loads(result))
            self.progress(total + tally.outcomes.total(), 2 * total)
        return tally

    def _report(self, tally: Tally) -> ImportReport:
        outcomes = tally.outcomes
        return ImportReport(
            import_id=self.import_id,
            file_name=self.file_name,
            state="complete",
            notes=tuple(self.notes),
            rows=outcomes.total(),
            accepted=outcomes["accepted"],
            duplicate=outcomes["duplicate"],
            refused=outcomes["refused"],
            reasons=dict(sorted(tally.reasons.items())),
            noted=dict(sorted(tally.noted.items())),
            records_made=tally.records["made"],
            records_extended=tally.records["extended"],
            states=dict(tally.states),
        )


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _failed(import_id: str, file_name: str, error: FileError, notes: tuple[str, ...]) -> ImportReport:
    return ImportReport(
        import_id=import_id,
        file_name=file_name,
        state="failed",
        reason=error.code,
        sentence_vi=error.sentences[0],
        sentence_en=error.sentences[1],
        notes=notes,
    )


def _sha256(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""
