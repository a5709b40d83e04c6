"""Units, tokens and the accounts of those who decide enter by two people: one proposes, another one of the ministry's
agrees under an account of its own.

Nothing of a proposal counts before. Who agrees is proven by a log-in; who proposes on the server is the system's user.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.accounts.staff import Role, Staff, refuse_place, refuse_role, units_above
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.signing.enrolment import NewUnit, add_unit_in, check_token, check_unit, enrol_in
from api.signing.fetching import Fetch
from api.store.schema import units
from api.store.schema_accounts import accounts, proposals, staff_sessions
from api.store.transactions import Turn, writing
from certificates.records.model import instant_from_text, instant_to_text

PROPOSERS: Final[tuple[Role, ...]] = ("operator", "ministry")
DECIDERS: Final[tuple[Role, ...]] = ("ministry",)
LIFE: Final = timedelta(days=14)
_LISTED: Final = 500
Kind = Literal["unit", "token", "account"]
_Act = Callable[[Connection], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What waits, or waited, for a second person. ``subject``: the unit's code, the account, or SHA-256 of the
    certificate in hexadecimal."""

    proposal_id: str
    kind: str
    unit: str
    subject: str
    state: str
    made_by: str
    made_at: str
    decided_by: str | None


def enter_unit(centre: Centre, unit: NewUnit, *, by: str) -> Proposal | None:
    """The operator's way on the server: at once in development, and where the tree has no unit yet; else a proposal.

    Returns the proposal that waits, or None. Raises CentreError as `check_unit` does.
    """
    with writing(centre.engine, Turn.ALONE) as connection:
        first = connection.execute(select(units.c.code).limit(1)).first() is None
        if first or centre.settings.environment != "production":
            add_unit_in(connection, unit, by=by, at=centre.clock())
            return None
    return propose_unit(centre, unit, by=by)


def propose_unit(centre: Centre, unit: NewUnit, *, by: str, staff: Staff | None = None) -> Proposal:
    """Propose a new unit. ``staff``: who asks over HTTP; then the unit lies below the person's own.

    Raises CentreError ``place``, and those of `check_unit`.
    """
    document = json.dumps({**asdict(unit), "opened_on": unit.opened_on.isoformat()}, ensure_ascii=False)
    with writing(centre.engine) as connection:
        check_unit(connection, unit)
        if staff is not None:
            _refuse_root(connection, staff, unit.parent)
        return _propose(connection, centre, "unit", unit.code, unit.code, document, by)


def propose_token(
    centre: Centre,
    unit: str,
    certificate_der: bytes,
    *,
    by: str,
    staff: Staff | None = None,
    fetch: Fetch | None = None,
) -> Proposal:
    """Propose that the key of a certificate signs for a unit. Its authority is asked now, and when it is enrolled.

    Raises CentreError ``place``, and those of `check_token`.
    """
    if staff is not None:
        with centre.engine.connect() as connection:
            refuse_place(connection, staff, unit)
    checked = check_token(
        centre.engine, unit, certificate_der, settings=centre.settings, at=centre.clock(), fetch=fetch
    )
    document = json.dumps({"certificate": base64.b64encode(certificate_der).decode("ascii")})
    subject = checked.certificate.fingerprint.hex()
    with writing(centre.engine) as connection:
        return _propose(connection, centre, "token", unit, subject, document, by)


def hold_decider(connection: Connection, centre: Centre, account: str, *, by: str) -> Proposal | None:
    """In production an account that decides waits for another one that does, whatever was changed about it.

    For the caller's transaction, after its change: the account is disabled until then. Returns None where nobody else
    decides yet, or the account does not.
    """
    deciding = [accounts.c.roles.contains(role) for role in DECIDERS]
    row = connection.execute(select(accounts).where(accounts.c.account == account, *deciding)).one_or_none()
    others = select(accounts.c.account).where(
        accounts.c.account != account,
        accounts.c.disabled_at.is_(None),
        accounts.c.password_set_at.is_not(None),
        *deciding,
    )
    if row is None or centre.settings.environment != "production" or connection.execute(others).first() is None:
        return None
    connection.execute(
        update(accounts).where(accounts.c.account == account).values(disabled_at=instant_to_text(centre.clock()))
    )
    connection.execute(delete(staff_sessions).where(staff_sessions.c.account == account))
    document = json.dumps({"digest": _digest_of(row)})
    return _propose(connection, centre, "account", row.unit, account, document, by)


