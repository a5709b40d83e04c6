"""`vaxseal lists sign`: the signing officer's bundle for checkers, or a trust list alone."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.console import emit_json, now, out, stop
from vaxseal.files import check_absent, read_certificate, write_new
from vaxseal.options import (
    AsAccount,
    AtCentre,
    By,
    Certificate,
    Data,
    JournalDir,
    Json,
    Label,
    LastTry,
    Module,
    Pinned,
    PinStdin,
    Serial,
)
from vaxseal.sentences import sentences
from vaxseal.tokens import open_signing_key

if TYPE_CHECKING:
    from certificates.signing import SigningKey
    from hsm.keys import TokenKey
    from vaxseal.list_place import ListPlace


def sign(
    root: Pinned,
    by: By,
    drafts: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DRAFT", help="What `lists build` or `lists revocations` wrote."),
    ] = None,
    out_path: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Sign a trust list alone, into this file.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="DIR", help="Sign the next version of the checkers' bundle in this folder."),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="PATH", help="New acceptance rules for the bundle: files, or 'default'."),
    ] = None,
    after: Annotated[
        Path | None,
        typer.Option("--after", metavar="LIST", help="With --out: the list before, whose version this one follows."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="With --bundle: sign what stays anew as well, when the root changes.")
    ] = False,
    days: Annotated[int, typer.Option("--days", min=1, metavar="N", help="How long it is valid.")] = 7,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="With --bundle: go on until stopped, and publish what was signed.")
    ] = False,
    period: Annotated[
        float, typer.Option("--period", min=0.1, max=3600, metavar="SECONDS", help="Between two looks, --unattended.")
    ] = 60.0,
    most: Annotated[
        int, typer.Option("--most", min=1, metavar="N", help="More changes than these wait for a person, --unattended.")
    ] = 200_000,
    data: Data = None,
    centre: AtCentre = None,
    account: AsAccount = None,
    journal: JournalDir = None,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Sign with the list signer's token: the checkers' bundle, or a trust list alone.

    A bundle is a folder that any web server can serve. Its next version holds what the drafts change; everything else
    stays as it is. Without a draft it is renewed: do that every day, as checkers report lists older than 24 hours and
    refuse those older than 7 days. What was signed is read back as a checker with these roots would read it, and put
    in its place only then.

    With --unattended the PIN is asked for once. From then on whatever the centre wants on its list or off it is
    drafted, signed and published within a period, and the bundle is renewed twice a day. With --centre this machine
    reaches the service over HTTPS and nothing else: the list signer's certificate is enrolled for the ministry and logs
    in. Else it reaches the centre's database (VAXSEAL_DATABASE_URL, or --data). The centre never reaches the key. One
    line of JSON for each thing that happens; SIGTERM or Ctrl-C ends it. Sign changes of document signers by hand while
    it is stopped.

    When the root changes, everything is signed anew once by a list signer below the new one, with both roots pinned:
    then no part is left that only the old one vouches for.

    [bold]Examples[/bold]

      vaxseal lists sign draft.json --rules default --root root.pem --bundle lists --label "List signer"

      vaxseal lists sign --root root.pem --bundle lists --label "List signer"

      vaxseal lists sign revocations.json --root root.pem --bundle lists --pin-stdin < pin.txt

      vaxseal lists sign --anew --root old.pem --root new.pem --bundle lists --label "New list signer"

      vaxseal lists sign --unattended --root root.pem --bundle lists --centre http://127.0.0.1:8080 --account lists

      vaxseal lists sign --unattended --period 60 --root root.pem --bundle lists --label "List signer"

      vaxseal lists sign draft.json --root root.pem --after trust-41.cbor --out trust-42.cbor
    """
    from vaxseal import list_desk
    from vaxseal.list_place import open_remote

    if (out_path is None) == (bundle is None):
        stop("sign-output", "Say what to sign: --bundle DIR, or --out FILE for a trust list alone.", json=json)
    open_key = partial(open_signing_key, module, token, label, "list signer", pin_stdin=pin_stdin, last_try=last_try)
    if unattended:
        if bundle is None or drafts or rules is not None or anew or after is not None:
            stop("unattended-bundle", "--unattended goes with --bundle, and with nothing else to sign.", json=json)
        with sentences(json=json), ExitStack() as stack:
            pinned = list_desk.check_folder(bundle, root)
            place: ListPlace
            key: SigningKey
            if centre is None:
                place = list_desk.open_database(data, by)
                key = stack.enter_context(open_key(now()))
            else:
                place, key = stack.enter_context(
                    open_remote(
                        centre,
                        account,
                        pinned,
                        module=module,
                        token=token,
                        label=label,
                        certificate=certificate,
                        pin_stdin=pin_stdin,
                        last_try=last_try,
                        journal=journal,
                        json=json,
                    )
                )
            lasting = timedelta(days=days)
            desk = list_desk.ListDesk(place=place, folder=bundle, roots=pinned, lasting=lasting, most=most)
            list_desk.run(desk, key, period=period)
        return
    if centre is not None:
        stop("centre-unattended", "--centre goes with --unattended; by hand use vaxseal lists publish.", json=json)
    if bundle is not None:
        if after is not None:
            stop("after-bundle", "--after goes with --out: a bundle follows the one in its folder.", json=json)
        _sign_bundle(bundle, drafts or [], rules, root, days, open_key, anew=anew, json=json)
        return
    assert out_path is not None  # noqa: S101 - by the first question
    if len(drafts or []) != 1 or rules is not None or anew:
        stop("draft-one", "A trust list is signed from one draft of document signers, and nothing else.", json=json)
    _sign_list((drafts or [])[0], out_path, after, root, days, open_key, json=json)


def _sign_bundle(
    folder: Path,
    drafts: list[Path],
    rules: str | None,
    root: list[Path],
    days: int,
    open_key: "Callable[[datetime], TokenKey]",
    *,
    anew: bool,
    json: bool,
) -> None:
    from dataclasses import replace

    from certificates.bundle_signing import sign_next
    from vaxseal.bundles import read_changes
    from vaxseal.listing import described, print_head

    with sentences(json=json):
        changes = replace(read_changes(drafts, rules), anew=anew)
        roots, at = list(map(read_certificate, root)), now()
        with open_key(at) as key:
            signed = sign_next(folder, changes, key, roots, issued_at=at, expires_at=at + timedelta(days=days))
    if json:
        emit_json({"bundle": str(folder), **described(signed, at)})
    else:
        print_head(signed, at)


def _sign_list(
    draft: Path,
    out_path: Path,
    after: Path | None,
    root: list[Path],
    days: int,
    open_key: "Callable[[datetime], TokenKey]",
    *,
    json: bool,
) -> None:
    from certificates import trust_list
    from certificates.trust_entries import read_draft
    from vaxseal.sources import read_list
    from vaxseal.trusting import read_file

    check_absent(out_path, json=json)
    with sentences(json=json):
        entries = read_draft(read_file(draft))
        version = read_list(after, root).version + 1 if after else 1
        at = now()
        with open_key(at) as key:
            signed = trust_list.sign(entries, key, version=version, issued_at=at, expires_at=at + timedelta(days=days))
        trust_list.read(signed, list(map(read_certificate, root)), at=at, seen=version)
        write_new(out_path, signed, json=json)
    if json:
        emit_json({"list": str(out_path), "version": version, "entries": len(entries), "bytes": len(signed)})
        return
    out.print(f"{out_path}: version {version} with {len(entries)} document signers, for {days} days.", markup=False)
