"""Commands of `vaxseal records complaint`: take down, list, read. `complaint_work` has what is done with one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vaxseal.commands import complaint_work
from vaxseal.complaints import Number, Unit, begin, read_photo_file, refusals, said
from vaxseal.console import emit_json, out, plain, stop
from vaxseal.files import check_absent
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

app = typer.Typer(
    no_args_is_help=True,
    help="Complaints of citizens: take down, list by urgency, ask, decide. You act for --unit and what lies below it.",
)
_PHOTO = typer.Option("--photo", metavar="FILE", help="A photo of the slip.")


@app.command("open")
def open_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="For example data-wrong, or conduct.")],
    statement: Annotated[str, typer.Argument(metavar="TEXT", help="What the person says.")],
    unit: Unit,
    by: By,
    person: Annotated[str, typer.Option("--person", metavar="NAME", help="Whom it is about.")] = "",
    born: Annotated[str, typer.Option("--born", metavar="DATE", help="The person's date of birth.")] = "",
    contact: Annotated[str, typer.Option("--contact", metavar="TEXT", help="Telephone or address; kept sealed.")] = "",
    about: Annotated[
        str | None, typer.Option("--about", metavar="CODE", help="Who vaccinated; conduct: whom it is about.")
    ] = None,
    lives_in: Annotated[
        str | None, typer.Option("--lives-in", metavar="CODE", help="The unit of the commune where the person lives.")
    ] = None,
    record: Annotated[
        str | None, typer.Option("--record", metavar="RECORD", help="From the paper slip, with its code.")
    ] = None,
    code: Annotated[str | None, typer.Option("--code", metavar="CODE", help="The slip's code.")] = None,
    photo: Annotated[Path | None, _PHOTO] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take a complaint down for a person without a telephone.

    Hand out number and secret: with them the person, or who helps, follows it. The secret is shown here only.
    Kinds: dates-missing, nothing-found, doses-missing, person-wrong, data-wrong, no-certificate, conduct.

    [bold]Examples[/bold]

      vaxseal records complaint open data-wrong "Sai ngày sinh" --person "Lê Thị Hạnh" --unit 01-0007
    """
    from api.complaints.kinds import ComplaintKind
    from api.complaints.opening import Opening, open_complaint
    from certificates.records.model import instant_to_text

    if kind not in set(ComplaintKind):
        stop("kind-unknown", f"There is no such kind. Kinds: {', '.join(ComplaintKind)}.", json=json)
    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        opening = Opening(
            kind=ComplaintKind(kind),
            statement=statement,
            person_name=person,
            date_of_birth=born,
            contact=contact,
            unit=about or (None if record or lives_in else unit),
            lives_in=lives_in,
            record_id=record,
            claim_code=code,
            photo=None if photo is None else read_photo_file(photo, json),
        )
        opened = open_complaint(centre, opening, staff=staff)
    answer = {
        "number": opened.number,
        "secret": opened.secret,
        "unit": opened.unit,
        "due_at": instant_to_text(opened.due_at),
    }
    if json:
        emit_json(answer)
    else:
        out.print(f"Số / Number: {opened.number}\nMã bí mật / Secret: {opened.secret}", markup=False)
        out.print(f"{opened.unit} answers until {answer['due_at']}.", markup=False)


