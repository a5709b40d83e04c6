"""`vaxseal admin revoke` and its kin: looked at first, proposed by one person and approved by another."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.revocation.reasons import RevocationReason
from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.options import By, Data, Json
from vaxseal.progress import progress_bar
from vaxseal.sentences import sentence_of, sentences

if TYPE_CHECKING:
    from api.accounts.staff import Staff
    from api.revocation.criteria import Criteria
    from api.revocation.orders import Preview

NO_MATCH = "revocation-nothing"


def revoke(
    reason: Annotated[RevocationReason, typer.Option("--reason", help="Why: one of the closed list.")],
    by: By,
    code: Annotated[
        list[str] | None, typer.Option("--code", metavar="CODE", help="A certificate code, as printed or typed.")
    ] = None,
    codes: Annotated[
        Path | None, typer.Option("--codes", metavar="FILE", help="Certificate codes, one a line.")
    ] = None,
    record: Annotated[
        list[str] | None,
        typer.Option("--record", metavar="RECORD", help="A record: passports of all its versions."),
    ] = None,
    dsc: Annotated[
        list[str] | None, typer.Option("--dsc", metavar="HEX", help="The passport's signer, by fingerprint or kid.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="CODE", help="Signed or confirmed by a token of this unit.")
    ] = None,
    signer: Annotated[
        str | None, typer.Option("--signer", metavar="ACCOUNT", help="Signed or confirmed by this account.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", metavar="SHA256", help="Signed or confirmed by this token's certificate.")
    ] = None,
    lot: Annotated[str | None, typer.Option("--lot", metavar="LOT", help="A dose is of this lot.")] = None,
    product: Annotated[
        str | None, typer.Option("--product", metavar="NAME", help="With --lot: of this product.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Signed at this time (RFC 3339) or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Signed at this time (RFC 3339) or before.")
    ] = None,
    fraud: Annotated[
        bool, typer.Option("--fraud", help="Fraud, whatever the reason: published at once, nobody replaced first.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be revoked.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Revoke a passport, or propose to revoke several. All that you name must hold of one; a time alone is no choice.

    The counts and some certificate codes are shown first, then you are asked. Over more than one passport the order
    waits for somebody of another unit: vaxseal admin approve-order. In force, holders see it at once; checkers after
    the next list, and not before the undo window has passed (VAXSEAL_UNDO_MINUTES; with fraud there is none). People
    who did nothing wrong get a new passport first, where the reason allows it. With --unit, --signer or --token the
    times are those of that very signature, in two-tier also of the unit's confirmation. Stop a token before you revoke
    what it signed: vaxseal admin suspend.

    Exit codes: 0 revoked, proposed, or so already; 1 nothing matches, or you said no; 2 wrong use.

    [bold]Examples[/bold]

      vaxseal admin revoke --reason fraud --unit TYT-0101 --from 2022-05-01T00:00:00+07:00 --dry-run

      vaxseal admin revoke --reason fraud --unit TYT-0101 --signer lan.tran --yes

      vaxseal admin revoke --reason lot-recalled --lot ABX5678 --product Vaxzevria --yes --json

      vaxseal admin revoke --reason wrong-person --codes codes.txt
    """
    from api.config import load_settings
    from api.errors import CentreError
    from api.revocation.criteria import Criteria
    from api.revocation.orders import preview
    from api.revocation.proposals import propose
    from api.revocation.running import run_orders
    from api.revocation.states import OrderState
    from api.server import open_store
    from certificates.uvci import normalise
    from certificates.valuesets import find_product

    if json and not (yes or dry_run):
        stop("approval-needed", "Nobody is there to be asked: say --yes, or --dry-run to look first.", json=json)
    with sentences(json=json):
        lines = codes.read_text(encoding="utf-8-sig").splitlines() if codes else []
        criteria = Criteria(
            codes=tuple(dict.fromkeys(normalise(one) for one in [*(code or []), *lines] if one.strip())),
            records=tuple(dict.fromkeys(record or [])),
            signed_with=tuple(_octets(one, (8, 32), json=json) for one in dsc or []),
            unit=unit,
            token=None if token is None else _octets(token, (32,), json=json),
            account=signer,
            lot=lot,
            product=None if product is None else find_product(product).key,
            since=_moment(since, "--from", json=json),
            until=_moment(until, "--to", json=json),
        )
        engine = open_store(data)
        try:
            seen = preview(engine, criteria, reason)
            if dry_run or not json:
                _show(seen, criteria, json=json)
            if dry_run:
                return
            if not yes and seen.passports and not _agreed(seen.passports):
                stop("declined", "Nothing is revoked.", json=json, exit_code=EXIT_NO)
            settings, staff = load_settings(data=data), at_the_server(by)
            done = propose(engine, settings, criteria, reason, staff=staff, at=now(), fraud=fraud)
            if done.state is OrderState.RUNNING:
                with progress_bar("revoke", shown=not json) as progress:
                    run_orders(engine, at=now(), order_id=done.order_id, progress=progress)
        except CentreError as error:
            if error.code != NO_MATCH:
                raise
            stop(error.code, sentence_of(error), json=json, exit_code=EXIT_NO)
    if json:
        emit_json(
            {
                "order": done.order_id,
                "state": done.state,
                "reason": reason.value,
                "passports": done.passports,
                "already": seen.already,
            }
        )
    elif done.order_id is None:
        out.print("Nothing changes.")
    elif done.state is OrderState.PROPOSED:
        out.print(
            f"Order {done.order_id} is proposed, over {done.passports} passports. Somebody of another unit puts it in"
            f" force: vaxseal admin approve-order {done.order_id}.",
            markup=False,
        )
    else:
        out.print(f"Order {done.order_id} is in force, over 1 passport: vaxseal admin revocations.", markup=False)


