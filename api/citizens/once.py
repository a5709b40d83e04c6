"""A request that comes again gets the answer of the first time, kept in the transaction of what it did."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from api.complaints.sealing import open_document, seal_document
from api.errors import CentreError
from api.store.counters import insert_new
from api.store.schema_citizens import app_requests
from certificates.records.model import instant_to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What a request is known by: the app, its Idempotency-Key, whose session it is, and what was sent."""

    app: str
    request_hash: bytes
    body_hash: bytes


def once_of(secret: bytes, *, app: str, key: str, route: str, record_id: str, body: object) -> Once:
    """Two persons never share one, whatever keys their app chooses."""
    return Once(
        app=app,
        request_hash=_keyed(secret, [app, route, record_id, key]),
        body_hash=_keyed(secret, body),
    )


def kept_answer(connection: Connection, secret: bytes, once: Once | None, *, at: datetime) -> dict[str, Any] | None:
    """None, and the key is this request's; or the answer of the one that had it. One that is under way is waited for.

    Raises CentreError ``idempotency-key-other``: the key belongs to a request with other content.
    """
    if once is None:
        return None
    mine = (app_requests.c.key_id == once.app) & (app_requests.c.request_hash == once.request_hash)
    claiming = insert_new(connection, app_requests).values(
        key_id=once.app,
        request_hash=once.request_hash,
        body_hash=once.body_hash,
        answer=b"",
        received_at=instant_to_text(at),
    )
    if connection.execute(claiming.returning(app_requests.c.key_id)).one_or_none() is not None:
        return None
    row = connection.execute(select(app_requests.c.body_hash, app_requests.c.answer).where(mine)).one()
    if row.body_hash != once.body_hash:
        raise CentreError("idempotency-key-other")
    answer: dict[str, Any] = open_document(secret, _name(once), row.answer)
    return answer


def keep_answer(connection: Connection, secret: bytes, once: Once | None, answer: dict[str, Any]) -> None:
    """What the same request gets from now on."""
    if once is not None:
        connection.execute(
            update(app_requests)
            .where(app_requests.c.key_id == once.app, app_requests.c.request_hash == once.request_hash)
            .values(answer=seal_document(secret, _name(once), answer))
        )


def _name(once: Once) -> str:
    return f"answer {once.request_hash.hex()}"


def _keyed(secret: bytes, what: object) -> bytes:
    return hmac.new(secret, b"once\0" + json.dumps(what, sort_keys=True).encode(), hashlib.sha256).digest()
