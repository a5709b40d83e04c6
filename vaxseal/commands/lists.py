"""Commands of `vaxseal lists`: the national signing officer's trust lists, from sources to a signed file."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from vaxseal.commands import batches, lists_sharing, lists_signing, revocations
from vaxseal.console import EXIT_NO, EXIT_YES, emit_json, now, out, stop
from vaxseal.files import check_absent, read_certificate, write_new
from vaxseal.options import Json, Label, LastTry, Module, Pinned, PinStdin, Serial
from vaxseal.sentences import sentence_of, sentences
from vaxseal.tokens import open_signing_key

app = typer.Typer(no_args_is_help=True, help="Build and sign the lists by which checkers know whom to trust.")

Root = Annotated[
    list[Path] | None,
    typer.Option("--root", metavar="PEM", help="A pinned root of list signers; may be repeated."),
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the answer is written.")]
Signed = Annotated[Path, typer.Argument(metavar="LIST", help="A signed trust list, or the folder of a bundle.")]


@app.command("build")
def build(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE",
            help="PEM, DER or a folder of them; a gateway's JSON; a signed list; a bundle's folder.",
        ),
    ],
    out_path: Out,
    csca: Annotated[
        list[Path] | None, typer.Option("--csca", metavar="PEM", help="A CSCA that vouches for what it issued.")
    ] = None,
    anchor: Annotated[
        list[Path] | None, typer.Option("--anchor", metavar="PEM", help="The gateway's trust anchor.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="SHA256", help="A DSC or uploader you vouch for, by its fingerprint."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="SHA256", help="Leave this DSC out, by its fingerprint.")
    ] = None,
    usage: Annotated[
        str, typer.Option("--usage", metavar="LETTERS", help="Trust new DSCs for these kinds only: v, t, r.")
    ] = "vtr",
    use_from: Annotated[
        str | None,
        typer.Option("--use-from", metavar="TIME", help="Nothing that new DSCs signed before this (RFC 3339) counts."),
    ] = None,
    root: Root = None,
    json: Json = False,
) -> None:
    """Gather document signers in a draft (JSON) for your eyes: what stands there is what `lists sign` signs.

    A DSC enters when a CSCA given by --csca issued it, when its uploader to the gateway signed it (an uploader counts
    when --anchor signed its certificate, or --accept names it), or when --accept names the DSC. Where nobody vouches
    for one, nothing is written until --without names it. Of the entries of a signed list or bundle (see --root) usage
    and dates stay; a DSC that stands in several sources keeps what the first says.

    [bold]Examples[/bold]

      vaxseal lists build dscs/ --csca csca.pem --out draft.json

      vaxseal lists build lists new.pem --root root.pem --csca csca.pem --out draft.json

      vaxseal lists build dsc.pem --accept 5c8f...e1 --use-from 2026-12-01T00:00:00Z --out draft.json

      vaxseal lists build gateway.json --anchor gateway-anchor.pem --out draft.json
    """
    from certificates.gateway import Vouchers
    from certificates.pki import ALL_KINDS
    from certificates.trust_entries import in_order, write_draft
    from vaxseal.sources import Terms, read_entries, read_fingerprints

    check_absent(out_path, json=json)
    if not usage or set(usage) - ALL_KINDS:
        stop("usage-form", "--usage is letters of v, t and r.", json=json)
    moment = _moment(use_from, json=json)
    named, excluded = read_fingerprints(accept, json=json), read_fingerprints(without, json=json)
    with sentences(json=json):
        vouchers = Vouchers(
            anchors=list(map(read_certificate, anchor or [])),
            authorities=list(map(read_certificate, csca or [])),
            named=named,
            excluded=excluded,
        )
        terms = Terms(vouchers=vouchers, kinds=frozenset(usage), use_from=moment)
        roots = list(map(read_certificate, root or []))
        entries = in_order(entry for source in sources for entry in read_entries(source, terms, roots))
    if not entries:
        stop("list-empty", "There is no document signer in these sources.", json=json)
    write_new(out_path, write_draft(entries), json=json)
    if json:
        emit_json({"draft": str(out_path), "entries": len(entries)})
        return
    out.print(
        f"{out_path}: {len(entries)} document signers. Read it, then sign it with vaxseal lists sign.", markup=False
    )


app.command("revocations")(revocations.revocations)
app.command("sign")(lists_signing.sign)
app.command("publish")(lists_sharing.publish)
app.command("fetch")(lists_sharing.fetch)
app.add_typer(batches.app, name="batches")


@app.command("show")
def show(path: Signed, root: Pinned, json: Json = False) -> None:
    """Verify a signed list, or the bundle in a folder, and show version, age and document signers.

    Exit codes: 0 usable now; 1 signed, but expired or too old; 2 not signed below the root, or unreadable.

    [bold]Examples[/bold]

      vaxseal lists show lists --root root.pem

      vaxseal lists show trust-42.cbor --root root.pem
    """
    from certificates.errors import CertificateError
    from certificates.signed_list import AgeLimits
    from vaxseal.bundles import read_bundle
    from vaxseal.listing import described, print_list
    from vaxseal.sources import read_list

    at, problem = now(), None
    with sentences(json=json):
        found = read_bundle(path, root) if path.is_dir() else read_list(path, root)
    try:
        found.check_usable(at, seen=0, limits=AgeLimits())
    except CertificateError as error:
        problem = error
    if json:
        emit_json(described(found, at) | {"problem": problem and problem.code})
    else:
        print_list(found, at)
        if problem:
            out.print(sentence_of(problem), style="red", markup=False)
    raise SystemExit(EXIT_NO if problem else EXIT_YES)


@app.command("export")
def export(
    path: Signed,
    root: Pinned,
    out_path: Out,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CC", help="Only the document signers of this country.")
    ] = None,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Write a signed list's document signers as the EU gateway's JSON, each signed with the uploader's token.

    [bold]Examples[/bold]

      vaxseal lists export trust-42.cbor --root root.pem --country VN --out gateway.json --label "Uploader"
    """
    from certificates.gateway import export_gateway
    from vaxseal.sources import read_list

    check_absent(out_path, json=json)
    with sentences(json=json):
        entries = [entry for entry in read_list(path, root).entries if country in (None, entry.country)]
        if not entries:
            stop("list-empty", f"The list has no document signer of {country}.", json=json)
        at = now()
        with open_signing_key(module, token, label, "uploader", at, pin_stdin=pin_stdin, last_try=last_try) as key:
            write_new(out_path, export_gateway(entries, key, at=at), json=json)
    if json:
        emit_json({"file": str(out_path), "entries": len(entries)})
        return
    out.print(f"{out_path}: {len(entries)} document signers.", markup=False)


def _moment(text: str | None, *, json: bool) -> datetime | None:
    from certificates.cwt import parse_rfc3339

    try:
        return parse_rfc3339(text) if text is not None else None
    except ValueError:
        stop("time-form", "--use-from is a time with its offset, such as 2026-12-01T00:00:00+07:00.", json=json)
