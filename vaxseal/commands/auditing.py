"""`vaxseal audit acts` and `unusual`: what an auditor asks on the server."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer

from vaxseal.console import EXIT_NO, emit_json, out, stop
from vaxseal.files import read_fingerprint
from vaxseal.options import Data, Json
from vaxseal.sentences import sentences

From = Annotated[
    str, typer.Option("--from", metavar="TIME", help="2022-03-01 (a day in Viet Nam) or 2022-03-01T02:00:00Z.")
]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="Likewise; a day is meant with its whole length.")]


def acts(
    begin: From,
    end: To,
    signer: Annotated[str | None, typer.Option(metavar="ACCOUNT@UNIT", help="Everything this person did.")] = None,
    token: Annotated[
        str | None, typer.Option(metavar="FINGERPRINT", help="Everything this token did (SHA-256 of its certificate).")
    ] = None,
    unit: Annotated[str | None, typer.Option(metavar="CODE", help="Everything that was done at this unit.")] = None,
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Go on after this row of the log.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="At most so many.")] = 10_000,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show everything that one signer, token or unit did between two times, in the order of the log.

    [bold]Examples[/bold]

      vaxseal audit acts --unit TYT-0101 --from 2022-03-01 --to 2022-03-07

      vaxseal audit acts --signer lan@TYT-0101 --from 2022-03-01T00:00:00Z --to 2022-03-01T06:00:00Z --json

      vaxseal audit acts --token 5d41...c8 --from 2022-03-01 --to 2022-03-01
    """
    from api.auditing.acts import Question, find_acts
    from api.server import open_store

    question = Question(
        signer=signer,
        token=None if token is None else read_fingerprint(token, json=json),
        unit=unit,
        begin=_moment(begin, json=json),
        end=_moment(end, json=json, whole_day=True),
    )
    with sentences(json=json):
        found = find_acts(open_store(data), question, after=after, limit=limit)
    if json:
        emit_json({"acts": [act_to_dict(one) for one in found.acts], "following": found.following})
        return
    from rich.table import Table

    table = Table("row", "at", "actor", "act", "subject", "reason", "token")
    for one in found.acts:
        token_seen = one.token.hex()[:16] if one.token else ""
        table.add_row(str(one.sequence), one.at, one.actor, one.act, one.subject, one.reason, token_seen)
    out.print(table)
    if found.following is not None:
        out.print(f"There is more: go on with --after {found.following}.")


def unusual(begin: From, end: To, data: Data = None, json: Json = False) -> None:
    """List what somebody should look at: nights, bursts, doses that never came, reads for nothing. It proves nothing.

    Night is from 21:00 to 6:00 in Viet Nam, hospitals and the ministry excepted. A burst is more than 600 signatures,
    or more than 120 corrections and attestations, of one person within an hour. Reads count from 10 a day on. Where
    deliveries are entered, signatures count at units whose passports tell of more doses than came.

    Exit code 1: something was found.

    [bold]Examples[/bold]

      vaxseal audit unusual --from 2022-03-01 --to 2022-03-07

      vaxseal audit unusual --from 2022-03-01 --to 2022-03-01 --json
    """
    from dataclasses import asdict

    from api.auditing.unusual import find_unusual
    from api.server import open_store

    times = {"begin": _moment(begin, json=json), "end": _moment(end, json=json, whole_day=True)}
    with sentences(json=json):
        found = find_unusual(open_store(data), **times)
    if json:
        emit_json([asdict(one) for one in found])
    elif not found:
        out.print("Nothing unusual.")
    else:
        from rich.table import Table

        table = Table("day", "what", "who", "how often", "rows of the log")
        for one in found:
            table.add_row(one.day, one.kind, one.actor, str(one.count), f"{one.first} to {one.last}")
        out.print(table)
    if found:
        raise SystemExit(EXIT_NO)


def act_to_dict(one: Any) -> dict[str, Any]:
    """An `api.audit.LoggedAct` for machines."""
    return {
        "sequence": one.sequence,
        "at": one.at,
        "actor": one.actor,
        "act": one.act,
        "subject": one.subject,
        "reason": one.reason,
        "token": one.token.hex() if one.token else None,
    }


def _moment(text: str, *, json: bool, whole_day: bool = False) -> datetime:
    from certificates.records.dates import VIETNAM
    from certificates.records.model import instant_from_text

    try:
        day = date.fromisoformat(text)
        begins = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
        return (begins + timedelta(days=whole_day)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return instant_from_text(text)
    except (ValueError, OverflowError):
        stop("time-form", "A time is 2022-03-01, or 2022-03-01T02:00:00Z with its zone.", json=json)
