"""The command line, grouped by person."""

import typer

from vaxseal.commands import admin, audit, ca, check, demo, ministry, records, serve, station, token

app = typer.Typer(
    name="vaxseal",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Vaccination records in, signed health passports out.",
    pretty_exceptions_enable=False,
)
app.command("demo", rich_help_panel="Everybody")(demo.demo)
app.command("check", rich_help_panel="Checkers")(check.check)
app.add_typer(station.app, name="station", rich_help_panel="Station signers and clerks")
app.add_typer(records.app, name="records", rich_help_panel="Station signers and clerks")
app.add_typer(ministry.app, name="ministry", rich_help_panel="The national signing officer")
app.add_typer(ca.app, name="ca", rich_help_panel="The national signing officer")
app.add_typer(token.app, name="token", rich_help_panel="Operators")
app.add_typer(admin.app, name="admin", rich_help_panel="Operators")
app.command("serve", rich_help_panel="Operators")(serve.serve)
app.add_typer(audit.app, name="audit", rich_help_panel="Auditors")


def main() -> None:
    """Entry point of the ``vaxseal`` script."""
    app()
