"""Commands of `vaxseal records complaint` for the work on one complaint: ask, tie, pass on, decide, tell."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.complaints import Number, Unit, begin, read_grave, read_photo_file, refusals, said
from vaxseal.console import emit_json, out, stop
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from api.complaints.deciding import Decision

Photo = Annotated[Path, typer.Argument(metavar="FILE", help="A JPEG, PNG or WebP; nothing but its pixels is kept.")]
Grave = Annotated[
    str | None,
    typer.Option("--grave", metavar="WHY", help="The passport is another person's, or was sold: wrong-person, fraud."),
]


def add_photo(number: Number, photo: Photo, unit: Unit, by: By, data: Data = None, json: Json = False) -> None:
    """Add a photo of the slip that was taken at the counter.

    [bold]Examples[/bold]

      vaxseal records complaint add-photo 01-7K2M9-QWX3B slip.jpg --unit 01-0007
    """
    from api.complaints.cases import normal_number
    from api.complaints.working import bring_photo

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        bring_photo(centre, normal_number(number), read_photo_file(photo, json), staff=staff)
    said(json, number, "The photo is kept.")


def ask(
    number: Number,
    question: Annotated[str, typer.Argument(metavar="TEXT", help="What you want to know.")],
    unit: Unit,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask the citizen: the clock stands until the answer, 72 hours at most.

    [bold]Examples[/bold]

      vaxseal records complaint ask 01-7K2M9-QWX3B "Ông/bà tiêm mũi 2 ngày nào?" --unit 01-0007
    """
    from api.complaints import working
    from api.complaints.cases import normal_number

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        working.ask(centre, normal_number(number), question, staff=staff)
    said(json, number, "The question is asked; the clock stands.")


