"""`vaxseal admin renew`: passports that end within a month get their successor."""

from typing import Annotated

import typer

from vaxseal.console import emit_json, now, out
from vaxseal.options import By, Data, Json
from vaxseal.progress import progress_bar
from vaxseal.sentences import sentences


def renew(
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what is due, now and day by day.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put every passport that is due for renewal on the road to its successor. The service does it by itself, hourly.

    A passport is due on a day of its own, 30 to 11 days before its end. Its record waits to be signed again, after all
    first passports; the old code stays good until its end, and the person is told.

    [bold]Examples[/bold]

      vaxseal admin renew --dry-run

      vaxseal admin renew --json
    """
    from api.renewal.sweeping import forecast, sweep_renewals
    from api.server import open_store

    with sentences(json=json):
        engine = open_store(data)
        if dry_run:
            seen = forecast(engine, at=now())
        else:
            with progress_bar("renew", shown=not json) as progress:
                swept = sweep_renewals(engine, by=by, at=now(), progress=progress)
    if dry_run:
        if json:
            emit_json({"now": seen.now, "by_unit": seen.by_unit, "by_day": seen.by_day})
            return
        out.print(f"{seen.now} passports are due now.", markup=False)
        for title, counts in (("", seen.by_unit), ("due on ", seen.by_day)):
            for name, count in counts.items():
                out.print(f"{count:>8}  {title}{name}", markup=False)
    elif json:
        emit_json({"started": swept.started, "put_off": swept.put_off, "dropped": swept.dropped})
    else:
        out.print(
            f"{swept.started} renewals are started. {swept.put_off} wait until tomorrow: revoked, disputed or held."
            f" {swept.dropped} are not needed any more.",
            markup=False,
        )
