"""`vaxseal lists revocations` and `published`: what is revoked and on no list yet, and what is on one now."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out, stop
from vaxseal.files import check_absent, write_new
from vaxseal.options import By, Data, Json, Pinned
from vaxseal.sentences import sentences

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the draft is written.")]


def revocations(out_path: Out, by: By, data: Data = None, json: Json = False) -> None:
    """Write what is revoked (or no longer so) and on no published list yet as a draft (JSON) to be signed.

    It holds truncated hashes and no certificate code. A draft that gets lost is no loss: until a list with them is
    published, the next draft holds the same hashes again.

    [bold]Examples[/bold]

      vaxseal lists revocations --out draft.json

      vaxseal lists revocations --data /srv/vaxseal --out draft.json --json
    """
    from api.revocation.drafting import make_draft
    from api.server import open_store
    from certificates.revocation.drafts import write_draft

    check_absent(out_path, json=json)
    with sentences(json=json):
        draft = make_draft(open_store(data), by=by, at=now())
        write_new(out_path, write_draft(draft), json=json)
    added, removed = draft.count
    if json:
        emit_json({"draft": str(out_path), "id": draft.draft_id, "added": added, "removed": removed})
    else:
        out.print(f"{out_path}: {added} hashes to add, {removed} to remove.", markup=False)


def published(
    drafts: Annotated[list[Path], typer.Argument(metavar="DRAFT", help="Drafts whose list is published.")],
    bundle: Annotated[Path, typer.Option("--bundle", metavar="DIR", help="The published bundle, as checkers get it.")],
    root: Pinned,
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Note that drafts are published, so that the next draft leaves out what they hold.

    The bundle is verified, and must say what the drafts say: else nothing is noted and the exit code is 1.

    [bold]Examples[/bold]

      vaxseal lists published draft.json --bundle lists --root root.pem --data /srv/vaxseal
    """
    from api.revocation.drafting import mark_published
    from api.server import open_store
    from api.store.transactions import writing
    from certificates.revocation.drafts import join_hashes, read_draft
    from vaxseal.bundles import read_bundle

    noted = 0
    with sentences(json=json):
        read = [read_draft(path.read_bytes()) for path in drafts]
        index = read_bundle(bundle, root).revocation
        gone = join_hashes(draft.removed_hashes for draft in read)
        if not index.says(join_hashes(draft.added_hashes for draft in read), gone):
            stop(
                "draft-unpublished",
                "The bundle does not say what the drafts say: nothing is noted.",
                json=json,
                exit_code=EXIT_NO,
            )
        with writing(open_store(data)) as connection:
            for draft in read:
                noted += mark_published(
                    connection,
                    index.version,
                    added=draft.added_hashes,
                    removed=draft.removed_hashes,
                    by=by,
                    at=now(),
                )
    if json:
        emit_json({"version": index.version, "noted": noted})
    else:
        out.print(f"Version {index.version} of the revocation list: {noted} hashes are published.", markup=False)
