"""Commands of `vaxseal records worklist`: lists, samples and counts, as the operator sees them on the server."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from api.states import WorkClass
from vaxseal.console import EXIT_NO, emit_json, now, out, plain, stop
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = typer.Typer(no_args_is_help=True, help="What is to be mended and by whom, what is checked again, who is slow.")

ListUnit = Annotated[str, typer.Option("--unit", metavar="CODE", help="The unit, with what it inherited.")]
After = Annotated[str | None, typer.Option("--after", metavar="PLACE", help="What the page before ended with.")]
_Found = TypeVar("_Found")


@app.command("list")
def list_(
    unit: ListUnit,
    by: By,
    desk: Annotated[Literal["clerk", "police"], typer.Option("--desk", help="Whose list.")] = "clerk",
    work_class: Annotated[
        WorkClass | None, typer.Option("--class", metavar="CLASS", help="Only this class, for example mismatch-name.")
    ] = None,
    status: Annotated[
        Literal["open", "waiting", "aside"],
        typer.Option("--status", help="Open, waiting for an answer after a correction, or put aside."),
    ] = "open",
    after: After = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """One page of a unit's list, the oldest first; a hundred rows at most.

    [bold]Examples[/bold]

      vaxseal records worklist list --unit 01-0007

      vaxseal records worklist list --unit 01-0007 --desk police --class mismatch-name --json
    """
    from api.signing.enrolment import inherited_units
    from api.worklists.listing import page_place, read_list

    with sentences(json=json):
        place = page_place(after)
        page = _look(
            data,
            by,
            "worklist-read",
            unit,
            lambda connection: read_list(
                connection,
                inherited_units(connection, unit),
                desk=desk,
                work_class=work_class,
                status=status,
                after=place,
            ),
        )
    _show_page(page, json=json)


@app.command()
def above(unit: ListUnit, by: By, after: After = None, data: Data = None, json: Json = False) -> None:
    """One page of what a unit is shown of the work below it: put aside, or too old.

    [bold]Examples[/bold]

      vaxseal records worklist above --unit 01

      vaxseal records worklist above --unit 01 --json
    """
    from api.worklists.listing import page_place, read_above

    with sentences(json=json):
        place = page_place(after)
        page = _look(
            data, by, "worklist-above-read", unit, lambda connection: read_above(connection, unit, after=place)
        )
    _show_page(page, json=json)


@app.command()
def history(
    record_id: Annotated[str, typer.Argument(metavar="RECORD", help="Number of the record.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Who did what about a record, and when: versions with what they rest on, attempts, hand-overs, checks.

    [bold]Examples[/bold]

      vaxseal records worklist history 7K2M9QWX3B4C

      vaxseal records worklist history 7K2M9QWX3B4C --json
    """
    from api.worklists.history import read_history

    with sentences(json=json):
        events = _look(data, by, "read-history", record_id, lambda connection: read_history(connection, record_id))
    if not events:
        stop("record-unknown", "There is no record of this number.", json=json, exit_code=EXIT_NO)
    if json:
        emit_json([asdict(event) for event in events])
        return
    for event in events:
        out.print(plain(f"{event.at}  {event.by:<20} {event.what}: {event.code} {event.value}".rstrip()), markup=False)


@app.command()
def summary(unit: ListUnit, by: By, data: Data = None, json: Json = False) -> None:
    """What is to be mended by class, with median and oldest age; who below is slow; how often work was wrong.

    [bold]Examples[/bold]

      vaxseal records worklist summary --unit 01

      vaxseal records worklist summary --unit 01 --json
    """
    from api.worklists.summary import read_summary, slowest
    from certificates.records.dates import local_day

    with sentences(json=json):
        found = _look(
            data,
            by,
            "work-summary-read",
            unit,
            lambda connection: read_summary(connection, unit, today=local_day(now())),
        )
    slow = slowest(found)
    if json:
        rates = [{**asdict(rate), "rate": rate.rate} for rate in found.rates]
        listed = [{"unit": code, **asdict(age)} for code, age in slow]
        whole, below = asdict(found.whole), [asdict(one) for one in found.below]
        emit_json({"whole": whole, "below": below, "slowest": listed, "rates": rates})
        return
    for name, number in found.whole.totals.items():
        out.print(f"{number:>8}  {name}", markup=False)
    for code, age in slow:
        out.print(
            f"{code}: {age.records} {age.work_class} ({age.desk}), median {age.median_days} days, oldest"
            f" {age.oldest_days} days",
            markup=False,
        )
    for rate in found.rates:
        told = "not checked yet" if rate.rate is None else f"{rate.rate:.1%} ({rate.low:.1%} to {rate.high:.1%})"
        single = "; one person works there" if rate.single else ""
        out.print(f"{rate.unit}: {rate.errors} errors in {rate.checked} checked, {told}{single}", markup=False)


