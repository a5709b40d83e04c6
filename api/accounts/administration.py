"""Accounts of the staff: made, listed, changed, disabled, on the server by the operator.

Names are no place for personal data: an account is a word such as ``tyt-0101.thu``. Whatever is changed about one that
decides on proposals waits, in production, for another person who does: `api.accounts.proposals.hold_decider`.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from api.accounts.passwords import hash_password, new_password
from api.accounts.proposals import Proposal, hold_decider
from api.accounts.second_factor import new_secret, provisioning_uri, seal_secret
from api.accounts.staff import roles_to_text
from api.audit import holds_number, record_act
from api.context import Centre
from api.errors import CentreError
from api.store.schema import units
from api.store.schema_accounts import accounts, staff_sessions
from api.store.transactions import writing
from certificates.records.model import instant_to_text

_OF_HEALTH: Final = frozenset({"clerk", "signer"})
ACCOUNT_FORM: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What a person is handed once, on paper or on a screen, and nobody can read again.

    ``waiting``: the account is disabled until another person agrees to this.
    """

    account: str
    password: str = field(repr=False)
    otpauth: str = field(repr=False)
    waiting: Proposal | None = None


def add_account(centre: Centre, *, account: str, unit: str, roles: tuple[str, ...], by: str) -> Handed:
    """A new account. The password is for the first log-in, which sets another.

    Raises CentreError ``account-form``, ``account-roles``, ``account-exists``, ``unit-unknown``.
    """
    if not ACCOUNT_FORM.fullmatch(account) or holds_number(account):
        raise CentreError("account-form", "an account has 1 to 64 of a-z, 0-9, full stop, - and _, no person's number")
    text = _roles_text(roles)
    now, secret, password = centre.clock(), new_secret(), new_password()
    with writing(centre.engine) as connection:
        _refuse_unknown(connection, unit)
        if connection.execute(select(accounts.c.account).where(accounts.c.account == account)).one_or_none():
            raise CentreError("account-exists", f"there is an account {account} already")
        connection.execute(
            insert(accounts).values(
                account=account,
                unit=unit,
                roles=text,
                password_hash=hash_password(password),
                totp_secret=seal_secret(secret, account, centre.secret),
                totp_step=0,
                made_at=instant_to_text(now),
                made_by=by,
            )
        )
        record_act(
            connection, at=now, actor=by, act="add-account", subject=account, reason=", ".join([unit, *text.split()])
        )
        waiting = hold_decider(connection, centre, account, by=by)
    return Handed(account=account, password=password, otpauth=provisioning_uri(secret, account), waiting=waiting)


def list_accounts(centre: Centre, *, unit: str | None = None) -> list[dict[str, Any]]:
    """Every account, or a unit's, as a plain mapping without its secrets."""
    query = select(accounts).order_by(accounts.c.account)
    if unit is not None:
        query = query.where(accounts.c.unit == unit)
    with centre.engine.connect() as connection:
        return [
            {
                "account": row.account,
                "unit": row.unit,
                "roles": row.roles.split(),
                "made_at": row.made_at,
                "made_by": row.made_by,
                "password_set_at": row.password_set_at,
                "disabled_at": row.disabled_at,
            }
            for row in connection.execute(query)
        ]


def set_roles(centre: Centre, *, account: str, roles: tuple[str, ...], by: str) -> Proposal | None:
    """From the next request on. Returns the proposal that it waits for, if any.

    Raises CentreError ``account-unknown``, ``account-roles``.
    """
    text, now = _roles_text(roles), centre.clock()
    with writing(centre.engine) as connection:
        _change(connection, account, roles=text)
        record_act(connection, at=now, actor=by, act="set-roles", subject=account, reason=", ".join(text.split()))
        return hold_decider(connection, centre, account, by=by)


def move_account(centre: Centre, *, account: str, unit: str, by: str) -> Proposal | None:
    """To another unit, as when the old one was closed; from the next request on. Returns as `set_roles` does.

    Raises CentreError ``account-unknown``, ``unit-unknown``.
    """
    with writing(centre.engine) as connection:
        _refuse_unknown(connection, unit)
        _change(connection, account, unit=unit)
        record_act(connection, at=centre.clock(), actor=by, act="move-account", subject=account, reason=unit)
        return hold_decider(connection, centre, account, by=by)


def disable_account(centre: Centre, *, account: str, by: str, reason: str) -> None:
    """At once: its sessions end. Raises CentreError ``account-unknown``."""
    now = centre.clock()
    with writing(centre.engine) as connection:
        _change(connection, account, disabled_at=instant_to_text(now))
        _end_sessions(connection, account)
        record_act(connection, at=now, actor=by, act="disable-account", subject=account, reason=reason)


def enable_account(centre: Centre, *, account: str, by: str, reason: str) -> Proposal | None:
    """Returns as `set_roles` does. Raises CentreError ``account-unknown``."""
    with writing(centre.engine) as connection:
        _change(connection, account, disabled_at=None)
        record_act(connection, at=centre.clock(), actor=by, act="enable-account", subject=account, reason=reason)
        return hold_decider(connection, centre, account, by=by)


def reset_account(centre: Centre, *, account: str, by: str, reason: str) -> Handed:
    """A new second factor and a new first password, for who lost one of them. Sessions end.

    Raises CentreError ``account-unknown``.
    """
    now, secret, password = centre.clock(), new_secret(), new_password()
    with writing(centre.engine) as connection:
        _change(
            connection,
            account,
            password_hash=hash_password(password),
            password_set_at=None,
            totp_secret=seal_secret(secret, account, centre.secret),
            totp_step=0,
        )
        _end_sessions(connection, account)
        record_act(connection, at=now, actor=by, act="reset-account", subject=account, reason=reason)
        waiting = hold_decider(connection, centre, account, by=by)
    return Handed(account=account, password=password, otpauth=provisioning_uri(secret, account), waiting=waiting)


def _roles_text(roles: tuple[str, ...]) -> str:
    """Health vouches for the doses, police for the person: one account is never both."""
    if "police" in roles and not _OF_HEALTH.isdisjoint(roles):
        raise CentreError("account-roles", "police have no account that is clerk or signer as well")
    return roles_to_text(roles)


def _refuse_unknown(connection: Connection, unit: str) -> None:
    if connection.execute(select(units.c.code).where(units.c.code == unit)).one_or_none() is None:
        raise CentreError("unit-unknown", f"there is no unit {unit}")


def _change(connection: Connection, account: str, **values: Any) -> None:
    if not connection.execute(update(accounts).where(accounts.c.account == account).values(values)).rowcount:
        raise CentreError("account-unknown", f"there is no account {account}")


def _end_sessions(connection: Connection, account: str) -> None:
    connection.execute(delete(staff_sessions).where(staff_sessions.c.account == account))
