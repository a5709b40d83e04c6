"""Possible duplicates: the pairs that wait, and both sides of one beside each other."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.staff import Staff
from api.context import Centre
from api.duplicates.deciding import Verdict, decide, list_open
from api.duplicates.deciding import show as read_pair
from api.errors import CentreError
from api.web.door import Form, InCentre, page_for
from api.web.pages import PageRoute, see_other
from api.web.work import words
from api.web.work.forms import Typed, WrongFormError, needed, refused, values_of
from api.web.work.frame import after, product_name, show
from api.web.work.values import shown_day
from certificates.records.letter_marks import Piece, mark_letters

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Decider = Annotated[Staff, Depends(page_for("clerk", "overseer"))]
PairId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
_PERSON: Final = ("full_name", "date_of_birth", "sex", "id_number", "nationality")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Line:
    """One field of both sides, in pieces."""

    field: str
    dose: int | None
    cells: tuple[tuple[Piece, ...], ...]
    differs: bool


@router.get("/work/duplicates")
def pairs(request: Request, centre: InCentre, staff: Decider) -> Response:
    """Undecided pairs, the oldest first; no personal data."""
    return show(request, centre, staff, "work/duplicates.html", pairs_found=list_open(centre, staff))


@router.get("/work/duplicates/{duplicate_id}")
def pair(request: Request, centre: InCentre, staff: Decider, duplicate_id: PairId) -> Response:
    """Both sides. The log keeps who looked."""
    return _show(request, centre, staff, duplicate_id)


@router.post("/work/duplicates/{duplicate_id}")
def settle(request: Request, centre: InCentre, staff: Decider, duplicate_id: PairId, form: Form) -> Response:
    """One and the same, or two."""
    values = values_of(form)
    verdict: Literal["same", "different"] = "same" if values.get("verdict") == "same" else "different"
    if values.get("verdict") not in get_args(Verdict):
        raise CentreError("request-form", fields=("verdict",))
    try:
        (why,) = needed(values, "why")
        decide(centre, staff, duplicate_id, verdict, why=why)
    except (CentreError, WrongFormError) as error:
        return _show(request, centre, staff, duplicate_id, typed=refused(request, verdict, values, error))
    return see_other(after("/work/duplicates", verdict))


def _show(request: Request, centre: Centre, staff: Staff, duplicate_id: str, *, typed: Typed | None = None) -> Response:
    found = read_pair(centre, staff, duplicate_id)
    one = found["records"][0]
    if found["kind"] == "person" and len(found["records"]) > 1:
        other = found["records"][1]
        sides = [{"name": side["record_id"], "unit": side["unit"], "state": side["state"]} for side in (one, other)]
        lines = [*person_lines(one["person"], other["person"]), *dose_lines(one["doses"], other["doses"])]
    else:
        dose = found["dose"] or {}
        there: dict[str, Any] = next((known for known in one["doses"] if known["number"] == dose.get("number")), {})
        sides = [
            {"name": one["record_id"], "unit": there.get("unit", found["unit"]), "state": one["state"]},
            {"name": "", "unit": found["other_unit"], "state": ""},
        ]
        lines = [*person_lines(one["person"], one["person"]), *dose_lines([there] if there else [], [dose])]
    values = {"pair": found, "sides": sides, "lines": lines, "typed": typed, "fields": words.FIELDS}
    return show(request, centre, staff, "work/duplicate.html", status=typed.status if typed else 200, **values)


def person_lines(one: dict[str, Any], other: dict[str, Any]) -> list[Line]:
    """The fields of two people, as their records keep them."""
    return [_line(name, None, _shown(name, one.get(name)), _shown(name, other.get(name))) for name in _PERSON]


def dose_lines(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[Line]:
    """Doses, each beside the one of its number."""
    here, there = ({dose["number"]: dose for dose in side if dose} for side in (one, other))
    return [
        _line(name, number, *(_shown(name, side.get(number, {}).get(name)) for side in (here, there)))
        for number in sorted({*here, *there})
        for name in ("given_on", "product", "lot", "unit")
    ]


def _shown(name: str, value: Any) -> str:
    if name in ("date_of_birth", "given_on"):
        return shown_day(value)
    return product_name(value) if name == "product" and value else str(value or "")


def _line(name: str, dose: int | None, here: str, there: str) -> Line:
    """What only one side has is marked as a whole: its line, where it is about the person; a dose may be one's own."""
    cells = mark_letters(here, there) if here and there else ((Piece(here, False),), (Piece(there, False),))
    return Line(field=name, dose=dose, cells=cells, differs=here != there and (dose is None or bool(here and there)))
