"""Where a person's one-time codes go. Imports keep no telephone numbers: a contact comes from a counter alone."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, delete, insert, select

from api.audit import record_act
from api.citizens.evidence import OF_PERSON, Evidence
from api.complaints.sealing import open_document, seal_document
from api.errors import CentreError
from api.store.schema import records
from api.store.schema_citizens import citizen_contacts
from certificates.records.model import instant_to_text

Channel = Literal["sms", "email"]
_PHONE: Final = re.compile(r"\+?[0-9]{8,15}", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A telephone number (``+84...``) or an e-mail address."""

    channel: Channel
    address: str = field(repr=False)

    @property
    def masked(self) -> str:
        """Enough for its owner to know it."""
        if self.channel == "sms":
            return f"…{self.address[-3:]}"
        name, _, host = self.address.partition("@")
        return f"{name[0]}…@{host}"


def read_contact(text: str) -> Contact:
    """Raises CentreError ``citizen-contact``: neither a telephone number nor an e-mail address."""
    plain = text.strip()
    if _EMAIL.fullmatch(plain) and len(plain) <= 200:
        return Contact(channel="email", address=plain)
    number = re.sub(r"[\s.()-]", "", plain)
    if not _PHONE.fullmatch(number):
        raise CentreError("citizen-contact", fields=("contact",))
    return Contact(channel="sms", address=f"+84{number[1:]}" if number.startswith("0") else number)


def register_contact(
    connection: Connection,
    secret: bytes,
    record_id: str,
    contact: Contact,
    evidence: Evidence,
    *,
    by: str,
    at: datetime,
) -> None:
    """Keep it, in place of an earlier one; the person stands at the counter, and this was seen of them.

    Raises CentreError ``citizen-evidence``.
    """
    if evidence not in OF_PERSON:
        raise CentreError("citizen-evidence", fields=("evidence",))
    province = connection.execute(select(records.c.province).where(records.c.record_id == record_id)).scalar_one()
    connection.execute(delete(citizen_contacts).where(citizen_contacts.c.record_id == record_id))
    connection.execute(
        insert(citizen_contacts).values(
            record_id=record_id,
            province=province,
            sealed=seal_document(secret, _name(record_id), [contact.channel, contact.address]),
            evidence=evidence.value,
            registered_by=by,
            registered_at=instant_to_text(at),
        )
    )
    record_act(connection, at=at, actor=by, act="contact-registered", subject=record_id, reason=evidence.value)


def find_contact(connection: Connection, secret: bytes, record_id: str) -> Contact | None:
    """The contact of a record's person, if the centre has one."""
    sealed = connection.execute(
        select(citizen_contacts.c.sealed).where(citizen_contacts.c.record_id == record_id)
    ).scalar_one_or_none()
    if sealed is None:
        return None
    channel, address = open_document(secret, _name(record_id), sealed)
    return Contact(channel=channel, address=address)


def _name(record_id: str) -> str:
    return f"contact {record_id}"
