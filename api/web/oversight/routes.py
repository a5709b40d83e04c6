"""The pages of oversight. Each asks the use case that programs ask, and decides nothing."""

from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.staff import Staff
from api.complaints.kinds import KINDS
from api.complaints.refusals import REFUSALS
from api.errors import CentreError
from api.oversight.acts import find_unusual_below
from api.oversight.covered import NUMBERS, look_at_coverage
from api.oversight.deadlines import look_ahead
from api.oversight.due import READERS, ask_due_list, take_due_list
from api.oversight.lists import Other, list_behind, what_of
from api.oversight.overview import OVERSEERS, Area, Overview, find_path, look_over
from api.oversight.stages import OPEN, Stage
from api.stations.sentences import STATES, Sentence
from api.store.coverage import week_of
from api.web.door import Form, InCentre, page_for
from api.web.messages import language_of
from api.web.oversight import words
from api.web.oversight.pictures import line_of, standing_line
from api.web.oversight.tables import areas_csv, coverage_csv
from api.web.pages import PageRoute, field_of, render, words_of
from certificates.records.dates import local_day

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Overseer = Annotated[Staff, Depends(page_for(*OVERSEERS))]
Caller = Annotated[Staff, Depends(page_for(*READERS))]
Auditor = Annotated[Staff, Depends(page_for("auditor"))]
Code = Annotated[str, Path(max_length=32)]
NAMED: Final = 5  # units that are named as slow, or as refusing much
DECIDED: Final = 5  # complaints decided, from which on a part says something
_UNITS: Final = (Other.IN_USE, Other.SUSPENDED, Other.NONE, Other.NOT_IN_USE)
_COMPLAINTS: Final = (
    Other.COMPLAINTS,
    Other.LATE,
    Other.RECEIVED,
    Other.BREACHED,
    Other.CONFIRMED,
    Other.REFUSED,
)
_WORDS: Final[dict[str, Any]] = {name: getattr(words, name) for name in ("STAGES", "CLASSES", "TASKS", "BANDS")}


@router.get("/oversight")
def own(request: Request, centre: InCentre, staff: Overseer) -> Response:
    """One's own unit."""
    return _show(request, look_over(centre, staff), centre, staff)


@router.get("/oversight/at/{unit}")
def at(request: Request, centre: InCentre, staff: Overseer, unit: Code) -> Response:
    """Where it sticks in a unit and below it."""
    return _show(request, look_over(centre, staff, unit), centre, staff)


@router.get("/oversight/at/{unit}/table.csv")
def table(centre: InCentre, staff: Overseer, unit: Code) -> Response:
    """The numbers of a unit and of those directly below it."""
    return areas_csv(look_over(centre, staff, unit))


@router.get("/oversight/at/{unit}/coverage")
def coverage(request: Request, centre: InCentre, staff: Overseer, unit: Code) -> Response:
    """Doses against residents, and who is due."""
    found = look_at_coverage(centre, staff, unit)
    values = {"found": found, "numbers": NUMBERS, "may_call": not staff.roles.isdisjoint(READERS)}
    return render(request, "oversight/coverage.html", path_down=found.path, **values, **_WORDS)


@router.get("/oversight/at/{unit}/coverage.csv")
def coverage_table(centre: InCentre, staff: Overseer, unit: Code) -> Response:
    """The same as a table."""
    return coverage_csv(look_at_coverage(centre, staff, unit))


