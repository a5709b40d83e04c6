"""The certificates of a person: what each shows and whether it is good now, its page, and what was told about them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import Connection, Row, bindparam, select, update

from api.audit import record_act
from api.citizens.holder import Holder
from api.citizens.people import person_for
from api.context import Centre
from api.errors import CentreError
from api.notices.kinds import WORDS, NoticeKind
from api.passports.citizen import RELEASED
from api.stations.sentences import Sentence
from api.store.schema import passports, revocation_orders, revoked_passports
from api.store.schema_revoking import notices
from api.store.transactions import writing
from certificates.qr import qr_png
from certificates.records.model import Person, VaccinationRecord, instant_from_text, instant_to_text
from certificates.uvci import normalise, printed

Read = TypeVar("Read")
FETCHED: Final = frozenset({"fetch-pdf", "sheet-printed"})
Status = Literal["valid", "expired", "revoked", "disputed"]
# Put together once: that takes longer than to ask it.
_OF_RECORD: Final = RELEASED.where(passports.c.record_id == bindparam("record")).order_by(passports.c.version.desc())
REVOKED: Final = Sentence(
    "Giấy chứng nhận này đã bị thu hồi. Nếu bạn cho là sai, hãy gửi phản ánh: được trả lời trong 48 giờ.",
    "This certificate was revoked. If you think that is wrong, complain: you are answered within 48 hours.",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Certificate:
    """One certificate. ``code`` as it is printed. ``hc1`` and ``picture``, its QR as PNG, are None where they must not
    be shown: it is revoked, or a complaint says that it is another person's."""

    code: str
    status: Status
    hc1: str | None
    picture: bytes | None
    issued_at: datetime
    expires_at: datetime
    person: Person
    record: VaccinationRecord

    def __repr__(self) -> str:
        return "Certificate(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice, in both languages. Codes as they are printed; times are RFC 3339. ``fresh``: not told before."""

    kind: str
    words: Sentence
    code: str = field(repr=False)
    new_code: str | None = field(repr=False)
    since: str
    until: str | None
    fresh: bool = False


def certificates_of(connection: Connection, record_id: str, *, at: datetime) -> tuple[Certificate, ...]:
    """All released ones of a record, the newest first."""
    rows = connection.execute(_OF_RECORD, {"record": record_id}).all()
    return tuple(_certificate(row, at) for row in rows)


def certificate_of(connection: Connection, record_id: str, code: str, *, at: datetime) -> Certificate:
    """The one of this code, or the newest ("" says which). Raises CentreError ``certificate-none``."""
    found = certificates_of(connection, record_id, at=at)
    for one in found:
        if not code or normalise(one.code) == normalise(code):
            return one
    raise CentreError("certificate-none", fields=("certificate_code",) if code else ())


def shown_code(certificate: Certificate) -> str:
    """The HC1 text. Raises CentreError ``passport-disputed``, ``passport-revoked``."""
    if certificate.hc1 is None:
        raise CentreError("passport-disputed" if certificate.status == "disputed" else "passport-revoked")
    return certificate.hc1


def shown_picture(certificate: Certificate) -> bytes:
    """The QR as PNG. Raises CentreError ``passport-disputed``, ``passport-revoked``."""
    shown_code(certificate)
    return certificate.picture or b""


def look(centre: Centre, holder: Holder, person: str, act: str, read: Callable[[Connection, str], Read]) -> Read:
    """Read something of a person of this session. Who looks at the own record is in the log from the proof on; what is
    fetched, and looks of guardians and clerks, stand there one by one.

    Raises CentreError ``citizen-person-unknown``, and what ``read`` raises.
    """
    now = centre.clock()
    with centre.engine.connect() as connection:
        record_id = person_for(connection, holder, person, at=now)
        found = read(connection, record_id)
    own = record_id == holder.record_id and holder.proof != "counter"
    if not own or act in FETCHED:
        with writing(centre.engine) as connection:
            note_look(connection, holder, record_id, act, at=now)
    return found


