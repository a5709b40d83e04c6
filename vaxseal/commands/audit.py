"""Commands of `vaxseal audit`: who did what, and whether the log is whole."""

from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, out, stop
from vaxseal.options import Data, Json
from vaxseal.sentences import sentence_of, sentences

app = typer.Typer(no_args_is_help=True, help="The log of acts: who did what, when, why; and whether it was bent.")


@app.command()
def verify(data: Data = None, json: Json = False) -> None:
    """Walk the whole log and check every hash.

    Keep the number and hash that it prints: a later log that does not contain them was cut.

    [bold]Examples[/bold]

      vaxseal audit verify

      vaxseal audit verify --data /srv/vaxseal --json
    """
    from api.audit import verify_log
    from api.errors import CentreError
    from api.server import open_store

    with sentences(json=json):
        store = open_store(data)
        try:
            head = verify_log(store)
        except CentreError as error:
            stop(error.code, sentence_of(error), json=json, exit_code=EXIT_NO)
    if json:
        emit_json({"rows": head.sequence, "hash": head.hash.hex()})
    else:
        out.print(f"{head.sequence} acts, the log is whole. Its head: {head.hash.hex()}")


@app.command()
def show(
    data: Data = None,
    actor: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Only acts of this account@unit.")] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Only acts on this record, unit, token or lease.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Show acts, the newest first.

    [bold]Examples[/bold]

      vaxseal audit show --limit 20

      vaxseal audit show --subject 3f9c... --json
    """
    from rich.table import Table

    from api.audit import read_log
    from api.server import open_store

    with sentences(json=json):
        acts = read_log(open_store(data), limit=limit, actor=actor, subject=subject)
    if json:
        emit_json(
            [
                {"at": one.at, "actor": one.actor, "act": one.act, "subject": one.subject, "reason": one.reason}
                for one in acts
            ]
        )
        return
    table = Table("at", "actor", "act", "subject", "reason")
    for one in acts:
        table.add_row(one.at, one.actor, one.act, one.subject, one.reason)
    out.print(table)
