"""`vaxseal lists batches`: revocations from and for other countries, in the EU gateway's form."""

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.files import check_absent, read_certificate, write_new
from vaxseal.options import Data, Json, Label, LastTry, Module, Pinned, PinStdin, Serial
from vaxseal.sentences import sentences
from vaxseal.tokens import open_signing_key

if TYPE_CHECKING:
    from certificates.revocation.batches import RevocationBatch
    from certificates.revocation.drafts import DraftGroup
    from certificates.trust import TrustStore

app = typer.Typer(no_args_is_help=True, help="Revocations from and for other countries, as the EU gateway takes them.")


class Kind(StrEnum):
    """What is hashed."""

    UCI = "UCI"
    COUNTRYCODEUCI = "COUNTRYCODEUCI"


@app.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Batches as the gateway gives them: each in its CMS.")
    ],
    trust: Annotated[
        Path, typer.Option("--trust", metavar="PATH", help="Signed trust list or bundle: whose kids are whose.")
    ],
    root: Pinned,
    out_path: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the draft is written.")],
    uploaders: Annotated[
        Path | None,
        typer.Option("--uploaders", metavar="JSON", help="The gateway's list with the uploaders' certificates."),
    ] = None,
    anchor: Annotated[
        list[Path] | None, typer.Option("--anchor", metavar="PEM", help="The gateway's trust anchor.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="SHA256", help="An uploader you vouch for, by its fingerprint."),
    ] = None,
    json: Json = False,
) -> None:
    """Read other countries' batches into a draft (JSON) for vaxseal lists sign.

    Each batch must be signed by an uploader of its country: one whose certificate --anchor signed, or that you name
    after comparing its fingerprint over another road. One that is not makes the whole import fail. No country revokes
    what another one signed. What has expired is left out.

    [bold]Examples[/bold]

      vaxseal lists batches import batches/1.cms batches/2.cms --uploaders gateway.json --anchor anchor.pem \
--trust lists --root root.pem --out foreign.json

      vaxseal lists batches import 1.cms --accept 5c8f...e1 --trust trust-42.cbor --root root.pem --out foreign.json
    """
    from certificates.gateway import Vouchers, read_uploaders
    from certificates.revocation.drafts import RevocationDraft, gather_groups, write_draft
    from vaxseal.sources import read_fingerprints

    check_absent(out_path, json=json)
    named = read_fingerprints(accept, json=json)
    with sentences(json=json):
        vouchers = Vouchers(anchors=list(map(read_certificate, anchor or [])), named=named)
        known = read_uploaders(uploaders.read_bytes(), vouchers) if uploaders else ()
        store, at = _trust(trust, root), now()
        batches = [batch for batch in _open(files, known, named) if batch.expires_at >= at]
        added = gather_groups(
            (batch.scope(store), batch.hash_type, entry, batch.expires_at)
            for batch in batches
            for entry in batch.entries
        )
        digest = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files))
        draft = RevocationDraft(draft_id=digest.hexdigest()[:16], made_at=at, added=added, removed=())
        write_new(out_path, write_draft(draft), json=json)
    count, _ = draft.count
    if json:
        emit_json({"draft": str(out_path), "id": draft.draft_id, "batches": len(batches), "added": count, "removed": 0})
    else:
        out.print(f"{out_path}: {count} hashes of {len(batches)} batches.", markup=False)


@app.command("export")
def export(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder; a file for each batch.")],
    draft: Annotated[
        Path | None,
        typer.Argument(metavar="[DRAFT]", help="What is new in this draft. Without one: all that is revoked now."),
    ] = None,
    kind: Annotated[
        Kind, typer.Option("--type", help="Without a draft: hashes over the code, or over country and code.")
    ] = Kind.UCI,
    country: Annotated[str, typer.Option("--country", metavar="CC", help="Whose revocations they are.")] = "VN",
    data: Data = None,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Write our own revocations as batches for the EU gateway, each in a CMS by the uploader's token.

    Batches hold up to 1,000 hashes and only ever add. To take one back, delete its batch at the gateway and upload the
    rest of it again.

    [bold]Examples[/bold]

      vaxseal lists batches export draft.json --out batches --label "Uploader"

      vaxseal lists batches export --data /srv/vaxseal --type COUNTRYCODEUCI --out batches --label "Uploader"
    """
    from certificates.revocation.drafts import read_draft
    from certificates.revocation.hashes import HashType
    from certificates.revocation.uploads import sign_batch

    check_absent(folder, json=json)
    at = now()
    with sentences(json=json):
        if draft is not None:
            groups = read_draft(draft.read_bytes()).added
        else:
            from api.revocation.drafting import read_revoked
            from api.server import open_store

            groups = read_revoked(open_store(data), HashType(kind.value), at=at)
        batches = list(_batches(groups, country))
        if not batches:
            stop("batches-none", "Nothing is revoked that could be exported.", json=json, exit_code=EXIT_NO)
        with open_signing_key(module, token, label, "uploader", at, pin_stdin=pin_stdin, last_try=last_try) as key:
            folder.mkdir()
            for number, batch in enumerate(batches, 1):
                write_new(folder / f"{number:05}.cms", sign_batch(batch, key), json=json)
    entries = sum(len(batch.entries) for batch in batches)
    if json:
        emit_json({"folder": str(folder), "batches": len(batches), "entries": entries})
    else:
        out.print(f"{folder}: {entries} hashes in {len(batches)} batches.", markup=False)


def _open(
    files: Iterable[Path], uploaders: Iterable[tuple[str, bytes]], named: list[bytes]
) -> Iterator["RevocationBatch"]:
    """The batches of files. Raises CertificateError that names the file."""
    from certificates.errors import CertificateError
    from certificates.revocation.uploads import open_batch

    known = list(uploaders)
    for file in files:
        try:
            yield open_batch(file.read_bytes(), known, named)
        except CertificateError as error:
            raise CertificateError(error.code, f"{file}: {error.detail}") from error


def _batches(groups: Iterable["DraftGroup"], country: str) -> Iterator["RevocationBatch"]:
    """Of groups below kids only: what a country said of itself is not ours to pass on."""
    from certificates.cose import KID_SIZE
    from certificates.revocation.batches import make_batches

    for group in groups:
        if len(group.scope) == KID_SIZE:
            yield from make_batches(country, group.scope, group.hash_type, group.hashes, expires_at=group.expires_at)


def _trust(path: Path, roots: list[Path]) -> "TrustStore":
    from vaxseal.bundles import read_bundle
    from vaxseal.sources import read_list

    return read_bundle(path, roots).trust if path.is_dir() else read_list(path, roots).store()