@app.command("list")
def list_(
    unit: Unit,
    by: By,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many.")] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """List complaints in reach, the most urgent first (no personal data).

    [bold]Examples[/bold]

      vaxseal records complaint list --unit 01-0007
    """
    from api.complaints.reading import list_complaints

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        found = list_complaints(centre, staff=staff, undecided=not everything, limit=limit)
    if json:
        emit_json([_listed(one) for one in found])
        return
    for one in found:
        late = "  over" if one.overdue else ""
        out.print(f"{one.number}  {one.due_at}  {one.kind:<14} {one.state:<9} {one.unit}{late}", markup=False)


@app.command()
def show(number: Number, unit: Unit, by: By, data: Data = None, json: Json = False) -> None:
    """Show one complaint with all that was said. It is logged.

    [bold]Examples[/bold]

      vaxseal records complaint show 01-7K2M9-QWX3B --unit 01-0007 --by lan.tran
    """
    from api.accounts.reading import Purpose
    from api.complaints.cases import normal_number
    from api.complaints.reading import read_complaint

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        found = read_complaint(centre, normal_number(number), staff=staff, purpose=Purpose.COMPLAINT)
    events = [
        {"at": one.at, "event": one.event, "actor": one.actor, "unit": one.unit, "detail": one.detail, "text": one.text}
        for one in found.events
    ]
    if json:
        emit_json(
            _listed(found.listed)
            | {
                "received_by": found.received_by,
                "named_unit": found.named_unit,
                "named_accounts": list(found.named_accounts),
                "texts": found.texts,
                "events": events,
                "photos": list(found.photos),
            }
        )
        return
    out.print(f"{found.listed.kind}, {found.listed.state}, due {found.listed.due_at}", markup=False)
    for name, text in found.texts.items():
        out.print(f"  {name}: {plain(text)}", markup=False)
    for one in events:
        text = f": {plain(str(one['text']))}" if one["text"] else ""
        out.print(f"  {one['at']}  {one['event']}  {one['actor']}{text}", markup=False)
    for sha256 in found.photos:
        out.print(f"  photo {sha256}", markup=False)


@app.command("photo")
def photo_(
    number: Number,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="As `show` names it.")],
    output: Annotated[Path, typer.Option("--out", metavar="JPEG", help="Write it here.")],
    unit: Unit,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write a photo to a file. It is logged.

    [bold]Examples[/bold]

      vaxseal records complaint photo 01-7K2M9-QWX3B 5d41402abc4b2a76b9719d911017c592 --out slip.jpg --unit 01-0007
    """
    from api.accounts.reading import Purpose
    from api.complaints.cases import normal_number
    from api.complaints.reading import read_photo

    check_absent(output, json=json)
    try:
        sha256 = bytes.fromhex(photo)
    except ValueError:
        stop("photo-form", "A photo is named by hexadecimal digits, as `show` names it.", json=json)
    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        jpeg = read_photo(centre, normal_number(number), sha256, staff=staff, purpose=Purpose.COMPLAINT)
    with sentences(json=json):
        output.touch(mode=0o600)
        output.write_bytes(jpeg)
    said(json, number, f"{output} is written.")


@app.command()
def statistics(unit: Unit, by: By, data: Data = None, json: Json = False) -> None:
    """Count complaints by unit: received, open, out of time, refused and why, appealed and won.

    [bold]Examples[/bold]

      vaxseal records complaint statistics --unit 01
    """
    from api.complaints.statistics import count_complaints

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        counts = count_complaints(centre, staff=staff)
    if json:
        emit_json([one.to_dict() for one in counts])
        return
    for one in counts:
        told = ", ".join(f"{key} {value}" for key, value in one.to_dict().items() if key != "unit" and value)
        out.print(f"{one.unit}: {told}", markup=False)


@app.command()
def sweep(data: Data = None, json: Json = False) -> None:
    """Do at once what the service does each minute: warn, pass overdue ones up, end codes, delete old photos.

    [bold]Examples[/bold]

      vaxseal records complaint sweep
    """
    from api.complaints.sweep import sweep_complaints
    from api.server import open_centre

    with sentences(json=json):
        done = sweep_complaints(open_centre(data))
    if json:
        emit_json(done)
    else:
        out.print(", ".join(f"{what} {count}" for what, count in done.items()) or "Nothing is due.", markup=False)


def _listed(one: Any) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind.value,
        "state": one.state.value,
        "unit": one.unit,
        "record": one.record_id,
        "grave": one.grave,
        "received_at": one.received_at,
        "due_at": one.due_at,
        "marks": one.marks,
        "overdue": one.overdue,
        "appealed": one.appealed,
        "refusal": one.refusal and one.refusal.value,
        "told_at": one.told_at,
    }


for work in (
    complaint_work.ask,
    complaint_work.answer,
    complaint_work.add_photo,
    complaint_work.link,
    complaint_work.name,
    complaint_work.pass_on,
    complaint_work.confirm,
    complaint_work.refuse,
    complaint_work.told,
):
    app.command(work.__name__.replace("_", "-"))(work)
