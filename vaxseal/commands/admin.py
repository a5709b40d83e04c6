"""Commands of `vaxseal admin`: the operator sets up the centre, its units and their tokens; and revokes."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxseal.commands import (
    accounts,
    app_keys,
    operating,
    outbox,
    overseeing,
    platform_keys,
    proposals,
    quotas,
    reconciling,
    renewing,
    revoking,
)
from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.files import read_certificate, read_fingerprint
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

if TYPE_CHECKING:
    from api.accounts.proposals import Proposal
    from api.signing.endings import Warned

EnrolMode = Annotated[
    str | None, typer.Option("--mode", metavar="MODE", help="As the service runs: two-tier (default) or station.")
]

app = typer.Typer(no_args_is_help=True, help="Set up the centre: its folder, units, tokens and accounts; and revoke.")
app.add_typer(accounts.app, name="account")


@app.command()
def init(data: Data = None, json: Json = False) -> None:
    """Make the data folder with its secret, and the database's tables. Does nothing to what is there.

    The database is SQLite in the folder, or the empty PostgreSQL database that VAXSEAL_DATABASE_URL names. Of several
    machines on one database the first makes secret.key; copy it to the others before they start.

    [bold]Examples[/bold]

      vaxseal admin init

      vaxseal admin init --data /srv/vaxseal
    """
    from api.server import open_centre

    with sentences(json=json):
        settings = open_centre(data, make=True).settings
    _answer(json, {"data": str(settings.data)}, f"The service's folder is {settings.data}.")


@app.command()
def migrate(data: Data = None, json: Json = False) -> None:
    """Bring the database's tables to what this program works with. Stop the service and make a backup first.

    [bold]Examples[/bold]

      vaxseal admin migrate

      vaxseal admin migrate --data /srv/vaxseal --json
    """
    from api.server import migrate_store
    from api.store.versions import NEWEST

    with sentences(json=json):
        before = migrate_store(data)
    went = f" They had {before}." if before != NEWEST else ""
    sentence = f"The tables have version {NEWEST}.{went}"
    _answer(json, {"before": before, "now": NEWEST}, sentence)


@app.command("add-unit")
def add_unit(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the unit: A-Z, 0-9 and -.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name.")],
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="station, hospital, mobile, committee, province, police or ministry.")
    ],
    province: Annotated[str, typer.Option(metavar="CODE", help="Code of the province.")],
    by: By,
    parent: Annotated[str | None, typer.Option(metavar="CODE", help="Code of the unit above it.")] = None,
    opened_on: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Default: today.")] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Enter a unit. In production it is proposed, and another person agrees: vaxseal admin approve.

    [bold]Examples[/bold]

      vaxseal admin add-unit BYT --name "Bộ Y tế" --kind ministry --province 01

      vaxseal admin add-unit TYT-0101 --name "Trạm y tế xã A" --kind station --province 01 --parent BYT
    """
    from api.accounts.proposals import enter_unit
    from api.server import open_centre, open_store
    from api.signing.enrolment import NewUnit

    try:
        opened = date.fromisoformat(opened_on) if opened_on else now().date()
    except ValueError:
        stop("date-form", "--opened-on is not a date: write YYYY-MM-DD.", json=json)
    unit = NewUnit(code=code, name=name, kind=kind, province=province, parent=parent, opened_on=opened)
    with sentences(json=json):
        open_store(data)
        waiting = enter_unit(open_centre(data), unit, by=by)
    if waiting is not None:
        _wait_for_another(waiting, json=json)
    else:
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
    mode: EnrolMode = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let the key of a certificate sign for a unit. In production it is proposed, and another person agrees:
    vaxseal admin approve.

    Refused: certificates of persons, of authorities, of another country, ended or ending, and outside development
    SPECIMEN ones; and where authorities are named (VAXSEAL_OWN_ROOTS, VAXSEAL_UNIT_CA_ROOTS: in production they must
    be) what is not below them, what they revoked, and what they give no fresh answer about.

    [bold]Examples[/bold]

      vaxseal admin enrol TYT-0101 tyt-0101.pem

      vaxseal admin enrol TYT-0101 tyt-0101.pem --mode station --json
    """
    from api.accounts.proposals import propose_token
    from api.server import open_centre, open_store
    from api.signing import enrolment
    from certificates.records.model import instant_to_text

    with sentences(json=json):
        der = read_certificate(certificate)
        open_store(data)
        centre = open_centre(data, mode)
        if centre.settings.environment == "production":
            _wait_for_another(propose_token(centre, unit, der, by=by), json=json)
            return
        enrolled = enrolment.enrol_token(centre.engine, unit, der, settings=centre.settings, by=by, at=now())
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


@app.command()
def replace(
    old: Annotated[str, typer.Argument(metavar="OLD", help="SHA-256 of the certificate that signs no more.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="SHA-256 of the spare's, enrolled for the unit before.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the log (no personal data).")],
    by: By,
    mode: EnrolMode = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let a spare take the place of a token: one is suspended at once, the other gets its queue.

    Enrol the spare and publish its certificate beforehand: then nothing waits. In two-tier the ministry's own list
    needs both steps as well (vaxseal ministry units).

    [bold]Examples[/bold]

      vaxseal admin replace 5d41...c8 77aa...01 --reason "token lost"
    """
    from api.config import load_settings
    from api.server import open_store
    from api.signing import replacement

    lost, spare = (read_fingerprint(text, json=json) for text in (old, new))
    with sentences(json=json):
        settings = load_settings(data=data, mode=mode)
        done = replacement.replace_token(
            open_store(data), lost, spare, settings=settings, by=by, at=now(), reason=reason
        )
    sentence = f"The spare signs for {done.unit} now; {done.returned} records must be confirmed again."
    if done.too_early:
        sentence += (
            f" {done.too_early} records were promised a passport before the spare's certificate began: it cannot sign"
            " those. A spare that was issued earlier can."
        )
    if done.unpublished:
        sentence += " Its certificate has not stood on the published list for its time: it signs no passports yet."
    counts = {"returned": done.returned, "too_early": done.too_early, "unpublished": done.unpublished}
    _answer(json, {"unit": done.unit, **counts}, sentence)


