"""At the session: slips with one-time claim codes, and the doses that were given, entered the same day."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select, update

from api.accounts.staff import Staff, refuse_role
from api.audit import record_act
from api.context import Centre
from api.duplicates.finding import compare_people
from api.errors import CentreError
from api.intake.faults import row_sentence
from api.intake.joining import Entry, Tally, join_people, read_holders
from api.intake.rows import bucket_of, person_key, shard_of
from api.intake.units import UnitBook
from api.passports.claims import hash_claim_code, new_claim_code
from api.passports.slips import store_code
from api.sessions.listing import dose_of, find_session
from api.sessions.slip_pages import Heading, Slip, day_of, print_slips
from api.store.schema import claim_codes, records, units
from api.store.schema_intake import session_people
from api.store.transactions import Turn, lock_people, writing
from certificates.records.dates import local_day
from certificates.records.model import Person, instant_to_text
from certificates.valuesets import PRODUCTS

MANY: Final = 200  # people of one request: what leaves with more names needs a second person
WHY_GIVEN: Final = "session"


def write_slips(
    centre: Centre, staff: Staff, session_id: str, *, places: Sequence[int] | None = None, again: bool = False
) -> tuple[bytes, int]:
    """The slips of a session as PDF, and how many: of whoever is not stopped and has none yet, at most `MANY`.

    Each has a new claim code that stands in this PDF only. It counts at once for a record that is there, in place of an
    earlier one; for a new one from the moment the dose is entered.

    Args:
        places: only these.
        again: also those who have a slip; its code ends.

    Raises CentreError ``role``, ``place``, ``session-unknown``, ``slips-none``.
    """
    refuse_role(staff, "clerk", "signer")
    now = centre.clock()
    with writing(centre.engine, Turn.ALONE) as connection:
        session = find_session(connection, staff, session_id, lock=True)
        query = (
            select(session_people)
            .where(session_people.c.session_id == session_id, session_people.c.verdict != "stop")
            .order_by(session_people.c.place)
            .limit(MANY)
        )
        if places is not None:
            query = query.where(session_people.c.place.in_(places))
        if not again:
            query = query.where(session_people.c.code_hash.is_(None))
        rows = connection.execute(query).all()
        if not rows:
            raise CentreError("slips-none")
        holders = read_holders(connection, [row.person_key for row in rows])
        slips, hashes = [], []
        for row in rows:
            holder = holders.get(row.person_key)
            record_id = holder.record.record_id if holder is not None else row.record_id
            code = new_claim_code()
            slips.append(_slip(row, record_id, code))
            hashed = hash_claim_code(centre.secret, record_id, code)
            hashes.append({"at": row.place, "hash": hashed, "record": record_id})
            if holder is not None:
                store_code(connection, record_id, holder.province, hashed, now)
        connection.execute(
            update(session_people)
            .where(session_people.c.session_id == session_id, session_people.c.place == bindparam("at"))
            .values(code_hash=bindparam("hash"), record_id=bindparam("record")),
            hashes,
        )
        name = connection.execute(select(units.c.name).where(units.c.code == session.unit)).scalar_one()
        product = PRODUCTS[session.product].name
        heading = Heading(unit=f"{name} · {session.unit}", day=day_of(session.day), product=product, lot=session.lot)
        pdf = print_slips(heading, slips, at=now)
        record_act(
            connection,
            at=now,
            actor=staff.actor,
            act="claim-codes-printed",
            subject=session_id,
            reason=f"slips {len(slips)}",
        )
    return pdf, len(slips)


def enter_given(centre: Centre, staff: Staff, session_id: str, places: Sequence[int]) -> list[dict[str, Any]]:
    """Enter the doses that were given to these places of the list; an answer for each, in their order. Who was entered
    before is a ``duplicate``; who was stopped is refused.

    Raises CentreError ``role``, ``place``, ``session-unknown``, ``session-day`` (it is not today: the dose comes with
    a file or by the platform, and is late), ``session-places`` (the list has no such place).
    """
    refuse_role(staff, "clerk", "signer")
    now = centre.clock()
    with writing(centre.engine, Turn.IMPORT) as connection:
        session = find_session(connection, staff, session_id, lock=True)
        if session.day != local_day(now).isoformat():
            raise CentreError("session-day")
        found = connection.execute(
            select(session_people).where(session_people.c.session_id == session_id, session_people.c.place.in_(places))
        )
        rows = {row.place: row for row in found}
        if len(rows) != len(set(places)):
            raise CentreError("session-places")
        entries = {place: _entry(row, session, staff) for place, row in rows.items() if row.verdict != "stop"}
        people: dict[str, list[Entry]] = {}
        for entry in entries.values():
            people.setdefault(person_key(entry.person, entry.dose), []).append(entry)
        lock_people(connection, {shard_of(bucket_of(key)) for key in people})
        book = UnitBook.around(connection, [session.unit])
        join_people(
            connection,
            sorted(people.items()),
            Tally(),
            units=book,
            by=staff.actor,
            why=WHY_GIVEN,
            origin=session_id,
            at=now,
        )
        for place, entry in entries.items():
            if entry.outcome == "accepted":
                _settle(connection, rows[place], entry, now)
        outcomes = [entries[place].outcome if place in entries else "refused" for place in places]
        record_act(
            connection,
            at=now,
            actor=staff.actor,
            act="doses-entered",
            subject=session_id,
            reason=", ".join(f"{name} {outcomes.count(name)}" for name in ("accepted", "duplicate", "refused")),
        )
    compare_people(centre.engine, origin=session_id, at=now)
    return [_answer(rows[place], entries.get(place)) for place in places]


def _slip(row: Row[Any], record_id: str, code: str) -> Slip:
    person = Person.from_dict(json.loads(row.person))
    return Slip(
        place=row.place,
        name=person.full_name,
        number=person.id_number or "",
        born=day_of(person.date_of_birth.iso) if person.date_of_birth is not None else "",
        dose=row.dose_number,
        record=record_id,
        code=code,
    )


def _entry(row: Row[Any], session: Row[Any], staff: Staff) -> Entry:
    return Entry(
        number=row.place,
        person=Person.from_dict(json.loads(row.person)),
        dose=dose_of(session, row.dose_number, entered_by=staff.account),
        notes=[],
        record_id=row.record_id,
    )


def _settle(connection: Connection, row: Row[Any], entry: Entry, now: datetime) -> None:
    """The slip's code counts from now on, where it names this very record and that has none."""
    if row.code_hash is not None and entry.record_id == row.record_id:
        query = select(func.count()).where(claim_codes.c.record_id == entry.record_id)
        if connection.execute(query).scalar_one() == 0:
            home = select(records.c.province).where(records.c.record_id == entry.record_id)
            province = connection.execute(home).scalar_one()
            store_code(connection, entry.record_id, province, row.code_hash, now)
    connection.execute(
        update(session_people)
        .where(session_people.c.session_id == row.session_id, session_people.c.place == row.place)
        .values(given_at=instant_to_text(now), record_id=entry.record_id)
    )


def _answer(row: Row[Any], entry: Entry | None) -> dict[str, Any]:
    code = "session-stopped" if entry is None else entry.error.code if entry.error is not None else None
    vietnamese, english = row_sentence(code) if code is not None else ("", "")
    return {
        "place": row.place,
        "outcome": "refused" if entry is None else entry.outcome,
        "code": code,
        "sentence_vi": vietnamese,
        "sentence_en": english,
        "record": None if entry is None or code is not None else entry.record_id,
        # Somebody else made the person's record since the slip was printed: the slip names another one.
        "slip_again": entry is not None and row.code_hash is not None and entry.record_id != row.record_id,
    }
