"""Commands of `vaxseal records`."""

import typer

app = typer.Typer(no_args_is_help=True)
