"""The kinds of problems: one file an area, one table of all."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds import (
    accounts,
    auditing,
    citizens,
    complaints,
    enrolment,
    general,
    identity,
    intake,
    ministry,
    operating,
    oversight,
    revoking,
    signing,
    worklists,
)
from api.problem_kinds.kind import Kind, Words

__all__ = ["KINDS", "Kind", "Words"]

KINDS: Final[Mapping[str, Kind]] = {
    **general.KINDS,
    **accounts.KINDS,
    **auditing.KINDS,
    **citizens.KINDS,
    **complaints.KINDS,
    **enrolment.KINDS,
    **identity.KINDS,
    **intake.KINDS,
    **ministry.KINDS,
    **operating.KINDS,
    **oversight.KINDS,
    **revoking.KINDS,
    **signing.KINDS,
    **worklists.KINDS,
}
