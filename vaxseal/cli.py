"""The command line, grouped by person."""

import inspect
import traceback
from typing import Any, Final

import typer
from typer.core import TyperGroup

from vaxseal.commands import admin, audit, ca, check, demo, lists, ministry, records, serve, station, token
from vaxseal.console import EXIT_USE, speak_utf8

HELP: Final = """Vaccination records in, signed health passports out.

Records of health stations are imported, matched with the population register, confirmed and signed with PKCS#11 tokens.
Out come EU-DCC QR passports and signed PDF certificates that anybody can check offline.

Each panel below is for one kind of person. [bold]vaxseal COMMAND --help[/bold] explains a command and shows examples.

Exit codes: 0 yes; 1 a clear no (an invalid certificate, a refused record); 2 wrong use or set-up.
"""
EVERYBODY: Final = "Everybody"
STATION: Final = "Signers and clerks of a health station"
MINISTRY: Final = "The national signing officer"
CHECKERS: Final = "Checkers"
OPERATORS: Final = "Operators"
AUDITORS: Final = "Auditors"
# The order of the manual: typer alone would show all single commands before all groups.
ORDER: Final = ("demo", "station", "records", "ministry", "ca", "lists", "check", "serve", "admin", "token", "audit")


class Manual(TyperGroup):
    """Shows the commands in ORDER."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    name="vaxseal",
    cls=Manual,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=HELP,
    pretty_exceptions_enable=False,
)
app.command("demo", rich_help_panel=EVERYBODY)(demo.demo)
app.add_typer(station.app, name="station", rich_help_panel=STATION)
app.add_typer(records.app, name="records", rich_help_panel=STATION)
app.add_typer(ministry.app, name="ministry", rich_help_panel=MINISTRY)
app.add_typer(ca.app, name="ca", rich_help_panel=MINISTRY)
app.add_typer(lists.app, name="lists", rich_help_panel=MINISTRY)
app.command("check", rich_help_panel=CHECKERS)(check.check)
app.command("serve", rich_help_panel=OPERATORS)(serve.serve)
app.add_typer(admin.app, name="admin", rich_help_panel=OPERATORS)
app.add_typer(token.app, name="token", rich_help_panel=OPERATORS)
app.add_typer(audit.app, name="audit", rich_help_panel=AUDITORS)


def _flow(group: typer.Typer) -> None:
    """Let each paragraph of a docstring flow: the terminal breaks the lines of the help, not the source."""
    for command in group.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(text if text[:1] == " " else " ".join(text.split()) for text in paragraphs)
    for below in group.registered_groups:
        if below.typer_instance is not None:
            _flow(below.typer_instance)


_flow(app)


def main() -> None:
    """Entry point of the ``vaxseal`` script."""
    speak_utf8()
    try:
        app()
    except Exception:
        traceback.print_exc()
        raise SystemExit(EXIT_USE) from None  # Python's own 1 would be a clear no
