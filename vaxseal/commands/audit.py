"""Commands of `vaxseal audit`: who did what, and whether the log is whole."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.commands import auditing, watching
from vaxseal.console import EXIT_NO, emit_json, out, stop
from vaxseal.options import Data, Json
from vaxseal.progress import progress_bar
from vaxseal.sentences import sentence_of, sentences

app = typer.Typer(no_args_is_help=True, help="The log of acts: who did what, when, why; and whether it was bent.")


@app.command()
def verify(
    checkpoints: Annotated[
        Path | None,
        typer.Option("--checkpoints", metavar="FILE", help="The ministry's own checkpoints. Needs --root."),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            metavar="PEM",
            help="Certificate of the ministry's token, or a root of list signers; may be repeated.",
        ),
    ] = None,
    witness: Annotated[
        list[Path] | None,
        typer.Option(
            "--witness",
            metavar="PATH",
            help="What `audit heads` wrote elsewhere, or a folder of such files; may be repeated.",
        ),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Walk the whole log and check every hash, and that it contains every checkpoint and every head that was seen.

    The checkpoints that the service holds are always compared; with --root their signatures are verified as well. Only
    what somebody else kept shows that the end of the log was cut off: name the ministry's file of checkpoints, and with
    --witness what agents were told with their work, up to the last minute.

    What a witness says counts where this centre's seal is on it. What nobody sealed may be made up: it is said, with
    the witness's name, and proves nothing.

    Exit code 1: the log was bent, a checkpoint is by somebody else, or a witness says what is not proven.

    [bold]Examples[/bold]

      vaxseal audit verify

      vaxseal audit verify --checkpoints checkpoints.txt --root ministry.pem

      vaxseal audit verify --witness tyt-0101.txt --witness witnesses/

      vaxseal audit verify --data /srv/vaxseal --json
    """
    from api.audit import verify_log
    from api.auditing.checkpoints import kept_checkpoints
    from api.auditing.witnesses import hear_witnesses
    from api.errors import CentreError
    from api.server import find_secret, open_store
    from certificates.checkpoints import check_signer, read
    from certificates.errors import CertificateError
    from signer.checkpoint_file import CheckpointFile
    from vaxseal import log_witnesses
    from vaxseal.files import read_roots

    if checkpoints is not None and not root:
        stop("root-missing", "Say whose checkpoints these are: --root PEM.", json=json)
    with sentences(json=json):
        store = open_store(data)
        witnesses = log_witnesses.read_witnesses(witness or ())
        pinned = [der for path in root or () for der in read_roots(path)]
        found = [one for _, one in CheckpointFile(checkpoints).read()] if checkpoints else []
        try:
            found += map(read, kept_checkpoints(store))
            for one in found if pinned else ():
                check_signer(one, pinned)
            with progress_bar("acts", shown=not json) as progress:
                head = verify_log(store, [one.head for one in found], progress=progress)
        except (CentreError, CertificateError) as error:
            stop(error.code, sentence_of(error), json=json, exit_code=EXIT_NO)
        heard = hear_witnesses(store, head, witnesses, find_secret(data))
    told = {"witnesses": list(map(log_witnesses.to_dict, heard))} if witnesses else {}
    if (code := log_witnesses.verdict_of(heard)) is not None:
        words = log_witnesses.sentences_of(heard, head.sequence)
        stop(code, "\n".join(words), json=json, exit_code=EXIT_NO, more=told)
    newest = max((one.head.sequence for one in found), default=0)
    if json:
        answer = {"rows": head.sequence, "hash": head.hash.hex()}
        emit_json(answer | {"checkpoints": len(found), "covered": newest, "signatures": bool(pinned)} | told)
        return
    out.print(f"{head.sequence} acts, the log is whole. Its head: {head.hash.hex()}")
    signed = "their signatures are right" if pinned else "their signatures were not verified: give --root"
    if found:
        out.print(f"It contains {len(found)} checkpoints up to row {newest}; {signed}.")
    if witnesses:
        seen, last = sum(one.confirmed for one in heard), max(one.newest for one in heard)
        out.print(f"It contains all {seen} heads that {len(heard)} witnesses saw, up to row {last}.")


app.command("checkpoint")(watching.checkpoint)
app.command("heads")(watching.heads)
app.command("acts")(auditing.acts)
app.command("unusual")(auditing.unusual)


@app.command()
def show(
    data: Data = None,
    actor: Annotated[str | None, typer.Option(metavar="ACCOUNT", help="Only acts of this account@unit.")] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Only acts on this record, unit, token or lease.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Show acts, the newest first.

    [bold]Examples[/bold]

      vaxseal audit show --limit 20

      vaxseal audit show --subject 3f9c... --json
    """
    from rich.table import Table

    from api.audit import read_log
    from api.server import open_store

    with sentences(json=json):
        acts = read_log(open_store(data), limit=limit, actor=actor, subject=subject)
    if json:
        emit_json(list(map(auditing.act_to_dict, acts)))
        return
    table = Table("at", "actor", "act", "subject", "reason")
    for one in acts:
        table.add_row(one.at, one.actor, one.act, one.subject, one.reason)
    out.print(table)
