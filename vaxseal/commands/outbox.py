"""`vaxseal admin outbox`: verified corrections on their way to the platform and to the register."""

from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences


def outbox(
    by: By,
    deliver: Annotated[bool, typer.Option("--deliver", help="Send what is due now, as the service does.")] = False,
    retry: Annotated[
        str | None, typer.Option("--retry", metavar="MESSAGE", help="Send this one with the next round.")
    ] = None,
    set_aside: Annotated[
        str | None, typer.Option("--set-aside", metavar="MESSAGE", help="Give this one up; needs --reason.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the log (no personal data).")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show how many verified corrections wait, arrived or are stuck, and which are stuck and why.

    The service sends them by itself (docs/register.md). What a target refuses waits for you: mend what it refuses, then
    --retry, or give it up with a reason. Further corrections of the same record wait behind it.

    Exit code 0: nothing is stuck; 1: something is; 2: it could not be done.

    [bold]Examples[/bold]

      vaxseal admin outbox

      vaxseal admin outbox --retry 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --json

      vaxseal admin outbox --set-aside 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --reason "the platform has it by letter"
    """
    from api.identity import outbox as messages
    from api.identity.delivery import deliver as send
    from api.server import open_centre, open_store

    if (set_aside is None) != (reason is None):
        stop("outbox-reason", "A message is given up with a reason: --set-aside MESSAGE --reason TEXT.", json=json)
    with sentences(json=json):
        engine = open_store(data)
        if retry is not None:
            messages.retry(engine, retry, by=by, at=now())
        if set_aside is not None and reason is not None:
            messages.set_aside(engine, set_aside, why=reason, by=by, at=now())
        sent = send(open_centre(data)) if deliver else None
        counts, stuck = messages.count_messages(engine), messages.list_stuck(engine, at=now())
    if json:
        answer = {"messages": counts, "stuck": [message.to_dict() for message in stuck]}
        done = {"delivered": sent.delivered, "failed": sent.failed, "refused": sent.refused} if sent else None
        emit_json(answer | ({"sent": done} if done else {}))
    else:
        for row in counts:
            away = f", failing {row['failures']} times in a row" if row["failures"] else ""
            out.print(f"{row['messages']:>8}  {row['target']:<10} {row['state']:<10} since {row['oldest']}{away}")
        for message in stuck:
            out.print(
                f"stuck: {message.message_id}  {message.target}  {message.record_id} v{message.version}"
                f"  {message.state}  tried {message.attempts} times  {message.reason or ''}",
                markup=False,
            )
    if stuck:
        raise typer.Exit(EXIT_NO)
