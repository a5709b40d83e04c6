"""The same at a counter, for people without a telephone: a clerk looks up, prints and registers, with a purpose.

With number and date of birth of the card that the person shows, any station finds any record; by the slip's number
those of the clerk's part of the tree. Every look stands in the log and in the person's history, and is counted.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, select

from api.accounts.reading import Purpose
from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import record_act
from api.citizens.contacts import Contact, find_contact, read_contact, register_contact
from api.citizens.evidence import Evidence
from api.citizens.finding import Sought, find_record, read_birth
from api.citizens.holder import Holder, find_holder, open_holder
from api.citizens.limits import count, seconds_left
from api.citizens.own import Status, certificate_of, certificates_of, look, page_of
from api.citizens.people import SELF, Kind, Watcher, end_guardianship, register_guardian, watchers_of
from api.citizens.sheets import Layout, print_sheet
from api.citizens.standing import Standing, standing_of
from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opened, Opening, open_complaint
from api.context import Centre
from api.errors import CentreError
from api.passports.claims import hash_claim_code, new_claim_code
from api.passports.slips import store_code
from api.sessions.slip_pages import Heading, Slip, day_of, print_slips
from api.store.schema import records, units
from api.store.transactions import writing
from certificates.records.model import Person, VaccinationRecord
from certificates.valuesets import PRODUCTS

AT_COUNTER: Final = frozenset({Purpose.HOLDER_REQUEST, Purpose.COMPLAINT, Purpose.CORRECTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody stands at the counter. ``visit`` is what the clerk's next requests carry, for half an hour."""

    visit: str = field(repr=False)
    record_id: str
    name: str = field(repr=False)
    contact: str | None = field(repr=False)  # masked
    standing: Standing
    watchers: tuple[Watcher, ...]
    certificate: Status | None  # the newest one's; None: there is none


def look_up(centre: Centre, staff: Staff, sought: Sought, *, date_of_birth: str, purpose: Purpose) -> Visit:
    """Find the record of somebody who is present, and open a visit.

    Raises CentreError ``role``, ``place`` (by the slip's number only), ``counter-purpose``, ``counter-limit``,
    ``counter-unknown``, ``citizen-form``.
    """
    refuse_role(staff, "clerk")
    if purpose not in AT_COUNTER:
        raise CentreError("counter-purpose", fields=("purpose",))
    if _by_number(sought):
        read_birth(date_of_birth)
    now = centre.clock()
    with writing(centre.engine) as connection:
        record_id = find_record(connection, sought)
        error = _refusal(connection, centre, staff, sought, record_id, date_of_birth)
        record_act(
            connection,
            at=now,
            actor=staff.actor,
            act="counter-looked-up" if error is None else "counter-refused",
            subject=record_id or "unknown",
            reason=purpose.value,
        )
        if error is None and record_id is not None:
            visit, _holder = open_holder(connection, record_id, "counter", app="", actor=staff.actor, at=now)
            return _visit(connection, centre, visit, record_id)
    raise error or CentreError("counter-unknown")


def look_again(centre: Centre, staff: Staff, visit: str) -> Visit:
    """The same visit, as things stand now. The look stands in the log.

    Raises CentreError ``citizen-session-ended`` (the visit is over, or another clerk's).
    """
    holder = _holder(centre, staff, visit)
    return look(
        centre,
        holder,
        SELF,
        "standing-shown",
        lambda connection, record_id: _visit(connection, centre, visit, record_id),
    )


def print_page(centre: Centre, staff: Staff, visit: str, *, layout: Layout | None) -> bytes:
    """The signed PDF (``layout`` None), or a sheet to fold or to cut out.

    Raises CentreError ``citizen-session-ended`` (the visit is over, or another clerk's), and those of `page_of`.
    """
    holder = _holder(centre, staff, visit)
    if layout is None:
        return page_of(centre, holder, SELF, "")
    certificate = look(
        centre,
        holder,
        SELF,
        "sheet-printed",
        lambda connection, record_id: certificate_of(connection, record_id, "", at=centre.clock()),
    )
    return print_sheet(certificate, layout, at=certificate.issued_at)


def print_slip(centre: Centre, staff: Staff, visit: str) -> bytes:
    """A slip for who lost it, with a new claim code that stands in this PDF only; the earlier one is worth nothing.

    Raises CentreError ``citizen-session-ended``.
    """
    holder, now, code = _holder(centre, staff, visit), centre.clock(), new_claim_code()
    with writing(centre.engine) as connection:
        row = connection.execute(
            select(records.c.document, records.c.province, records.c.unit, units.c.name)
            .join(units, units.c.code == records.c.unit)
            .where(records.c.record_id == holder.record_id)
        ).one()
        record = VaccinationRecord.from_dict(json.loads(row.document))
        hashed = hash_claim_code(centre.secret, record.record_id, code)
        store_code(connection, record.record_id, row.province, hashed, now)
        record_act(connection, at=now, actor=staff.actor, act="slip-printed", subject=record.record_id)
    latest, born = record.doses[-1], record.person.date_of_birth
    product = PRODUCTS[latest.product].name if latest.product in PRODUCTS else latest.product
    heading = Heading(
        unit=f"{row.name} · {row.unit}", day=day_of(latest.given_on.isoformat()), product=product, lot=latest.lot
    )
    slip = Slip(
        place=1,
        name=record.person.full_name,
        number=record.person.id_number or "",
        born=day_of(born.iso) if born is not None else "",
        dose=latest.number,
        record=record.record_id,
        code=code,
    )
    return print_slips(heading, [slip], at=now)


