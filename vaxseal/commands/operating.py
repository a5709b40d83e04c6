"""`vaxseal admin config`, `backup`, `restore`, `retention` and `doctor`: an operator's days."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import By, Config, Data, Json
from vaxseal.sentences import sentences
from vaxseal.tokens import pin_source

PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input, one line.")
]


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


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; nobody else can read it.")],
    by: By,
    passphrase_stdin: PassphraseStdin = False,
    config: Config = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Back the service up while it runs: database, secret and lists, sealed under a passphrase.

    The passphrase has 12 characters or more. With PostgreSQL its program pg_dump must be there. Keep file and
    passphrase apart, and another copy in another building: without the passphrase nobody opens it.

    [bold]Examples[/bold]

      vaxseal admin backup /backup/vaxseal-2022-03-01.backup

      vaxseal admin backup /backup/today.backup --passphrase-stdin --json < passphrase.txt
    """
    from api.backup import back_up
    from api.config import load_settings

    with sentences(json=json):
        settings = load_settings(config=config, data=data)
        passphrase = pin_source("Passphrase", from_stdin=passphrase_stdin, new=True)()
        done = back_up(settings, file, passphrase, by=by, at=now())
    if json:
        emit_json(asdict(done))
    else:
        out.print(f"{file} holds {sum(done.rows.values())} rows and {done.acts} acts.", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `vaxseal admin backup` wrote.")],
    passphrase_stdin: PassphraseStdin = False,
    config: Config = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Bring a backup to life in an empty data folder, with PostgreSQL in an empty database; and prove it whole.

    Every file, the rows of every table and the whole log of acts are held against what the backup says of itself.
    Afterwards compare the log with the ministry's checkpoints (vaxseal audit verify): they say what is missing since.

    [bold]Examples[/bold]

      vaxseal admin restore /backup/today.backup --data /srv/vaxseal-new

      vaxseal admin restore /backup/today.backup --passphrase-stdin --json < passphrase.txt
    """
    from api import backup as backups
    from api.config import load_settings

    with sentences(json=json):
        settings = load_settings(config=config, data=data)
        passphrase = pin_source("Passphrase", from_stdin=passphrase_stdin)()
        done = backups.restore(settings, file, passphrase)
    if json:
        emit_json(asdict(done))
        return
    out.print(
        f"{settings.data} is the service of {done.made_at} again: {sum(done.rows.values())} rows, and a log of"
        f" {done.acts} acts that is whole.",
        markup=False,
    )


def retention(
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Delete what has had its time.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Delete what has been kept long enough, kind by kind. The log of acts stays; the notes beside it go after years.

    A timer runs it once a day (deploy/).

    [bold]Examples[/bold]

      vaxseal admin retention --dry-run

      vaxseal admin retention --run --json
    """
    from rich.table import Table

    from api import retention as rules
    from api.server import open_store

    if dry_run == run:
        stop("retention-how", "Say --dry-run to count, or --run to delete.", json=json)
    with sentences(json=json):
        store = open_store(data)
        found = rules.run(store, by=by, at=now()) if run else rules.look(store, at=now())
    if json:
        emit_json(
            [
                {"kind": one.rule.kind, "table": one.rule.table.name, "days": one.rule.days, "rows": one.rows}
                for one in found
            ]
        )
        return
    table = Table("what", "days", "since", "deleted" if run else "would go")
    for one in found:
        table.add_row(one.rule.kind, str(one.rule.days), one.rule.since, str(one.rows))
    out.print(table)


def doctor(config: Config = None, data: Data = None, json: Json = False) -> None:
    """Look for whatever an operator can get wrong, and say what to do. Changes nothing.

    Exit code 1: something is at fault; warnings alone give 0.

    [bold]Examples[/bold]

      vaxseal admin doctor

      vaxseal admin doctor --config /etc/vaxseal/vaxseal.toml --json
    """
    from api.config import load_settings
    from api.operating import examine

    with sentences(json=json):
        found = examine(load_settings(config=config, data=data), config=config, at=now())
    if json:
        emit_json([asdict(one) for one in found])
    else:
        signs = {"ok": "[green]ok[/green]", "warning": "[yellow]warning[/yellow]", "fault": "[red]FAULT[/red]"}
        for one in found:
            out.print(f"{signs[one.grade]} [bold]{one.check}[/bold]: ", end="")
            out.print(f"{one.detail}." + (f"\n    {one.advice}" if one.advice else ""), markup=False)
    if any(one.grade == "fault" for one in found):
        raise SystemExit(EXIT_NO)
