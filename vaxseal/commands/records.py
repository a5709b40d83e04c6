"""Commands of `vaxseal records`: from a spreadsheet to records that wait for a signature."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.identity.proof_kinds import ProofKind
from vaxseal.commands import complaint, counter, police, sessions, worklists
from vaxseal.console import EXIT_NO, EXIT_USE, emit_json, err, now, out, stop
from vaxseal.files import check_absent
from vaxseal.options import By, Data, Json, Register, Unit
from vaxseal.progress import progress_bar
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.identity.opening import Target

app = typer.Typer(
    no_args_is_help=True,
    help="Take in doses, compare people with the register, correct, and see what stands where and why.",
)

app.add_typer(sessions.app, name="session")

app.add_typer(complaint.app, name="complaint")
app.add_typer(counter.app, name="counter")
_NO_DATABASE = (
    "Không ghi được cơ sở dữ liệu (đĩa đầy, hoặc việc khác đang giữ): việc dở dang không được tính, hãy làm lại. / "
    "The database cannot be written (disk full, or another job holds it): what was begun does not count, do it again."
)
Refused = Annotated[bool, typer.Option("--refused", help="Only refused rows in the report.")]
app.add_typer(police.app, name="police")
app.add_typer(worklists.app, name="worklist")
RecordId = Annotated[str, typer.Argument(metavar="RECORD", help="Number of the record.")]


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or XLSX files; a row is one dose.")],
    by: By,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="CODE", help="All rows are of this unit (else a column says).")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="CSV", help="Write every row with its outcome to this CSV.")
    ] = None,
    refused: Refused = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=64, metavar="N", help="Processes for a large file. Default: all.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in spreadsheets of doses. Every row ends as accepted, duplicate, or refused with a reason.

    What was interrupted is gone on with by giving the same command again. The columns are described in
    docs/import-format.md. Exit code 1 when a file or a row was refused.

    [bold]Examples[/bold]

      vaxseal records import export.xlsx --report rows.csv

      vaxseal records import station-7.csv --unit 01-0007 --json
    """
    from api.intake.importer import import_file
    from api.intake.reports import write_row_report

    if report is not None:
        check_absent(report, json=json)  # it may be one of the files
    engine = _open(data, json)
    reports = []
    for path in files:
        with _refusals(json), progress_bar("import", shown=not json) as progress:
            processes = jobs or os.cpu_count() or 1
            done = import_file(
                engine, path, imported_by=by, at=now(), unit=unit, progress=progress, processes=processes
            )
        reports.append(done)
        if report is not None:
            with sentences(json=json):
                report.touch(mode=0o600)  # what people entered: for this account only
                with report.open("a", encoding="utf-8-sig", newline="") as file:
                    write_row_report(engine, done.import_id, file, refused_only=refused)
        if not json:
            _print_import(done.to_dict())
    if json:
        emit_json([done.to_dict() for done in reports])
    if any(done.state != "complete" or done.refused for done in reports):
        raise typer.Exit(EXIT_NO)


