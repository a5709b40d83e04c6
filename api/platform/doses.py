"""Doses as the national platform enters them: same day, up to a thousand at once, each with an answer."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from api.audit import record_act
from api.context import Centre
from api.duplicates.finding import compare_people
from api.errors import CentreError
from api.intake.columns import Column, Header
from api.intake.faults import RowError, row_sentence
from api.intake.joining import Entry, Tally, join_people
from api.intake.rows import ReadRow, bucket_of, read_row, shard_of
from api.intake.units import UnitBook
from api.platform.keys import Platform
from api.store.bulk import insert_rows
from api.store.schema import units as units_table
from api.store.schema_intake import entered_doses, platform_requests
from api.store.transactions import Turn, lock_people, writing
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

BATCH: Final = 1000  # doses of one request
WHY_ENTERED: Final = "platform"
FIELDS: Final = tuple(column.value for column in Column)
HEADER: Final = Header(
    names=FIELDS,
    positions=MappingProxyType({column: position for position, column in enumerate(Column)}),
    left_out=frozenset(),
    unknown=(),
    doubled=(),
)
_COLUMNS: Final = tuple(column.name for column in entered_doses.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAnswer:
    """What became of one dose. ``late_days``: days from the jab to its entry; a dose given today is entered today."""

    dose_id: str
    outcome: str  # accepted, duplicate, refused
    code: str | None = None
    fields: tuple[str, ...] = ()
    sentence_vi: str = ""
    sentence_en: str = ""
    record: str | None = None
    late_days: int = 0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.dose_id,
            "outcome": self.outcome,
            "code": self.code,
            "fields": list(self.fields),
            "sentence_vi": self.sentence_vi,
            "sentence_en": self.sentence_en,
            "record": self.record,
            "late": self.late_days > 0,
            "late_days": self.late_days,
            "notes": list(self.notes),
        }


@dataclass(slots=True, kw_only=True)
class _Given:
    """One dose of a request while it is worked on."""

    dose_id: str
    document: Mapping[str, str]
    row: ReadRow | None = None
    error: RowError | None = None
    entry: Entry | None = None


def enter_doses(
    centre: Centre, platform: Platform, doses: Sequence[tuple[str, Mapping[str, str]]], *, idempotency_key: str
) -> tuple[list[dict[str, Any]], bool]:
    """Join these doses to records, all in one transaction; returns an answer for each, and whether it is the one of an
    earlier request with this key.

    Args:
        doses: the caller's id of each dose, and its fields by the names of an import's columns, read as cells are.
        idempotency_key: the caller's name of this request. The same request again changes nothing.

    Raises CentreError ``idempotency-key-other``: the key belongs to a request with other content.
    """
    now = centre.clock()
    body = hashlib.sha256(json.dumps(doses, sort_keys=True).encode()).digest()
    with writing(centre.engine, Turn.IMPORT) as connection:
        request_id = secrets.token_hex(8)
        earlier = _claim(connection, platform, idempotency_key, request_id, body, now)
        if earlier is not None:
            return earlier, True
        given = [_Given(dose_id=dose_id, document=document) for dose_id, document in doses]
        units = UnitBook.around(connection, {dose.document.get("unit", "") for dose in given})
        for dose in given:
            _read(dose, units, platform.unit)
        _join(connection, given, units, platform.actor, request_id, now)
        answers = [_answer(dose, local_day(now)) for dose in given]
        home = connection.execute(
            select(units_table.c.province).where(units_table.c.code == platform.unit)
        ).scalar_one()
        insert_rows(
            connection,
            entered_doses,
            _COLUMNS,
            [
                _row(request_id, position, units.provinces.get(dose.document.get("unit", ""), home), dose, answer, now)
                for position, (dose, answer) in enumerate(zip(given, answers, strict=True), start=1)
            ],
        )
        told = [answer.to_dict() for answer in answers]
        connection.execute(
            platform_requests.update()
            .where(
                platform_requests.c.key_id == platform.key_id,
                platform_requests.c.idempotency_key == idempotency_key,
            )
            .values(answer=json.dumps(told, ensure_ascii=False))
        )
        outcomes = [answer.outcome for answer in answers]
        late = sum(answer.late_days > 0 for answer in answers)
        record_act(
            connection,
            at=now,
            actor=platform.actor,
            act="doses-entered",
            subject=request_id,
            reason=", ".join(f"{name} {outcomes.count(name)}" for name in ("accepted", "duplicate", "refused"))
            + f", late {late}",
        )
    compare_people(centre.engine, origin=request_id, at=now)
    return told, False


def _claim(
    connection: Connection, platform: Platform, key: str, request_id: str, body: bytes, now: datetime
) -> list[dict[str, Any]] | None:
    """None, and the key is this request's; or the answer of the request that had it. One that is under way is waited
    for."""
    inserting = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(platform_requests)
    taken = connection.execute(
        inserting.values(
            key_id=platform.key_id,
            idempotency_key=key,
            request_id=request_id,
            body_sha256=body,
            answer="",
            received_at=instant_to_text(now),
        )
        .on_conflict_do_nothing()
        .returning(platform_requests.c.request_id)
    ).one_or_none()
    if taken is not None:
        return None
    row = connection.execute(
        select(platform_requests.c.body_sha256, platform_requests.c.answer).where(
            platform_requests.c.key_id == platform.key_id, platform_requests.c.idempotency_key == key
        )
    ).one()
    if row.body_sha256 != body:
        raise CentreError("idempotency-key-other")
    answer: list[dict[str, Any]] = json.loads(row.answer)
    return answer


def _read(dose: _Given, units: UnitBook, scope: str) -> None:
    cells = [dose.document.get(field, "") for field in FIELDS]
    try:
        row = read_row(cells, HEADER, {}, unit=None)
        units.check(row.dose.unit)
    except RowError as error:
        dose.error = error
        return
    if scope in units.above(row.dose.unit):
        dose.row = row
    else:
        dose.error = RowError("unit-outside", Column.UNIT)


def _join(
    connection: Connection, given: Sequence[_Given], units: UnitBook, by: str, origin: str, now: datetime
) -> None:
    people: dict[str, list[Entry]] = {}
    for number, dose in enumerate(given):
        if dose.row is not None:
            row = dose.row
            dose.entry = Entry(number=number, person=row.person, dose=row.dose, notes=list(row.notes))
            people.setdefault(row.person_key, []).append(dose.entry)
    lock_people(connection, {shard_of(bucket_of(key)) for key in people})
    join_people(connection, sorted(people.items()), Tally(), units=units, by=by, why=WHY_ENTERED, origin=origin, at=now)


def _answer(dose: _Given, today: date) -> DoseAnswer:
    error, entry = dose.error, dose.entry
    late = 0
    if entry is not None:
        error = entry.error
        late = max(0, (today - entry.dose.given_on).days)
    if error is not None:
        vietnamese, english = row_sentence(error.code)
        return DoseAnswer(
            dose_id=dose.dose_id,
            outcome="refused",
            code=error.code,
            fields=tuple(str(field) for field in error.fields),
            sentence_vi=vietnamese,
            sentence_en=english,
            late_days=late,
        )
    assert entry is not None  # noqa: S101 - read, and so joined
    return DoseAnswer(
        dose_id=dose.dose_id,
        outcome=entry.outcome,
        record=entry.record_id,
        late_days=late,
        notes=tuple(entry.notes),
    )


def _row(
    request_id: str, position: int, province: str, dose: _Given, answer: DoseAnswer, now: datetime
) -> tuple[Any, ...]:
    return (
        request_id,
        position,
        province,
        dose.document.get("unit", ""),
        dose.dose_id,
        answer.outcome,
        answer.code,
        answer.record,
        dose.entry.dose.given_on.isoformat() if dose.entry is not None else None,
        instant_to_text(now),
        answer.late_days,
        json.dumps(dict(dose.document), ensure_ascii=False),
    )
