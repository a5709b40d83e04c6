"""Commands of `vaxseal station`: the signer of a station, at the PC that holds the unit's token."""

from pathlib import Path
from typing import Annotated

import typer

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
    Mode,
    Module,
    PinStdin,
    Serial,
    Yes,
)

app = typer.Typer(no_args_is_help=True, help="Sign what the unit answers for, with the unit's token.")


@app.command("sign")
def sign(
    centre: Centre,
    account: Account,
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
    mode: Mode = "two-tier",
    journal: JournalDir = None,
    list_roots: ListRoots = None,
) -> None:
    """Take the records that are ready, show them, and sign them with the unit's token.

    In two-tier mode the token confirms; in station mode it signs passport and PDF. Everything is built again on this
    machine and compared with what the centre intends; what differs is refused by name and reported.

    What an earlier run left is finished first: signatures that did not reach the centre are sent, and records that were
    not signed are shown again. Where the centre cannot be reached, records that are kept here (vaxseal station take)
    are signed without it, and sent by the next run.

    Exit code 0: everything was accepted; 1: something was refused or you said no; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal station sign --centre https://centre.example.vn --account lan

      vaxseal station sign --centre https://centre.example.vn --account lan --all --limit 100

      vaxseal station sign --centre http://127.0.0.1:8080 --account lan --yes --json --pin-stdin < pin.txt
    """
    from vaxseal import desk

    desk.sign(
        role="station",
        mode=mode,
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
    )


@app.command("desk")
def desk_(
    centre: Annotated[
        str | None, typer.Option("--centre", metavar="URL", help="The centre's address; log-ins are bound to it.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", metavar="NAME", help="Who works at the token.")] = None,
    practice: Annotated[
        bool, typer.Option("--practice", help="Practise with a specimen token and invented people; needs SoftHSM.")
    ] = False,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    limit: Limit = 200,
    mode: Mode = "two-tier",
    journal: JournalDir = None,
    list_roots: ListRoots = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port of the page. Default: a free one.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page by itself.")] = True,
    json: Json = False,
) -> None:
    """Open the signing desk: a page in the browser of this machine, in Vietnamese and English.

    It leads from plugging in the token to the receipt. The page is served by this program to this machine only, and
    only to the tab that it opened. Press Enter here to open it anew; Ctrl-C ends the desk, and what is unfinished stays
    on this machine. With --json the page's address is printed as one JSON document and nothing is opened.

    With --practice everything is real but the data: a specimen token and a centre of its own are made on the spot and
    destroyed afterwards; nothing leaves this machine.

    [bold]Examples[/bold]

      vaxseal station desk --centre https://centre.example.vn --account lan

      vaxseal station desk --centre https://centre.example.vn --account lan --no-browser --port 8765

      vaxseal station desk --practice
    """
    from vaxseal import station_desk

    station_desk.run(
        practice=practice,
        centre=centre,
        account=account,
        module=module,
        serial=token,
        label=label,
        certificate=certificate,
        limit=limit,
        mode=mode,
        journal=journal,
        list_roots=list_roots,
        port=port,
        browser=browser,
        json=json,
    )


@app.command("take")
def take(
    centre: Centre,
    account: Account,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    limit: Limit = 500,
    json: Json = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    mode: Mode = "two-tier",
    journal: JournalDir = None,
    list_roots: ListRoots = None,
) -> None:
    """Take records along, to sign them where there is no network.

    They are kept on this machine, encrypted, for a day at most. Then use vaxseal station sign as always: without a
    network it signs them and keeps the signatures, with a network it sends these.

    Exit code 0: some were taken; 1: nothing is ready; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal station take --centre https://centre.example.vn --account lan

      vaxseal station take --centre https://centre.example.vn --account lan --limit 100 --json
    """
    from vaxseal import keeping

    keeping.take(
        centre=centre,
        account=account,
        module=module,
        serial=token,
        label=label,
        certificate=certificate,
        limit=limit,
        json=json,
        pin_stdin=pin_stdin,
        last_try=last_try,
        mode=mode,
        journal=journal,
        list_roots=list_roots,
    )


@app.command("status")
def status(journal: JournalDir = None, json: Json = False) -> None:
    """Say what is unfinished on this machine, until when, and what to do. No token is needed.

    Exit code 0: nothing is unfinished; 1: something is; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal station status

      vaxseal station status --json
    """
    from vaxseal import keeping

    keeping.status(journal, json=json)


@app.command("discard")
def discard(
    name: Annotated[str, typer.Argument(metavar="BATCH", help="The batch, as vaxseal station status names it.")],
    journal: JournalDir = None,
    json: Json = False,
) -> None:
    """Destroy an unfinished batch on this machine: one that is damaged, or whose token is gone.

    Nothing is lost at the centre: it hands the records out again when the batch's time is over.

    [bold]Examples[/bold]

      vaxseal station discard batch-0123456789abcdef
    """
    from vaxseal import keeping

    keeping.discard(name, journal, json=json)


@app.command("list-sign")
def list_sign(
    file: Annotated[Path, typer.Argument(metavar="XLSX", help="The list, with the columns of police filled in.")],
    account: Account,
    output: Annotated[
        Path | None, typer.Option("--out", metavar="P7S", help="The signature. Default: the list's name and .p7s.")
    ] = None,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    yes: Yes = False,
    json: Json = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
) -> None:
    """Sign a list that came from a health station, with the token of the police unit.

    It is read and counted first; only a list for comparison is signed, and the signature can serve for nothing else.
    The list stays as it is: hand both files back to the station, and change nothing any more.

    Exit code 0: signed; 1: you said no; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal station list-sign list.xlsx --account minh.ca

      vaxseal station list-sign list.xlsx --account minh.ca --yes --json --pin-stdin < pin.txt
    """
    from vaxseal import police_list

    police_list.sign_list(
        file,
        account=account,
        output=output,
        module=module,
        serial=token,
        label=label,
        yes=yes,
        json=json,
        pin_stdin=pin_stdin,
        last_try=last_try,
    )
