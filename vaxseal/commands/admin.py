"""Commands of `vaxseal admin`: the operator sets up the centre, its units and their tokens; and revokes."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from vaxseal.commands import revoking
from vaxseal.console import emit_json, now, out, stop
from vaxseal.files import read_certificate, read_fingerprint
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

app = typer.Typer(no_args_is_help=True, help="Set up the centre: its folder, units and tokens; and revoke.")


@app.command()
def init(data: Data = None, json: Json = False) -> None:
    """Make the data folder with its database and its secret. Does nothing to one that is there.

    [bold]Examples[/bold]

      vaxseal admin init

      vaxseal admin init --data /srv/vaxseal
    """
    from api.server import open_centre

    with sentences(json=json):
        settings = open_centre(data).settings
    _answer(json, {"data": str(settings.data)}, f"The service's folder is {settings.data}.")


@app.command("add-unit")
def add_unit(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the unit: A-Z, 0-9 and -.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name.")],
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="station, hospital, mobile, committee, province or ministry.")
    ],
    province: Annotated[str, typer.Option(metavar="CODE", help="Code of the province.")],
    by: By,
    parent: Annotated[str | None, typer.Option(metavar="CODE", help="Code of the unit above it.")] = None,
    opened_on: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Default: today.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Enter a unit.

    [bold]Examples[/bold]

      vaxseal admin add-unit BYT --name "Bộ Y tế" --kind ministry --province 01

      vaxseal admin add-unit TYT-0101 --name "Trạm y tế xã A" --kind station --province 01 --parent BYT
    """
    from api.server import open_store
    from api.signing import enrolment

    try:
        opened = date.fromisoformat(opened_on) if opened_on else now().date()
    except ValueError:
        stop("date-form", "--opened-on is not a date: write YYYY-MM-DD.", json=json)
    with sentences(json=json):
        enrolment.add_unit(
            open_store(data),
            code=code,
            name=name,
            kind=kind,
            province=province,
            parent=parent,
            opened_on=opened,
            by=by,
            at=now(),
        )
    _answer(json, {"unit": code}, f"Unit {code} is entered.")


@app.command("close-unit")
def close_unit(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the unit.")],
    successor: Annotated[str, typer.Option(metavar="CODE", help="Code of the unit that inherits its work.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Close a unit; its successor inherits the work.

    [bold]Examples[/bold]

      vaxseal admin close-unit TYT-0101 --successor TYT-0102
    """
    from api.server import open_store
    from api.signing import enrolment

    with sentences(json=json):
        enrolment.close_unit(open_store(data), code=code, successor=successor, closed_on=now().date(), by=by, at=now())
    _answer(json, {"unit": code, "successor": successor}, f"Unit {code} is closed, {successor} follows it.")


@app.command()
def enrol(
    unit: Annotated[str, typer.Argument(metavar="CODE", help="Code of the unit.")],
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="The token's certificate, PEM or DER.")],
    by: By,
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="As the service runs: two-tier (default) or station.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let the key of a certificate sign for a unit.

    Refused: certificates of persons, of authorities, of another country, ended or ending, and outside development
    SPECIMEN ones.

    [bold]Examples[/bold]

      vaxseal admin enrol TYT-0101 tyt-0101.pem

      vaxseal admin enrol TYT-0101 tyt-0101.pem --mode station --json
    """
    from api.config import load_settings
    from api.server import open_store
    from api.signing import enrolment
    from certificates.records.model import instant_to_text

    with sentences(json=json):
        der = read_certificate(certificate)
        settings = load_settings(data=data, mode=mode)
        enrolled = enrolment.enrol_token(open_store(data), unit, der, settings=settings, by=by, at=now())
    _answer(
        json,
        {"unit": unit, "fingerprint": enrolled.fingerprint.hex(), "ends": instant_to_text(enrolled.not_after)},
        f"{unit} may sign with the certificate {enrolled.fingerprint.hex()} until {enrolled.not_after:%Y-%m-%d}.",
    )


@app.command()
def suspend(
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="SHA-256 of the certificate, 64 hexadecimal digits.")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the log (no personal data).")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Stop a token at once. What it confirmed and nobody issued yet must be confirmed again.

    [bold]Examples[/bold]

      vaxseal admin suspend 5d41...c8 --reason "token lost"
    """
    from api.server import open_store
    from api.signing import enrolment

    digest = read_fingerprint(fingerprint, json=json)
    with sentences(json=json):
        returned = enrolment.suspend_token(open_store(data), digest, by=by, at=now(), reason=reason)
    _answer(
        json,
        {"fingerprint": fingerprint, "returned": returned},
        f"The token is suspended; {returned} records must be confirmed again.",
    )


@app.command("resume-held")
def resume_held(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Number of the held record.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What was mended, for the log (no personal data).")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Try a held record again: its signed passport at the gate, or, unsigned, the queue it came from.

    [bold]Examples[/bold]

      vaxseal admin resume-held 3f9c... --reason "signing program updated"
    """
    from api.server import open_centre, open_store
    from api.signing import holding

    with sentences(json=json):
        open_store(data)
        state = holding.resume_held(open_centre(data), record, by=by, reason=reason)
    _answer(json, {"record": record, "state": state}, f"The record is {state} now.")


@app.command()
def units(data: Data = None, json: Json = False) -> None:
    """List units and their tokens.

    [bold]Examples[/bold]

      vaxseal admin units

      vaxseal admin units --json
    """
    from rich.table import Table

    from api.server import open_store
    from api.signing import enrolment

    with sentences(json=json):
        listed = enrolment.list_units(open_store(data))
    if json:
        emit_json(listed)
        return
    table = Table("unit", "name", "kind", "parent", "closed", "successor", "tokens")
    for unit in listed:
        tokens = [
            token["fingerprint"][:16] + (" suspended" if token["suspended_at"] else "") for token in unit["tokens"]
        ]
        row = [unit[column] or "" for column in ("unit", "name", "kind", "parent", "closed_on", "successor")]
        table.add_row(*row, "\n".join(tokens))
    out.print(table)


app.command("revoke")(revoking.revoke)
app.command("revocations")(revoking.revocations)
app.command("unrevoke")(revoking.unrevoke)
app.command("reissue")(revoking.reissue)


def _answer(json: bool, data: dict[str, Any], sentence: str) -> None:
    if json:
        emit_json(data)
    else:
        out.print(sentence, markup=False)
