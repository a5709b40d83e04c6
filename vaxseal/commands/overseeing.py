"""`vaxseal admin residents`, `hamlets` and `deadlines`: what the pages of oversight hold the counts against."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences


def residents(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="Columns: unit, band (18+, 12-17, 5-11, 0-4), people.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in how many people live where a unit vaccinates, by age. A row replaces what was known of unit and band.

    Rows with a fault are left out and named. Exit code 1: there was one.

    [bold]Examples[/bold]

      vaxseal admin residents residents.csv

      vaxseal admin residents residents.csv --json
    """
    from api.oversight.residents import import_residents
    from api.server import open_store

    with sentences(json=json):
        done = import_residents(open_store(data), file, by=by, at=now())
    if json:
        faults = [{"row": row, "code": code} for row, code in done.faults]
        emit_json({"changed": done.changed, "same": done.same, "faults": faults})
    else:
        out.print(f"{done.changed} numbers are new, {done.same} known.", markup=False)
        for row, code in done.faults:
            out.print(f"  row {row}: {code}", markup=False)
    if done.faults:
        raise typer.Exit(EXIT_NO)


def hamlets(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="Columns: record, hamlet.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in which hamlet the person of a record lives in, for lists that a hamlet's team takes along.

    Exit code 1: a row names no record, or no hamlet.

    [bold]Examples[/bold]

      vaxseal admin hamlets hamlets.csv

      vaxseal admin hamlets hamlets.csv --json
    """
    from api.oversight.due import import_hamlets
    from api.server import open_store

    with sentences(json=json):
        known, faults = import_hamlets(open_store(data), file, by=by, at=now())
    if json:
        emit_json({"known": known, "faults": faults})
    else:
        out.print(f"The hamlets of {known} records are known; {faults} rows name no record or no hamlet.", markup=False)
    if faults:
        raise typer.Exit(EXIT_NO)


def deadlines(
    by: By,
    file: Annotated[
        Path | None, typer.Argument(metavar="CSV", help="Columns: id, scope (a unit, or *), task, due, owner.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="CODE", help="Show the forecast for this unit and all below it.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show the deadlines; with a file, put its rows in their place; with a unit, say when it will be done.

    [bold]Examples[/bold]

      vaxseal admin deadlines

      vaxseal admin deadlines deadlines.csv

      vaxseal admin deadlines --unit 01 --json
    """
    from api.oversight.deadlines import import_deadlines, read_deadlines, read_forecasts
    from api.server import open_store
    from certificates.records.dates import local_day

    if file is not None and unit is not None:
        stop("usage", "Give a file or a unit, not both.", json=json)
    with sentences(json=json):
        store = open_store(data)
        if file is not None:
            import_deadlines(store, file, by=by, at=now())
        with store.connect() as connection:
            found = read_deadlines(connection)
            ahead = read_forecasts(connection, unit, today=local_day(now())) if unit is not None else ()
    if json:
        emit_json([_plain(asdict(one)) for one in (ahead or found)])
    elif ahead:
        for one in ahead:
            when = f", done on {one.ready_on}" if one.ready_on is not None else ""
            left = "?" if one.left is None else one.left
            out.print(f"{one.deadline.due}  {one.deadline.task:<10} left {left}: {one.outlook}{when}", markup=False)
    else:
        for row in found:
            out.print(f"{row.due}  {row.task:<10} {row.scope:<12} {row.owner}", markup=False)


def _plain(value: Any) -> Any:
    """Days as text, however deep they stand."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value
