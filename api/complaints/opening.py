"""A complaint comes in: from a citizen's phone, or from a counter for a person without one."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from api.accounts.staff import Staff, refuse_role
from api.audit import record_act
from api.complaints.cases import (
    CITIZEN,
    Case,
    change_case,
    check_text,
    clock_columns,
    find_case,
    note_event,
    standing_of,
)
from api.complaints.clock import ComplaintClock
from api.complaints.counting import count_moved
from api.complaints.disputes import NONE, dispute
from api.complaints.events import Event
from api.complaints.kinds import DISPUTING, ComplaintKind, ComplaintState, Grave
from api.complaints.photos import CleanPhoto
from api.complaints.routing import family_of, province_of, route, unit_above
from api.complaints.sealing import seal_bytes, seal_document
from api.context import Centre
from api.errors import CentreError
from api.passports.claims import hash_claim_code, new_claim_code
from api.passports.slips import redeem_slip
from api.store.locks import lock_records
from api.store.schema import records
from api.store.schema_complaints import complaint_photos, complaints
from api.store.transactions import writing
from certificates.records.model import instant_from_text, instant_to_text

MOST_PHOTOS: Final = 4
_LIKE_A_PERSONS: Final = re.compile(r"(?:\d-?){9}")
_SHORT: Final = ("person_name", "date_of_birth", "id_number", "contact", "given_on", "accused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What somebody complains of. All that names a person is kept sealed; nothing but the statement is asked of one
    who complains of conduct.

    Attributes:
        statement: in the citizen's own words.
        unit: who vaccinated, or (conduct) whom it is about.
        lives_in: the unit of the commune where the citizen lives.
        record_id, claim_code: of the paper slip; together they tie the complaint to the record.
        accused: who, in conduct, in the citizen's words.
        grave: the passport is another person's, or was sold.
    """

    kind: ComplaintKind
    statement: str = field(repr=False)
    person_name: str = field(default="", repr=False)
    date_of_birth: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    given_on: str = field(default="", repr=False)
    accused: str = field(default="", repr=False)
    unit: str | None = None
    lives_in: str | None = None
    province: str | None = None
    record_id: str | None = None
    claim_code: str | None = field(default=None, repr=False)
    grave: Grave | None = None
    photo: CleanPhoto | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the citizen takes along: the number and the secret with which the complaint is followed, and until when it
    will be answered by whom. The secret exists here only."""

    number: str
    secret: str = field(repr=False)
    unit: str
    due_at: datetime


def open_complaint(
    centre: Centre,
    opening: Opening,
    *,
    staff: Staff | None = None,
    proven: bool = False,
    before: Callable[[Connection], Opened | None] | None = None,
    after: Callable[[Connection, Opened], None] | None = None,
) -> Opened:
    """Take it down; its 48 hours begin.

    Args:
        staff: who writes it down at a counter (a clerk, or an overseer); None: the citizen does it himself.
        proven: whose record it is was proved already; no slip is asked for.
        before, after: in the same transaction: what an earlier request opened, and what to keep of this one.

    Raises CentreError ``complaint-text`` (something is missing or too long), ``complaint-person`` (whom it is about),
    ``complaint-slip`` (number and code of the slip do not match), ``complaint-unit``, ``complaint-nowhere``,
    ``complaint-top`` (nobody stands above the unit), ``complaint-own-counter`` (conduct, at the counter of the very
    unit), ``role``.
    """
    if staff is not None:
        refuse_role(staff, "clerk", "overseer")
    sealed_texts = _texts(opening)
    actor, now = CITIZEN if staff is None else staff.actor, centre.clock()
    if not proven:
        _check_slip(centre, opening, now)
    with writing(centre.engine) as connection:
        earlier = None if before is None else before(connection)
        if earlier is not None:
            return earlier
        if opening.record_id is not None:
            lock_records(connection, [opening.record_id])
        named = _named(connection, opening)
        unit = _handler(connection, opening, named)
        if named is not None and staff is not None and staff.unit in family_of(connection, named):
            raise CentreError(
                "complaint-own-counter", "conduct of this unit is not taken down at its own counter", fields=("unit",)
            )
        province = province_of(connection, unit)
        number, secret = _new_number(province), new_claim_code()
        connection.execute(
            insert(complaints).values(
                complaint_id=number,
                province=province,
                kind=opening.kind.value,
                state=ComplaintState.OPEN.value,
                secret_hash=hash_secret(centre.secret, number, secret),
                unit=unit,
                first_unit=unit,
                named_unit=named,
                grave=opening.grave and opening.grave.value,
                dispute=NONE,
                received_at=instant_to_text(now),
                received_by=actor,
                appeals=0,
                sealed=seal_document(centre.secret, number, sealed_texts),
                **clock_columns(ComplaintClock(since=now), 0),
            )
        )
        case = find_case(connection, number)
        count_moved(connection, None, standing_of(case), at=now)
        note_event(connection, case, Event.RECEIVED, actor=actor, at=now)
        record_act(connection, at=now, actor=actor, act="complaint-opened", subject=number, reason=opening.kind.value)
        if opening.record_id is not None:
            case = tie(connection, case, opening.record_id, at=now)
        if opening.photo is not None:
            keep_photo(connection, centre.secret, case, opening.photo, actor=actor, at=now)
        opened = Opened(number=number, secret=secret, unit=unit, due_at=instant_from_text(case.due_at))
        if after is not None:
            after(connection, opened)
    return opened


def tie(connection: Connection, case: Case, record_id: str, *, at: datetime) -> Case:
    """Note which record it is about, and set the record aside where its content is in doubt."""
    version = connection.execute(select(records.c.version).where(records.c.record_id == record_id)).scalar_one()
    disputing = ComplaintKind(case.kind) in DISPUTING
    return change_case(
        connection,
        case,
        at=at,
        record_id=record_id,
        record_version=version,
        dispute=dispute(connection, record_id, at=at) if disputing else NONE,
    )


def keep_photo(
    connection: Connection, secret: bytes, case: Case, photo: CleanPhoto, *, actor: str, at: datetime
) -> None:
    """Keep a photo, sealed; the same one a second time changes nothing. Raises CentreError ``complaint-photos``."""
    kept = complaint_photos.c
    mine = (kept.complaint_id == case.complaint_id) & (kept.province == case.province)
    known = connection.execute(select(kept.sha256).where(mine)).scalars().all()
    if photo.sha256 in known:
        return
    if len(known) >= MOST_PHOTOS:
        raise CentreError("complaint-photos", f"a complaint has at most {MOST_PHOTOS} photos")
    connection.execute(
        insert(complaint_photos).values(
            complaint_id=case.complaint_id,
            province=case.province,
            sha256=photo.sha256,
            taken_in_at=instant_to_text(at),
            width=photo.width,
            height=photo.height,
            sealed=seal_bytes(secret, case.complaint_id, photo.jpeg),
        )
    )
    note_event(connection, case, Event.PHOTO_ADDED, actor=actor, at=at, detail=photo.sha256.hex())


def hash_secret(secret: bytes, number: str, code: str) -> bytes:
    """As `hash_claim_code`, for a complaint: its number is no record's."""
    return hash_claim_code(secret, f"complaint {number}", code)


