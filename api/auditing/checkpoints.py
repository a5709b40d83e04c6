"""The ministry's side of the log: it reads the rows, verifies them itself, and leaves signed checkpoints here."""

import hmac
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, func, insert, select

from api.audit import log_row, record_act
from api.auth import Session, refuse_all_but_ministry, refuse_suspended
from api.context import Centre
from api.errors import CentreError
from api.store.schema import audit
from api.store.schema_audit import audit_checkpoints
from api.store.transactions import writing
from certificates import checkpoints
from certificates.act_chain import LogRow
from certificates.records.model import instant_to_text

_CLOCKS: Final = timedelta(minutes=10)  # that two machines may be apart


def read_rows(centre: Centre, session: Session, *, after: int, limit: int) -> tuple[tuple[LogRow, ...], int]:
    """Rows of the log that follow row ``after``, and the last row that a checkpoint here covers (0: none).

    Raises CentreError ``role``: another unit than the ministry.
    """
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        rows = connection.execute(
            select(audit).where(audit.c.sequence > after).order_by(audit.c.sequence).limit(limit)
        ).all()
        covered = connection.execute(select(func.max(audit_checkpoints.c.sequence))).scalar_one()
    return tuple(map(log_row, rows)), covered or 0


def receive(centre: Centre, session: Session, data: bytes) -> int:
    """Keep a checkpoint that the token of this session signed; returns the row that it covers. May be repeated.

    Raises:
        CentreError: ``role``, ``token-suspended``, ``checkpoint-signer`` (another token signed it), ``checkpoint-time``
            (the two clocks disagree), ``checkpoint-differs`` (this log has no such row).
        CertificateError: ``checkpoint-form``, ``checkpoint-signature``.
    """
    checkpoint, now = checkpoints.read(data), centre.clock()
    if checkpoint.signer.fingerprint != session.certificate.fingerprint:
        raise CentreError("checkpoint-signer", "another token signed it than the one that sent it")
    sequence = checkpoint.head.sequence
    with writing(centre.engine) as connection:
        refuse_all_but_ministry(connection, session)
        refuse_suspended(connection, session)
        stored = connection.execute(select(audit.c.hash).where(audit.c.sequence == sequence)).scalar_one_or_none()
        if stored is None or not hmac.compare_digest(stored, checkpoint.head.hash):
            raise CentreError("checkpoint-differs", f"the log has another row {sequence}, or none")
        known = select(audit_checkpoints.c.sequence).where(audit_checkpoints.c.sequence == sequence)
        if connection.execute(known).one_or_none() is not None:
            return sequence
        if abs(now - checkpoint.made_at) > _CLOCKS:
            raise CentreError("checkpoint-time", "the clock of the ministry's machine is another one")
        connection.execute(
            insert(audit_checkpoints).values(
                sequence=sequence,
                checkpoint=data,
                received_at=instant_to_text(now),
                received_from=session.actor,
            )
        )
        record_act(
            connection,
            at=now,
            actor=session.actor,
            act="audit-checkpoint",
            subject=f"row-{sequence}",
            reason=checkpoint.head.hash.hex(),
            token=session.certificate.fingerprint,
        )
    return sequence


def kept_checkpoints(engine: Engine) -> tuple[bytes, ...]:
    """All that were received, the oldest first."""
    with engine.connect() as connection:
        found = connection.execute(select(audit_checkpoints.c.checkpoint).order_by(audit_checkpoints.c.sequence))
        return tuple(found.scalars())
