"""Noting what a person is to be told, in the transaction of what happened; an adapter delivers it later."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from api.notices.kinds import NoticeKind
from api.store.schema_revoking import notices
from certificates.records.model import instant_to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to be told to the person of a record. ``until``: when the old passport ends; text, RFC 3339."""

    record_id: str
    province: str
    kind: NoticeKind
    uvci: str
    new_uvci: str | None = None
    until: str | None = None


def write_notices(connection: Connection, written: Sequence[Notice], *, at: datetime) -> None:
    """Store these; they may be told from now on."""
    if written:
        connection.execute(
            insert(notices),
            [
                {
                    "province": one.province,
                    "notice_id": secrets.token_hex(16),
                    "record_id": one.record_id,
                    "kind": one.kind.value,
                    "uvci": one.uvci,
                    "new_uvci": one.new_uvci,
                    "due_at": instant_to_text(at),
                    "until": one.until,
                }
                for one in written
            ],
        )
