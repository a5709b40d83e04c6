"""`vaxseal lists revocations`: what is revoked and on no list yet, in a draft for the national signing officer."""

from pathlib import Path
from typing import Annotated

import typer

from vaxseal.console import emit_json, now, out
from vaxseal.files import check_absent, write_new
from vaxseal.options import By, Data, Json
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
