"""Session lists: a day at a station with one vaccine and one lot, and the people who are expected, checked before."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.context import Centre
from api.duplicates.comparing import hints_of
from api.errors import CentreError
from api.identity.register import Register
from api.intake.cells import read_product
from api.intake.drafts import new_record_id
from api.intake.faults import RowError, row_sentence
from api.intake.joining import read_holders
from api.intake.rows import ReadRow, read_row
from api.platform.doses import FIELDS, HEADER
from api.sessions.asking import Asked, ask_register
from api.sessions.checking import NOT_ASKED, Check, check_person
from api.store.bulk import insert_rows
from api.store.records import StoredRecord
from api.store.schema import units
from api.store.schema_intake import person_hints, recoveries, session_people, vaccination_sessions
from api.store.transactions import writing
from certificates.records.dates import local_day
from certificates.records.model import Dose, Person, instant_to_text

MANY: Final = 500  # people of one request
OF_PERSON: Final = (
    "full_name",
    "family_name",
    "given_name",
    "date_of_birth",
    "sex",
    "nationality",
    "id_number",
    "dose_number",
)
_COLUMNS: Final = (
    "session_id",
    "place",
    "province",
    "person_key",
    "person",
    "dose_number",
    "record_id",
    "verdict",
    "reasons",
    "due_on",
    "checked_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What became of one person of a request. ``place`` None: nothing was stored, ``reasons`` has the code."""

    place: int | None
    verdict: str  # ready, attention, stop, refused
    reasons: tuple[str, ...]
    due_on: str | None
    dose_number: int | None
    sentence_vi: str = ""
    sentence_en: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "due_on": self.due_on,
            "dose_number": self.dose_number,
            "sentence_vi": self.sentence_vi,
            "sentence_en": self.sentence_en,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedList:
    """The people of a request, and whether the register was asked about them: `api.sessions.asking.Asked`."""

    people: tuple[Listed, ...]
    register: str

    def to_dict(self) -> dict[str, Any]:
        return {"register": self.register, "people": [one.to_dict() for one in self.people]}


def open_session(centre: Centre, staff: Staff, *, unit: str, day: date, product: str, lot: str) -> str:
    """Register a session; returns its number.

    Args:
        product: a name of the vaccine, as in an import.

    Raises CentreError ``role``, ``place``, ``unit-unknown``, ``session-form`` (``fields``: day, product, lot).
    """
    refuse_role(staff, "clerk", "signer")
    now, session_id = centre.clock(), secrets.token_hex(8)
    if day < local_day(now):
        raise CentreError("session-form", fields=("day",))
    if not lot.strip() or len(lot) > 30:
        raise CentreError("session-form", fields=("lot",))
    try:
        key = read_product(product.strip(), "")
    except RowError:
        raise CentreError("session-form", fields=("product",)) from None
    with writing(centre.engine) as connection:
        refuse_place(connection, staff, unit)
        province = connection.execute(select(units.c.province).where(units.c.code == unit)).scalar_one_or_none()
        if province is None:
            raise CentreError("unit-unknown")
        connection.execute(
            insert(vaccination_sessions).values(
                session_id=session_id,
                province=province,
                unit=unit,
                day=day.isoformat(),
                product=key,
                lot=lot.strip(),
                made_at=instant_to_text(now),
                made_by=staff.actor,
            )
        )
        record_act(connection, at=now, actor=staff.actor, act="session-opened", subject=session_id, reason=unit)
    return session_id


def add_people(
    centre: Centre,
    staff: Staff,
    session_id: str,
    people: Sequence[Mapping[str, str]],
    *,
    register: Register | None = None,
) -> CheckedList:
    """Check these people and put them on the list, in their order. Who is on it already is refused (``listed-before``),
    as is what cannot be read: the others are listed all the same. So is whom the register could not be asked about.

    Args:
        people: the fields `OF_PERSON`, read like cells of an import; no ``dose_number``: the next one.
        register: asked about citizens, if there is one. No list is held while it is asked.

    Raises CentreError ``role``, ``place``, ``session-unknown``.
    """
    refuse_role(staff, "clerk", "signer")
    now = centre.clock()
    with centre.engine.connect() as connection:
        session = find_session(connection, staff, session_id)
    read = [_read(person, session) for person in people]
    asked = ask_register(centre, staff, register, [row.person for row in read if isinstance(row, ReadRow)])
    with writing(centre.engine) as connection:
        session = find_session(connection, staff, session_id, lock=True)
        listed = _check_all(connection, session, people, read, asked, now)
        _note(connection, staff, session_id, listed, asked, now)
    return CheckedList(people=tuple(listed), register=asked.said)


