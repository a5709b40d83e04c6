"""Commands of `vaxseal ministry`: the national signing officer, with the ministry's token and own list of units."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import emit_json, out
from vaxseal.files import read_certificate, read_fingerprint
from vaxseal.options import (
    Account,
    Centre,
    Certificate,
    Everything,
    JournalDir,
    Json,
    Label,
    LastTry,
    Limit,
    ListRoots,
    Module,
    PinStdin,
    Serial,
    Yes,
)
from vaxseal.sentences import sentences

app = typer.Typer(no_args_is_help=True, help="Sign passports centrally, for what the units confirmed.")
units_app = typer.Typer(no_args_is_help=True, help="The ministry's own list of units whose confirmations count.")
app.add_typer(units_app, name="units")

UnitsFile = Annotated[Path, typer.Option("--units", metavar="PATH", help="The ministry's own list of enrolled units.")]
ListFile = Annotated[Path, typer.Option("--file", metavar="PATH", help="The ministry's own list of enrolled units.")]
DEFAULT_LIST = Path("var/ministry/units.json")


@app.command("sign")
def sign(
    centre: Centre,
    account: Account,
    units: UnitsFile = DEFAULT_LIST,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    limit: Limit = 200,
    everything: Everything = False,
    yes: Yes = False,
    json: Json = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    journal: JournalDir = None,
    list_roots: ListRoots = None,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Go on until stopped, without questions; one line of JSON a batch.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=32, metavar="N", help="Processes at work with --unattended.")
    ] = 1,
    machines: Annotated[
        int,
        typer.Option(
            "--machines", min=1, max=64, metavar="N", help="Machines that sign; each takes its share of every quota."
        ),
    ] = 1,
) -> None:
    """Verify what the units confirmed, and sign passport and PDF with the ministry's token.

    Each confirmation is verified here: signed by an enrolled, unsuspended certificate of this machine's own list, by
    the record's unit, over this version of the record, within the unit's quota of the day. The day's count is kept
    beside the list. Where several machines sign, tell each how many (--machines): they do not know of each other.

    With --unattended the PIN is asked for once; then workers sign whatever is confirmed until SIGTERM or Ctrl-C, which
    let the running batch end. They wait when nothing is confirmed, and leave a centre alone that is away, slow or
    refuses.

    Exit code 0: everything was accepted; 1: something was refused or you said no; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal ministry sign --centre https://centre.example.vn --account minh --units units.json --all

      vaxseal ministry sign --centre http://127.0.0.1:8080 --account minh --yes --json --pin-stdin < pin.txt

      vaxseal ministry sign --centre https://centre.example.vn --account minh --unattended --workers 4
    """
    from signer.units import DailyCount, EnrolledUnits
    from vaxseal import desk

    with sentences(json=json):
        EnrolledUnits.load(units)  # before anybody types a PIN
        count = DailyCount(units.with_suffix(".count.json"), machines=machines)
    if unattended:
        from vaxseal import unattended as alone
        from vaxseal.opening import Place
        from vaxseal.state import journal_folder
        from vaxseal.tokens import pin_source

        place = Place(
            centre=centre,
            account=account,
            role="ministry",
            mode="two-tier",
            module=module,
            serial=token,
            label=label,
            certificate=certificate,
            last_try=last_try,
            journal=journal_folder(journal),
            list_roots=list_roots,
        )
        setup = alone.Setup(place=place, units=units, limit=limit, machines=machines)
        alone.run(setup, workers, pin_source("PIN of the HSM", from_stdin=pin_stdin)())
    desk.sign(
        role="ministry",
        centre=centre,
        module=module,
        serial=token,
        label=label,
        certificate=certificate,
        account=account,
        limit=limit,
        everything=everything,
        yes=yes,
        json=json,
        pin_stdin=pin_stdin,
        last_try=last_try,
        journal=journal,
        list_roots=list_roots,
        units=lambda: EnrolledUnits.load(units),
        count=count,
    )


@units_app.command("add")
def add(
    certificate: Annotated[Path, typer.Argument(metavar="CERT", help="The unit's certificate, PEM or DER.")],
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="The unit whose records it may confirm.")],
    quota: Annotated[int, typer.Option("--quota", min=0, metavar="N", help="Confirmations that count on one day.")],
    file: ListFile = DEFAULT_LIST,
    json: Json = False,
) -> None:
    """Enrol a unit's certificate in the ministry's own list.

    A unit that took over another's work is added once for each code.

    [bold]Examples[/bold]

      vaxseal ministry units add tram-y-te-01.pem --unit HN-001 --quota 400
    """
    from signer.units import EnrolledUnits

    with sentences(json=json):
        enrolled = EnrolledUnits.load(file) if file.exists() else EnrolledUnits()
        der = read_certificate(certificate)
        enrolled.add(der, unit=unit, daily_quota=quota).save(file)
    if json:
        import hashlib

        emit_json({"unit": unit, "fingerprint": hashlib.sha256(der).hexdigest(), "daily_quota": quota})
    else:
        out.print(f"{unit} is enrolled with {quota} confirmations a day.", markup=False)


@units_app.command("suspend")
def suspend(
    unit: Annotated[str, typer.Argument(metavar="CODE", help="The unit to stop.")],
    certificate: Annotated[
        str | None,
        typer.Option("--certificate", metavar="FINGERPRINT", help="Only this one: the unit goes on with a spare."),
    ] = None,
    file: ListFile = DEFAULT_LIST,
    json: Json = False,
) -> None:
    """Stop a unit at once, or one token of it: nothing it confirmed is signed from now on.

    [bold]Examples[/bold]

      vaxseal ministry units suspend HN-001

      vaxseal ministry units suspend HN-001 --certificate 5d41...c8
    """
    from signer.units import EnrolledUnits

    fingerprint = None if certificate is None else read_fingerprint(certificate, json=json)
    with sentences(json=json):
        EnrolledUnits.load(file).suspend(unit, fingerprint).save(file)
    if json:
        emit_json({"unit": unit, "certificate": certificate, "suspended": True})
    else:
        out.print(f"{unit} is suspended." if certificate is None else f"A token of {unit} is suspended.", markup=False)


@units_app.command("list")
def list_units(file: ListFile = DEFAULT_LIST, json: Json = False) -> None:
    """Show the ministry's own list.

    [bold]Examples[/bold]

      vaxseal ministry units list --json
    """
    from certificates.records.model import instant_to_text
    from signer.units import EnrolledUnits

    with sentences(json=json):
        enrolled = tuple(EnrolledUnits.load(file))
    if json:
        emit_json(
            [
                {
                    "unit": entry.unit,
                    "subject": entry.certificate.subject,
                    "fingerprint": entry.certificate.fingerprint.hex(),
                    "not_after": instant_to_text(entry.certificate.not_after),
                    "suspended": entry.suspended,
                    "daily_quota": entry.daily_quota,
                }
                for entry in enrolled
            ]
        )
        return
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in ("Unit", "Certificate", "Ends", "A day", ""):
        table.add_column(heading, overflow="fold")
    for entry in enrolled:
        table.add_row(
            Text(entry.unit),
            Text(entry.certificate.subject),
            f"{entry.certificate.not_after:%d/%m/%Y}",
            str(entry.daily_quota),
            "suspended" if entry.suspended else "",
        )
    out.print(table)
