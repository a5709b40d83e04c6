"""How often what may be asked: counters of an hour or a day, shared by all processes in the database."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection

from api.errors import CentreError
from api.limits import network_of
from api.store.counters import add_up
from api.store.schema_citizens import citizen_counts
from certificates.records.model import instant_to_text

CODES_OF_A_PERSON: Final = 6  # a day; whoever is asked for more often gets no more, and the answer stays the same
What = Literal["codes-network", "codes-person", "slips-network", "counter"]


def count(connection: Connection, what: What, subject: bytes, *, span: Literal["hour", "day"], at: datetime) -> int:
    """How many with this one."""
    told = instant_to_text(at)
    named = what if span == "day" else f"{what} {told[11:13]}"
    key = {"day": told[:10], "what": named, "subject": subject}
    return add_up(connection, citizen_counts, key, citizen_counts.c.asked, 1)


def count_network(connection: Connection, secret: bytes, what: What, client: str, *, most: int, at: datetime) -> None:
    """Raises CentreError ``too-many-requests``: too many of this client's network within this hour."""
    subject = hmac.new(secret, b"network\0" + network_of(client).encode(), hashlib.sha256).digest()
    if count(connection, what, subject, span="hour", at=at) > most:
        raise CentreError("too-many-requests", retry_after=seconds_left(at, timedelta(hours=1)))


def seconds_left(at: datetime, span: timedelta) -> int:
    """Until the hour or the day, in UTC, is over."""
    whole = int(span.total_seconds())
    return whole - int(at.timestamp()) % whole
