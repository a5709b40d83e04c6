"""`vaxseal lists publish` and `fetch`: how a bundle comes from the signing officer to the centre and to a checker."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.files import read_certificate
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
from vaxseal.sentences import sentence_of, sentences

if TYPE_CHECKING:
    from vaxseal.list_place import ListPlace


def publish(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that `lists sign --bundle` made.")],
    by: By,
    data: Data = None,
    centre: AtCentre = None,
    account: AsAccount = None,
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="PEM", help="With --centre: the pinned root of list signers; may be repeated."),
    ] = None,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    certificate: Certificate = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    journal: JournalDir = None,
    json: Json = False,
) -> None:
    """Give a bundle out by the service, at /v1/lists/. Its root is pinned by VAXSEAL_LIST_ROOTS (a PEM file).

    An older version than is out is refused; the same again changes nothing. A document signer may sign passports 24
    hours after it first stood on a published list (VAXSEAL_PUBLICATION_HOURS). Revocations that the bundle holds are
    ticked off: the next draft is without them. With --centre it is handed in over HTTPS: only what is new travels.

    [bold]Examples[/bold]

      vaxseal lists publish lists --by minh.le

      vaxseal lists publish lists --centre https://centre.example.vn --account minh --root root.pem
    """
    from vaxseal import list_desk
    from vaxseal.list_place import open_remote

    with sentences(json=json), ExitStack() as stack:
        place: ListPlace
        if centre is None:
            place = list_desk.open_database(data, by)
        else:
            place, _ = stack.enter_context(
                open_remote(
                    centre,
                    account,
                    list_desk.check_folder(bundle, root or []),
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
        published = place.publish(bundle)
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