@app.command()
def days(
    unit: ListUnit,
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day in Viet Nam, 2022-05-01.")],
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="The last one; at most 92 days.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """How many records came to stand where, and how many left, at a unit and below it, day by day.

    [bold]Examples[/bold]

      vaxseal records worklist days --unit 01 --from 2022-05-01 --to 2022-05-07

      vaxseal records worklist days --unit 01 --from 2022-05-01 --to 2022-05-01 --json
    """
    from api.worklists.days import read_days_below

    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        stop("day-form", "A day is written like 2022-05-01.", json=json)
    with sentences(json=json):
        found = _look(
            data,
            by,
            "work-days-read",
            unit,
            lambda connection: read_days_below(connection, unit, since=first, until=last),
        )
    if json:
        emit_json([asdict(day) for day in found])
        return
    for day in found:
        out.print(f"{day.day}  {day.measure:<22} {day.desk:<7} +{day.came} -{day.gone}", markup=False)


@app.command()
def rechecks(unit: ListUnit, by: By, after: After = None, data: Data = None, json: Json = False) -> None:
    """What was drawn of the work below a unit and waits there to be checked again.

    [bold]Examples[/bold]

      vaxseal records worklist rechecks --unit 01

      vaxseal records worklist rechecks --unit 01 --json
    """
    from api.worklists.rechecks import read_rechecks

    with sentences(json=json):
        found = _look(data, by, "rechecks-read", unit, lambda connection: read_rechecks(connection, unit, after=after))
    if json:
        emit_json([asdict(one) for one in found])
        return
    for one in found:
        out.print(
            f"{one.closing_id}  {one.record_id}  {one.unit}  {one.kind}  {one.work_class}  {one.closed_by}"
            f"  drawn {one.drawn_at} ({one.why})",
            markup=False,
        )


@app.command()
def keep(data: Data = None, json: Json = False) -> None:
    """Do now what the service does each minute: seeds and samples, what was aside, what is old, the counts.

    [bold]Examples[/bold]

      vaxseal records worklist keep

      vaxseal records worklist keep --json
    """
    from api.server import open_centre
    from api.worklists.keeping import keep_worklists

    with sentences(json=json):
        kept = keep_worklists(open_centre(data))
    if json:
        emit_json(asdict(kept))
    else:
        out.print(
            f"{kept.back} back from aside, {kept.raised} raised for their age, {kept.drawn} drawn to be checked again."
        )


@app.command()
def verify(data: Data = None, json: Json = False) -> None:
    """Count everything again, and draw all samples again by the seeds in the log. Reads every record.

    Exit codes: 0 all agrees, 1 something does not.

    [bold]Examples[/bold]

      vaxseal records worklist verify

      vaxseal records worklist verify --json
    """
    from api.server import open_store
    from api.store.areas import find_area_differences
    from api.store.recount import find_differences
    from api.worklists.sampling import find_wrong_draws

    with sentences(json=json), open_store(data).connect() as connection:
        wrong, draws = find_differences(connection), find_wrong_draws(connection)
        areas = find_area_differences(connection)
    if json:
        counts = [{**key._asdict(), "kept": kept, "true": true} for key, (kept, true) in sorted(wrong.items())]
        sums = [{"key": list(key), "kept": kept, "true": true} for key, (kept, true) in sorted(areas.items())]
        emit_json({"counts": counts, "areas": sums, "draws": draws})
    else:
        for key, (kept, true) in sorted(wrong.items()):
            out.print(f"{key.unit} {key.measure} {key.desk} {key.since}: kept {kept}, true {true}", markup=False)
        for sum_key, (kept, true) in sorted(areas.items()):
            out.print(f"{' '.join(sum_key)}: kept {kept}, true {true}", markup=False)
        for day, what in draws.items():
            out.print(f"sample of {day}: the {what} is not what the log says", markup=False)
        if not wrong and not areas and not draws:
            out.print("Counts and samples agree with records and log.")
    if wrong or areas or draws:
        raise typer.Exit(EXIT_NO)


def _look(data: Path | None, by: str, act: str, subject: str, reading: Callable[["Connection"], _Found]) -> _Found:
    """Read, and write down who has read what."""
    from api.audit import record_act
    from api.server import open_store
    from api.store.transactions import writing

    with writing(open_store(data)) as connection:
        found = reading(connection)
        record_act(connection, at=now(), actor=by, act=act, subject=subject, reason="operator")
    return found


def _show_page(page: Any, *, json: bool) -> None:
    if json:
        emit_json({"items": [asdict(item) for item in page.items], "after": page.after})
        return
    for item in page.items:
        aside = f"  aside: {item.aside_reason} until {item.aside_until} by {item.aside_by}" if item.aside_until else ""
        out.print(
            plain(
                f"{item.record_id}  {item.unit}  {item.since}  {item.work_class}  {item.desk}  {item.initials}"
                f" {item.birth_year}  attempts {item.attempts}, raised {item.raised}{aside}"
            ),
            markup=False,
        )
    if page.after is not None:
        out.print(f"More: --after {page.after}", markup=False)
