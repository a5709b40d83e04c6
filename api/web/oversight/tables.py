"""Tables of numbers as CSV, for a spreadsheet. They hold units and counts, never people."""

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from api.oversight.covered import Coverage
from api.oversight.overview import Overview
from api.oversight.stages import Stage


def areas_csv(found: Overview) -> Response:
    """The unit and each one below it: a row each."""
    head = ("unit", "name", "taken_in", *(stage.value for stage in Stage))
    head += ("in_hand", "aside", "raised", "oldest", "issued_a_day")
    head += ("complaints_open", "complaints_late", "complaints_breached", "complaints_confirmed", "complaints_refused")
    head += ("tokens_in_use", "tokens_suspended", "tokens_none", "doses_delivered", "doses_recorded")
    rows = [
        (
            area.unit.code,
            area.unit.name,
            area.standing.taken_in,
            *(area.standing.stages[stage] for stage in Stage),
            area.standing.in_hand,
            area.standing.aside,
            area.standing.raised,
            area.oldest or "",
            round(area.issued_a_day, 1),
            area.complaints.open,
            area.complaints.late,
            area.complaints.breached,
            area.complaints.confirmed,
            area.complaints.refused,
            area.tokens.in_use,
            area.tokens.suspended,
            area.tokens.none,
            area.delivered,
            area.given,
        )
        for area in (found.whole, *found.below)
    ]
    return _csv(f"{found.whole.unit.code}-{found.today}.csv", head, rows)


def coverage_csv(found: Coverage) -> Response:
    """The unit and each one below it, a row for each band of age."""
    head = ("unit", "name", "band", "residents", "dose_1", "dose_2", "dose_3", "dose_4", "recovered")
    rows = [
        (one.unit.code, one.unit.name, band.band, band.residents, *band.doses, one.recovered)
        for one in (found.whole, *found.below)
        for band in (*one.bands.values(), one.everybody)
    ]
    return _csv(f"{found.whole.unit.code}-coverage-{found.until}.csv", head, rows)


def _csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _plain(cell: object) -> object:
    """A text that a spreadsheet takes for a formula is made a text again."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell
