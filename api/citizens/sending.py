"""Codes on their way: each message is taken once, sent once, and forgotten. Whoever misses it asks for another code."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, select, update

from api.citizens.contacts import Channel, Contact
from api.citizens.entering import message_name
from api.citizens.senders import Sender
from api.complaints.sealing import open_document
from api.context import Centre
from api.errors import CentreError
from api.store.schema_citizens import citizen_tickets
from api.store.transactions import writing
from certificates.records.model import instant_to_text

_AT_ONCE: Final = 100
WORDS: Final = {
    "vi": "{code} là mã xem giấy chứng nhận tiêm chủng của bạn, dùng trong 10 phút. Không đưa mã này cho ai. Miễn phí.",
    "en": "{code} is your code for your vaccination certificate, good for 10 minutes. Tell it to nobody. It is free.",
}


def send_codes(centre: Centre, senders: Mapping[Channel, Sender]) -> tuple[int, int]:
    """Send what waits; returns how many were sent, and how many failed."""
    sent = failed = 0
    while waiting := _take(centre):
        for ticket, message in waiting:
            channel, address, code, language = open_document(centre.secret, message_name(ticket), message)
            text = WORDS[language].replace("{code}", f"{code[:4]} {code[4:]}")
            if _send(senders.get(channel), Contact(channel=channel, address=address), text, language):
                sent += 1
            else:
                failed += 1
                _note_failure(centre, ticket)
    return sent, failed


def _send(sender: Sender | None, to: Contact, text: str, language: str) -> bool:
    if sender is None:
        return False
    try:
        sender.send(to, text, language)
    except CentreError:
        return False
    return True


def _take(centre: Centre) -> list[tuple[str, bytes]]:
    """Those that wait, marked as sent and their message forgotten before it goes out: none goes out twice."""
    now = instant_to_text(centre.clock())
    with centre.engine.connect() as connection:  # nearly always there is nothing, and nobody waits for a turn
        if connection.execute(_waiting(now).limit(1)).one_or_none() is None:
            return []
    with writing(centre.engine) as connection:
        rows = connection.execute(_waiting(now).limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
        connection.execute(
            update(citizen_tickets)
            .where(citizen_tickets.c.ticket_id.in_([row.ticket_id for row in rows]))
            .values(state="sent", message=b"")
        )
    return [(row.ticket_id, row.message) for row in rows]


def _waiting(now: str) -> Select[Any]:
    return (
        select(citizen_tickets.c.ticket_id, citizen_tickets.c.message)
        .where(citizen_tickets.c.state == "waiting", citizen_tickets.c.expires_at > now)
        .order_by(citizen_tickets.c.made_at, citizen_tickets.c.ticket_id)
    )


def _note_failure(centre: Centre, ticket: str) -> None:
    with writing(centre.engine) as connection:
        connection.execute(update(citizen_tickets).where(citizen_tickets.c.ticket_id == ticket).values(state="failed"))