@app.command()
def rows(
    import_id: Annotated[str, typer.Argument(metavar="IMPORT", help="Number of the import.")],
    output: Annotated[Path, typer.Option("--out", metavar="CSV", help="The new CSV file.")],
    refused: Refused = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write the rows of an import with their outcomes, and the cells as they came.

    [bold]Examples[/bold]

      vaxseal records rows 1f3c9a0b7d2e4f68 --out rows.csv

      vaxseal records rows 1f3c9a0b7d2e4f68 --out refused.csv --refused
    """
    from api.intake.reports import write_row_report

    check_absent(output, json=json)
    engine = _open(data, json)
    with sentences(json=json):
        output.touch(mode=0o600)
        with output.open("w", encoding="utf-8-sig", newline="") as file:
            count = write_row_report(engine, import_id, file, refused_only=refused)
    if json:
        emit_json({"import": import_id, "rows": count, "file": str(output)})
    else:
        out.print(f"{count} rows in {output}.")
    if count == 0:
        raise typer.Exit(EXIT_NO)


@app.command()
def recoveries(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or XLSX files of recovered cases.")],
    by: By,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="CODE", help="All rows are of this unit (else a column says).")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="Who confirms the cases (else a column says).")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in recovered cases with day and source: they move the day on which a dose is due.

    The columns are described in docs/sessions.md; `vaxseal records rows` writes what became of each row. Exit code 1
    when a file or a row was refused.

    [bold]Examples[/bold]

      vaxseal records recoveries cases.xlsx

      vaxseal records recoveries cases.csv --unit 01-0007 --source "CDC Hà Nội" --json
    """
    from api.intake.recoveries import import_recoveries

    engine = _open(data, json)
    reports = []
    for path in files:
        with _refusals(json), progress_bar("recoveries", shown=not json) as progress:
            done = import_recoveries(
                engine, path, imported_by=by, at=now(), unit=unit, source=source, progress=progress
            ).to_dict()
        reports.append(done)
        if not json and done["state"] != "complete":
            err.print(f"{done['file']}: refused ({done['reason']})", markup=False)
            err.print(f"  {done['sentence_vi']}\n  {done['sentence_en']}", markup=False)
        elif not json:
            counts = ", ".join(f"{done[name]} {name}" for name in ("accepted", "duplicate", "refused"))
            out.print(f"{done['file']}: {counts}; import {done['import_id']}", markup=False)
    if json:
        emit_json(reports)
    if any(done["state"] != "complete" or done["refused"] for done in reports):
        raise typer.Exit(EXIT_NO)


@app.command()
def match(
    by: By,
    register: Register = None,
    again: Annotated[bool, typer.Option("--again", help="Also ask about those refused before.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask the population register about every citizen's record that waits for an answer.

    A register that does not answer, or not as it should, changes no record; the next run goes on where this one
    stopped. How it is asked over https: docs/register.md.

    Exit code 0: all were asked; 1: the register stopped answering, or some answers could not be used; 2: it could not
    be done.

    [bold]Examples[/bold]

      vaxseal records match --register register.csv

      vaxseal records match --register https://register.example.vn --again --json
    """
    from api.config import load_settings
    from api.context import system_clock
    from api.identity.matching import match_records
    from api.identity.opening import open_register, targets_of

    engine = _open(data, json)
    with _refusals(json, EXIT_USE), sentences(json=json):
        settings = load_settings(data=data)
        asked = open_register(settings, engine, system_clock, where=register)
    with _refusals(json), progress_bar("match", shown=not json) as progress:
        done = match_records(
            engine, asked, at=now(), by=by, progress=progress, again=again, targets=targets_of(settings)
        )
    if json:
        emit_json(done.to_dict())
    else:
        out.print(f"{done.asked} asked; {done.foreigners} foreigners wait for an attestation.")
        _print_counts(done.states)
        _print_counts(done.reasons)
        if done.unanswered:
            err.print(
                f"{done.unanswered} could not be asked ({done.stopped or 'unusable answers'}) and stand as they stood:"
                " run this again.",
                markup=False,
            )
    if done.unanswered:
        raise typer.Exit(EXIT_NO)


@app.command()
def attest(
    record_id: RecordId,
    unit: Annotated[
        str, typer.Option("--unit", metavar="CODE", help="Your unit: the one that answers for the record.")
    ],
    by: By,
    document: Annotated[str, typer.Option("--document", metavar="TEXT", help="What you have seen.")] = "passport",
    data: Data = None,
    json: Json = False,
) -> None:
    """Answer by name for a foreigner's data, after seeing the passport.

    [bold]Examples[/bold]

      vaxseal records attest 7K2M9QWX3B4C --unit 01-0007 --by lan.tran
    """
    from api.identity.attestation import attest as attest_record

    engine, targets = _open(data, json), _targets(data, json)
    with _refusals(json):
        attest_record(engine, record_id, document=document, by=by, unit=unit, at=now(), targets=targets)
    if json:
        emit_json({"record": record_id, "state": "ready"})
    else:
        out.print(f"{record_id}: ready")


@app.command()
def correct(
    record_id: RecordId,
    changes: Annotated[
        list[str], typer.Argument(metavar="CHANGE", help="FIELD=VALUE, for example sex=Nữ or dose.2.lot=FK0112.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log (no personal data).")],
    proof: Annotated[ProofKind, typer.Option("--proof", help="What it rests on.")],
    by: By,
    reference: Annotated[
        str, typer.Option("--reference", metavar="TEXT", help='Where the proof is found, such as "book 7, page 12".')
    ] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Correct a record: a new version, checked like a new entry, with what it rests on.

    Fields: full_name, family_name, given_name, date_of_birth, sex, nationality, id_number, and of a dose
    given_on, product, lot, amount.

    [bold]Examples[/bold]

      vaxseal records correct 7K2M9QWX3B4C date_of_birth=05/10/1961 --reason "typed wrong" --proof id-card-seen

      vaxseal records correct 7K2M9QWX3B4C dose.2.lot=FK0112 --reason missing --proof station-book --reference "book 7"
    """
    from api.identity.corrections import correct as correct_record
    from api.identity.proofs import Proof

    pairs = dict(change.split("=", 1) for change in changes if "=" in change)
    if len(pairs) != len(changes):
        stop("correction-form", "Write every change once, as FIELD=VALUE.", json=json)
    engine, targets = _open(data, json), _targets(data, json)
    with _refusals(json):
        rests_on = Proof(kind=proof, reference=reference)
        stored = correct_record(engine, record_id, pairs, by=by, why=reason, at=now(), proof=rests_on, targets=targets)
    answer = {
        "record": record_id,
        "version": stored.record.version,
        "state": stored.state.value,
        "reason": stored.reason,
    }
    if json:
        emit_json(answer)
    else:
        out.print(f"{record_id}: version {answer['version']}, {answer['state']} {answer['reason'] or ''}".rstrip())


@app.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help="Only this state, for example mismatched.")
    ] = None,
    unit: Unit = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many.")] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """List records by number, state and reason (no personal data).

    [bold]Examples[/bold]

      vaxseal records list --state mismatched

      vaxseal records list --unit 01-0007 --json
    """
    from api.intake.reports import list_records
    from api.states import RecordState

    if state is not None and state not in set(RecordState):
        stop("state-unknown", f"There is no such state. States: {', '.join(RecordState)}.", json=json)
    rows = list_records(_open(data, json), state=state, unit=unit, limit=limit)
    if json:
        emit_json(list(rows))
        return
    for row in rows:
        out.print(f"{row['record']}  v{row['version']}  {row['unit']:<12} {row['state']:<16} {row['reason'] or ''}")


@app.command()
def slips(
    output: Annotated[Path, typer.Option("--out", metavar="CSV", help="The new CSV file for the printer.")],
    by: By,
    unit: Unit = None,
    new: Annotated[bool, typer.Option("--new", help="New codes for all; the old ones end.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make claim codes and write them for the paper slips. They can be read this once only.

    [bold]Examples[/bold]

      vaxseal records slips --out slips.csv

      vaxseal records slips --out slips-7.csv --unit 01-0007
    """
    from api.intake.slips import write_slips
    from api.server import open_centre

    engine = _open(data, json)
    with sentences(json=json):
        secret = open_centre(data).secret
    try:
        output.touch(mode=0o600, exist_ok=False)  # codes in clear: for this account only, and nothing is overwritten
        with output.open("w", encoding="utf-8-sig", newline="") as file:
            count = write_slips(engine, secret, file, by=by, at=now(), unit=unit, new=new)
    except FileExistsError:
        stop("output-exists", f"{output} is there already: choose another name.", json=json)
    except OSError as error:
        stop("slips", f"{output} cannot be written: {error.strerror}.", json=json)
    if json:
        emit_json({"slips": count, "file": str(output)})
    else:
        out.print(f"{count} slips in {output}. Print them, then delete the file.")


@app.command()
def report(unit: Unit = None, data: Data = None, json: Json = False) -> None:
    """Count the records by state and reason, and say what helps each of them.

    [bold]Examples[/bold]

      vaxseal records report

      vaxseal records report --unit 01-0007 --json
    """
    from api.intake.reports import count_records, list_imports

    engine = _open(data, json)
    counts, imports = count_records(engine, unit=unit), list_imports(engine)
    if json:
        emit_json({"records": [count.to_dict() for count in counts], "imports": list(imports)})
        return
    for count in counts:
        row = count.to_dict()
        out.print(f"{count.records:>8}  {count.state:<16} {count.reason or '-':<34} {row['next_en']}")
    for taken in imports:
        if taken["state"] != "complete":
            out.print(f"import {taken['import_id']} ({taken['file']}): {taken['state']} {taken['reason'] or ''}")


@app.command()
def late(
    unit: Unit = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Entered since. Default: thirty days.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Count the doses that came by the platform later than the day they were given, by unit.

    [bold]Examples[/bold]

      vaxseal records late

      vaxseal records late --unit 01-0007 --since 2022-04-01 --json
    """
    from api.platform.late import count_late

    try:
        day = date.fromisoformat(since) if since else now().date() - timedelta(days=30)
    except ValueError:
        stop("date-form", "--since is not a date: write YYYY-MM-DD.", json=json)
    counts = count_late(_open(data, json), since=day, unit=unit)
    if json:
        emit_json(list(counts))
        return
    for count in counts:
        out.print(f"{count['unit']:<12} {count['late']:>8} of {count['entered']}, at most {count['longest_days']} days")


def _open(data: Path | None, json: bool) -> "Engine":
    from api.server import open_store

    with sentences(json=json):
        return open_store(data)


def _targets(data: Path | None, json: bool) -> "tuple[Target, ...]":
    """Who is told of what is verified."""
    from api.config import load_settings
    from api.identity.opening import targets_of

    with sentences(json=json):
        return targets_of(load_settings(data=data))


@contextmanager
def _refusals(json: bool, exit_code: int = EXIT_NO) -> Iterator[None]:
    """A refusal is a sentence and an exit code; so is a database that cannot be written."""
    from sqlalchemy.exc import OperationalError

    from api.intake.faults import ROW_SENTENCES
    from certificates.errors import RecordError

    try:
        yield
    except RecordError as error:
        sentence = error.detail or " / ".join(ROW_SENTENCES.get(error.code, (error.code,)))
        fields = f" ({', '.join(error.fields)})" if error.fields else ""
        stop(error.code, f"{sentence}{fields}", json=json, exit_code=exit_code)
    except OperationalError as error:
        stop("database", f"{_NO_DATABASE} ({error.orig})", json=json)


def _print_counts(counts: Any) -> None:
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        out.print(f"{count:>8}  {name}")


def _print_import(done: dict[str, Any]) -> None:
    if done["state"] != "complete":
        err.print(f"{done['file']}: refused ({done['reason']})", markup=False)
        err.print(f"  {done['sentence_vi']}\n  {done['sentence_en']}", markup=False)
        return
    out.print(
        f"{done['file']}: {done['rows']} rows: {done['accepted']} accepted, {done['duplicate']} duplicate, "
        f"{done['refused']} refused; {done['records_made']} records made, {done['records_extended']} extended",
        markup=False,
    )
    for title in ("reasons", "noted", "states"):
        if done[title]:
            out.print(
                f"  {title}: " + ", ".join(f"{name} {count}" for name, count in done[title].items()), markup=False
            )
    for note in done["notes"]:
        out.print(f"  note: {note}", markup=False)
