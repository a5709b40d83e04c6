"""The person at a unit's token, proven by the account: once for a shift, as long as the desk stays open.

A shift is a session of its own kind: it opens no route of the staff. Beside a token's signature it says who logs in
there, and what the token's session may do ends with it.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.errors import CentreError
from api.store.schema_accounts import staff_sessions
from certificates.records.model import instant_from_text

STAFF: Final = 0
DESK: Final = 1


def check_shift(connection: Connection, hashed: bytes, *, account: str, at: datetime) -> datetime:
    """Until when this person's shift lasts.

    Args:
        hashed: `api.auth.bearer_hash` of what the desk holds.

    Raises CentreError ``shift-ended``: its time is over, the person left, or it is another account's.
    """
    mine = (staff_sessions.c.token_hash == hashed) & (staff_sessions.c.kind == DESK)
    row = connection.execute(select(staff_sessions).where(mine)).one_or_none()
    if row is None or row.account != account or instant_from_text(row.expires_at) <= at:
        raise CentreError("shift-ended")
    return instant_from_text(row.expires_at)
