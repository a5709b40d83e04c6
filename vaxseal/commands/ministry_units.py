"""Commands of `vaxseal ministry units`: the list of units whose confirmations count, signed for all its machines."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import emit_json, now, out
from vaxseal.files import read_certificate, read_fingerprint, read_roots
from vaxseal.options import (
    Account,
    Centre,
    Certificate,
    JournalDir,
    Json,
    Label,
    LastTry,
    Module,
    PinStdin,
    Serial,
)
from vaxseal.sentences import sentences

app = typer.Typer(no_args_is_help=True, help="The ministry's own list of units whose confirmations count.")

ListFile = Annotated[Path, typer.Option("--file", metavar="PATH", help="The ministry's own list of enrolled units.")]
UnitsRoot = Annotated[
    list[Path] | None,
    typer.Option(
        "--units-root",
        metavar="PEM",
        help="Who may sign the list of units: the officer's certificate, or a root of list signers; may be repeated.",
    ),
]
Signed = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the signed list.")]
DEFAULT_LIST = Path("var/ministry/units.json")


@app.command("sign")
def sign(
    folder: Signed,
    units_root: UnitsRoot,
    file: ListFile = DEFAULT_LIST,
    days: Annotated[int, typer.Option("--days", min=1, max=366, metavar="N", help="How long it is in force.")] = 30,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Sign the list with the officer's list signing token, as the version that follows the one in the folder.

    Everything that the file says is signed as it stands: look at it before (`vaxseal ministry units list`). The signed
    list goes to the ministry's machines over the centre (`vaxseal ministry units send`), or by any web server or stick.
    They refuse it when its time is over: sign it anew in time, also when nothing changed.

    [bold]Examples[/bold]

      vaxseal ministry units sign units --file units.json --units-root officer.pem --label "List signer"
    """
    from certificates import unit_list
    from signer.unit_source import entries_of
    from signer.units import EnrolledUnits
    from vaxseal.tokens import open_signing_key

    with sentences(json=json):
        entries = entries_of(EnrolledUnits.load(file))
        pinned = [der for path in units_root or () for der in read_roots(path)]
        at = now()
        with open_signing_key(module, token, label, "list signer", at, pin_stdin=pin_stdin, last_try=last_try) as key:
            until = at + timedelta(days=days)
            signed = unit_list.sign_next(folder, entries, key, pinned, issued_at=at, expires_at=until)
    if json:
        emit_json({"folder": str(folder), "version": signed.version, "entries": len(entries)})
        return
    out.print(f"{folder}: version {signed.version}, {len(entries)} entries, for {days} days.", markup=False)


@app.command("send")
def send(
    folder: Signed,
    centre: Centre,
    account: Account,
    units_root: UnitsRoot,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    journal: JournalDir = None,
    json: Json = False,
) -> None:
    """Hand the signed list in at the centre, which carries it to the ministry's other machines.

    Any token will do that is enrolled for the ministry: the list speaks for itself. Only parts that the centre does not
    have travel. The centre refuses a list that is not newer than the one it has.

    [bold]Examples[/bold]

      vaxseal ministry units send units --centre https://centre.example.vn --account minh --units-root officer.pem
    """
    from certificates import unit_list
    from signer.ministry_calls import MinistryCalls
    from vaxseal.opening import open_watcher

    with sentences(json=json):
        manifest = unit_list.read_manifest(folder, [der for path in units_root or () for der in read_roots(path)])
        with open_watcher(
            centre=centre,
            account=account,
            module=module,
            token=token,
            label=label,
            certificate=certificate,
            pin_stdin=pin_stdin,
            last_try=last_try,
            journal=journal,
        ) as opened:
            parts = MinistryCalls(opened.agent.client).send_units(folder, manifest)
    if json:
        emit_json({"version": manifest.version, "parts": parts})
    else:
        out.print(f"Version {manifest.version} is at the centre; {parts} parts of it were new there.")


@app.command("add")
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


@app.command("suspend")
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


@app.command("list")
def list_units(file: ListFile = DEFAULT_LIST, units_root: UnitsRoot = None, json: Json = False) -> None:
    """Show the list; with --units-root the signed one in the folder --file, in force now.

    [bold]Examples[/bold]

      vaxseal ministry units list --json

      vaxseal ministry units list --file units --units-root officer.pem
    """
    from certificates.records.model import instant_to_text
    from signer.unit_source import UnitSource
    from signer.units import EnrolledUnits

    with sentences(json=json):
        pinned = [der for path in units_root or () for der in read_roots(path)]
        found = UnitSource(folder=file, pinned=pinned).current() if pinned else EnrolledUnits.load(file)
        enrolled = tuple(found)
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
