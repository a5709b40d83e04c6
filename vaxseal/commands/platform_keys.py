"""Commands of `vaxseal admin platform-key`: machines that enter doses."""

from typing import Annotated

import typer

from vaxseal.console import EXIT_NO, emit_json, now, out
from vaxseal.options import By, Data, Json
from vaxseal.sentences import sentences

app = typer.Typer(no_args_is_help=True, help="Keys of the machines that enter doses (docs/platform.md).")
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="Number of the key, as the list shows it.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, for people.")],
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="It enters for this unit and those below it.")],
    by: By,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a key. It is shown this once: only a hash of it is kept.

    [bold]Examples[/bold]

      vaxseal admin platform-key add "National platform" --unit BYT

      vaxseal admin platform-key add "Hospital A" --unit BV-0101 --json
    """
    from api.platform.keys import add_key
    from api.server import open_store

    with sentences(json=json):
        key_id, key = add_key(open_store(data), name=name, unit=unit, by=by, at=now())
    if json:
        emit_json({"key_id": key_id, "key": key, "unit": unit})
    else:
        out.print(f"Key {key_id} for {unit}. Hand it over now; it cannot be shown again:\n{key}", markup=False)


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List the keys, also those that were revoked.

    [bold]Examples[/bold]

      vaxseal admin platform-key list

      vaxseal admin platform-key list --json
    """
    from api.platform.keys import list_keys
    from api.server import open_store

    with sentences(json=json):
        keys = list_keys(open_store(data))
    if json:
        emit_json(list(keys))
    for key in () if json else keys:
        ended = f"revoked {key['revoked_at']} by {key['revoked_by']}" if key["revoked_at"] else ""
        out.print(f"{key['key_id']}  {key['unit']:<12} {key['name']}  {ended}".rstrip(), markup=False)
    if not keys:
        raise typer.Exit(EXIT_NO)


@app.command()
def revoke(key: KeyId, by: By, data: Data = None, json: Json = False) -> None:
    """End a key at once and for good.

    [bold]Examples[/bold]

      vaxseal admin platform-key revoke 5f3a9c01

      vaxseal admin platform-key revoke 5f3a9c01 --json
    """
    from api.platform.keys import revoke_key
    from api.server import open_store

    with sentences(json=json):
        revoke_key(open_store(data), key, by=by, at=now())
    if json:
        emit_json({"key_id": key, "revoked": True})
    else:
        out.print(f"Key {key} is revoked.")
