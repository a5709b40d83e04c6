"""The tree of units, as work lists walk it: who looks after a unit, and what lies below one."""

from collections.abc import Collection, Iterator

from sqlalchemy import CTE, Connection, case, func, literal, select

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


def below(unit: str) -> CTE:
    """The unit and all below it, for queries: ``code``, and ``home``, the one directly below ``unit`` that it is of (or
    ``unit`` itself). A closed unit is where its successor is."""
    tree = select(literal(unit).label("code"), literal(unit).label("home")).cte("below", recursive=True)
    lower = units.alias()
    home = case((tree.c.home == unit, case((lower.c.successor.is_(None), lower.c.code), else_=unit)), else_=tree.c.home)
    above = func.coalesce(lower.c.successor, lower.c.parent)
    return tree.union(select(lower.c.code, home).join(tree, above == tree.c.code))


def children(connection: Connection, unit: str) -> tuple[str, ...]:
    """The open units directly below."""
    query = select(units.c.code).where(units.c.parent == unit, units.c.successor.is_(None)).order_by(units.c.code)
    return tuple(connection.execute(query).scalars())
