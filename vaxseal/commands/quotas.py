"""`vaxseal admin quota` and `alarms`: what a unit may take to sign in a day, and who came near it."""

from datetime import date
from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import By, Data, Json, Unit
from vaxseal.sentences import sentences


def quota(
    unit: Annotated[str, typer.Argument(metavar="CODE", help="Code of the unit.")],
    by: By,
    daily: Annotated[
        int | None, typer.Option("--daily", min=0, metavar="N", help="Records the whole unit may take in a day.")
    ] = None,
    per_signer: Annotated[
        int | None, typer.Option("--per-signer", min=0, metavar="N", help="Records one person there may take in a day.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Let the deployment's numbers hold again.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the log.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what a unit may take to sign in a day, and took today; or set it.

    A day begins at midnight in Viet Nam. Set both numbers at once: one that is not named is the deployment's. The
    ministry's machine counts by a list of its own as well (vaxseal ministry units), which nobody changes from here.

    [bold]Examples[/bold]

      vaxseal admin quota TYT-0101

      vaxseal admin quota TYT-0101 --daily 5000 --per-signer 2500 --reason "campaign at the stadium"

      vaxseal admin quota TYT-0101 --default --reason "the campaign is over"
    """
    from api.config import load_settings
    from api.server import open_store
    from api.signing.quotas import read_quota, set_quota

    setting = default or daily is not None or per_signer is not None
    if default and (daily is not None or per_signer is not None):
        stop("quota-form", "--default goes without --daily and --per-signer.", json=json)
    if setting and not reason:
        stop("reason-missing", "A change needs --reason, for the log.", json=json)
    with sentences(json=json):
        engine, settings = open_store(data), load_settings(data=data)
        if setting:
            set_quota(engine, unit=unit, daily=daily, per_signer=per_signer, by=by, at=now(), reason=reason or "")
        found = read_quota(engine, settings, unit=unit, now=now())
    if json:
        emit_json(
            {
                "unit": unit,
                "daily": found.daily,
                "per_signer": found.per_signer,
                "own": found.own,
                "taken_today": found.used,
            }
        )
        return
    whose = "its own numbers" if found.own else "the deployment's numbers"
    out.print(
        f"{unit}: {found.daily} records a day, {found.per_signer} a person ({whose}); {found.used} taken today.",
        markup=False,
    )


def alarms(
    unit: Unit = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="From this day on. Default: today.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List who reached a quota of the day, or four fifths of it, the newest first.

    Exit code 1: there is one.

    [bold]Examples[/bold]

      vaxseal admin alarms

      vaxseal admin alarms --since 2022-04-01 --unit TYT-0101 --json
    """
    from api.server import open_store
    from api.signing.quotas import read_alarms
    from certificates.records.dates import local_day

    try:
        first = date.fromisoformat(since) if since else local_day(now())
    except ValueError:
        stop("date-form", "--since is not a date: write YYYY-MM-DD.", json=json)
    with sentences(json=json):
        found = read_alarms(open_store(data), since=first.isoformat(), unit=unit)
    if json:
        emit_json(
            [
                {
                    "day": one.day,
                    "unit": one.unit,
                    "kind": one.kind,
                    "account": one.account or None,
                    "records": one.records,
                    "quota": one.quota,
                    "raised_at": one.raised_at,
                }
                for one in found
            ]
        )
    for one in () if json else found:
        whose = f"{one.account}@{one.unit}" if one.account else one.unit
        out.print(f"{one.raised_at}  {whose}  {one.kind}  {one.records} of {one.quota}", markup=False)
    if not found and not json:
        out.print("No alarm.", markup=False)
    if found:
        raise SystemExit(EXIT_NO)
