"""Commands of `vaxseal records counter`: for people without a telephone, who stand at the station's counter.

Number and date of birth are asked for, never given as words of a command: those stand in the shell's history.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.complaints import Unit, begin, refusals
from vaxseal.console import emit_json, out, stop
from vaxseal.files import check_absent
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from api.accounts.staff import Staff
    from api.citizens.counter import Visit
    from api.context import Centre

app = typer.Typer(
    no_args_is_help=True, help="For people without a telephone: look up, print, register (docs/citizens.md)."
)
Record = Annotated[
    str | None,
    typer.Option("--record", metavar="RECORD", help="The record's number on the slip; else the card's is asked for."),
]
Purpose = Annotated[
    str, typer.Option("--purpose", metavar="WORD", help="holder-request, complaint or correction; it is logged.")
]


@app.command("print")
def print_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The PDF to write.")],
    unit: Unit,
    by: By,
    what: Annotated[
        str,
        typer.Option("--what", metavar="WORD", help="certificate, folded (A4), card, or slip: a new claim code."),
    ] = "certificate",
    record: Record = None,
    purpose: Purpose = "holder-request",
    data: Data = None,
    json: Json = False,
) -> None:
    """Look up somebody who is here, and write the certificate or a sheet to print. It is free.

    The number and the date of birth of the card are asked for. The look stands in the person's own history.

    [bold]Examples[/bold]

      vaxseal records counter print certificate.pdf --unit 01-0007

      vaxseal records counter print card.pdf --what card --unit 01-0007
    """
    from api.citizens.counter import print_page, print_slip
    from api.citizens.sheets import Layout

    layouts: dict[str, Layout | None] = {"certificate": None, "folded": "folded", "card": "card"}
    if what not in (*layouts, "slip"):
        stop("what-unknown", f"It is one of: {', '.join(layouts)}, slip.", json=json)
    check_absent(file, json=json)
    centre, staff, visit = _visit(data, by, unit, record, purpose, json)
    with refusals(json):
        if what == "slip":
            page = print_slip(centre, staff, visit.visit)
        else:
            page = print_page(centre, staff, visit.visit, layout=layouts[what])
    with sentences(json=json):
        file.write_bytes(page)
    if json:
        emit_json({"record": visit.record_id, "state": visit.standing.state, "file": str(file)})
    else:
        out.print(f"{file}: {what} of record {visit.record_id}.", markup=False)


@app.command()
def contact(
    unit: Unit,
    by: By,
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="WORD", help="What you saw: citizen-card, passport, ...")
    ] = "citizen-card",
    record: Record = None,
    purpose: Purpose = "holder-request",
    data: Data = None,
    json: Json = False,
) -> None:
    """Register where one-time codes for somebody who is here go: a telephone or an e-mail address, which is asked for.

    [bold]Examples[/bold]

      vaxseal records counter contact --unit 01-0007
    """
    from api.citizens.counter import keep_contact
    from api.citizens.evidence import Evidence

    if evidence not in set(Evidence):
        stop("evidence-unknown", f"It is one of: {', '.join(Evidence)}.", json=json)
    centre, staff, visit = _visit(data, by, unit, record, purpose, json)
    with refusals(json):
        address = typer.prompt("Điện thoại hoặc thư điện tử / telephone or e-mail", err=True)
        kept = keep_contact(centre, staff, visit.visit, address, Evidence(evidence))
    if json:
        emit_json({"record": visit.record_id, "contact": kept.masked})
    else:
        out.print(f"Codes for record {visit.record_id} go to {kept.masked}.", markup=False)


def _visit(
    data: Path | None, by: str, unit: str, record: str | None, purpose: str, json: bool
) -> "tuple[Centre, Staff, Visit]":
    from api.accounts.reading import Purpose as For
    from api.citizens.counter import look_up
    from api.citizens.finding import seek

    if purpose not in set(For):
        stop("purpose-unknown", "It is one of: holder-request, complaint, correction.", json=json)
    centre, staff = begin(data, by, unit, json)
    number = born = ""
    if record is None:
        number = typer.prompt("Số giấy tờ / number of the card", err=True)
        born = typer.prompt("Ngày sinh / date of birth", err=True)
    with refusals(json):
        sought = seek(record_id=record or "", id_number=number)
        visit = look_up(centre, staff, sought, date_of_birth=born, purpose=For(purpose))
    return centre, staff, visit