@router.get("/oversight/at/{unit}/list/{what}")
def list_(
    request: Request,
    centre: InCentre,
    staff: Overseer,
    unit: Code,
    what: Annotated[str, Path(max_length=40)],
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The list behind a number."""
    chosen = what_of(what)
    page = list_behind(centre, staff, chosen, unit=unit, after=after)
    path = find_path(centre, staff, unit)
    kind = "units" if chosen in _UNITS else "complaints" if chosen in _COMPLAINTS else "records"
    values = {
        "page": page,
        "title": words.LISTS[chosen],
        "kind": kind,
        "meanings": _meanings(language_of(request)),
        **_WORDS,
    }
    return render(request, "oversight/list.html", path_down=path, unit=path[-1], **values)


@router.get("/oversight/at/{unit}/due")
def ask_due(request: Request, centre: InCentre, staff: Caller, unit: Code) -> Response:
    """Up to which day?"""
    until = week_of(local_day(centre.clock())) + timedelta(days=6)
    return _due(request, centre, staff, unit, until=until.isoformat())


@router.post("/oversight/at/{unit}/due")
def due(request: Request, centre: InCentre, staff: Caller, unit: Code, form: Form) -> Response:
    """The list of those whose dose is due, to be printed."""
    until, export_id = field_of(form, "until", 10), field_of(form, "export", 64)
    try:
        day = date.fromisoformat(until)
    except ValueError:
        return _due(request, centre, staff, unit, until=until, status=422, wrong_day=True)
    try:
        if export_id:
            found = take_due_list(centre, staff, export_id, unit=unit, until=day)
        else:
            found = ask_due_list(centre, staff, unit=unit, until=day)
    except CentreError as error:
        if error.code in ("place", "role"):
            raise
        trouble = words_of(request, error)
        return _due(request, centre, staff, unit, until=until, status=409, trouble=trouble, export_id=export_id)
    return _due(request, centre, staff, unit, until=until, found=found, export_id=found.export_id)


@router.get("/oversight/at/{unit}/unusual")
def unusual(request: Request, centre: InCentre, staff: Auditor, unit: Code) -> Response:
    """Acts of the last days that somebody should look at."""
    path = find_path(centre, staff, unit)
    values = {"found": find_unusual_below(centre, staff, unit), "kinds": words.UNUSUAL}
    return render(request, "oversight/unusual.html", path_down=path, unit=path[-1], **values)


def _due(request: Request, centre: Any, staff: Staff, unit: str, *, status: int = 200, **given: Any) -> Response:
    path = find_path(centre, staff, unit, roles=READERS)
    values = {"found": None, "wrong_day": False, "trouble": None, "export_id": "", **given}
    return render(request, "oversight/due.html", status, path_down=path, unit=path[-1], **values)


def _show(request: Request, found: Overview, centre: Any, staff: Staff) -> Response:
    standing = found.whole.standing
    decided = [one for one in found.below if one.complaints.confirmed + one.complaints.refused >= DECIDED]
    lines = {
        "taken_in": line_of([day.taken_in for day in found.days]),
        "issued": line_of([day.issued for day in found.days]),
        "to_mend": standing_line(standing.to_mend, [day.to_mend for day in found.days]),
    }
    return render(
        request,
        "oversight/area.html",
        found=found,
        whole=found.whole,
        now=centre.clock(),
        path_down=found.path,
        lines=lines,
        stuck=standing.stuck,
        stuck_words=words.STUCK,
        open_stages=OPEN,
        Stage=Stage,
        forecasts=look_ahead(centre, staff, found.whole.unit.code),
        slow=_slow(found.below),
        refusing=sorted(decided, key=lambda one: -(one.complaints.refused_part or 0))[:NAMED],
        may_call=not staff.roles.isdisjoint(READERS),
        **_WORDS,
    )


@cache
def _meanings(language: str) -> dict[str, str]:
    """What codes in lists mean, in words that are in no catalogue."""
    told: dict[str, Sentence] = {
        **{state.value: one for state, one in STATES.items()},
        **{kind.value: one for kind, one in KINDS.items()},
        **{refusal.value: reason.why for refusal, reason in REFUSALS.items()},
    }
    return {code: getattr(one, language) for code, one in told.items()}


def _slow(below: tuple[Area, ...]) -> list[Area]:
    waiting = [one for one in below if one.oldest is not None]
    return sorted(waiting, key=lambda one: (-one.standing.raised, one.oldest or "", one.unit.code))[:NAMED]
