"""HTTP for staff who ask what became of an import. Nothing here is personal data: the cells are in their own file."""

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff
from api.auth import get_centre
from api.context import Centre
from api.intake.handing_in import find_import, look_at_import
from api.intake.reports import row_lines
from api.problems import RESPONSES

_Asking = Annotated[Staff, Depends(require_staff("clerk", "overseer"))]
_Centre = Annotated[Centre, Depends(get_centre)]
_TOGETHER: Final = 500  # lines sent at once


class ImportState(BaseModel):
    import_id: str
    file: str
    state: str = Field(description="staged (under way, or interrupted), complete, failed")
    reason: str | None
    waiting: int = Field(description="rows that were read and are not joined to records yet")
    outcomes: dict[str, int] = Field(description="rows by accepted, duplicate and refused")
    started_at: str
    completed_at: str | None


router = APIRouter(prefix="/v1/imports", tags=["imports"], responses=RESPONSES)


@router.get("/{import_id}")
def state(import_id: str, centre: _Centre, staff: _Asking) -> ImportState:
    """Where an import stands."""
    found = look_at_import(centre, staff, import_id)
    return ImportState(**{name: getattr(found, name) for name in ImportState.model_fields})


@router.get(
    "/{import_id}/rows.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "a line for each row: outcome, reason, what to do"}},
)
def rows(import_id: str, centre: _Centre, staff: _Asking, refused: bool = False) -> StreamingResponse:
    """What became of every row, streamed; with ``refused`` of those only."""
    find_import(centre, staff, import_id)
    lines = row_lines(centre.engine, import_id, refused_only=refused)
    headers = {"Content-Disposition": f'attachment; filename="{import_id}.csv"'}
    return StreamingResponse(in_pieces(lines), media_type="text/csv; charset=utf-8", headers=headers)


def in_pieces(lines: Iterator[str]) -> Iterator[bytes]:
    """With the mark by which spreadsheets know UTF-8."""
    piece = ["\ufeff"]
    for line in lines:
        piece.append(line)
        if len(piece) >= _TOGETHER:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()
