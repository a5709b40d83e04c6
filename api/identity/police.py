"""Which persons a police unit answers for: those of the units below its own parent (a commune, or a province)."""

from sqlalchemy import Connection, select

from api.accounts.staff import Staff, refuse_place, units_above
from api.auth import POLICE
from api.errors import CentreError
from api.store.schema import units


def refuse_persons(connection: Connection, police: str, unit: str) -> None:
    """Raises CentreError ``place`` unless the police unit answers for the persons of ``unit``.

    A closed police unit is looked for where its successor stands.
    """
    above, following = units_above(connection, unit), [police]
    for code in following:
        row = connection.execute(
            select(units.c.kind, units.c.parent, units.c.successor).where(units.c.code == code)
        ).one_or_none()
        if row is None or row.kind != POLICE:
            break
        if row.parent in above:
            return
        if row.successor is not None and row.successor not in following:
            following.append(row.successor)
    raise CentreError("place", "these police do not answer for persons of this unit")


def refuse_scope(connection: Connection, staff: Staff, unit: str) -> None:
    """`refuse_persons` for people of police, `refuse_place` for all others. Raises CentreError ``place``."""
    kind = connection.execute(select(units.c.kind).where(units.c.code == staff.unit)).scalar_one_or_none()
    if kind == POLICE:
        refuse_persons(connection, staff.unit, unit)
    else:
        refuse_place(connection, staff, unit)
