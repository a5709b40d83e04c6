"""`vaxseal audit checkpoint`: the ministry's token signs what it verified of the centre's log of acts."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import Account, Centre, Certificate, JournalDir, Json, Label, LastTry, Module, PinStdin, Serial
from vaxseal.sentences import sentence_of, sentences

_BENT = frozenset({"log-broken", "log-cut", "log-rewritten", "checkpoint-differs"})
KeptFile = Annotated[
    Path, typer.Option("--file", metavar="PATH", help="The ministry's own checkpoints; a line is added.")
]


def checkpoint(
    centre: Centre,
    account: Account,
    file: KeptFile = Path("var/ministry/checkpoints.txt"),
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    journal: JournalDir = None,
    witness: Annotated[
        list[Path] | None,
        typer.Option(
            "--witness",
            metavar="PATH",
            help="Heads that another program of the ministry was told (log-heads.txt); may be repeated.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Fetch what is new in the log, verify it on the ministry's machine, and sign its head with the ministry's token.

    Any token that is enrolled for the ministry will do, in both modes: where stations issue, the list signer's.

    What was signed is kept in the file, and at the centre. From then on nobody can change, drop or insert a row before
    that head unseen: not even who owns the database. Once an hour is a good pace; keep a copy of the file elsewhere.

    The heads that the centre told this machine with its answers, and those of --witness, must stand in the log: what
    was cut off since the last checkpoint is missed here.

    Exit code 1: the log was bent since the last checkpoint.

    [bold]Examples[/bold]

      vaxseal audit checkpoint --centre https://centre.example.vn --account minh

      vaxseal audit checkpoint --centre http://127.0.0.1:8080 --account minh --pin-stdin --json < pin.txt

      vaxseal audit checkpoint --centre https://centre.example.vn --account minh --witness desk/log-heads.txt
    """
    from signer.checkpoint_file import CheckpointFile
    from signer.checkpointing import watch
    from signer.errors import AgentError
    from signer.head_file import HeadFile, read_heads
    from vaxseal.opening import open_watcher
    from vaxseal.progress import progress_bar
    from vaxseal.state import journal_folder

    kept = CheckpointFile(file)
    with sentences(json=json):
        kept.read()  # before anybody types a PIN
        told = [one for path in witness or () for one in read_heads(path)]
        try:
            with (
                open_watcher(
                    centre=centre,
                    account=account,
                    module=module,
                    token=token,
                    label=label,
                    certificate=certificate,
                    pin_stdin=pin_stdin,
                    last_try=last_try,
                    journal=journal,
                ) as here,
                progress_bar("new acts", shown=not json) as progress,
            ):
                agent = here.agent
                seen = [*told, *HeadFile(journal_folder(journal)).read()]
                seen = [one for one in seen if one.centre == agent.client.centre]
                done = watch(agent.client, agent.key, kept, at=now(), seen=seen, progress=progress)
        except AgentError as error:
            if error.code not in _BENT:
                raise
            stop(error.code, sentence_of(error), json=json, exit_code=EXIT_NO)
    if json:
        emit_json({"rows": done.head.sequence, "hash": done.head.hash.hex(), "new": done.new})
    elif done.new:
        out.print(f"{done.new} new acts follow the last checkpoint; row {done.head.sequence} is signed.")
    else:
        out.print(f"Nothing is new since the checkpoint of row {done.head.sequence}.")


def heads(
    centre: Centre,
    out_path: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where they are written.")],
    journal: JournalDir = None,
    json: Json = False,
) -> None:
    """Write the heads of the centre's log that this machine was told: for an auditor, who holds them against the log.

    With every log-in, batch and receipt the centre tells the number and hash of its log's last row. They say nothing of
    anybody. Name the file after the unit.

    [bold]Examples[/bold]

      vaxseal audit heads --centre https://centre.example.vn --out tyt-0101.txt
    """
    from signer.head_file import HeadFile
    from vaxseal.files import check_absent, write_new
    from vaxseal.state import journal_folder

    check_absent(out_path, json=json)
    with sentences(json=json):
        seen = HeadFile(journal_folder(journal)).read(centre.rstrip("/"))
    if not seen:
        stop("heads-none", f"This machine was told nothing of the log of {centre} yet.", json=json)
    write_new(out_path, "".join(f"{one.to_line()}\n" for one in seen).encode(), json=json)
    newest = max(one.given.head.sequence for one in seen)
    if json:
        emit_json({"file": str(out_path), "heads": len(seen), "newest": newest})
    else:
        out.print(f"{out_path}: {len(seen)} heads, up to row {newest}.", markup=False)