def keep_contact(centre: Centre, staff: Staff, visit: str, text: str, evidence: Evidence) -> Contact:
    """Where codes for this person go from now on. Raises CentreError ``citizen-contact``, ``citizen-evidence``."""
    holder, contact = _holder(centre, staff, visit), read_contact(text)
    with writing(centre.engine) as connection:
        record_id, now = holder.record_id, centre.clock()
        register_contact(connection, centre.secret, record_id, contact, evidence, by=staff.actor, at=now)
    return contact


def keep_guardian(
    centre: Centre, staff: Staff, *, visit: str, guardian_visit: str, kind: Kind, evidence: Evidence
) -> str:
    """Register who may see this person's certificates. Both were looked up at this counter: a child with its guardian,
    or two adults. Returns its number.

    Raises CentreError ``guardianship-unfit``, ``citizen-evidence``, ``citizen-session-ended``.
    """
    shown, guardian = _holder(centre, staff, visit), _holder(centre, staff, guardian_visit)
    with writing(centre.engine) as connection:
        return register_guardian(
            connection,
            record_id=shown.record_id,
            guardian_id=guardian.record_id,
            kind=kind,
            evidence=evidence,
            by=staff.actor,
            at=centre.clock(),
        )


def end_guardian(centre: Centre, staff: Staff, visit: str, handle: str) -> None:
    """Raises CentreError ``guardianship-unknown``, ``citizen-session-ended``."""
    holder = _holder(centre, staff, visit)
    with writing(centre.engine) as connection:
        end_guardianship(connection, handle, record_id=holder.record_id, by=staff.actor, at=centre.clock())


def take_complaint(centre: Centre, staff: Staff, visit: str, opening: Opening) -> Opened:
    """Take down what the person complains of: it is tied to the record, and no slip is asked for.

    Conduct of a unit that is named is tied to nothing: nobody there shall know whose it is. Raises CentreError
    ``citizen-session-ended``, and those of `open_complaint`.
    """
    holder = _holder(centre, staff, visit)
    tied = opening.kind is not ComplaintKind.CONDUCT or opening.unit is None
    opening = replace(opening, record_id=holder.record_id if tied else None, claim_code=None)
    return open_complaint(centre, opening, staff=staff, proven=True)


def _visit(connection: Connection, centre: Centre, visit: str, record_id: str) -> Visit:
    now, contact = centre.clock(), find_contact(connection, centre.secret, record_id)
    certificates = certificates_of(connection, record_id, at=now)
    return Visit(
        visit=visit,
        record_id=record_id,
        name=_person(connection, record_id).full_name,
        contact=None if contact is None else contact.masked,
        standing=standing_of(connection, record_id),
        watchers=watchers_of(connection, record_id, at=now),
        certificate=certificates[0].status if certificates else None,
    )


def _holder(centre: Centre, staff: Staff, visit: str) -> Holder:
    refuse_role(staff, "clerk")
    return find_holder(centre, visit, app="", actor=staff.actor)


def _refusal(
    connection: Connection, centre: Centre, staff: Staff, sought: Sought, record_id: str | None, date_of_birth: str
) -> CentreError | None:
    """Why nothing is shown; what is asked without success is counted, too."""
    now = centre.clock()
    subject = hmac.new(centre.secret, b"counter\0" + staff.account.encode(), hashlib.sha256).digest()
    if count(connection, "counter", subject, span="day", at=now) > centre.settings.counter_look_ups_per_day:
        return CentreError("counter-limit", retry_after=seconds_left(now, timedelta(days=1)))
    if record_id is None:
        return CentreError("counter-unknown")
    if not _by_number(sought):  # the slip's number, or a name: within the own part
        unit = connection.execute(select(records.c.unit).where(records.c.record_id == record_id)).scalar_one()
        try:
            refuse_place(connection, staff, unit)
        except CentreError as error:
            return error
        return None
    if read_birth(date_of_birth) != _person(connection, record_id).date_of_birth:
        return CentreError("counter-unknown")
    return None


def _by_number(sought: Sought) -> bool:
    """By the number of the card, which its date of birth must go with."""
    return sought.person is not None and bool(sought.person.id_number)


def _person(connection: Connection, record_id: str) -> Person:
    document = connection.execute(select(records.c.document).where(records.c.record_id == record_id)).scalar_one()
    return Person.from_dict(json.loads(document)["person"])
