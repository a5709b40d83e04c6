"""Lists for police: made by a clerk, agreed to by a second person where they are many, and handed in once signed."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.exports import approve_export, list_own, list_waiting
from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.identity.list_file import MAX_FILE
from api.identity.lists import EXPORT, ask_list, make_list, show_lists_to, withdraw_list
from api.identity.row_words import words_of as words_of_row
from api.identity.signed_lists import AppliedList, apply_list
from api.web.door import Form, InCentre, page_for
from api.web.messages import language_of
from api.web.pages import HEADERS, PageRoute, see_other
from api.web.work.forms import Typed, WrongFormError, contents_of, needed, refused, values_of
from api.web.work.frame import after, show
from certificates.errors import CertificateError
from certificates.pdf.cms import MAX_SIZE

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Worker = Annotated[Staff, Depends(page_for("clerk", "police", "overseer"))]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/work/lists")
def lists(request: Request, centre: InCentre, staff: Worker) -> Response:
    """The newest lists of one's own unit, and what waits for a second person."""
    return _show(request, centre, staff)


@router.post("/work/lists")
def act(request: Request, centre: InCentre, staff: Worker, form: Form) -> Response:
    """Make a list, take it, agree to another person's, hand a signed one in, or give one up."""
    values = values_of(form)
    do = values.get("do", "")
    try:
        if do == "make":
            return _make(centre, staff, values)
        if do == "approve":
            approve_export(centre, staff, needed(values, "export_id")[0])
            return see_other(after("/work/lists", "agreed"))
        if do == "withdraw":
            list_id, reason = needed(values, "list_id", "reason")
            withdraw_list(centre.engine, list_id, staff=staff, why=reason, at=centre.clock())
            return see_other(after("/work/lists", "withdrawn", about=list_id))
        if do == "signed":
            return _show(request, centre, staff, applied=_hand_in(centre, staff, form))
    except (CentreError, CertificateError, WrongFormError) as error:
        given = {"file": "", "signature": "", **values}
        return _show(request, centre, staff, typed=refused(request, do, given, error))
    raise CentreError("request-form", fields=("do",))


def _make(centre: Centre, staff: Staff, values: Mapping[str, str]) -> Response:
    """The file at once, or the way back to the page, where a second person is awaited."""
    export_id = values.get("export_id")
    if export_id is None:
        export = ask_list(centre, staff.unit, staff=staff)
        if export.state == "waiting":
            return see_other(after("/work/lists", "asked-list"))
        export_id = export.export_id
    made = make_list(centre.engine, staff.unit, staff=staff, at=centre.clock(), export_id=export_id)
    told = {"Content-Disposition": f'attachment; filename="{made.list_id}.xlsx"'}
    return Response(made.file, media_type=_XLSX, headers={**HEADERS, **told})


def _hand_in(centre: Centre, staff: Staff, form: FormData) -> AppliedList:
    file, signature = contents_of(form, file=MAX_FILE, signature=MAX_SIZE)
    return apply_list(centre.engine, centre.settings, file, signature, by=staff.actor, at=centre.clock(), staff=staff)


def _show(
    request: Request, centre: Centre, staff: Staff, *, typed: Typed | None = None, applied: AppliedList | None = None
) -> Response:
    place = 0 if language_of(request) == "vi" else 1
    rows = [
        {**row.to_dict(), "why": words_of_row(row.reason)[place] if row.outcome == "refused" and row.reason else ""}
        for row in (applied.rows if applied else ())
    ]
    values = {
        "lists": show_lists_to(centre.engine, staff.unit, staff=staff),
        "own": [one for one in list_own(centre, staff) if one.kind == EXPORT],
        "waiting": [one for one in list_waiting(centre, staff) if one.kind == EXPORT],
        "may_make": "clerk" in staff.roles,
        "applied": applied,
        "applied_rows": rows,
        "typed": typed,
    }
    return show(request, centre, staff, "work/lists.html", status=typed.status if typed else 200, **values)
