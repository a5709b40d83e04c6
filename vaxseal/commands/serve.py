"""`vaxseal serve`: the central service, for operators."""

from typing import Annotated

import typer

from vaxseal.options import Data
from vaxseal.sentences import sentences


def serve(
    data: Data = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Port to listen on.")] = 8080,
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="Who signs passports: two-tier (default) or station.")
    ] = None,
    centre_url: Annotated[
        str | None,
        typer.Option(
            envvar="VAXSEAL_CENTRE_URL",
            metavar="URL",
            help="What the agents are configured with. Default: from host and port.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer errors with one JSON document.")] = False,
) -> None:
    """Run the central service: work for signing agents, passports for their holders.

    Logs are JSON lines on standard error, without personal data. Ctrl-C ends it; what was signed but not yet released
    is finished at the next start.

    [bold]Examples[/bold]

      vaxseal serve

      vaxseal serve --data /srv/vaxseal --host 0.0.0.0 --port 8443 --centre-url https://vaxseal.example.vn
    """
    from api.logs import set_up_logs
    from api.server import run_server

    set_up_logs()
    with sentences(json=json):
        run_server(data=data, host=host, port=port, mode=mode, centre_url=centre_url)
