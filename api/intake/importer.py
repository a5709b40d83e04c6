"""Taking in a file: it is read to its end, then its rows are joined to records; what was interrupted goes on."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from api.audit import record_act
from api.duplicates.finding import compare_people
from api.intake.claiming import claimed
from api.intake.crew import Crew
from api.intake.faults import FileError
from api.intake.joining import Tally
from api.intake.reading import read_through
from api.intake.spool import Spool
from api.intake.steps import Plan, join_step, steps_for
from api.intake.units import UnitBook
from api.store.schema import import_rows, imports
from api.store.schema_intake import import_tallies
from api.store.transactions import writing
from api.workers import garbage_seldom
from certificates.records.model import instant_to_text

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

    The file is read to its end first: one that cannot be leaves nothing. Then its rows are joined to records, some
    thousand a transaction. Every row ends as accepted, duplicate or refused, with its reason, in ``import_rows``. An
    import that was interrupted, at whatever moment, is gone on with by importing the file again: rows that have their
    outcome keep it.

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
        with claimed(engine, digest), garbage_seldom():
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
        tally, done, behind = self._behind()
        large = processes > 1 and self.path.stat().st_size > LARGE and self.engine.dialect.name == "postgresql"
        with Spool() as spool, Crew(self.engine, self.units, processes if large else 1) as crew:
            reading, rows = read_through(
                self.path,
                crew,
                spool,
                unit=self.unit,
                done=done,
                notes=self.notes,
                told=lambda rows: self.progress(rows, None),
            )
            with writing(self.engine) as connection:
                mine = imports.c.import_id == self.import_id
                connection.execute(update(imports).where(mine).values(row_count=rows))
            plan = Plan(import_id=self.import_id, reading=reading, by=self.by, at=self.at)
            steps = steps_for(spool.counts, after=behind)
            calls = ((plan, step, spool.rows(step.first, step.last)) for step in steps)
            for result in crew.run(join_step, calls):
                tally.add(json.loads(result))
                self.progress(rows + tally.outcomes.total(), 2 * rows)
        compare_people(self.engine, origin=self.import_id, at=self.at)
        report = self._report(tally)
        with writing(self.engine) as connection:
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
        connection.execute(delete(import_tallies).where(import_tallies.c.import_id == self.import_id))
        connection.execute(
            update(imports)
            .where(imports.c.import_id == self.import_id)
            .values(completed_at=instant_to_text(self.at), note="; ".join(self.notes), **values)
        )

    def _behind(self) -> tuple[Tally, frozenset[int], int]:
        """What is behind this import: what its steps made, the rows with an outcome, the number of the next step."""
        tally, following = Tally(), 0
        steps = select(import_tallies).where(import_tallies.c.import_id == self.import_id)
        rows = select(import_rows.c.row_number).where(import_rows.c.import_id == self.import_id)
        with self.engine.connect() as connection:
            for step in connection.execute(steps):
                tally.add(json.loads(step.result))
                following = max(following, step.number + 1)
            return tally, frozenset(connection.execute(rows).scalars()), following

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
