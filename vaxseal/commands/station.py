"""Commands of `vaxseal station`: the signer of a station, at the PC that holds the unit's token."""

import typer

from vaxseal.options import (
    Account,
    Centre,
    Certificate,
    Everything,
    Json,
    Label,
    LastTry,
    Limit,
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
) -> None:
    """Take the records that are ready, show them, and sign them with the unit's token.

    In two-tier mode the token confirms; in station mode it signs passport and PDF. Everything is built again on this
    machine and compared with what the centre intends; what differs is refused by name and reported.

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
    )
