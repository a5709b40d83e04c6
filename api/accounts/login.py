"""Who somebody is. `LogIn` is what a way to prove it looks like; the one here asks for password and second factor.

What a person may do is no matter of the log-in: unit and roles stand with the account, whoever vouches for the person.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy import delete, select, update

from api.accounts.passwords import check_new_password, hash_password, is_password
from api.accounts.second_factor import new_secret, open_secret, step_of
from api.audit import record_act
from api.context import Centre
from api.errors import CentreError
from api.store.counters import add_up, sweep
from api.store.schema_accounts import accounts, login_tries, staff_sessions
from api.store.transactions import writing
from certificates.records.model import instant_from_text, instant_to_text

FREE_TRIES: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=30)  # after as many failures; each one more doubles it
LONGEST_PAUSE: Final = timedelta(minutes=15)
_FORGOTTEN: Final = timedelta(days=1)
Given = TypeVar("Given", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """That the holder of an account asks. Made by a `LogIn` only; ``by`` says how, for the audit."""

    account: str
    by: str


class LogIn(Protocol[Given]):
    """A way to prove who one is. Another one (OpenID Connect) finds the account of its subject and gives the same."""

    def __call__(self, centre: Centre, given: Given) -> Proven:
        """Raises CentreError; the same one for whatever was wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAndCode:
    """What a person types. ``new_password`` takes the place of ``password`` once both factors are right."""

    account: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    new_password: str | None = field(default=None, repr=False)


def prove_by_password(centre: Centre, given: PasswordAndCode) -> Proven:
    """Password and second factor. Every name, known or not, is answered alike and is slowed down alike.

    A try is counted before it is looked at, so guesses that come at once are counted one after the other.

    Raises CentreError ``staff-login-paused`` (too many tries with this name), ``staff-login-refused``,
    ``password-first`` (both are right, but somebody else has seen the password: ``new_password`` is needed),
    ``password-form``.
    """
    if given.new_password is not None:
        check_new_password(given.new_password, given.password)
    now = centre.clock()
    key = hmac.new(centre.secret, b"login\0" + given.account.encode(), hashlib.sha256).digest()
    _count_try(centre, key, now)
    with centre.engine.connect() as connection:
        row = connection.execute(select(accounts).where(accounts.c.account == given.account)).one_or_none()
    right = is_password(given.password, row.password_hash if row else None)
    secret = open_secret(row.totp_secret, row.account, centre.secret) if row else new_secret()
    step = step_of(given.code, secret, now)
    if row is None or not right or step is None or row.disabled_at is not None:
        _note_failure(centre, given.account if row else "unknown", now)
        raise CentreError("staff-login-refused")
    if row.password_set_at is None and given.new_password is None:
        with writing(centre.engine) as connection:
            connection.execute(delete(login_tries).where(login_tries.c.name == key))
        raise CentreError("password-first")
    changed = {} if given.new_password is None else _changed(given.new_password, now)
    with writing(centre.engine) as connection:
        taken = connection.execute(
            update(accounts)
            .where(accounts.c.account == row.account, accounts.c.totp_step < step, accounts.c.disabled_at.is_(None))
            .values(totp_step=step, **changed)
        ).rowcount
        if taken:
            connection.execute(delete(login_tries).where(login_tries.c.name == key))
        if taken and changed:
            connection.execute(delete(staff_sessions).where(staff_sessions.c.account == row.account))
            record_act(connection, at=now, actor=f"{row.account}@{row.unit}", act="set-password", subject=row.account)
    if not taken:  # the code was used
        _note_failure(centre, row.account, now)
        raise CentreError("staff-login-refused")
    return Proven(account=row.account, by="password")


LOG_IN: Final[LogIn[PasswordAndCode]] = prove_by_password  # the way of this service, for programs and pages


def _changed(password: str, now: datetime) -> dict[str, str]:
    return {"password_hash": hash_password(password), "password_set_at": instant_to_text(now)}


def _count_try(centre: Centre, key: bytes, now: datetime) -> None:
    mine = login_tries.c.name == key
    with writing(centre.engine) as connection:
        sweep(connection, login_tries, login_tries.c.not_before < instant_to_text(now - _FORGOTTEN))
        before = add_up(connection, login_tries, {"name": key}, login_tries.c.failures, 0)  # the row is ours now
        not_before = connection.execute(select(login_tries.c.not_before).where(mine)).scalar_one()
        left = 0 if not_before is None else (instant_from_text(not_before) - now).total_seconds()
        if left > 0:
            raise CentreError("staff-login-paused", retry_after=int(left))
        wait = instant_to_text(now + _pause(before + 1))
        connection.execute(update(login_tries).where(mine).values(failures=before + 1, not_before=wait))


def _pause(failures: int) -> timedelta:
    if failures < FREE_TRIES:
        return timedelta()
    return min(FIRST_PAUSE * (1 << min(failures - FREE_TRIES, 16)), LONGEST_PAUSE)


def _note_failure(centre: Centre, subject: str, now: datetime) -> None:
    """``subject`` is an account, never what somebody typed: people type passwords into the wrong field."""
    with writing(centre.engine) as connection:
        record_act(connection, at=now, actor="anybody", act="staff-login-failed", subject=subject)
