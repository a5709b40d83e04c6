"""Unusual acts of the last days, in a part of the tree (`api.auditing.unusual`)."""

from sqlalchemy import select

from api.accounts.staff import Staff
from api.auditing.unusual import LONGEST, Unusual, tell_auditor
from api.context import Centre
from api.oversight.overview import check_area
from api.store.schema_oversight import unit_areas


def find_unusual_below(centre: Centre, staff: Staff, unit: str) -> tuple[Unusual, ...]:
    """Of a unit and those below it, the newest first. Raises CentreError ``role``, ``place``."""
    now = centre.clock()
    with centre.engine.connect() as connection:
        code = check_area(connection, staff, unit, roles=("auditor",))
        mine = set(connection.execute(select(unit_areas.c.unit).where(unit_areas.c.area == code)).scalars())
    found = tell_auditor(centre, staff, begin=now - LONGEST, end=now)
    return tuple(one for one in reversed(found) if one.unit in mine)
