"""Commands of `vaxseal ministry`: the national signing officer, with the ministry's token and own list of units."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.commands import ministry_units
from vaxseal.commands.ministry_units import DEFAULT_LIST, UnitsRoot
from vaxseal.console import stop
from vaxseal.files import read_roots
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
app.add_typer(ministry_units.app, name="units")

UnitsFile = Annotated[
    Path,
    typer.Option("--units", metavar="PATH", help="This machine's own list of units; with --units-root a signed one."),
]


@app.command("sign")
def sign(
    centre: Centre,
    account: Account,
    units: UnitsFile = DEFAULT_LIST,
    units_root: UnitsRoot = None,
    units_from: Annotated[
        str | None,
        typer.Option(
            "--units-from",
            metavar="SOURCE",
            help="Where newer signed lists are looked for: 'centre', an address, a folder. Needs --units-root.",
        ),
    ] = None,
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

    With --units-root the list is the one that the officer signed (`vaxseal ministry units sign`), in the folder
    --units; with --units-from this machine fetches newer ones by itself, once a minute, and never goes back to an older
    one. Who carries the list can neither add to it nor change it.

    With --unattended the PIN is asked for once; then workers sign whatever is confirmed until SIGTERM or Ctrl-C, which
    let the running batch end. They wait when nothing is confirmed, and leave a centre alone that is away, slow or
    refuses.

    Exit code 0: everything was accepted; 1: something was refused or you said no; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal ministry sign --centre https://centre.example.vn --account minh --units units.json --all

      vaxseal ministry sign --centre http://127.0.0.1:8080 --account minh --yes --json --pin-stdin < pin.txt

      vaxseal ministry sign --centre https://centre.example.vn --account minh --unattended --workers 4

      vaxseal ministry sign --centre http://127.0.0.1:8080 --account minh --units-from centre --units-root officer.pem
    """
    from signer.units import DailyCount
    from vaxseal import desk
    from vaxseal.state import journal_folder
    from vaxseal.unit_place import UnitPlace

    if units_from is not None and not units_root:
        stop("units-root-missing", "Say whose list of units counts: --units-root PEM.", json=json)
    with sentences(json=json):
        pinned = tuple(der for path in units_root or () for der in read_roots(path))
        listed = UnitPlace(path=units, source=units_from, pinned=pinned, state=journal_folder(journal))
        listed.check()  # before anybody types a PIN
        count = DailyCount(listed.count_file, machines=machines)
    if unattended:
        from vaxseal import unattended as alone
        from vaxseal.opening import Place
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
        setup = alone.Setup(place=place, units=listed, limit=limit, machines=machines)
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
        units=listed,
        count=count,
    )
