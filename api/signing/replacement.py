"""A spare token takes the place of one that was lost, broke or ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from api.audit import record_act
from api.auth import read_certificate, task_of
from api.checkers.published import issuing_from
from api.config import Settings
from api.errors import CentreError
from api.signing.enrolment import inherited_units, suspend_in
from api.signing.lifetimes import signs_until
from api.states import RecordState
from api.store.schema import intents, records, tokens, units
from api.store.transactions import Turn, writing
from certificates.jobs import Task
from certificates.records.model import instant_to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """``returned``: records that must be confirmed again. ``too_early``: records whose passport was promised before the
    spare's certificate counts; it cannot sign those (a new version of the record gets a new promise).

    ``unpublished``: the spare signs no passports yet, as it has not stood on the published list for its time.
    """

    unit: str
    returned: int
    too_early: int
    unpublished: bool


def replace_token(
    engine: Engine, old: bytes, new: bytes, *, settings: Settings, by: str, at: datetime, reason: str
) -> Replaced:
    """Suspend the token of one certificate, for another that is enrolled for the same unit (or its successor) already.

    What the old one had leased goes back to the queue, where the spare finds it: same certificate code, same time.

    Raises CentreError ``token-unknown``, ``token-suspended`` (the spare), ``replace-same``, ``replace-unit``,
    ``replace-ended`` (the spare may not sign at this moment).
    """
    with writing(engine, Turn.ALONE) as connection:
        lost, spare = _token(connection, old), _token(connection, new)
        if spare.suspended_at is not None:
            raise CentreError("token-suspended", "the spare itself is suspended")
        if read_certificate(lost.certificate).public_key == read_certificate(spare.certificate).public_key:
            raise CentreError("replace-same", "both are certificates of one key: it cannot replace itself")
        served = inherited_units(connection, spare.unit)
        if lost.unit not in served:
            raise CentreError("replace-unit", f"the spare is enrolled for {spare.unit}, the token for {lost.unit}")
        certificate = read_certificate(spare.certificate)
        task = task_of(settings.mode, spare.kind, spare.certificate)
        if not certificate.not_before <= at <= signs_until(certificate, task):
            raise CentreError("replace-ended", "the spare's certificate may not sign at this moment")
        returned = suspend_in(connection, old, by=by, at=at, reason=reason)
        record_act(connection, at=at, actor=by, act="replace-token", subject=old.hex(), reason=new.hex())
        begin, unpublished = certificate.not_before, False
        if task == "issue":
            try:
                begin = issuing_from(connection, settings, certificate, at)
            except CentreError:  # no reason to let a lost token sign on
                unpublished = True
        too_early = _count_too_early(connection, begin, task, served, settings.mode)
    return Replaced(unit=spare.unit, returned=returned, too_early=too_early, unpublished=unpublished)


def _token(connection: Connection, fingerprint: bytes) -> Row[*tuple[Any, ...]]:
    row = connection.execute(
        select(tokens.c.unit, tokens.c.certificate, tokens.c.suspended_at, units.c.kind)
        .join(units, units.c.code == tokens.c.unit)
        .where(tokens.c.fingerprint == fingerprint)
    ).one_or_none()
    if row is None:
        raise CentreError("token-unknown", f"no token with the certificate {fingerprint.hex()} is enrolled")
    return row


def _count_too_early(connection: Connection, begin: datetime, task: Task, served: tuple[str, ...], mode: str) -> int:
    if task == "confirm":
        return 0
    query = (
        select(func.count())
        .select_from(records)
        .join(intents, (intents.c.record_id == records.c.record_id) & (intents.c.version == records.c.version))
        .where(intents.c.issued_at < instant_to_text(begin))
    )
    if mode == "two-tier":
        query = query.where(records.c.state == RecordState.CONFIRMED.value)
    else:
        query = query.where(records.c.state.in_((RecordState.READY, RecordState.EXPIRING)), records.c.unit.in_(served))
    return connection.execute(query).scalar_one()
