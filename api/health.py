"""Whether the process lives, and whether it can do its work: for those who watch it. Neither says why to strangers."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from api.auth import get_centre
from api.checkers.published import list_age
from api.context import Centre
from api.errors import CentreError
from api.problems import RESPONSES
from api.store.versions import check_schema

_MEGABYTE: Final = 1024 * 1024

router = APIRouter(tags=["operation"], responses=RESPONSES)


class Health(BaseModel):
    status: Literal["ok"]


class Readiness(BaseModel):
    status: Literal["ready"]


@router.get("/healthz")
async def healthz() -> Health:
    """The process answers. It touches nothing: a database that is away is no reason to kill the process."""
    return Health(status="ok")


@router.get("/readyz")
def readyz(centre: Annotated[Centre, Depends(get_centre)]) -> Readiness:
    """Whether this process can work: the database with the right tables, fresh lists, space on the disk.

    Else the problem ``not-ready`` names in ``fields`` what fails; why, `vaxseal admin doctor` says on the server.
    """
    failing = tuple(name for name, check in CHECKS.items() if not _holds(check, centre))
    if failing:
        raise CentreError("not-ready", fields=failing)
    return Readiness(status="ready")


def refuse_old_lists(centre: Centre) -> None:
    """Where checkers' lists are pinned and were published, they are not too old to be used.

    Raises CentreError ``lists-old``.
    """
    if centre.settings.list_roots is None:
        return
    age = list_age(centre.engine, at=centre.clock())
    if age is not None and age > timedelta(days=centre.settings.list_max_age_days):
        raise CentreError("lists-old", f"the lists are {age.days} days old: sign and publish the next version")


def refuse_full_disk(centre: Centre) -> None:
    """Raises CentreError ``disk-full``."""
    free = shutil.disk_usage(centre.settings.data).free // _MEGABYTE
    if free < centre.settings.least_disk_mb:
        raise CentreError("disk-full", f"only {free} MB are free in {centre.settings.data}")


CHECKS: Final[dict[str, Callable[[Centre], None]]] = {
    "database": lambda centre: check_schema(centre.engine),
    "lists": refuse_old_lists,
    "disk": refuse_full_disk,
}


def _holds(check: Callable[[Centre], None], centre: Centre) -> bool:
    try:
        check(centre)
    except (CentreError, SQLAlchemyError, OSError):
        return False
    return True