def ask_again(centre: Centre, staff: Staff, session_id: str, *, register: Register) -> CheckedList:
    """Check once more, in the order of their places and at most `MANY`, those about whom the register could not be
    asked. Who was vaccinated meanwhile is left alone.

    Raises CentreError as `add_people` does.
    """
    refuse_role(staff, "clerk", "signer")
    now = centre.clock()
    with centre.engine.connect() as connection:
        session = find_session(connection, staff, session_id)
        waiting = {row.place: row for row in connection.execute(_waiting(session_id))}
    asked = ask_register(centre, staff, register, [_person(row) for row in waiting.values()])
    listed = []
    with writing(centre.engine) as connection:
        session = find_session(connection, staff, session_id, lock=True)
        rows = [row for row in connection.execute(_waiting(session_id)) if row.place in waiting]
        known = _Known.of(connection, session, [(row.person_key, _person(row)) for row in rows])
        for row in rows:
            dose = dose_of(session, row.dose_number)
            check = known.check(row.person_key, _person(row), dose, numbered=True, asked=asked)
            listed.append(_listed(row.place, check))
            connection.execute(
                update(session_people)
                .where(session_people.c.session_id == session_id, session_people.c.place == row.place)
                .values(_outcome(check, now))
            )
        _note(connection, staff, session_id, listed, asked, now)
    return CheckedList(people=tuple(listed), register=asked.said)


def _waiting(session_id: str) -> Select[Any]:
    return (
        select(session_people)
        .where(
            session_people.c.session_id == session_id,
            session_people.c.given_at.is_(None),
            session_people.c.reasons.contains(NOT_ASKED),
        )
        .order_by(session_people.c.place)
        .limit(MANY)
    )


def _person(row: Row[Any]) -> Person:
    return Person.from_dict(json.loads(row.person))


def _note(
    connection: Connection, staff: Staff, session_id: str, listed: Sequence[Listed], asked: Asked, now: datetime
) -> None:
    counts = {name: sum(one.verdict == name for one in listed) for name in ("ready", "attention", "stop", "refused")}
    counts["asked"] = len(asked.answers)
    record_act(
        connection,
        at=now,
        actor=staff.actor,
        act="session-people-checked",
        subject=session_id,
        reason=", ".join(f"{name} {count}" for name, count in counts.items()),
    )


def show_session(centre: Centre, staff: Staff, session_id: str) -> dict[str, Any]:
    """The session and where each place stands; no personal data. Raises CentreError as `add_people`."""
    refuse_role(staff, "clerk", "signer", "overseer")
    with centre.engine.connect() as connection:
        session = find_session(connection, staff, session_id)
        rows = connection.execute(
            select(session_people).where(session_people.c.session_id == session_id).order_by(session_people.c.place)
        ).all()
    return {
        "session_id": session_id,
        "unit": session.unit,
        "day": session.day,
        "product": session.product,
        "lot": session.lot,
        "people": [
            {
                "place": row.place,
                "record": row.record_id,
                "dose_number": row.dose_number,
                "verdict": row.verdict,
                "reasons": row.reasons.split(",") if row.reasons else [],
                "due_on": row.due_on,
                "slip": row.code_hash is not None,
                "given_at": row.given_at,
            }
            for row in rows
        ],
    }


