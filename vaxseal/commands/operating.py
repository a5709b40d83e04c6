"""`vaxseal admin config`, `doctor` and `retention`: what an operator asks of a service and tells it."""

from dataclasses import asdict

from vaxseal.console import emit_json, out
from vaxseal.options import Config, Data, Json
from vaxseal.sentences import sentences


def config_(config: Config = None, data: Data = None, json: Json = False) -> None:
    """Show every setting in force, and where it comes from: option, environment, file or default. Secrets are masked.

    [bold]Examples[/bold]

      vaxseal admin config

      vaxseal admin config --config /etc/vaxseal/vaxseal.toml --json
    """
    from rich.table import Table

    from api.config import explain_settings

    with sentences(json=json):
        told = explain_settings(config=config, data=data)
    if json:
        emit_json([asdict(one) for one in told])
        return
    table = Table("setting", "value", "from")
    for one in told:
        table.add_row(one.name, one.value, one.origin)
    out.print(table)
