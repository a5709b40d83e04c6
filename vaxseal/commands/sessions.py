"""Commands of `vaxseal records session`: people checked before the jab, their slips, and the doses given."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.files import check_absent
from vaxseal.options import By, Data, Json, Register
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from api.accounts.staff import Staff
    from api.context import Centre
    from api.sessions.listing import CheckedList

app = typer.Typer(no_args_is_help=True, help="Session lists: check people before the jab, print slips, enter doses.")
Session = Annotated[str, typer.Argument(metavar="SESSION", help="Number of the session.")]
AtUnit = Annotated[str, typer.Option("--unit", metavar="CODE", help="Your unit: the one that holds the session.")]
Places = Annotated[list[int] | None, typer.Option("--place", metavar="N", help="Only this place; may be repeated.")]


@app.command()
def new(
    unit: AtUnit,
    product: Annotated[str, typer.Option("--product", metavar="NAME", help="The vaccine.")],
    lot: Annotated[str, typer.Option("--lot", metavar="LOT", help="Its lot.")],
    by: By,
    day: Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="Default: today.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Register a session: a day, a vaccine and a lot.

    [bold]Examples[/bold]

      vaxseal records session new --unit 01-0007 --product AstraZeneca --lot ABX1234

      vaxseal records session new --unit 01-0007 --product Pfizer --lot FK0112 --day 2022-03-05 --json
    """
    from api.sessions.listing import open_session
    from certificates.records.dates import local_day

    try:
        on = date.fromisoformat(day) if day else local_day(now())
    except ValueError:
        stop("date-form", "--day is not a date: write YYYY-MM-DD.", json=json)
    with sentences(json=json):
        number = open_session(_centre(data), _staff(by, unit), unit=unit, day=on, product=product, lot=lot)
    _answer(json, {"session": number}, f"Session {number}.")


