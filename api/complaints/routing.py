"""Whose task a complaint is: who vaccinated, else whom the citizen names, else where he lives, else the province.

Conduct goes to the unit above the one that it is about.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Select, case, func, or_, select

from api.accounts.staff import units_above
from api.errors import CentreError
from api.signing.enrolment import inherited_units
from api.store.schema import records, units

_MOST_UNITS: Final = 1000


def route(
    connection: Connection,
    *,
    record_id: str | None = None,
    named: str | None = None,
    lives_in: str | None = None,
    province: str | None = None,
) -> str:
    """The unit that answers. Closed ones are stood in for by their successors.

    Raises CentreError ``complaint-unit`` (a unit that is not there, named by ``fields``), ``complaint-nowhere``.
    """
    for field, code in (("unit", named), ("lives_in", lives_in)):
        if code is not None:
            check_unit(connection, code, field)
    if record_id is not None:
        query = select(records.c.unit).where(records.c.record_id == record_id)
        return successor_of(connection, connection.execute(query).scalar_one())
    chosen = named or lives_in
    if chosen is not None:
        return successor_of(connection, chosen)
    if province is None:
        raise CentreError("complaint-nowhere", "neither a unit nor a province is named", fields=("province",))
    return _of_province(connection, province)


def check_unit(connection: Connection, code: str, field: str = "unit") -> None:
    """Raises CentreError ``complaint-unit``."""
    if connection.execute(select(units.c.code).where(units.c.code == code)).first() is None:
        raise CentreError("complaint-unit", "there is no such unit", fields=(field,))


def successor_of(connection: Connection, code: str) -> str:
    """Who answers today for what this unit did; the unit itself while it has no successor."""
    *_, last = _successors(connection, code)
    return last


def unit_above(connection: Connection, code: str, *, unseen_by: str | None = None) -> str | None:
    """The next open unit above this one and its successors, or None at the top.

    Args:
        unseen_by: a unit (in all its shapes) that is passed over.
    """
    family = {*family_of(connection, code), *(family_of(connection, unseen_by) if unseen_by else ())}
    for above in units_above(connection, code):
        closed = connection.execute(select(units.c.closed_on).where(units.c.code == above)).scalar_one_or_none()
        if above not in family and closed is None:
            return above
    return None


def family_of(connection: Connection, code: str) -> tuple[str, ...]:
    """All units that this one is today, or was: who shares its last successor. What must not be seen by one of them
    must not be seen by any."""
    return inherited_units(connection, successor_of(connection, code))


def units_below(unit: str) -> Select[tuple[str]]:
    """The codes of a unit, of all that lie below it in the tree, and of the closed ones whose work they inherited."""
    below = select(units.c.code).where(units.c.code == unit).cte("below", recursive=True)
    under = select(units.c.code).where(
        or_(units.c.successor == below.c.code, units.c.successor.is_(None) & (units.c.parent == below.c.code))
    )
    return select(below.union(under).c.code)


def open_units(connection: Connection, province: str) -> list[tuple[str, str]]:
    """Code and name of a province's open units, for citizens to choose from; at most a thousand."""
    rows = connection.execute(
        select(units.c.code, units.c.name)
        .where(units.c.province == province, units.c.closed_on.is_(None))
        .order_by(units.c.name, units.c.code)
        .limit(_MOST_UNITS)
    )
    return [(row.code, row.name) for row in rows]


def open_provinces(connection: Connection) -> list[tuple[str, str]]:
    """Code and name of the provinces that have open units; the name is that of the province's own unit."""
    found = connection.execute(
        select(units.c.province, func.max(case((units.c.kind == "province", units.c.name))))
        .where(units.c.closed_on.is_(None))
        .group_by(units.c.province)
        .order_by(units.c.province)
    )
    return [(code, name or code) for code, name in found]


def province_of(connection: Connection, unit: str) -> str:
    return str(connection.execute(select(units.c.province).where(units.c.code == unit)).scalar_one())


def _successors(connection: Connection, code: str) -> Iterator[str]:
    seen: set[str] = set()
    following: str | None = code
    while following is not None and following not in seen:
        yield following
        seen.add(following)
        query = select(units.c.successor).where(units.c.code == following)
        following = connection.execute(query).scalar_one_or_none()


def _of_province(connection: Connection, province: str) -> str:
    """The province's own unit, else the ministry."""
    own = (units.c.kind == "province") & (units.c.province == province)
    for kind in (own, units.c.kind == "ministry"):
        query = select(units.c.code).where(kind, units.c.closed_on.is_(None)).order_by(units.c.code).limit(1)
        found = connection.execute(query).scalar_one_or_none()
        if found is not None:
            return str(found)
    raise CentreError("complaint-nowhere", "no unit of the province or ministry is entered", fields=("province",))