def page_of(centre: Centre, holder: Holder, person: str, code: str) -> bytes:
    """The signed PDF. Raises CentreError ``certificate-none``, ``passport-disputed``, ``passport-revoked``."""

    def read(connection: Connection, record_id: str) -> bytes:
        certificate = certificate_of(connection, record_id, code, at=centre.clock())
        shown_code(certificate)
        query = select(passports.c.pdf).where(passports.c.uvci == normalise(certificate.code))
        pdf: bytes = connection.execute(query).scalar_one()
        return pdf

    return look(centre, holder, person, "fetch-pdf", read)


def read_notices(centre: Centre, holder: Holder, person: str) -> tuple[Told, ...]:
    """What is to be told, the newest first. It counts as told from now on."""
    now = centre.clock()
    with centre.engine.connect() as connection:
        record_id = person_for(connection, holder, person, at=now)
    found = look(centre, holder, person, "read-notices", lambda connection, one: notices_of(connection, one, at=now))
    if any(one.fresh for one in found):
        told = instant_to_text(now)
        due = (notices.c.record_id == record_id) & (notices.c.due_at <= told) & notices.c.told_at.is_(None)
        with writing(centre.engine) as connection:
            connection.execute(update(notices).where(due).values(told_at=told, told_by="shown"))
    return found


def note_look(connection: Connection, holder: Holder, record_id: str, act: str, *, at: datetime) -> None:
    """What was looked at stands in the log: by whom, and by which proof."""
    reason = holder.proof if record_id == holder.record_id else "guardian"
    record_act(connection, at=at, actor=holder.actor, act=act, subject=record_id, reason=reason)


def notices_of(connection: Connection, record_id: str, *, at: datetime) -> tuple[Told, ...]:
    """What is to be told: renewals, replacements, and revocations in force; the newest first."""
    due = (notices.c.record_id == record_id) & (notices.c.due_at <= instant_to_text(at))
    found = [
        Told(
            kind=row.kind,
            words=Sentence(*WORDS[NoticeKind(row.kind)]),
            code=printed(row.uvci),
            new_code=None if row.new_uvci is None else printed(row.new_uvci),
            since=row.due_at,
            until=row.until,
            fresh=row.told_at is None,
        )
        for row in connection.execute(select(notices).where(due))
    ]
    replaced = {one.code for one in found if one.kind == NoticeKind.REPLACED}
    revoked = (
        select(revoked_passports.c.uvci, revocation_orders.c.approved_at, revocation_orders.c.made_at)
        .join(revocation_orders, revocation_orders.c.order_id == revoked_passports.c.order_id)
        .join(passports, passports.c.uvci == revoked_passports.c.uvci)
        .where(passports.c.record_id == record_id, revocation_orders.c.withdrawn_at.is_(None))
    )
    for row in connection.execute(revoked):
        code = printed(row.uvci)
        if code not in replaced:
            since = row.approved_at or row.made_at
            found.append(
                Told(kind="revoked", words=REVOKED, code=code, new_code=None, since=since, until=None, fresh=False)
            )
    return tuple(sorted(found, key=lambda one: (one.since, one.code), reverse=True))


def _certificate(row: Row[Any], at: datetime) -> Certificate:
    ends = instant_from_text(row.expires_at)
    status: Status = "valid" if ends >= at else "expired"
    if row.held_back:
        status = "disputed"
    if row.revoked:
        status = "revoked"
    record = VaccinationRecord.from_dict(json.loads(row.document))
    shown = status in ("valid", "expired")
    return Certificate(
        code=printed(row.uvci),
        status=status,
        hc1=row.hc1 if shown else None,
        picture=(row.qr_png or qr_png(row.hc1)) if shown else None,
        issued_at=instant_from_text(row.issued_at),
        expires_at=ends,
        person=record.person,
        record=record,
    )
