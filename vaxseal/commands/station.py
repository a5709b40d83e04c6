"""Commands of `vaxseal station`: the signer of a station, at the PC that holds the unit's token."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Sign what the unit answers for, with the unit's token.")

Centre = Annotated[str, typer.Option("--centre", metavar="URL", help="The centre's address; log-ins are bound to it.")]
Account = Annotated[str, typer.Option("--account", metavar="NAME", help="Who works at the token.")]
Module = Annotated[
    Path | None,
    typer.Option("--module", envvar="VAXSEAL_PKCS11_MODULE", help="The token's PKCS#11 driver. Default: search."),
]
Serial = Annotated[str | None, typer.Option("--token", metavar="SERIAL", help="Which token, by its serial number.")]
Label = Annotated[str | None, typer.Option("--label", metavar="LABEL", help="Which token, by its label.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, metavar="N", help="Records in one batch.")]
Everything = Annotated[bool, typer.Option("--all", help="Batch after batch, until nothing waits.")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking.")]
Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
LastTry = Annotated[bool, typer.Option("--last-try", help="Use the last try of the PIN before the token locks.")]
PinStdin = Annotated[bool, typer.Option("--pin-stdin", help="Read the PIN as one line from standard input.")]


@app.command("sign")
def sign(
    centre: Centre,
    account: Account,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    limit: Limit = 200,
    everything: Everything = False,
    yes: Yes = False,
    json: Json = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
) -> None:
    """Take the records that are ready, show them, and sign them with the unit's token.

    In two-tier mode the token confirms; in station mode it signs passport and PDF. Everything is built again on this
    machine and compared with what the centre intends; what differs is refused by name and reported.

    Exit code 0: everything was accepted; 1: something was refused or you said no; 2: it could not be done.

    Examples:

      vaxseal station sign --centre https://centre.example.vn --account lan

      vaxseal station sign --centre https://centre.example.vn --account lan --all --limit 100

      vaxseal station sign --centre http://127.0.0.1:8080 --account lan --yes --json --pin-stdin < pin.txt
    """
    from vaxseal import desk

    desk.sign(
        role="station",
        centre=centre,
        module=module,
        serial=token,
        label=label,
        account=account,
        limit=limit,
        everything=everything,
        yes=yes,
        json=json,
        pin_stdin=pin_stdin,
        last_try=last_try,
    )
