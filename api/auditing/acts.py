"""What an auditor asks of the log: everything that this signer, token or unit did between two times."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Engine, select

from api.accounts.staff import Staff, refuse_place, refuse_role
from api.audit import LoggedAct, logged, record_act, select_acts
from api.context import Centre
from api.errors import CentreError
from api.store.schema import audit, tokens
from api.store.transactions import writing
from certificates.act_chain import unit_of
from certificates.records.model import instant_to_text

MOST: Final = 10_000  # acts of one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whose acts, from ``begin`` on and before ``end``.

    Exactly one of the first three: ``signer`` is "account@unit" as the log names it, ``token`` a fingerprint.
    """

    signer: str | None = None
    token: bytes | None = None
    unit: str | None = None
    begin: datetime
    end: datetime

    @property
    def who(self) -> ColumnElement[bool]:
        """Raises CentreError ``acts-of-one``."""
        asked: tuple[tuple[Column[Any], str | bytes | None], ...] = (
            (audit.c.actor, self.signer),
            (audit.c.token, self.token),
            (audit.c.unit, self.unit),
        )
        named: list[ColumnElement[bool]] = [column == value for column, value in asked if value is not None]
        if len(named) != 1:
            raise CentreError("acts-of-one", "ask for the acts of one signer, or one token, or one unit")
        return named[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Acts in the order of the log; ``following``: where the rest begins, to be asked for as ``after``; or None."""

    acts: tuple[LoggedAct, ...]
    following: int | None


def find_acts(engine: Engine, question: Question, *, after: int = 0, limit: int = MOST) -> Found:
    """The acts, for whoever holds the database. Raises CentreError ``acts-of-one``."""
    with engine.connect() as connection:
        return _find(connection, question, after, limit)


def answer_auditor(centre: Centre, staff: Staff, question: Question, *, after: int = 0, limit: int = MOST) -> Found:
    """As `find_acts`, for an auditor whose part of the tree the acts are in. That it was asked stands in the log.

    Raises CentreError ``role``, ``place``, ``acts-of-one``.
    """
    refuse_role(staff, "auditor")
    with writing(centre.engine) as connection:
        who = question.who  # refused before anything is looked up
        unit = _unit_meant(connection, question)
        refuse_place(connection, staff, unit)
        found = _find(connection, question, after, limit, who)
        record_act(connection, at=centre.clock(), actor=staff.actor, act="log-read", subject=unit)
    return found


def _unit_meant(connection: Connection, question: Question) -> str:
    """The unit that the question is about; an empty code, which is nobody's, where there is none."""
    if question.token is not None:
        owner = select(tokens.c.unit).where(tokens.c.fingerprint == question.token)
        return connection.execute(owner).scalar_one_or_none() or ""
    return question.unit or unit_of(question.signer or "") or ""


def _find(
    connection: Connection, question: Question, after: int, limit: int, who: ColumnElement[bool] | None = None
) -> Found:
    times = audit.c.at >= instant_to_text(question.begin), audit.c.at < instant_to_text(question.end)
    rows = connection.execute(
        select_acts()
        .where(question.who if who is None else who, *times, audit.c.sequence > after)
        .order_by(audit.c.sequence)
        .limit(limit + 1)
    ).all()
    acts = tuple(map(logged, rows[:limit]))
    return Found(acts=acts, following=acts[-1].sequence if len(rows) > limit else None)
