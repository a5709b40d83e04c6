"""The claim code of a paper slip, held against its record: a wrong one is counted, and after some even the right one is
refused."""

import hmac
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from api.audit import record_act
from api.passports.claims import hash_claim_code
from api.store.schema import claim_codes
from certificates.records.model import instant_to_text

MOST_FAILURES: Final = 5  # wrong claim codes; then the slip's code is of no use any more


def redeem_slip(
    connection: Connection, secret: bytes, record_id: str, claim_code: str, *, act: str, at: datetime
) -> bool:
    """Whether it is this record's code; what was asked for stands in the log, a miss as ``claim-code-wrong``.

    The caller commits in any case, and refuses afterwards.
    """
    given = hash_claim_code(secret, record_id, claim_code)
    claim = connection.execute(  # guesses that come at once are counted one after the other
        select(claim_codes).where(claim_codes.c.record_id == record_id).with_for_update()
    ).one_or_none()
    right = hmac.compare_digest(given, bytes(32) if claim is None else claim.code_hash)
    if claim is None or claim.failures >= MOST_FAILURES:
        return False
    connection.execute(
        update(claim_codes)
        .where(claim_codes.c.record_id == record_id)
        .values(failures=0 if right else claim_codes.c.failures + 1)
    )
    record_act(connection, at=at, actor="citizen", act=act if right else "claim-code-wrong", subject=record_id)
    return right


def store_code(connection: Connection, record_id: str, province: str, code_hash: bytes, at: datetime) -> None:
    """Keep the code of a slip, in place of an earlier one."""
    connection.execute(delete(claim_codes).where(claim_codes.c.record_id == record_id))
    connection.execute(
        insert(claim_codes).values(
            record_id=record_id,
            province=province,
            code_hash=code_hash,
            failures=0,
            made_at=instant_to_text(at),
        )
    )