def approve(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Number of the proposed order.")],
    account: Annotated[str, typer.Option("--account", metavar="NAME", help="Your account, of another unit.")],
    stdin: Annotated[bool, typer.Option("--stdin", help="Password and code from standard input, one a line.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put a proposed order of revocation in force. You prove who you are by password and second factor.

    The passports are seen to page by page, here and by the service: a run that is cut off costs nothing. Look at the
    order first: vaxseal admin revocations.

    [bold]Examples[/bold]

      vaxseal admin approve-order 5f0c9a1b2c3d4e5f --account binh.le
    """
    from api.accounts.login import PasswordAndCode, prove_by_password
    from api.accounts.sessions import enter
    from api.revocation.orders import list_orders
    from api.revocation.proposals import approve as put_in_force
    from api.revocation.running import run_orders
    from api.server import open_centre, open_store
    from vaxseal.tokens import pin_source

    with sentences(json=json):
        open_store(data)
        centre = open_centre(data)
        password = pin_source(f"Password of {account}", from_stdin=stdin)()
        code = pin_source("Six digits", from_stdin=stdin)()
        proven = prove_by_password(centre, PasswordAndCode(account=account.lower(), password=password, code=code))
        staff = enter(centre, proven)
        put_in_force(centre.engine, centre.settings, order, staff=staff, at=now())
        with progress_bar("revoke", shown=not json) as progress:
            run_orders(centre.engine, at=now(), order_id=order, progress=progress)
        (done,) = list_orders(centre.engine, order_id=order)
    if json:
        emit_json({name: done[name] for name in ("order", "state", "passports", "waiting", "publish_from")})
    else:
        out.print(
            f"Order {order} is in force: {done['passports']} passports are revoked, {done['waiting']} wait for their"
            f" replacement. Lists may hold it from {done['publish_from']} on; until then it can be taken back unseen.",
            markup=False,
        )


def at_the_server(by: str) -> "Staff":
    """Whoever works at the server itself: as an operator, in no unit, and never as the second person."""
    from api.accounts.staff import Staff
    from api.revocation.proposals import SERVER

    return Staff(account=by, unit=SERVER, roles=frozenset({"operator"}))


def revocations(data: Data = None, json: Json = False) -> None:
    """List the orders, the newest first, and what waits to be published.

    [bold]Examples[/bold]

      vaxseal admin revocations

      vaxseal admin revocations --json
    """
    from api.revocation.drafting import count_open
    from api.revocation.orders import list_orders
    from api.server import open_store

    with sentences(json=json):
        engine = open_store(data)
        listed, entries = list_orders(engine), count_open(engine, at=now())
    if json:
        emit_json({"orders": listed, "entries": entries})
        return
    for order in listed:
        chosen = ", ".join(f"{name} {value}" for name, value in order["criteria"].items())
        waits = f"; {order['waiting']} wait for a new passport" if order["waiting"] else ""
        back = f"; taken back {order['withdrawn_at']} by {order['withdrawn_by']}" if order["withdrawn_at"] else ""
        out.print(
            f"{order['order']}  {order['made_at']}  {order['made_by']}\n    {order['state']},"
            f" {order['reason']}, {chosen}: {order['passports']} passports{waits}; {order['published']} of"
            f" {order['entries']} hashes published{back}",
            markup=False,
        )
    out.print(
        f"On the list: {entries['published']}. Waiting for the next one: {entries['to_add']} to add,"
        f" {entries['to_remove']} to remove. Not yet to be published: {entries['undoable']}.",
        markup=False,
    )


def unrevoke(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Number of the order.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log (no personal data).")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Refuse a proposal, or take an order back: what no other order revokes is valid again.

    Before the undo window has passed no checker hears of it; what was published comes off the next list.

    [bold]Examples[/bold]

      vaxseal admin unrevoke 5f0c9a1b2c3d4e5f --reason "wrong station named"
    """
    from api.revocation.proposals import withdraw
    from api.revocation.running import run_orders
    from api.server import open_store

    with sentences(json=json):
        engine = open_store(data)
        withdraw(engine, order, why=reason, staff=at_the_server(by), at=now())
        freed = run_orders(engine, at=now(), order_id=order).freed
    if json:
        emit_json({"order": order, "passports": freed})
    else:
        out.print(f"Order {order} is taken back: {freed} passports are valid again.", markup=False)


def reissue(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Number of the order.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put records of an order back on the road that it left alone, to be signed anew with new certificate codes.

    An order does that by itself, where nothing was wrong with the data: token-compromised, late-signature,
    holders-wish. What another order kept back goes on with this once that one is taken back. Old codes stay revoked.

    [bold]Examples[/bold]

      vaxseal admin reissue 5f0c9a1b2c3d4e5f
    """
    from api.revocation.reissuing import reissue as put_back
    from api.server import open_store

    with sentences(json=json), progress_bar("reissue", shown=not json) as progress:
        states = put_back(open_store(data), order, by=by, at=now(), progress=progress)
    if json:
        emit_json({"order": order, "states": states})
    else:
        told = ", ".join(f"{count} {state}" for state, count in states.items()) or "nothing is left to put back"
        out.print(f"Order {order}: {told}.", markup=False)


def _show(seen: "Preview", criteria: "Criteria", *, json: bool) -> None:
    if json:
        emit_json(
            {
                "criteria": criteria.to_dict(),
                "passports": seen.passports,
                "already": seen.already,
                "units": seen.units,
                "signers": seen.signers,
                "states": seen.states,
                "sample": list(seen.sample),
            }
        )
        return
    already = f"; {seen.already} are revoked for this reason already" if seen.already else ""
    out.print(f"{seen.passports} passports match{already}.", markup=False)
    for title, counts in (("by unit", seen.units), ("by signer", seen.signers), ("by state", seen.states)):
        for name, count in counts.items():
            out.print(f"{count:>8}  {title}: {name}", markup=False)
    for uvci in seen.sample:
        out.print(f"          {uvci}", markup=False)


def _agreed(count: int) -> bool:
    try:
        return typer.confirm(f"Revoke {count} passports?", default=False, err=True)
    except typer.Abort:
        return False


def _octets(text: str, sizes: tuple[int, ...], *, json: bool) -> bytes:
    try:
        octets = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        octets = b""
    if len(octets) not in sizes:
        digits = " or ".join(str(2 * size) for size in sizes)
        stop("fingerprint-form", f"A fingerprint or kid is hexadecimal: {digits} digits.", json=json)
    return octets


def _moment(text: str | None, option: str, *, json: bool) -> datetime | None:
    from certificates.cwt import parse_rfc3339

    try:
        return parse_rfc3339(text) if text is not None else None
    except ValueError:
        stop("time-form", f"{option} is a time with its offset, such as 2022-05-01T00:00:00+07:00.", json=json)
