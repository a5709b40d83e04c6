"""A clerk's files of doses: handed in, and what became of every row."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.intake.faults import FILE_SENTENCES, ROW_SENTENCES, file_sentence
from api.intake.handing_in import find_import, hand_in, list_own_imports, look_at_import, refused_rows
from api.intake.reports import row_lines
from api.intake.routes import in_pieces
from api.web.door import Form, InCentre, page_for
from api.web.messages import language_of, messages_of
from api.web.pages import HEADERS, PageRoute, see_other
from api.web.work.forms import Typed, WrongFormError, contents_of, refused
from api.web.work.frame import show
from api.web.work.words import N_

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Clerk = Annotated[Staff, Depends(page_for("clerk"))]
Reader = Annotated[Staff, Depends(page_for("clerk", "overseer"))]
ImportId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.get("/work/imports")
def imports(request: Request, centre: InCentre, staff: Reader) -> Response:
    """The newest files of one's own units."""
    return _list(request, centre, staff)


@router.post("/work/imports")
def take_in(request: Request, centre: InCentre, staff: Clerk, form: Form) -> Response:
    """Take a file in; its report follows."""
    try:
        (content,) = contents_of(form, file=centre.settings.largest_request)
        report = hand_in(centre, staff, _name_of(form), content)
    except (CentreError, WrongFormError) as error:
        return _list(request, centre, staff, typed=refused(request, "import", {}, error, only="file"))
    if report.state == "failed":
        said = report.sentence_vi if language_of(request) == "vi" else report.sentence_en
        title = messages_of(language_of(request)).gettext(N_("The file was not taken in"))
        return _list(request, centre, staff, typed=Typed(form="import", values={}, wrong={"file": said}, title=title))
    return see_other(f"/work/imports/{report.import_id}")


@router.get("/work/imports/{import_id}")
def report(request: Request, centre: InCentre, staff: Reader, import_id: ImportId) -> Response:
    """What became of a file."""
    place = 0 if language_of(request) == "vi" else 1
    look = look_at_import(centre, staff, import_id)
    why = file_sentence(look.reason)[place] if look.reason and look.reason in FILE_SENTENCES else look.reason
    rows = [
        {"row": row.row, "column": row.column, "detail": ROW_SENTENCES.get(row.reason, ("", row.reason))[place]}
        for row in refused_rows(centre, staff, import_id)
    ]
    return show(request, centre, staff, "work/import.html", look=look, why=why, rows=rows)


@router.get("/work/imports/{import_id}/rows.csv")
def rows(centre: InCentre, staff: Reader, import_id: ImportId) -> Response:
    """Every row, streamed, without the cells."""
    find_import(centre, staff, import_id)
    told = {"Content-Disposition": f'attachment; filename="{import_id}.csv"'}
    lines = in_pieces(row_lines(centre.engine, import_id))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers={**HEADERS, **told})


def _name_of(form: FormData) -> str:
    file = form.get("file")
    return (file.filename or "") if isinstance(file, UploadFile) else ""


def _list(request: Request, centre: Centre, staff: Staff, *, typed: Typed | None = None) -> Response:
    values = {
        "imports": list_own_imports(centre, staff),
        "may_hand_in": "clerk" in staff.roles,
        "largest": centre.settings.largest_request // (1024 * 1024),
        "typed": typed,
    }
    return show(request, centre, staff, "work/imports.html", status=typed.status if typed else 200, **values)