def _new_number(province: str) -> str:
    """A number that cannot be gone through, and that nobody takes for a person's: never nine digits in a row."""
    while _LIKE_A_PERSONS.search(number := f"{province}-{new_claim_code()}"):
        pass
    return number


def _texts(opening: Opening) -> dict[str, str]:
    kept = {name: check_text(getattr(opening, name), name, needed=False) for name in _SHORT}
    for name, text in kept.items():
        if len(text) > 200:
            raise CentreError("complaint-text", "at most 200 characters", fields=(name,))
    if opening.kind is not ComplaintKind.CONDUCT and opening.record_id is None and not kept["person_name"]:
        raise CentreError("complaint-person", "say whom it is about", fields=("person_name",))
    statement = check_text(opening.statement, "statement")
    return {"statement": statement, **{name: text for name, text in kept.items() if text}}


def _check_slip(centre: Centre, opening: Opening, now: datetime) -> None:
    """Only who has the slip ties a complaint to a record: whoever photographed a QR would stop other people's."""
    if opening.record_id is None and opening.claim_code is None:
        return
    with writing(centre.engine) as connection:  # a miss is counted, whatever becomes of the complaint
        right = opening.record_id is not None and redeem_slip(
            connection, centre.secret, opening.record_id, opening.claim_code or "", act="complaint-slip", at=now
        )
    if not right:
        raise CentreError("complaint-slip", fields=("claim_code", "record_id"))


def _named(connection: Connection, opening: Opening) -> str | None:
    """The unit that a complaint about conduct is about."""
    if opening.kind is not ComplaintKind.CONDUCT:
        return None
    if opening.unit is None and opening.record_id is None:
        raise CentreError("complaint-unit", "say which unit it is about", fields=("unit",))
    return route(connection, named=opening.unit, record_id=None if opening.unit else opening.record_id)


def _handler(connection: Connection, opening: Opening, named: str | None) -> str:
    if named is None:
        return route(
            connection,
            record_id=opening.record_id,
            named=opening.unit,
            lives_in=opening.lives_in,
            province=opening.province,
        )
    above = unit_above(connection, named)
    if above is None:
        raise CentreError("complaint-top", "nobody stands above this unit here", fields=("unit",))
    return above
