"""Work that was closed below and drawn to be checked again: what waits, and one of it with its record and proof."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.reading import Purpose
from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.web.door import Form, InCentre, page_for
from api.web.pages import PageRoute, see_other
from api.web.work import words
from api.web.work.forms import Typed, WrongFormError, one_of, refused, values_of
from api.web.work.frame import after as told_at
from api.web.work.frame import show
from api.web.work.values import shown_record, told_events
from api.worklists.own import open_work
from api.worklists.rechecks import LONGEST, ErrorClass, Sampled, list_rechecks, read_recheck, recheck

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Overseer = Annotated[Staff, Depends(page_for("overseer"))]
ClosingId = Annotated[str, Path(pattern=r"^[a-z0-9]{1,32}$")]
HOME: Final = "/work/rechecks"


@router.get(HOME)
def waiting(
    request: Request, centre: InCentre, staff: Overseer, after: Annotated[str | None, Query(max_length=32)] = None
) -> Response:
    """What waits at one's own unit, the oldest first; no personal data."""
    found = list_rechecks(centre, staff, after=after)
    following = found[-1].closing_id if len(found) == LONGEST else None
    return show(request, centre, staff, "work/rechecks.html", found=found, after=following)


@router.get(HOME + "/{closing_id}")
def one(request: Request, centre: InCentre, staff: Overseer, closing_id: ClosingId) -> Response:
    """A closing with its record, as it stands now. The look is logged."""
    return _show(request, centre, staff, closing_id)


@router.post(HOME + "/{closing_id}")
def decide(request: Request, centre: InCentre, staff: Overseer, closing_id: ClosingId, form: Form) -> Response:
    """What came of it: nothing was wrong, or what was."""
    values = values_of(form)
    do = values.get("do", "")
    if do not in ("ok", "error"):
        raise CentreError("request-form", fields=("do",))
    sampled = read_recheck(centre, staff, closing_id)
    try:
        recheck(centre, staff, closing_id, error=_error_of(do, values))
    except WrongFormError as error:
        return _show(request, centre, staff, closing_id, typed=refused(request, do, values, error))
    return see_other(told_at(HOME, f"checked-{do}", about=sampled.record_id))


def _error_of(do: str, values: Mapping[str, str]) -> ErrorClass | None:
    return ErrorClass(one_of(values, error=ErrorClass)["error"]) if do == "error" else None


def _show(request: Request, centre: Centre, staff: Staff, closing_id: str, *, typed: Typed | None = None) -> Response:
    sampled = read_recheck(centre, staff, closing_id)
    opened = open_work(centre, staff, sampled.record_id, purpose=Purpose.SAMPLE)
    events = told_events(opened.events)
    values: dict[str, Any] = {
        "sampled": sampled,
        "stored": opened.stored,
        "shown": shown_record(opened.stored.record),
        "events": events,
        "proof": [one for one in events if _is_closing(one, sampled)][-1:],
        "errors": {
            code: text
            for code, text in words.ERRORS.items()
            if code is not ErrorClass.NOT_CHECKED or sampled.kind == "rechecked"
        },
        "typed": typed,
    }
    return show(request, centre, staff, "work/recheck.html", status=typed.status if typed else 200, **values)


def _is_closing(event: Mapping[str, Any], sampled: Sampled) -> bool:
    """What it was closed by: the version that mended it, or the step that settled or checked it."""
    if sampled.kind == "mended":
        return bool(event["version"] == str(sampled.version))
    return bool(event["what"] == sampled.kind)
