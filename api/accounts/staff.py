"""A person of the staff: the account, its roles, and the unit that bounds what it may touch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, bindparam, select

from api.errors import CentreError
from api.store.schema import units

POLICE: Final = "police"  # the kind of unit that answers for persons, and signs lists only
Role = Literal["clerk", "signer", "police", "overseer", "ministry", "auditor", "operator"]
ROLES: Final[tuple[Role, ...]] = ("clerk", "signer", "police", "overseer", "ministry", "auditor", "operator")
_SUCCESSOR: Final = select(units.c.successor).where(units.c.code == bindparam("its_code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who acts, proven by a log-in. ``unit`` is the account's own; what lies below it in the tree is in its scope."""

    account: str
    unit: str
    roles: frozenset[Role]

    @property
    def actor(self) -> str:
        """As the audit names it."""
        return f"{self.account}@{self.unit}"


def refuse_role(staff: Staff, *roles: Role) -> None:
    """Raises CentreError ``role`` unless the person has one of these."""
    if staff.roles.isdisjoint(roles):
        raise CentreError("role", f"this asks for one of: {', '.join(roles)}")


def refuse_place(connection: Connection, staff: Staff, unit: str) -> None:
    """Raises CentreError ``place`` unless ``unit`` is the person's own or lies below it in the tree.

    A closed unit is looked for where its successor stands: the successor inherited its work. People of a police unit
    who have that role answer for what lies below its parent: a commune's police stand beside its station.
    """
    above = units_above(connection, unit)
    if staff.unit in above or ("police" in staff.roles and police_places(connection, staff.unit).intersection(above)):
        return
    raise CentreError("place", "the unit is not in this person's part of the tree")


def police_places(connection: Connection, police: str) -> frozenset[str]:
    """The units below which a police unit answers for persons: its parent, and those of police whose work it inherited,
    or who inherited its own. None for units of other kinds."""
    found: dict[str, str | None] = {}
    following = [police]
    while following:
        rows = connection.execute(
            select(units.c.code, units.c.parent, units.c.successor).where(
                units.c.kind == POLICE, units.c.code.in_(following) | units.c.successor.in_(following)
            )
        ).all()
        fresh = {row.code: row for row in rows if row.code not in found}
        found |= {code: row.parent for code, row in fresh.items()}
        following = [*fresh, *(row.successor for row in fresh.values() if row.successor and row.successor not in found)]
    return frozenset(parent for parent in found.values() if parent is not None)


def units_above(connection: Connection, unit: str) -> tuple[str, ...]:
    """The unit itself (or, where it is closed, its successor too), then its parents up to the root of the tree."""
    found: list[str] = []
    following: str | None = unit
    while following is not None and following not in found:
        found.append(following)
        row = connection.execute(
            select(units.c.parent, units.c.successor).where(units.c.code == following)
        ).one_or_none()
        following = None if row is None else row.successor or row.parent
    return tuple(found)


def working_unit(connection: Connection, unit: str) -> str:
    """The unit itself or, where it was closed, the one that does its work now."""
    known = [unit]
    while True:
        successor = connection.execute(_SUCCESSOR, {"its_code": known[-1]}).scalar_one_or_none()
        if successor is None or successor in known:
            return known[-1]
        known.append(successor)


def roles_from_text(text: str) -> frozenset[Role]:
    """The roles as the table keeps them, with blanks between; what nobody knows any more is no role."""
    given = text.split()
    return frozenset(role for role in ROLES if role in given)


def roles_to_text(roles: Iterable[str]) -> str:
    """In the order of the alphabet. Raises CentreError ``account-roles``: none, or one that nobody knows."""
    given = set(roles)
    if not given or not given <= set(ROLES):
        raise CentreError("account-roles", f"an account has one or more of: {', '.join(ROLES)}")
    return " ".join(sorted(given))


def refuse_closed(unit: Row[*tuple[Any, ...]], day: date) -> None:
    """Of a row with ``opened_on`` and ``closed_on``: nobody works for a unit that is not open on this day.

    Its people move to the unit that inherited the work: `api.accounts.administration.move_account`.

    Raises CentreError ``unit-closed``.
    """
    today = day.isoformat()
    if unit.opened_on > today or (unit.closed_on is not None and unit.closed_on <= today):
        raise CentreError("unit-closed", "the account's unit is closed, or not open yet")
