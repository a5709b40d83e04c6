"""`vaxseal lists publish` and `fetch`: how a bundle comes from the signing officer to the centre and to a checker."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.files import read_certificate
from vaxseal.options import By, Data, Json, Pinned
from vaxseal.sentences import sentence_of, sentences


def publish(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `lists sign --bundle` made.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a bundle out by the service, at /v1/lists/. Its root is pinned by VAXSEAL_LIST_ROOTS (a PEM file).

    An older version than is out is refused; the same again changes nothing. A document signer may sign passports 24
    hours after it first stood on a published list (VAXSEAL_PUBLICATION_HOURS). Revocations that the bundle holds are
    ticked off: the next draft is without them.

    [bold]Examples[/bold]

      vaxseal lists publish lists --by minh.le
    """
    from api.checkers.publishing import publish as give_out
    from api.server import open_centre

    with sentences(json=json):
        published = give_out(open_centre(data), bundle, by=by)
    if json:
        emit_json(
            {
                "version": published.version,
                "sha256": published.sha256.hex(),
                "signers": published.signers,
                "revocations_ticked_off": published.ticked_off,
                "fresh": published.fresh,
            }
        )
        return
    words = "is out now" if published.fresh else "was out before"
    out.print(
        f"Version {published.version} {words}: {published.signers} document signers, "
        f"{published.ticked_off} revocations ticked off.",
        markup=False,
    )


def fetch(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The centre's address of lists, or a folder (a stick).")
    ],
    root: Pinned,
    bundle: Annotated[Path, typer.Option("--bundle", metavar="DIR", help="The checker's own folder.")] = Path("lists"),
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="DIR", help="Where versions are remembered. Default: the user's state folder."),
    ] = None,
    json: Json = False,
) -> None:
    """Bring the newest bundle to a checker: only what it does not have yet, verified before it replaces the old one.

    Exit codes: 0 the folder holds the newest version; 1 what is there cannot be used (its code says why; the old one
    stays); 2 the source cannot be reached.

    [bold]Examples[/bold]

      vaxseal lists fetch https://centre.example.vn/v1/lists --root root.pem --bundle lists

      vaxseal lists fetch /media/stick/lists --root root.pem --bundle lists
    """
    from certificates.errors import CertificateError
    from certificates.signed_list import CODES, AgeLimits
    from vaxseal.bundles import bring
    from vaxseal.listing import described, print_head

    with sentences(json=json):
        roots = list(map(read_certificate, root))
        try:
            found, fetched = bring(source, bundle, roots, state=state, json=json)
        except CertificateError as error:
            if error.code in CODES - {"list-missing"}:
                stop(error.code, sentence_of(error), json=json, exit_code=EXIT_NO)
            raise
    if json:
        emit_json({"bundle": str(bundle), "fetched_bytes": fetched, **described(found, now())})
        return
    print_head(found, now())
    out.print(f"{fetched / 1000:,.1f} kB fetched.", markup=False)
    if found.age(now()) > AgeLimits().warn:
        out.print("They are older than 24 hours: a newer version should have been there by now.", style="yellow")
