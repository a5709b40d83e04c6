"""`vaxseal admin deliveries` and `reconcile`: passports and doses against what was delivered."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from api.reconciliation.report import Report


def deliveries(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="Columns: unit, lot, product, doses, day; and note.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in which doses of which lots were delivered to whom. A file counts once, however often it is read.

    A delivery is known by unit, lot, product, day and note (the number of the delivery note); another number of doses
    corrects it. Rows with a fault are left out and named. Exit code 1: there was one.

    [bold]Examples[/bold]

      vaxseal admin deliveries deliveries.csv

      vaxseal admin deliveries deliveries.csv --json
    """
    from api.reconciliation.deliveries import import_deliveries
    from api.server import open_store

    with sentences(json=json):
        done = import_deliveries(open_store(data), file, by=by, at=now())
    if json:
        emit_json(
            {
                "added": done.added,
                "changed": done.changed,
                "same": done.same,
                "faults": [{"row": row, "code": code} for row, code in done.faults],
            }
        )
    else:
        out.print(f"{done.added} deliveries are new, {done.changed} corrected, {done.same} known.", markup=False)
        for row, code in done.faults:
            out.print(f"  row {row}: {code}", markup=False)
    if done.faults:
        raise SystemExit(EXIT_NO)


def reconcile(
    since: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day of doses.")],
    until: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day, included.")],
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="CODE", help="This unit and all below it. Default: all.")
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option("--tolerance", min=0, max=1, metavar="PART", help="So much more is no alarm."),
    ] = 0.1,
    recount: Annotated[
        bool, typer.Option("--recount", help="Count every record anew first, with nobody else at work.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Hold doses given, and doses on issued passports, against the deliveries of their lots; by unit, day and lot.

    More issued or given than delivered, or more issued than given, is an alarm: exit code 1. What is entered late
    counts on the day of the dose. The stock of a closed unit is its successor's.

    [bold]Examples[/bold]

      vaxseal admin reconcile --from 2022-05-01 --to 2022-05-31

      vaxseal admin reconcile --from 2022-05-01 --to 2022-05-31 --unit TYT-0101 --tolerance 0.05 --json
    """
    from api.reconciliation.report import reconcile as hold_against
    from api.reconciliation.tallying import recount as count_anew
    from api.server import open_store

    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        stop("date-form", "--from and --to are dates: write YYYY-MM-DD.", json=json)
    with sentences(json=json):
        engine = open_store(data)
        if recount:
            count_anew(engine)
        found = hold_against(engine, since=first, until=last, unit=unit, tolerance=tolerance)
    if json:
        emit_json(asdict(found))
    else:
        _show(found)
    if found.alarms:
        raise SystemExit(EXIT_NO)


def _show(found: "Report") -> None:
    from rich.table import Table

    lots = Table("unit", "vaccine", "lot", "delivered", "given", "issued", "")
    for one in found.lots:
        counts = map(str, (one.delivered, one.given, one.issued))
        lots.add_row(one.unit, one.product, one.lot, *counts, "\n".join(one.flags))
    days = Table("day", "unit", "vaccine", "lot", "delivered", "given", "issued", "left", "")
    for day in found.days:
        counts = map(str, (day.delivered, day.given, day.issued, day.left))
        days.add_row(day.day, day.unit, day.product, day.lot, *counts, "\n".join(day.flags))
    out.print(lots)
    out.print(days)
    out.print(f"{found.alarms} lots with an alarm.", markup=False)