def find_session(connection: Connection, staff: Staff, session_id: str, *, lock: bool = False) -> Row[Any]:
    """A session of this person's units. ``lock``: nobody else changes its list until the transaction ends."""
    query = select(vaccination_sessions).where(vaccination_sessions.c.session_id == session_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise CentreError("session-unknown")
    refuse_place(connection, staff, row.unit)
    return row


def dose_of(session: Row[Any], number: int, *, entered_by: str = "") -> Dose:
    """The dose that this session gives."""
    return Dose(
        number=number,
        given_on=date.fromisoformat(session.day),
        product=session.product,
        lot=session.lot,
        unit=session.unit,
        entered_by=entered_by,
    )


def _read(person: Mapping[str, str], session: Row[Any]) -> ReadRow | RowError:
    document = {name: person.get(name, "") for name in OF_PERSON}
    document |= {"dose_number": document["dose_number"] or "1", "given_on": session.day, "product": session.product}
    document |= {"lot": session.lot, "unit": session.unit}
    try:
        return read_row([document.get(field, "") for field in FIELDS], HEADER, {}, unit=None)
    except RowError as error:
        return error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the centre has about the persons of one check, by the keys of `person_key`."""

    records: Mapping[str, StoredRecord]
    recovered: Mapping[str, list[date]]
    doubtful: frozenset[str]

    @classmethod
    def of(cls, connection: Connection, session: Row[Any], persons: Sequence[tuple[str, Person]]) -> "_Known":
        keys = [key for key, _ in persons]
        records = read_holders(connection, keys)
        doubtful = _doubtful(connection, persons, session, records)
        return cls(records=records, recovered=_recovered(connection, keys), doubtful=frozenset(doubtful))

    def check(self, key: str, person: Person, dose: Dose, *, numbered: bool, asked: Asked) -> Check:
        return check_person(
            person,
            dose,
            numbered=numbered,
            stored=self.records.get(key),
            recovered=self.recovered.get(key, ()),
            answer=asked.answers.get(person.digest),
            unasked=person.digest in asked.unasked,
            doubtful=key in self.doubtful,
        )


def _check_all(
    connection: Connection,
    session: Row[Any],
    people: Sequence[Mapping[str, str]],
    read: Sequence[ReadRow | RowError],
    asked: Asked,
    now: datetime,
) -> list[Listed]:
    rows = [row for row in read if isinstance(row, ReadRow)]
    known = _Known.of(connection, session, [(row.person_key, row.person) for row in rows])
    last, before = _there(connection, session)
    listed: list[Listed] = []
    stored = []
    for given, row in zip(people, read, strict=True):
        if isinstance(row, RowError) or row.person_key in before:
            listed.append(_refused(row.code if isinstance(row, RowError) else "listed-before"))
            continue
        before.add(row.person_key)
        last += 1
        record = known.records.get(row.person_key)
        numbered = bool(given.get("dose_number"))
        check = known.check(row.person_key, row.person, row.dose, numbered=numbered, asked=asked)
        listed.append(_listed(last, check))
        record_id = record.record.record_id if record is not None else new_record_id()
        stored.append(_stored(session, last, row, check, record_id, now))
    insert_rows(connection, session_people, _COLUMNS, stored)
    return listed


def _stored(
    session: Row[Any], place: int, row: ReadRow, check: Check, record_id: str, now: datetime
) -> tuple[Any, ...]:
    return (
        session.session_id,
        place,
        session.province,
        row.person_key,
        json.dumps(row.person.to_dict(), ensure_ascii=False),
        check.dose_number,
        record_id,
        *_outcome(check, now).values(),
    )


def _outcome(check: Check, now: datetime) -> dict[str, Any]:
    """The last of `_COLUMNS`."""
    return {
        "verdict": check.verdict,
        "reasons": ",".join(check.reasons),
        "due_on": check.due_on.isoformat() if check.due_on is not None else None,
        "checked_at": instant_to_text(now),
    }


def _listed(place: int, check: Check) -> Listed:
    return Listed(
        place=place,
        verdict=check.verdict,
        reasons=check.reasons,
        due_on=check.due_on.isoformat() if check.due_on is not None else None,
        dose_number=check.dose_number,
    )


def _refused(code: str) -> Listed:
    vietnamese, english = row_sentence(code)
    return Listed(
        place=None,
        verdict="refused",
        reasons=(code,),
        due_on=None,
        dose_number=None,
        sentence_vi=vietnamese,
        sentence_en=english,
    )


def _there(connection: Connection, session: Row[Any]) -> tuple[int, set[str]]:
    query = select(func.max(session_people.c.place)).where(session_people.c.session_id == session.session_id)
    keys = select(session_people.c.person_key).where(session_people.c.session_id == session.session_id)
    return connection.execute(query).scalar_one() or 0, set(connection.execute(keys).scalars())


def _recovered(connection: Connection, keys: Sequence[str]) -> dict[str, list[date]]:
    found: dict[str, list[date]] = {}
    query = select(recoveries.c.person_key, recoveries.c.positive_on).where(recoveries.c.person_key.in_(keys))
    for row in connection.execute(query):
        found.setdefault(row.person_key, []).append(date.fromisoformat(row.positive_on))
    return found


def _doubtful(
    connection: Connection,
    persons: Sequence[tuple[str, Person]],
    session: Row[Any],
    records: Mapping[str, StoredRecord],
) -> set[str]:
    """Keys of people who share a hint with a record that is not theirs."""
    by_hint: dict[str, set[str]] = {}
    for key, person in persons:
        for hint in hints_of(person, session.unit):
            by_hint.setdefault(hint, set()).add(key)
    doubtful: set[str] = set()
    query = select(person_hints.c.hint, person_hints.c.record_id).where(person_hints.c.hint.in_(list(by_hint)))
    for hint, record_id in connection.execute(query):
        for key in by_hint[hint]:
            own = records.get(key)
            if own is None or own.record.record_id != record_id:
                doubtful.add(key)
    return doubtful
