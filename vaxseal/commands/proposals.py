"""Commands of `vaxseal admin` that let units and tokens in by two people."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxseal.console import emit_json, out
from vaxseal.options import Data, Json
from vaxseal.sentences import sentences
from vaxseal.tokens import pin_source

if TYPE_CHECKING:
    from api.accounts.proposals import Proposal

Ids = Annotated[list[str], typer.Argument(metavar="PROPOSAL...", help="Numbers of proposals.")]
Account = Annotated[str, typer.Option("--account", metavar="NAME", help="Your account, with the role ministry.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read password and code from standard input, one a line.")]


def proposals(data: Data = None, json: Json = False) -> None:
    """List the units and tokens that wait for a second person.

    [bold]Examples[/bold]

      vaxseal admin proposals

      vaxseal admin proposals --json
    """
    from rich.table import Table

    from api.accounts.proposals import list_open
    from api.server import open_centre, open_store

    with sentences(json=json):
        open_store(data)
        found = list_open(open_centre(data))
    if json:
        emit_json([plain_proposal(one) for one in found])
        return
    table = Table("proposal", "kind", "unit", "subject", "proposed by", "at")
    for one in found:
        table.add_row(one.proposal_id, one.kind, one.unit, one.subject[:16], one.made_by, one.made_at)
    out.print(table)


def approve(
    proposal: Ids,
    account: Account,
    stdin: Stdin = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Agree to what another person proposed: the unit is in the tree, or the token signs, from now on.

    You log in with your password and the six digits of your telephone. All proposals before the first that is refused
    are done.

    [bold]Examples[/bold]

      vaxseal admin approve 3f9c2a7711d0e4b5 --account byt.minh

      vaxseal admin approve 3f9c2a7711d0e4b5 77aa01cd22ef9034 --account byt.minh --json
    """
    from api.accounts.login import PasswordAndCode, prove_by_password
    from api.accounts.proposals import approve as agree
    from api.accounts.sessions import enter
    from api.server import open_centre, open_store

    done = []
    with sentences(json=json):
        open_store(data)
        centre = open_centre(data)
        password = pin_source(f"Password of {account}", from_stdin=stdin)()
        code = pin_source("Six digits", from_stdin=stdin)()
        given = PasswordAndCode(account=account, password=password, code=code)
        staff = enter(centre, prove_by_password(centre, given))
        for one in proposal:
            done.append(agree(centre, staff, one))
            if not json:
                out.print(f"{one}: {done[-1].kind} {done[-1].subject} is in.", markup=False)
    if json:
        emit_json([plain_proposal(one) for one in done])


def plain_proposal(proposal: "Proposal") -> dict[str, Any]:
    """As --json shows it."""
    names = ("proposal_id", "kind", "unit", "subject", "state", "made_by", "made_at", "decided_by")
    return {name: getattr(proposal, name) for name in names}
