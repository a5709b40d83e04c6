"""The tree of units, as work lists walk it: who looks after a unit, and what lies below one."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from api.accounts.staff import units_above
from api.store.schema import units


def unit_above(connection: Connection, unit: str, *, levels: int = 1) -> str | None:
    """The unit so many levels above; a closed unit stands where its successor stands. None: the tree ends below."""
    chain = list(_open_ones(connection, units_above(connection, unit)))
    return chain[levels] if levels < len(chain) else None


def _open_ones(connection: Connection, chain: Collection[str]) -> Iterator[str]:
    closed = units.c.successor.is_not(None)
    gone = set(connection.execute(select(units.c.code).where(units.c.code.in_(chain), closed)).scalars())
    return (code for code in chain if code not in gone)


def units_below(connection: Connection, unit: str) -> tuple[str, ...]:
    """The unit and all below it, closed ones whose work they inherited among them."""
    found, fresh = [unit], [unit]
    known = {unit}
    while fresh:
        theirs = units.c.parent.in_(fresh) | units.c.successor.in_(fresh)
        fresh = [code for code in connection.execute(select(units.c.code).where(theirs)).scalars() if code not in known]
        known.update(fresh)
        found += fresh
    return tuple(found)


def children(connection: Connection, unit: str) -> tuple[str, ...]:
    """The open units directly below."""
    query = select(units.c.code).where(units.c.parent == unit, units.c.successor.is_(None)).order_by(units.c.code)
    return tuple(connection.execute(query).scalars())
