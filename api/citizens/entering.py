"""The proof: a one-time code that is sent to the person, or the claim code of the slip.

The answer to "send me a code" and the work behind it are the same whether the person is known or not. A code has eight
digits, lives ten minutes, allows five tries, is good once, and is kept as a keyed hash.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select, update

from api.audit import record_act
from api.citizens.contacts import Contact, find_contact
from api.citizens.finding import Sought, find_record
from api.citizens.holder import CITIZEN, Holder, open_holder
from api.citizens.limits import CODES_OF_A_PERSON, count, count_network
from api.citizens.once import Once, keep_answer, kept_answer
from api.complaints.sealing import seal_document
from api.context import Centre
from api.errors import CentreError
from api.passports.slips import redeem_slip
from api.store.counters import sweep
from api.store.schema_citizens import citizen_tickets
from api.store.transactions import writing
from certificates.records.model import instant_from_text, instant_to_text

CODE_LIFE: Final = timedelta(minutes=10)
CODE_DIGITS: Final = 8
MOST_TRIES: Final = 5
NOBODY: Final = Contact(channel="sms", address="+84000000000")
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the asker keeps until the code has come. It says nothing about the person."""

    ticket: str
    expires_at: datetime


def ask_code(
    centre: Centre, sought: Sought, *, client: str, language: str, once: Once | None = None
) -> tuple[Ticket, bool]:
    """Have a code sent to the contact that the centre holds for this person; the same answer and work if it holds
    none, or does not know the person. Returns the ticket, and whether it is that of an earlier request.

    Raises CentreError ``too-many-requests`` (of one network), ``idempotency-key-other``.
    """
    now = centre.clock()
    ticket = Ticket(ticket=secrets.token_urlsafe(24), expires_at=now + CODE_LIFE)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    with writing(centre.engine) as connection:
        earlier = kept_answer(connection, centre.secret, once, at=now)
        if earlier is not None:
            return Ticket(ticket=earlier["ticket"], expires_at=instant_from_text(earlier["expires_at"])), True
        most = centre.settings.citizen_codes_per_hour
        count_network(connection, centre.secret, "codes-network", client, most=most, at=now)
        record_id = find_record(connection, sought)
        contact = find_contact(connection, centre.secret, record_id or "")
        subject = _person(centre, record_id) if record_id is not None else sought.subject(centre.secret)
        enough = count(connection, "codes-person", subject, span="day", at=now) > CODES_OF_A_PERSON
        sending = contact is not None and not enough
        to = contact or NOBODY
        message = [to.channel, to.address, code, language]
        sweep(connection, citizen_tickets, citizen_tickets.c.expires_at < instant_to_text(now - CODE_LIFE))
        connection.execute(
            insert(citizen_tickets).values(
                ticket_id=ticket.ticket,
                record_id=record_id if sending else None,
                code_hash=_code_hash(centre, ticket.ticket, code),
                tries=0,
                message=seal_document(centre.secret, message_name(ticket.ticket), message),
                state="waiting" if sending else "idle",
                made_at=instant_to_text(now),
                expires_at=instant_to_text(ticket.expires_at),
            )
        )
        record_act(
            connection,
            at=now,
            actor=CITIZEN,
            act="citizen-code-asked",
            subject=record_id or UNKNOWN,
            reason=sought.way,
        )
        told = {"ticket": ticket.ticket, "expires_at": instant_to_text(ticket.expires_at)}
        keep_answer(connection, centre.secret, once, told)
    return ticket, False


def enter_by_code(centre: Centre, ticket: str, code: str, *, app: str) -> tuple[str, Holder]:
    """Returns the bearer and its holder. Raises CentreError ``citizen-code-refused`` for whatever was wrong."""
    now = centre.clock()
    given = _code_hash(centre, ticket, "".join(code.split()))
    with writing(centre.engine) as connection:
        row = connection.execute(
            select(citizen_tickets).where(citizen_tickets.c.ticket_id == ticket).with_for_update()
        ).one_or_none()
        right = hmac.compare_digest(given, bytes(32) if row is None else row.code_hash)
        live = row is not None and row.used_at is None and row.tries < MOST_TRIES
        live = live and row is not None and instant_from_text(row.expires_at) > now
        entered = row is not None and row.record_id is not None and live and right
        connection.execute(
            update(citizen_tickets)
            .where(citizen_tickets.c.ticket_id == ticket)
            .values(
                tries=citizen_tickets.c.tries + 1,
                used_at=instant_to_text(now) if entered else citizen_tickets.c.used_at,
            )
        )
        subject = row.record_id if row is not None and row.record_id is not None else UNKNOWN
        act = "citizen-entered" if entered else "citizen-code-wrong"
        record_act(connection, at=now, actor=CITIZEN, act=act, subject=subject, reason="code")
        if entered:
            return open_holder(connection, subject, "code", app=app, at=now)
    raise CentreError("citizen-code-refused", fields=("code",))


def enter_by_slip(centre: Centre, sought: Sought, claim_code: str, *, client: str, app: str) -> tuple[str, Holder]:
    """By the code of the paper slip. A wrong one is counted with its record, as for the PDF.

    Raises CentreError ``citizen-slip-refused`` for whatever was wrong, ``too-many-requests``.
    """
    now = centre.clock()
    with writing(centre.engine) as connection:
        most = centre.settings.citizen_codes_per_hour
        count_network(connection, centre.secret, "slips-network", client, most=most, at=now)
        record_id = find_record(connection, sought)
        right = redeem_slip(connection, centre.secret, record_id or UNKNOWN, claim_code, act="citizen-entered", at=now)
        if right and record_id is not None:
            return open_holder(connection, record_id, "slip", app=app, at=now)
        record_act(
            connection,
            at=now,
            actor=CITIZEN,
            act="citizen-slip-refused",
            subject=record_id or UNKNOWN,
            reason=sought.way,
        )
    raise CentreError("citizen-slip-refused", fields=("claim_code",))


def message_name(ticket: str) -> str:
    """What a ticket's message is sealed under."""
    return f"ticket {ticket}"


def _person(centre: Centre, record_id: str) -> bytes:
    return hmac.new(centre.secret, b"person\0" + record_id.encode(), hashlib.sha256).digest()


def _code_hash(centre: Centre, ticket: str, code: str) -> bytes:
    return hmac.new(centre.secret, b"citizen code\0" + ticket.encode() + b"\0" + code.encode(), hashlib.sha256).digest()
