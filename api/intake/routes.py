"""HTTP for staff who ask what became of an import. Nothing here is personal data: the cells are in their own file."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import Row, func, select

from api.accounts.sessions import require_staff
from api.accounts.staff import Staff, refuse_place, units_above
from api.auth import get_centre
from api.context import Centre
from api.errors import CentreError
from api.intake.reports import row_lines
from api.problems import RESPONSES
from api.store.schema import import_rows, imports
from api.store.schema_intake import import_staging

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
    found = _find(centre, staff, import_id)
    outcomes = select(import_rows.c.outcome, func.count()).where(import_rows.c.import_id == import_id)
    waiting = select(func.count()).where(import_staging.c.import_id == import_id)
    with centre.engine.connect() as connection:
        counts = {row[0]: row[1] for row in connection.execute(outcomes.group_by(import_rows.c.outcome))}
        left = connection.execute(waiting).scalar_one()
    return ImportState(
        import_id=import_id,
        file=found.file_name,
        state=found.state,
        reason=found.reason,
        waiting=left,
        outcomes=counts,
        started_at=found.started_at,
        completed_at=found.completed_at,
    )


@router.get(
    "/{import_id}/rows.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "a line for each row: outcome, reason, what to do"}},
)
def rows(import_id: str, centre: _Centre, staff: _Asking, refused: bool = False) -> StreamingResponse:
    """What became of every row, streamed; with ``refused`` of those only."""
    _find(centre, staff, import_id)
    lines = row_lines(centre.engine, import_id, refused_only=refused)
    headers = {"Content-Disposition": f'attachment; filename="{import_id}.csv"'}
    return StreamingResponse(_in_pieces(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _find(centre: Centre, staff: Staff, import_id: str) -> Row[Any]:
    """An import of this person's units; one whose rows name their units is for people at the root of the tree."""
    with centre.engine.connect() as connection:
        row = connection.execute(select(imports).where(imports.c.import_id == import_id)).one_or_none()
        if row is None:
            raise CentreError("import-unknown")
        if row.unit is not None:
            refuse_place(connection, staff, row.unit)
        elif len(units_above(connection, staff.unit)) > 1:
            raise CentreError("place", "the file names several units")
    return row


def _in_pieces(lines: Iterator[str]) -> Iterator[bytes]:
    """With the mark by which spreadsheets know UTF-8."""
    piece = ["\ufeff"]
    for line in lines:
        piece.append(line)
        if len(piece) >= _TOGETHER:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()
