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
    json: Json = False,
) -> None:
    """Fetch what is new in the log, verify it on the ministry's machine, and sign its head with the ministry's token.

    What was signed is kept in the file, and at the centre. From then on nobody can change, drop or insert a row before
    that head unseen: not even who owns the database. Once an hour is a good pace; keep a copy of the file elsewhere.

    Exit code 1: the log was bent since the last checkpoint.

    [bold]Examples[/bold]

      vaxseal audit checkpoint --centre https://centre.example.vn --account minh

      vaxseal audit checkpoint --centre http://127.0.0.1:8080 --account minh --pin-stdin --json < pin.txt
    """
    from hsm.process_guard import forbid_dumps
    from signer.checkpoint_file import CheckpointFile
    from signer.checkpointing import watch
    from signer.errors import AgentError
    from signer.units import DailyCount, EnrolledUnits
    from vaxseal.opening import Place, open_agent
    from vaxseal.progress import progress_bar
    from vaxseal.state import journal_folder
    from vaxseal.tokens import pin_source

    forbid_dumps()  # the PIN passes through this process
    kept = CheckpointFile(file)
    place = Place(
        centre=centre,
        account=account,
        role="ministry",
        mode="two-tier",
        module=module,
        serial=token,
        label=label,
        certificate=certificate,
        last_try=last_try,
        journal=journal_folder(journal),
    )
    nobody, count = EnrolledUnits(), DailyCount(file.with_suffix(".count.json"))  # no records are signed here
    with sentences(json=json):
        kept.read()  # before anybody types a PIN
        try:
            with (
                open_agent(
                    place, pin_source("PIN of the token", from_stdin=pin_stdin), units=nobody, count=count
                ) as here,
                progress_bar("new acts", shown=not json) as progress,
            ):
                agent = here.agent
                done = watch(agent.client, agent.key, kept, at=now(), progress=progress)
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