def answer(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the citizen said.")],
    unit: Unit,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Note what the citizen answered at the counter or by telephone.

    [bold]Examples[/bold]

      vaxseal records complaint answer 01-7K2M9-QWX3B "Ngày 5/10" --unit 01-0007
    """
    from api.complaints.cases import normal_number
    from api.complaints.working import bring_answer

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        bring_answer(centre, normal_number(number), text, staff=staff)
    said(json, number, "The answer is noted; the clock runs on.")


def link(
    number: Number,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="The record that it is about.")],
    unit: Unit,
    by: By,
    grave: Grave = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Tie a complaint to its record, which is set aside where its content is in doubt.

    [bold]Examples[/bold]

      vaxseal records complaint link 01-7K2M9-QWX3B 7K2M9QWX3B4C --unit 01-0007
    """
    from api.complaints import working
    from api.complaints.cases import normal_number

    chosen = read_grave(grave, json)
    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        working.link(centre, normal_number(number), record, staff=staff, grave=chosen)
    said(json, number, f"It is about record {record}.")


def name(
    number: Number,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who is named.")],
    unit: Unit,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Note that it names this person of the staff, who then decides nothing of it.

    [bold]Examples[/bold]

      vaxseal records complaint name 01-7K2M9-QWX3B hoa.le --unit 01-0007
    """
    from api.complaints.cases import normal_number
    from api.complaints.working import name_account

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        name_account(centre, normal_number(number), account, staff=staff)
    said(json, number, f"{account} does not decide it.")


def pass_on(
    number: Number,
    to: Annotated[str, typer.Argument(metavar="CODE", help="The unit that can answer it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the staff reads it.")],
    unit: Unit,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Hand it to another unit; the clock runs on. Conduct goes up only.

    [bold]Examples[/bold]

      vaxseal records complaint pass-on 01-7K2M9-QWX3B 01-0009 --reason "tiêm ở đó" --unit 01-0007
    """
    from api.complaints import working
    from api.complaints.cases import normal_number

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        target = working.pass_on(centre, normal_number(number), to, reason, staff=staff)
    said(json, number, f"{target} has it now.")


def confirm(
    number: Number,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What the citizen reads.")],
    unit: Unit,
    by: By,
    changes: Annotated[
        list[str] | None,
        typer.Option("--change", metavar="FIELD=VALUE", help="What is put right; as `records correct` takes it."),
    ] = None,
    grave: Grave = None,
    proof: Annotated[
        str | None, typer.Option("--proof", metavar="KIND", help="Of what was missing: station-book or slip.")
    ] = None,
    reference: Annotated[str, typer.Option("--reference", metavar="WHERE", help="Such as: book 7, page 12.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """The citizen is right: correct the record. It goes the road to a new passport.

    The old code ends 14 days after the person was told; with --grave at once. Number after the last dose with
    given_on, product and lot adds the dose that was missing. Where the record itself is missing (kinds dates-missing
    and nothing-found), the whole person and the doses are entered with --change, and --proof says where they were
    found: docs/complaints.md shows one. With --proof a unit also adds its dose to another unit's record
    (doses-missing).

    [bold]Examples[/bold]

      vaxseal records complaint confirm 01-7K2M9-QWX3B --change dose.2.lot=FK0112 --note "Đã sửa số lô" --unit 01-0007
    """
    from api.complaints import deciding
    from api.complaints.cases import normal_number
    from api.identity.proofs import Proof, ProofKind

    pairs = dict(change.split("=", 1) for change in changes or () if "=" in change)
    if len(pairs) != len(changes or ()):
        stop("correction-form", "Write every change once, as FIELD=VALUE.", json=json)
    chosen = read_grave(grave, json)
    if proof not in (None, *ProofKind):
        stop("proof-unknown", "--proof is one of: station-book, slip.", json=json)
    with sentences(json=json):
        found = None if proof is None else Proof(kind=ProofKind(proof), reference=reference)
    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        done = deciding.confirm(
            centre, normal_number(number), staff=staff, note=note, changes=pairs, grave=chosen, proof=found
        )
    _decided(json, number, done, "It is confirmed")


def refuse(
    number: Number,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="One of the closed list: docs/complaints.md.")],
    unit: Unit,
    by: By,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What the citizen reads besides.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Refuse it for one of the closed reasons; the citizen reads what would make it succeed.

    [bold]Examples[/bold]

      vaxseal records complaint refuse 01-7K2M9-QWX3B blurred --unit 01-0007
    """
    from api.complaints import deciding
    from api.complaints.cases import normal_number
    from api.complaints.refusals import Refusal

    if reason not in set(Refusal):
        stop("reason-unknown", f"There is no such reason. Reasons: {', '.join(Refusal)}.", json=json)
    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        done = deciding.refuse(centre, normal_number(number), Refusal(reason), staff=staff, note=note)
    _decided(json, number, done, "It is refused")


def told(number: Number, unit: Unit, by: By, data: Data = None, json: Json = False) -> None:
    """The citizen was told the decision, by telephone or at the counter: the 14 days of an old code begin.

    [bold]Examples[/bold]

      vaxseal records complaint told 01-7K2M9-QWX3B --unit 01-0007
    """
    from api.complaints.cases import normal_number
    from api.complaints.working import tell_citizen

    centre, staff = begin(data, by, unit, json)
    with refusals(json):
        tell_citizen(centre, normal_number(number), staff=staff)
    said(json, number, "It is noted.")


def _decided(json: bool, number: str, done: "Decision", what: str) -> None:
    if json:
        emit_json(
            {
                "number": number,
                "proposed": done.proposed,
                "version": done.version,
                "state": done.record_state,
                "endings": done.endings,
                "record": done.record_id,
            }
        )
        return
    if done.proposed:
        out.print("You had a part in it: it stands as a proposal until somebody else decides.", markup=False)
        return
    entered = f"; record {done.record_id} was entered" if done.record_id else ""
    version = f"; the record has version {done.version}, {done.record_state}" if done.version else ""
    endings = f"; {done.endings} certificate codes end" if done.endings else ""
    out.print(f"{what}{entered}{version}{endings}.", markup=False)
