"""Carrying the outbox out: claimed, sent with a key that makes a repetition harmless, marked when acknowledged.

Who claims messages has them for `CLAIM`; a process that dies meanwhile loses nothing, and another one sends them again
under the same key. Of messages about one record only the first open one can be claimed.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, exists, select, update
from sqlalchemy.exc import NoResultFound

from api.context import Centre
from api.errors import CentreError
from api.identity.opening import TARGETS, Target, open_target
from api.identity.outbox import OPEN
from api.identity.partner import Partner
from api.store.records import load_evidence
from api.store.schema import record_versions
from api.store.schema_identity import outbox
from api.store.transactions import again, writing
from certificates.errors import RecordError
from certificates.records.model import Attestation, PoliceWord, VaccinationRecord, instant_to_text

CORRECTIONS: Final = "/v1/corrections"
AT_ONCE: Final = 50
CLAIM: Final = timedelta(minutes=10)
FIRST_PAUSE: Final = 60  # seconds; doubled with each failure
LONGEST_PAUSE: Final = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a round did: messages acknowledged, to be tried again, and refused for good."""

    delivered: int
    failed: int
    refused: int


def deliver(centre: Centre) -> Delivered:
    """Send what is due to every target that the settings name, until nothing is due or the target is away."""
    counts = dict.fromkeys(("delivered", "failed", "refused"), 0)
    for target in TARGETS:
        partner = open_target(centre.settings, centre.engine, centre.clock, target)
        if partner is None:
            continue
        while claimed := _claim(centre, target):
            away = False
            for place, row in enumerate(claimed):
                outcome, reason = _send(centre, partner, row)
                counts[outcome] += 1
                _mark(centre, [row], outcome, reason)
                away = reason == "partner-away"
                if away:
                    _give_back(centre, claimed[place + 1 :])
                    break
            if away:
                break
    return Delivered(**counts)


@again
def _claim(centre: Centre, target: Target) -> Sequence[Row[Any]]:
    """Some due messages, none of which has an earlier open one about its record."""
    now = centre.clock()
    before = outbox.alias()
    earlier = exists().where(
        before.c.target == outbox.c.target,
        before.c.record_id == outbox.c.record_id,
        before.c.version < outbox.c.version,
        before.c.state.in_(OPEN),
    )
    with writing(centre.engine) as connection:
        rows = connection.execute(
            select(outbox)
            .where(
                outbox.c.state == "waiting",
                outbox.c.target == target,
                outbox.c.next_at <= instant_to_text(now),
                ~earlier,
            )
            .order_by(outbox.c.made_at, outbox.c.message_id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=outbox)
        ).all()
        connection.execute(
            update(outbox)
            .where(outbox.c.message_id.in_([row.message_id for row in rows]))
            .values(next_at=instant_to_text(now + CLAIM))
        )
    return rows


def _send(centre: Centre, partner: Partner, row: Row[Any]) -> tuple[str, str | None]:
    try:
        body = _body(centre, row)
    except (NoResultFound, RecordError):  # it holds up its own record's messages, and nobody else's
        return "refused", "message-body"
    try:
        answer = partner.post(CORRECTIONS, body, key=row.message_id)
    except CentreError as error:
        return ("refused" if error.code == "partner-refused" else "failed"), error.code
    if answer.get("acknowledged") != row.message_id:
        return "failed", "partner-answer"
    return "delivered", None


def _body(centre: Centre, row: Row[Any]) -> dict[str, Any]:
    """Ids, the person as verified, who verified it; for the platform the doses as well."""
    with centre.engine.connect() as connection:
        document = connection.execute(
            select(record_versions.c.document).where(
                record_versions.c.record_id == row.record_id, record_versions.c.version == row.version
            )
        ).scalar_one()
        evidence = load_evidence(connection, row.record_id, row.version)
    record = VaccinationRecord.from_dict(json.loads(document))
    body = {
        "message": row.message_id,
        "record": row.record_id,
        "version": row.version,
        "unit": record.unit,
        "person": record.person.to_dict(),
        "basis": row.basis,
        "verified_at": row.made_at,
    }
    if row.target == "platform":
        body["doses"] = [dose.to_dict() for dose in record.doses]
    if isinstance(evidence, (PoliceWord, Attestation)):
        body["evidence"] = evidence.to_dict()
    return body


def _mark(centre: Centre, rows: Sequence[Row[Any]], outcome: str, reason: str | None) -> None:
    now = centre.clock()
    with writing(centre.engine) as connection:
        for row in rows:
            values: dict[str, Any] = {"attempts": row.attempts + 1, "reason": reason}
            if outcome == "delivered":
                values |= {"state": "delivered", "closed_at": instant_to_text(now), "closed_by": row.target}
            else:
                values |= {
                    "state": "refused" if outcome == "refused" else "waiting",
                    "next_at": _later(now, row.attempts),
                }
            connection.execute(
                update(outbox).where(outbox.c.message_id == row.message_id, outbox.c.state == "waiting").values(values)
            )


def _give_back(centre: Centre, rows: Sequence[Row[Any]]) -> None:
    """What was claimed and not tried."""
    with writing(centre.engine) as connection:
        connection.execute(
            update(outbox)
            .where(outbox.c.message_id.in_([row.message_id for row in rows]), outbox.c.state == "waiting")
            .values(next_at=instant_to_text(centre.clock() + timedelta(seconds=FIRST_PAUSE)))
        )


def _later(now: datetime, failures: int) -> str:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE << min(failures, 12))
    return instant_to_text(now + timedelta(seconds=pause + secrets.randbelow(pause // 4 + 1)))
