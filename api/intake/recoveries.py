"""Taking in a file of recovered cases: who had the disease, since when, and who says so."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select, tuple_, update

from api.audit import record_act
from api.intake.cells import read_date
from api.intake.claiming import claimed
from api.intake.columns import NAMES, Column, Header, find_column
from api.intake.faults import FileError, RowError
from api.intake.outcomes import ROW_COLUMNS, column_name, sentence
from api.intake.rows import clean_row, known_key, read_person
from api.intake.sources import Table, open_table
from api.intake.spool import Row
from api.intake.texts import Conversion
from api.intake.units import UnitBook
from api.store.bulk import insert_rows
from api.store.counters import insert_new
from api.store.counts import Key, count
from api.store.coverage import RECOVERED
from api.store.schema import import_rows, imports
from api.store.schema_intake import recoveries
from api.store.transactions import Turn, writing
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

BATCH: Final = 1000
POSITIVE_ON: Final = ("Ngày dương tính", "Positive on", "Ngày mắc", "Ngày mắc COVID-19", "Ngày xét nghiệm dương tính")
SOURCE: Final = ("Nguồn", "Source", "Nguồn dữ liệu", "Nơi xác nhận")
FIRST_CASE: Final = date(2020, 1, 23)  # in Viet Nam
SOURCE_LIMIT: Final = 200  # characters
_MANDATORY: Final = (Column.DATE_OF_BIRTH, Column.SEX, Column.ID_NUMBER)
_KEY: Final = ("person_key", "positive_on", "province")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What became of a file of recovered cases; as an import of doses, its rows are in ``import_rows``."""

    import_id: str
    file_name: str
    state: str
    reason: str | None = None
    sentence_vi: str = ""
    sentence_en: str = ""
    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "import_id": self.import_id,
            "file": self.file_name,
            "state": self.state,
            "reason": self.reason,
            "sentence_vi": self.sentence_vi,
            "sentence_en": self.sentence_en,
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How the rows are read, and for whom."""

    import_id: str
    header: Header
    positive_on: int
    source: int | None
    given_source: str
    unit: str | None
    conversions: Mapping[int, Conversion]


def import_recoveries(
    engine: Engine,
    path: Path,
    *,
    imported_by: str,
    at: datetime,
    unit: str | None = None,
    source: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> RecoveryReport:
    """Import a CSV or XLSX file of recovered cases, a thousand rows a transaction. The same case again is a duplicate;
    importing the file again after a crash goes on behind the last row that was stored.

    Args:
        unit: the unit that all rows belong to, or None when a column names it.
        source: who says so, for rows without a source of their own.

    Returns:
        The report. A refused file is a report with ``state`` ``failed``, not an exception.
    """
    name = path.name.encode("utf-8", "replace").decode()
    digest, import_id = _digest(path), ""
    try:
        with claimed(engine, digest):
            import_id, last = _begin(engine, name, digest, unit, imported_by, at)
            units = UnitBook.load(engine)
            with open_table(path) as table:
                plan = _plan(table, import_id, units, unit, source)
                _take_in(engine, plan, units, (row for row in table.rows if row[0] > last), at, progress)
            return _finish(engine, import_id, name, imported_by, at)
    except FileError as error:
        if import_id:
            _fail(engine, import_id, error, imported_by, at)
        return RecoveryReport(
            import_id=import_id,
            file_name=name,
            state="failed",
            reason=error.code,
            sentence_vi=error.sentences[0],
            sentence_en=error.sentences[1],
        )


def _begin(engine: Engine, name: str, digest: bytes, unit: str | None, by: str, at: datetime) -> tuple[str, int]:
    """The import and the last row that it has behind it."""
    with writing(engine) as connection:
        same = (imports.c.file_sha256 == digest) & (imports.c.state == "staged")
        begun = connection.execute(select(imports.c.import_id).where(same)).scalar()
        if begun is not None:
            rows = select(func.max(import_rows.c.row_number)).where(import_rows.c.import_id == begun)
            return str(begun), connection.execute(rows).scalar_one() or 0
        import_id = secrets.token_hex(8)
        connection.execute(
            insert(imports).values(
                import_id=import_id,
                file_name=name,
                file_sha256=digest,
                state="staged",
                note="recovered cases",
                started_at=instant_to_text(at),
                imported_by=by,
            )
        )
    return import_id, 0


def _digest(path: Path) -> bytes:
    """Of the file, and of what it is taken for: the same bytes may come as doses, too."""
    try:
        with path.open("rb") as file:
            return hashlib.sha256(b"recoveries" + hashlib.file_digest(file, "sha256").digest()).digest()
    except OSError:
        return b""


def _plan(table: Table, import_id: str, units: UnitBook, unit: str | None, source: str | None) -> _Plan:
    if unit is not None and unit not in units:
        raise FileError("unit-unknown")
    header = table.header
    positive_on, source_at = find_column(header.names, POSITIVE_ON), find_column(header.names, SOURCE)
    missing = [NAMES[column][0] for column in _MANDATORY if column not in header.positions]
    named = Column.FULL_NAME in header.positions or {Column.FAMILY_NAME, Column.GIVEN_NAME} <= set(header.positions)
    missing += [] if named else [NAMES[Column.FULL_NAME][0]]
    missing += [] if positive_on is not None else [POSITIVE_ON[0]]
    missing += [] if source_at is not None or source else [SOURCE[0]]
    missing += [] if unit is not None or Column.UNIT in header.positions else [NAMES[Column.UNIT][0]]
    if positive_on is None or missing:
        raise FileError("columns-missing", columns=tuple(missing))
    font = table.font
    positions = (*header.positions.values(), positive_on, *([] if source_at is None else [source_at]))
    return _Plan(
        import_id=import_id,
        header=header,
        positive_on=positive_on,
        source=source_at,
        given_source=source or "",
        unit=unit,
        conversions={} if font is None else {at: Conversion(font=font, mixed=False) for at in positions},
    )


def _take_in(
    engine: Engine,
    plan: _Plan,
    units: UnitBook,
    rows: Iterator[Row],
    at: datetime,
    progress: Callable[[int, int | None], None] | None,
) -> None:
    done = 0
    while batch := list(islice(rows, BATCH)):
        read = [(number, cells, _read(plan, units, cells, at)) for number, cells in batch]
        with writing(engine, Turn.BESIDE) as connection:
            new = _store(connection, [case for _, _, case in read if isinstance(case, dict)], at)
            insert_rows(
                connection,
                import_rows,
                ROW_COLUMNS,
                [_final(plan, number, cells, case, new) for number, cells, case in read],
            )
        done += len(batch)
        if progress is not None:
            progress(done, None)


def _read(plan: _Plan, units: UnitBook, cells: list[Any], at: datetime) -> dict[str, Any] | RowError:
    """A row of ``recoveries``, or why there is none."""
    for position in plan.header.left_out:
        if position < len(cells):
            cells[position] = ""
    try:
        return _understand(plan, units, cells, at)
    except RowError as error:
        return error


def _understand(plan: _Plan, units: UnitBook, cells: list[Any], at: datetime) -> dict[str, Any]:
    notes: list[str] = []
    texts, extra = clean_row(cells, plan.header, plan.conversions, notes, others=(plan.positive_on, plan.source))
    position = plan.header.positions[Column.ID_NUMBER]
    was_number = position < len(cells) and not isinstance(cells[position], str)
    person = read_person(texts, plan.header, was_number=was_number, notes=notes)
    unit = texts.get(Column.UNIT, "") or plan.unit or ""
    if not unit:
        raise RowError("unit-missing", Column.UNIT)
    units.check(unit)
    key = known_key(person, unit)
    if key is None:
        raise RowError("person-unknowable", Column.ID_NUMBER)
    day = _positive_on(extra.get(plan.positive_on, ""), at)
    source = (extra.get(plan.source, "") if plan.source is not None else "") or plan.given_source
    if not source:
        raise RowError("source-missing", SOURCE[0])
    return {
        "person_key": key,
        "positive_on": day.isoformat(),
        "province": units.provinces[unit],
        "source": source[:SOURCE_LIMIT],
        "unit": unit,
        "person": json.dumps(person.to_dict(), ensure_ascii=False),
        "import_id": plan.import_id,
        "made_at": instant_to_text(at),
    }


def _positive_on(text: str, at: datetime) -> date:
    try:
        read = read_date(text, Column.GIVEN_ON, [])
    except RowError as error:
        raise RowError(error.code, POSITIVE_ON[0]) from None
    if read.month is None or read.day is None:
        raise RowError("positive-on-partial", POSITIVE_ON[0])
    day = date(read.year, read.month, read.day)
    if not FIRST_CASE <= day <= local_day(at):
        raise RowError("positive-on-impossible", POSITIVE_ON[0])
    return day


def _store(connection: Connection, cases: Sequence[dict[str, Any]], at: datetime) -> Counter[tuple[str, ...]]:
    """Store what is new; returns the keys that are, each once."""
    new = {tuple(case[name] for name in _KEY): case for case in reversed(cases)}
    if not new:
        return Counter()
    columns = tuple_(*(recoveries.c[name] for name in _KEY))
    for found in connection.execute(select(*(recoveries.c[name] for name in _KEY)).where(columns.in_(list(new)))):
        new.pop(tuple(found))
    if new:
        place = (recoveries.c.province, recoveries.c.unit)
        stored = connection.execute(insert_new(connection, recoveries).returning(*place), list(new.values())).all()
        came = Counter(Key(row.province, row.unit, RECOVERED) for row in stored)
        count(connection, came=came, gone=Counter(), day=local_day(at).isoformat())
    return Counter(list(new))


def _final(
    plan: _Plan, number: int, cells: list[Any], case: dict[str, Any] | RowError, new: Counter[tuple[str, ...]]
) -> tuple[Any, ...]:
    kept = json.dumps(cells, ensure_ascii=False)
    if isinstance(case, RowError):
        column = column_name(case.column, plan.header)
        return plan.import_id, number, "refused", case.code, column, sentence(case.code), None, kept, None
    key = tuple(case[name] for name in _KEY)
    outcome = "accepted" if new[key] else "duplicate"
    new[key] = 0
    return plan.import_id, number, outcome, None, None, None, None, kept, None


def _finish(engine: Engine, import_id: str, name: str, by: str, at: datetime) -> RecoveryReport:
    with writing(engine) as connection:
        counts: Counter[str] = Counter()
        query = select(import_rows.c.outcome, func.count()).where(import_rows.c.import_id == import_id)
        for outcome, number in connection.execute(query.group_by(import_rows.c.outcome)):
            counts[outcome] = number
        if not counts:
            raise FileError("file-empty")
        _close(connection, import_id, at, state="complete")
        record_act(
            connection,
            at=at,
            actor=by,
            act="recoveries-imported",
            subject=import_id,
            reason=", ".join(f"{outcome} {counts[outcome]}" for outcome in ("accepted", "duplicate", "refused")),
        )
    return RecoveryReport(
        import_id=import_id,
        file_name=name,
        state="complete",
        rows=counts.total(),
        accepted=counts["accepted"],
        duplicate=counts["duplicate"],
        refused=counts["refused"],
    )


def _fail(engine: Engine, import_id: str, error: FileError, by: str, at: datetime) -> None:
    with writing(engine) as connection:
        _close(connection, import_id, at, state="failed", reason=error.code)
        record_act(connection, at=at, actor=by, act="import-failed", subject=import_id, reason=error.code)


def _close(connection: Connection, import_id: str, at: datetime, **values: str) -> None:
    connection.execute(
        update(imports).where(imports.c.import_id == import_id).values(completed_at=instant_to_text(at), **values)
    )
