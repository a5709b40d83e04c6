"""Commands of `vaxseal admin account`: people of the staff and what they may."""

from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.console import emit_json, out
from vaxseal.options import By, Data, Json
from vaxseal.options import Unit as OnlyUnit
from vaxseal.sentences import sentences
from vaxseal.tokens import pin_source

if TYPE_CHECKING:
    from api.accounts.administration import Handed
    from api.accounts.proposals import Proposal
    from api.context import Centre

Name = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account: a-z, 0-9, full stop, - and _.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role",
        metavar="ROLE",
        help="clerk, signer, police, overseer, ministry, auditor or operator; may be repeated.",
    ),
]
Stdin = Annotated[
    bool, typer.Option("--stdin", help="Read passwords and digits from standard input, one a line, as they are asked.")
]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log (no personal data).")]

app = typer.Typer(no_args_is_help=True, help="Accounts of the staff: what they may do, and where.")


@app.command()
def add(
    account: Name,
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="Its unit: it may act there and below.")],
    role: Roles,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make an account. Its first password and its second factor are shown once: hand them over, keep nothing.

    In production an account with the role ministry waits for another one: vaxseal admin approve. The person takes the
    second factor with any telephone program for six-digit codes (TOTP), and sets another password
    at the first log-in.

    [bold]Examples[/bold]

      vaxseal admin account add tyt-0101.thu --unit TYT-0101 --role clerk --role signer

      vaxseal admin account add byt.minh --unit BYT --role ministry --json
    """
    from api.accounts.administration import add_account

    with sentences(json=json):
        handed = add_account(_centre(data), account=account, unit=unit, roles=tuple(role), by=by)
    _hand_over(handed, json=json)


@app.command()
def password(account: Name, stdin: Stdin = False, data: Data = None, json: Json = False) -> None:
    """Set your own password, as at the first log-in: you are asked for the old one, the six digits and the new one.

    It has 12 characters or more. Your sessions end. Over HTTP the log-in does the same.

    [bold]Examples[/bold]

      vaxseal admin account password byt.minh
    """
    from api.accounts.login import PasswordAndCode, prove_by_password

    with sentences(json=json):
        centre = _centre(data)
        given = PasswordAndCode(
            account=account,
            password=pin_source(f"Password of {account}", from_stdin=stdin)(),
            code=pin_source("Six digits", from_stdin=stdin)(),
            new_password=pin_source("New password", from_stdin=stdin, new=True)(),
        )
        prove_by_password(centre, given)
    _say(json, account, f"{account} has a new password.")


@app.command("list")
def list_all(unit: OnlyUnit = None, data: Data = None, json: Json = False) -> None:
    """List accounts, their roles, and who is disabled.

    [bold]Examples[/bold]

      vaxseal admin account list

      vaxseal admin account list --unit TYT-0101 --json
    """
    from rich.table import Table

    from api.accounts.administration import list_accounts

    with sentences(json=json):
        found = list_accounts(_centre(data), unit=unit)
    if json:
        emit_json(found)
        return
    table = Table("account", "unit", "roles", "made by", "own password", "disabled")
    for one in found:
        own = "yes" if one["password_set_at"] else "not yet"
        table.add_row(
            one["account"], one["unit"], " ".join(one["roles"]), one["made_by"], own, one["disabled_at"] or ""
        )
    out.print(table)


@app.command()
def roles(account: Name, role: Roles, by: By, data: Data = None, json: Json = False) -> None:
    """Give an account other roles, from its next request on.

    [bold]Examples[/bold]

      vaxseal admin account roles tyt-0101.thu --role clerk
    """
    from api.accounts.administration import set_roles

    with sentences(json=json):
        waiting = set_roles(_centre(data), account=account, roles=tuple(role), by=by)
    _say(json, account, f"{account} is {', '.join(sorted(role))} now.", waiting)


@app.command()
def move(
    account: Name,
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="Its new unit.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Move an account to another unit, as when its own was closed.

    [bold]Examples[/bold]

      vaxseal admin account move tyt-0101.thu --unit TYT-0102
    """
    from api.accounts.administration import move_account

    with sentences(json=json):
        waiting = move_account(_centre(data), account=account, unit=unit, by=by)
    _say(json, account, f"{account} works for {unit} now.", waiting)


@app.command()
def disable(account: Name, reason: Why, by: By, data: Data = None, json: Json = False) -> None:
    """Shut an account out at once; its sessions end.

    [bold]Examples[/bold]

      vaxseal admin account disable tyt-0101.thu --reason "left the station"
    """
    from api.accounts.administration import disable_account

    with sentences(json=json):
        disable_account(_centre(data), account=account, by=by, reason=reason)
    _say(json, account, f"{account} is disabled.")


@app.command()
def enable(account: Name, reason: Why, by: By, data: Data = None, json: Json = False) -> None:
    """Let a disabled account in again, with the password and second factor that it had.

    [bold]Examples[/bold]

      vaxseal admin account enable tyt-0101.thu --reason "back from leave"
    """
    from api.accounts.administration import enable_account

    with sentences(json=json):
        waiting = enable_account(_centre(data), account=account, by=by, reason=reason)
    _say(json, account, f"{account} is enabled.", waiting)


@app.command()
def reset(account: Name, reason: Why, by: By, data: Data = None, json: Json = False) -> None:
    """Make a new first password and a new second factor, for who lost one of them. Sessions end; shown once.

    [bold]Examples[/bold]

      vaxseal admin account reset tyt-0101.thu --reason "telephone lost"
    """
    from api.accounts.administration import reset_account

    with sentences(json=json):
        handed = reset_account(_centre(data), account=account, by=by, reason=reason)
    _hand_over(handed, json=json)


def _centre(data: "Data") -> "Centre":
    from api.server import open_centre, open_store

    open_store(data)  # refuses where there is no service
    return open_centre(data)


def _hand_over(handed: "Handed", *, json: bool) -> None:
    if json:
        told = {"account": handed.account, "password": handed.password, "otpauth": handed.otpauth}
        emit_json(told | _waits(handed.waiting))
        return
    from vaxseal.terminal_qr import terminal_qr

    out.print(f"Account {handed.account}. This is shown once:", markup=False)
    out.print(f"  first password   {handed.password}", markup=False)
    out.print(f"  second factor    {handed.otpauth}", markup=False)
    out.print(terminal_qr(handed.otpauth), markup=False)
    if handed.waiting is not None:
        out.print(_sentence(handed.waiting), markup=False)


def _say(json: bool, account: str, sentence: str, waiting: "Proposal | None" = None) -> None:
    if json:
        emit_json({"account": account} | _waits(waiting))
    else:
        out.print(sentence if waiting is None else _sentence(waiting), markup=False)


def _waits(waiting: "Proposal | None") -> dict[str, str]:
    return {} if waiting is None else {"proposal": waiting.proposal_id}


def _sentence(waiting: "Proposal") -> str:
    return f"It is disabled until another person of the ministry agrees: vaxseal admin approve {waiting.proposal_id}"
