"""Commands of `vaxseal records police`: lists that go to police, and come back signed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vaxseal.console import EXIT_NO, emit_json, err, now, out, plain, stop
from vaxseal.files import check_absent
from vaxseal.options import By, Data, Json, Unit
from vaxseal.sentences import sentences
from vaxseal.vietnamese import vietnamese_of

app = typer.Typer(no_args_is_help=True, help="Lists for commune police: make them, and take the signed ones in.")

ListId = Annotated[str, typer.Argument(metavar="LIST", help="Number of the list, as it stands in its first row.")]
ListUnit = Annotated[str, typer.Option("--unit", metavar="CODE", help="The station whose records they are.")]


@app.command("export")
def export(
    unit: ListUnit,
    output: Annotated[Path, typer.Option("--out", metavar="XLSX", help="The new spreadsheet.")],
    by: By,
    record: Annotated[
        list[str] | None, typer.Option("--record", metavar="RECORD", help="Only this record; may be repeated.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write the station's list for police: no number, number of a wrong form, wrong basics; 200 rows at most.

    Who makes the list vouches for the doses of the people on it. Police fill in the yellow columns, sign the file
    (vaxseal station list-sign) and hand both back (vaxseal records police import). A record that is on a list waits
    for that list.

    Exit code 1: no record waits for police.

    [bold]Examples[/bold]

      vaxseal records police export --unit 01-0007 --out list.xlsx --by lan.tran

      vaxseal records police export --unit 01-0007 --out list.xlsx --record 7K2M9QWX3B4C --json
    """
    from api.accounts.staff import Staff
    from api.errors import CentreError
    from api.identity.lists import make_list
    from api.server import open_store

    check_absent(output, json=json)
    with sentences(json=json):
        engine = open_store(data)
        staff = Staff(account=by, unit=unit, roles=frozenset({"clerk"}))
        try:
            made = make_list(engine, unit, staff=staff, at=now(), only=record)
        except CentreError as error:
            if error.code == "list-empty":
                stop(error.code, "No record of this unit waits for police.", json=json, exit_code=EXIT_NO)
            raise
        output.touch(mode=0o600, exist_ok=False)  # people's data: for this account only
        output.write_bytes(made.file)
    if json:
        emit_json({"list": made.list_id, "file": str(output), "rows": made.rows, "classes": dict(made.classes)})
        return
    classes = ", ".join(f"{name} {count}" for name, count in made.classes.items())
    out.print(f"{output}: list {made.list_id} with {made.rows} people ({classes}).", markup=False)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="XLSX", help="The list, as police signed it.")],
    by: By,
    signature: Annotated[
        Path | None,
        typer.Option("--signature", metavar="P7S", help="The signature. Default: the list's name and .p7s."),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in a list that police signed: whose signature it is first, then row by row what it says.

    The file must be what this service wrote, but for the columns of police. A list is taken in once.

    Exit code 0: every row was taken; 1: rows or the whole list were refused; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal records police import list.xlsx --by lan.tran

      vaxseal records police import list.xlsx --signature list.xlsx.p7s --json
    """
    from api.config import load_settings
    from api.errors import CentreError
    from api.identity.row_words import words_of
    from api.identity.signed_lists import apply_list
    from api.server import open_store
    from certificates.errors import CertificateError
    from vaxseal.sentences import sentence_of

    with sentences(json=json):
        engine, settings = open_store(data), load_settings(data=data)
        content = file.read_bytes()
        cms = (signature or file.with_name(file.name + ".p7s")).read_bytes()
        try:
            applied = apply_list(engine, settings, content, cms, by=by, at=now())
        except (CentreError, CertificateError) as error:
            fields = f" ({', '.join(error.fields)})" if isinstance(error, CentreError) and error.fields else ""
            stop(
                error.code,
                sentence_of(error) + fields,
                vietnamese=vietnamese_of(error.code),
                json=json,
                exit_code=EXIT_NO,
            )
    if json:
        emit_json(applied.to_dict())
    else:
        out.print(
            f"List {applied.list_id}: {_counts(applied.outcomes)}. For the doses: {applied.vouched_by}; for the people:"
            f" {applied.police_by} of {applied.police_unit}.",
            markup=False,
        )
        for row in applied.rows:
            if row.outcome == "refused" and row.reason is not None:
                err.print(f"  row {row.row}, record {row.record_id}: {' / '.join(words_of(row.reason))}", markup=False)
    if applied.outcomes.get("refused"):
        raise typer.Exit(EXIT_NO)


@app.command("show")
def show(
    list_id: Annotated[
        str | None, typer.Argument(metavar="LIST", help="The rows of this list. Default: the newest lists.")
    ] = None,
    record: Annotated[
        str | None, typer.Option("--record", metavar="RECORD", help="What police have said of this record's person.")
    ] = None,
    unit: Unit = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show the lists and where they are, what became of the rows of one, or who answers for a person and the doses.

    [bold]Examples[/bold]

      vaxseal records police show --unit 01-0007

      vaxseal records police show BKWMZQTRDHNPXC --json

      vaxseal records police show --record 7K2M9QWX3B4C
    """
    from api.identity.lists import show_lists
    from api.identity.signed_lists import show_rows, show_words
    from api.server import open_store

    with sentences(json=json):
        engine = open_store(data)
        if record is not None:
            shown = show_words(engine, record)
        else:
            shown = show_lists(engine, unit=unit) if list_id is None else show_rows(engine, list_id)
    if json:
        emit_json(shown)
        return
    for row in shown:
        out.print("  ".join(plain(str(value)) for value in row.values() if value is not None), markup=False)


@app.command("withdraw")
def withdraw(
    list_id: ListId,
    unit: ListUnit,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log (no personal data).")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give up a list that does not come back. Its records may go onto another one.

    [bold]Examples[/bold]

      vaxseal records police withdraw BKWMZQTRDHNPXC --unit 01-0007 --reason "lost on the way"
    """
    from api.accounts.staff import Staff
    from api.identity.lists import withdraw_list
    from api.server import open_store

    with sentences(json=json):
        engine = open_store(data)
        staff = Staff(account=by, unit=unit, roles=frozenset({"clerk"}))
        withdraw_list(engine, list_id, staff=staff, why=reason, at=now())
    if json:
        emit_json({"list": list_id, "state": "withdrawn"})
    else:
        out.print(f"{list_id}: withdrawn", markup=False)


def _counts(counts: Any) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
