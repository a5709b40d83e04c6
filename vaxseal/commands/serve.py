"""`vaxseal serve`: the central service, for operators."""

from typing import Annotated

import typer

from vaxseal.options import Config, Data
from vaxseal.sentences import sentences


def serve(
    config: Config = None,
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on. Default: 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="Port to listen on. Default: 8080.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="Processes; more than one needs PostgreSQL.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="Who signs passports: two-tier (default) or station.")
    ] = None,
    centre_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="What the agents are configured with. Default: from host and port."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer errors with one JSON document.")] = False,
) -> None:
    """Run the central service: work for signing agents, passports for their holders.

    Logs are JSON lines on standard error, without personal data. Ctrl-C or SIGTERM ends it when the running requests
    are answered; what was signed but not yet released is finished at the next start.

    With several workers one more process watches them: it replaces one that dies or hangs, and at SIGHUP all, one
    after the other. /healthz says that a process lives, /readyz that it can work; figures for Prometheus have a
    listener of their own (metrics_port).

    Other than on loopback it starts with TLS only: tls_certificate and tls_key, or tls_in_front where a proxy ends it.

    [bold]Examples[/bold]

      vaxseal serve

      vaxseal serve --data /srv/vaxseal --host 0.0.0.0 --port 8443 --centre-url https://vaxseal.example.vn

      vaxseal serve --config /etc/vaxseal/vaxseal.toml --workers 4
    """
    from api.logs import set_up_logs
    from api.server import run_server

    set_up_logs()
    with sentences(json=json):
        run_server(config=config, data=data, host=host, port=port, workers=workers, mode=mode, centre_url=centre_url)