def _digest_of(row: Row[Any]) -> str:
    """Of all that an account is: what is agreed to is what was proposed."""
    parts = [row.account, row.unit, row.roles, row.password_hash, row.totp_secret.hex()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _enable(connection: Connection, account: str, digest: str) -> None:
    row = connection.execute(select(accounts).where(accounts.c.account == account).with_for_update()).one()
    if not hmac.compare_digest(_digest_of(row), digest):
        raise CentreError("proposal-settled", "the account was changed since: another proposal is about it")
    connection.execute(update(accounts).where(accounts.c.account == account).values(disabled_at=None))


def approve(centre: Centre, staff: Staff, proposal_id: str, *, fetch: Fetch | None = None) -> Proposal:
    """Agree, as another person: from now on the unit is in the tree, the token signs, or the account is enabled.

    Raises CentreError ``role``, ``proposal-unknown``, ``place``, ``second-person`` (it is one's own),
    ``proposal-settled``, and whatever refuses the unit or the token now.
    """
    refuse_role(staff, *DECIDERS)
    now = centre.clock()
    with centre.engine.connect() as connection:
        row = _find(connection, proposal_id)
        _refuse_decision(connection, staff, row, now)
    act = _act_of(centre, row, now, fetch)
    with writing(centre.engine, Turn.ALONE) as connection:
        row = _find(connection, proposal_id)
        _refuse_decision(connection, staff, row, now)
        act(connection)
        return _settle(connection, staff, row, "approved", now)


def reject(centre: Centre, staff: Staff, proposal_id: str) -> Proposal:
    """Say no, or take one's own back: for that one person is enough.

    Raises CentreError ``role``, ``proposal-unknown``, ``place``, ``proposal-settled``.
    """
    refuse_role(staff, *PROPOSERS)
    now = centre.clock()
    with writing(centre.engine, Turn.ALONE) as connection:
        row = _find(connection, proposal_id)
        _refuse_settled(connection, staff, row, now)
        return _settle(connection, staff, row, "rejected", now)


def list_open(centre: Centre, staff: Staff | None = None) -> tuple[Proposal, ...]:
    """What waits, oldest first; of a person's units where ``staff`` is given."""
    since = instant_to_text(centre.clock() - LIFE)
    query = select(proposals).where(proposals.c.state == "open", proposals.c.made_at > since)
    with centre.engine.connect() as connection:
        rows = connection.execute(query.order_by(proposals.c.made_at, proposals.c.proposal_id)).all()
        if staff is not None:
            rows = [row for row in rows if _is_inside(connection, staff, row)]
    return tuple(_proposal(row) for row in rows[:_LISTED])


def _propose(
    connection: Connection, centre: Centre, kind: Kind, unit: str, subject: str, document: str, by: str
) -> Proposal:
    now, proposal_id = centre.clock(), secrets.token_hex(8)
    connection.execute(
        insert(proposals).values(
            proposal_id=proposal_id,
            kind=kind,
            unit=unit,
            subject=subject,
            document=document,
            state="open",
            made_by=by,
            made_at=instant_to_text(now),
        )
    )
    record_act(connection, at=now, actor=by, act=f"propose-{kind}", subject=subject, reason=f"{unit}, {proposal_id}")
    return _proposal(_find(connection, proposal_id))


def _act_of(centre: Centre, row: Row[Any], now: datetime, fetch: Fetch | None) -> _Act:
    """What the proposal does, all checked again as of now. A token's authority is asked outside of a transaction."""
    document = json.loads(row.document)
    if row.kind == "unit":
        unit = NewUnit(**{**document, "opened_on": date.fromisoformat(document["opened_on"])})
        return lambda connection: add_unit_in(connection, unit, by=row.made_by, at=now)
    if row.kind == "account":
        return lambda connection: _enable(connection, row.subject, document["digest"])
    der = base64.b64decode(document["certificate"])
    checked = check_token(centre.engine, row.unit, der, settings=centre.settings, at=now, fetch=fetch)
    return lambda connection: enrol_in(connection, checked, by=row.made_by, at=now)


def _settle(connection: Connection, staff: Staff, row: Row[Any], state: str, now: datetime) -> Proposal:
    connection.execute(
        update(proposals)
        .where(proposals.c.proposal_id == row.proposal_id)
        .values(state=state, decided_by=staff.actor, decided_at=instant_to_text(now))
    )
    act = {"approved": "approve", "rejected": "reject"}[state]
    told = f"{row.unit}, {row.proposal_id}"
    record_act(connection, at=now, actor=staff.actor, act=f"{act}-{row.kind}", subject=row.subject, reason=told)
    return _proposal(_find(connection, row.proposal_id))


def _refuse_decision(connection: Connection, staff: Staff, row: Row[Any], now: datetime) -> None:
    _refuse_settled(connection, staff, row, now)
    if row.made_by.partition("@")[0] == staff.account:
        raise CentreError("second-person", "who proposes does not decide")
    if row.kind == "account" and row.subject == staff.account:
        raise CentreError("second-person", "nobody lets oneself in")


def _refuse_settled(connection: Connection, staff: Staff, row: Row[Any], now: datetime) -> None:
    if not _is_inside(connection, staff, row):
        raise CentreError("place", "the unit is not in this person's part of the tree")
    if row.state != "open" or instant_from_text(row.made_at) + LIFE <= now:
        raise CentreError("proposal-settled", "it was decided before, or two weeks have passed")


def _is_inside(connection: Connection, staff: Staff, row: Row[Any]) -> bool:
    """Whether the unit, or where a new one would stand, is in the person's part of the tree."""
    try:
        if row.kind == "unit":
            _refuse_root(connection, staff, json.loads(row.document)["parent"])
        else:
            refuse_place(connection, staff, row.unit)
    except CentreError:
        return False
    return True


def _refuse_root(connection: Connection, staff: Staff, parent: str | None) -> None:
    """A unit without one above it is for people who have nobody above them. Raises CentreError ``place``."""
    if parent is not None:
        refuse_place(connection, staff, parent)
    elif units_above(connection, staff.unit) != (staff.unit,):
        raise CentreError("place", "a unit without another above it is for the top of the tree")


def _find(connection: Connection, proposal_id: str) -> Row[Any]:
    row = connection.execute(select(proposals).where(proposals.c.proposal_id == proposal_id)).one_or_none()
    if row is None:
        raise CentreError("proposal-unknown", "there is no such proposal")
    return row


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(**{name: row._mapping[name] for name in Proposal.__slots__})
