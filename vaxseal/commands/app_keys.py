"""Commands of `vaxseal admin app-key`: citizen apps."""

from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

app = typer.Typer(no_args_is_help=True, help="Keys of citizen apps (docs/citizen-api.md).")
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="Number of the key, as the list shows it.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, for people.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a key. It is shown this once: only a hash of it is kept.

    [bold]Examples[/bold]

      vaxseal admin app-key add "Health book"

      vaxseal admin app-key add "Health book" --json
    """
    from api.citizens.apps import add_app_key
    from api.server import open_store

    with sentences(json=json):
        key_id, key = add_app_key(open_store(data), name=name, by=by, at=now())
    if json:
        emit_json({"key_id": key_id, "key": key})
    else:
        out.print(f"Key {key_id}. Hand it over now; it cannot be shown again:\n{key}", markup=False)


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List the keys, also those that were revoked.

    [bold]Examples[/bold]

      vaxseal admin app-key list

      vaxseal admin app-key list --json
    """
    from api.citizens.apps import list_app_keys
    from api.server import open_store

    with sentences(json=json):
        keys = list_app_keys(open_store(data))
    if json:
        emit_json(list(keys))
    for key in () if json else keys:
        ended = f"revoked {key['revoked_at']} by {key['revoked_by']}" if key["revoked_at"] else ""
        out.print(f"{key['key_id']}  {key['name']}  {ended}".rstrip(), markup=False)
    if not keys:
        raise typer.Exit(EXIT_NO)


@app.command()
def revoke(key: KeyId, by: By, data: Data = None, json: Json = False) -> None:
    """End a key at once and for good.

    [bold]Examples[/bold]

      vaxseal admin app-key revoke 5f3a9c01

      vaxseal admin app-key revoke 5f3a9c01 --json
    """
    from api.citizens.apps import revoke_app_key
    from api.server import open_store

    with sentences(json=json):
        revoke_app_key(open_store(data), key, by=by, at=now())
    if json:
        emit_json({"key_id": key, "revoked": True})
    else:
        out.print(f"Key {key} is revoked.")