@app.command()
def recheck(by: By, data: Data = None, json: Json = False) -> None:
    """Ask the authorities of the units' certificates again whether they stand by them. The service does it by itself.

    What is revoked is suspended at once; what was held for want of an answer goes on. Exit code 1: something was
    revoked, or somebody gave no answer.

    [bold]Examples[/bold]

      vaxseal admin recheck

      vaxseal admin recheck --json
    """
    from api.server import open_centre, open_store
    from api.signing import rechecking

    with sentences(json=json):
        open_store(data)
        done = rechecking.recheck(open_centre(data), by=by)
    if json:
        emit_json({"good": done.good, "revoked": done.revoked, "silent": done.silent, "released": done.released})
    else:
        out.print(f"{len(done.good)} certificates stand; {done.released} held records went on.", markup=False)
        for fingerprint in done.revoked:
            out.print(f"  {fingerprint}: REVOKED by its authority, and suspended here", markup=False)
        for fingerprint, why in done.silent.items():
            out.print(f"  {fingerprint}: {why}", markup=False)
    if done.revoked or done.silent:
        raise SystemExit(EXIT_NO)


@app.command()
def warnings(mode: EnrolMode = None, data: Data = None, json: Json = False) -> None:
    """List tokens that sign no more, or not 60 days from now, are not published, or whose authority fell silent.

    Exit code 1: there is one whose unit has no other token to go on with.

    [bold]Examples[/bold]

      vaxseal admin warnings

      vaxseal admin warnings --json
    """
    from api.config import load_settings
    from api.server import open_store
    from api.signing.endings import find_warnings
    from certificates.records.model import instant_to_text

    with sentences(json=json):
        found = find_warnings(open_store(data), settings=load_settings(data=data, mode=mode), at=now())
    if json:
        emit_json(
            [
                {
                    "unit": one.unit,
                    "fingerprint": one.fingerprint.hex(),
                    "fault": one.fault,
                    "signs_until": instant_to_text(one.signs_until),
                    "successor": one.successor.hex() if one.successor else None,
                }
                for one in found
            ]
        )
    elif not found:
        out.print("Every token signs for 60 days and more.", markup=False)
    else:
        _show_warnings(found)
    if any(one.successor is None for one in found):
        raise SystemExit(EXIT_NO)


def _show_warnings(found: "tuple[Warned, ...]") -> None:
    from rich.table import Table

    words = {
        "ended": "signs no more",
        "ending": "ends soon",
        "unpublished": "not published",
        "certificate-unchecked": "authority silent",
    }
    table = Table("unit", "token", "what", "signs until", "follower")
    for one in found:
        follower = one.successor.hex()[:16] if one.successor else "NONE"
        table.add_row(one.unit, one.fingerprint.hex()[:16], words[one.fault], f"{one.signs_until:%d/%m/%Y}", follower)
    out.print(table)


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


app.command("outbox")(outbox.outbox)
app.command("quota")(quotas.quota)
app.command("alarms")(quotas.alarms)
app.add_typer(app_keys.app, name="app-key")
app.add_typer(platform_keys.app, name="platform-key")
app.command("proposals")(proposals.proposals)
app.command("approve")(proposals.approve)
app.command("config")(operating.config_)
app.command("backup")(operating.backup)
app.command("restore")(operating.restore)
app.command("retention")(operating.retention)
app.command("doctor")(operating.doctor)
app.command("revoke")(revoking.revoke)
app.command("approve-order")(revoking.approve)
app.command("revocations")(revoking.revocations)
app.command("unrevoke")(revoking.unrevoke)
app.command("reissue")(revoking.reissue)
app.command("renew")(renewing.renew)
app.command("deliveries")(reconciling.deliveries)
app.command("residents")(overseeing.residents)
app.command("hamlets")(overseeing.hamlets)
app.command("deadlines")(overseeing.deadlines)
app.command("reconcile")(reconciling.reconcile)


def _wait_for_another(proposal: "Proposal", *, json: bool) -> None:
    sentence = f"Proposal {proposal.proposal_id} waits for another person: vaxseal admin approve."
    _answer(json, proposals.plain_proposal(proposal), sentence)


def _answer(json: bool, data: dict[str, Any], sentence: str) -> None:
    if json:
        emit_json(data)
    else:
        out.print(sentence, markup=False)
