"""Which complaints a person of the staff may see: those of units in reach, but none about the conduct of the own unit.

What is out of reach does not exist: nobody learns by its number that there is a complaint.
"""

from typing import Final

from sqlalchemy import ColumnElement, Connection, or_

from api.accounts.staff import Role, Staff, refuse_place, refuse_role
from api.complaints.cases import Case, find_case
from api.complaints.routing import family_of, units_below
from api.errors import CentreError
from api.store.schema_complaints import complaints

WORKING: Final[tuple[Role, ...]] = ("clerk", "overseer")


def in_reach(connection: Connection, staff: Staff) -> ColumnElement[bool]:
    """The condition of a query. Raises CentreError ``role``."""
    refuse_role(staff, *WORKING)
    own = family_of(connection, staff.unit)
    seen = or_(complaints.c.named_unit.is_(None), complaints.c.named_unit.not_in(own))
    return complaints.c.unit.in_(units_below(staff.unit)) & seen


def find_in_reach(connection: Connection, staff: Staff, complaint_id: str, *, lock: bool = False) -> Case:
    """The complaint, where this person may see it. Raises CentreError ``role``, ``complaint-not-found``."""
    refuse_role(staff, *WORKING)
    case = find_case(connection, complaint_id)
    try:
        refuse_place(connection, staff, case.unit)
    except CentreError:
        raise CentreError("complaint-not-found") from None
    if case.named_unit is not None and staff.unit in family_of(connection, case.named_unit):
        raise CentreError("complaint-not-found")
    return find_case(connection, complaint_id, lock=True) if lock else case