@app.command()
def add(
    session: Session,
    people: Annotated[Path, typer.Argument(metavar="CSV", help="People, with the columns of an import but its doses.")],
    unit: AtUnit,
    by: By,
    register: Register = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put people on the list and check each: number, register, earlier doses, and the day the dose is due.

    The CSV has a header of these names: full_name, date_of_birth, sex, nationality, id_number, dose_number. When the
    register is away the list goes on without it, and says so: `ask-again`. Exit code 1 when somebody was stopped or
    refused.

    [bold]Examples[/bold]

      vaxseal records session add 5f3a9c010b7d people.csv --unit 01-0007

      vaxseal records session add 5f3a9c010b7d people.csv --unit 01-0007 --register register.csv --json
    """
    from api.sessions.asking import register_of
    from api.sessions.listing import MANY, OF_PERSON, add_people

    with sentences(json=json):
        with people.open(encoding="utf-8-sig", newline="") as file:
            rows = [{name: row.get(name) or "" for name in OF_PERSON} for row in csv.DictReader(file)]
        if not rows or not any(row["full_name"] or row["given_name"] for row in rows):
            stop("session-people", f"{people} names nobody: its header needs full_name.", json=json)
        centre, staff = _centre(data), _staff(by, unit)
        asked = register_of(centre, register)
        answers = [
            add_people(centre, staff, session, rows[at : at + MANY], register=asked) for at in range(0, len(rows), MANY)
        ]
    _show_checked(answers, json=json)


@app.command(name="ask-again")
def ask_again(
    session: Session, unit: AtUnit, by: By, register: Register = None, data: Data = None, json: Json = False
) -> None:
    """Check those once more about whom the register could not be asked. At most 500 at a time.

    Exit code 1 when somebody was stopped.

    [bold]Examples[/bold]

      vaxseal records session ask-again 5f3a9c010b7d --unit 01-0007

      vaxseal records session ask-again 5f3a9c010b7d --unit 01-0007 --register register.csv --json
    """
    from api.identity.opening import open_register
    from api.sessions import listing

    with sentences(json=json):
        centre = _centre(data)
        asked = open_register(centre.settings, centre.engine, centre.clock, where=register)
        listed = listing.ask_again(centre, _staff(by, unit), session, register=asked)
    _show_checked([listed], json=json)


@app.command()
def slips(
    session: Session,
    output: Annotated[Path, typer.Option("--out", metavar="PDF", help="The new PDF: A4, eight slips to a page.")],
    unit: AtUnit,
    by: By,
    place: Places = None,
    again: Annotated[bool, typer.Option("--again", help="Also for those who have one; its code ends.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print slips with name, number and a one-time claim code. At most 200 at a time.

    [bold]Examples[/bold]

      vaxseal records session slips 5f3a9c010b7d --out slips.pdf --unit 01-0007

      vaxseal records session slips 5f3a9c010b7d --out slip.pdf --unit 01-0007 --place 12 --again
    """
    from api.sessions.giving import write_slips

    check_absent(output, json=json)
    with sentences(json=json):
        output.touch(mode=0o600)  # codes in clear
        try:
            pdf, count = write_slips(_centre(data), _staff(by, unit), session, places=place, again=again)
        except BaseException:
            output.unlink(missing_ok=True)
            raise
        output.write_bytes(pdf)
    _answer(
        json, {"slips": count, "file": str(output)}, f"{count} slips in {output}. Print them, then delete the file."
    )


@app.command()
def given(
    session: Session,
    unit: AtUnit,
    by: By,
    place: Places = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Enter the doses that were given today. Without --place: to everybody on the list who was not stopped.

    [bold]Examples[/bold]

      vaxseal records session given 5f3a9c010b7d --unit 01-0007

      vaxseal records session given 5f3a9c010b7d --unit 01-0007 --place 1 --place 4 --json
    """
    from api.sessions.giving import MANY, enter_given
    from api.sessions.listing import show_session

    with sentences(json=json):
        centre, staff = _centre(data), _staff(by, unit)
        places = place or [
            one["place"]
            for one in show_session(centre, staff, session)["people"]
            if one["verdict"] != "stop" and one["given_at"] is None
        ]
        results = [
            one
            for at in range(0, len(places), MANY)
            for one in enter_given(centre, staff, session, places[at : at + MANY])
        ]
    if json:
        emit_json(results)
    for one in () if json else results:
        again = "  print the slip again" if one["slip_again"] else ""
        out.print(f"{one['place']:>4}  {one['outcome']:<10} {one['code'] or one['record']}{again}", markup=False)
    if any(one["outcome"] == "refused" for one in results) or not results:
        raise typer.Exit(EXIT_NO)


@app.command()
def show(session: Session, unit: AtUnit, by: By, data: Data = None, json: Json = False) -> None:
    """Show the list: verdicts, days due, slips and doses given; no personal data.

    [bold]Examples[/bold]

      vaxseal records session show 5f3a9c010b7d --unit 01-0007

      vaxseal records session show 5f3a9c010b7d --unit 01-0007 --json
    """
    from api.sessions.listing import show_session

    with sentences(json=json):
        found = show_session(_centre(data), _staff(by, unit), session)
    if json:
        emit_json(found)
        return
    out.print(f"{found['unit']} {found['day']} {found['product']} {found['lot']}", markup=False)
    for one in found["people"]:
        state = "given" if one["given_at"] else "slip" if one["slip"] else ""
        out.print(f"{one['place']:>4}  {one['record']}  {one['verdict']:<10} {state:<6} {', '.join(one['reasons'])}")


def _show_checked(answers: "Sequence[CheckedList]", *, json: bool) -> None:
    listed = [one for answer in answers for one in answer.people]
    said = next((one.register for one in answers if one.register != "asked"), "asked")
    if json:
        emit_json({"register": said, "people": [one.to_dict() for one in listed]})
    for one in () if json else listed:
        due = f" due {one.due_on}" if one.due_on else ""
        out.print(f"{one.place or '-':>4}  {one.verdict:<10} {', '.join(one.reasons)}{due}", markup=False)
    if not json and said != "asked":
        out.print(f"The register was not asked about everybody: {said}.", markup=False)
    if any(one.verdict in ("stop", "refused") for one in listed):
        raise typer.Exit(EXIT_NO)


def _staff(by: str, unit: str) -> "Staff":
    """Whoever works on the server itself, by the name that is given: as with every command there."""
    from api.accounts.staff import Staff

    return Staff(account=by, unit=unit, roles=frozenset({"clerk"}))


def _centre(data: Path | None) -> "Centre":
    from api.server import open_centre, open_store

    open_store(data).dispose()  # a folder without a service is not made here
    return open_centre(data)


def _answer(json: bool, data: dict[str, Any], sentence: str) -> None:
    if json:
        emit_json(data)
    else:
        out.print(sentence, markup=False)
