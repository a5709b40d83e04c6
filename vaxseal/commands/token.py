"""Commands of `vaxseal token`: what is plugged in, and making a token ready for a unit."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vaxseal.commands import token_look
from vaxseal.console import emit_json, out, stop
from vaxseal.files import check_absent, read_certificate, write_new
from vaxseal.options import Json, Label, LastTry, Module, PinStdin, Serial
from vaxseal.sentences import sentences
from vaxseal.tokens import pin_source, selector

app = typer.Typer(no_args_is_help=True, help="Look at tokens, and make them ready for a unit.")


class Kind(StrEnum):
    """Kinds of key: EC P-256 signs ES256, RSA-2048 signs PS256."""

    EC = "ec"
    RSA = "rsa"


app.command("list")(token_look.list_)
app.command("info")(token_look.info)
app.command("doctor")(token_look.doctor)


@app.command("init")
def init(
    label: Annotated[str, typer.Option("--label", metavar="LABEL", help="Name of the token, at most 32 bytes.")],
    key: Annotated[Kind, typer.Option("--key", help="Kind of key to make on it.")] = Kind.EC,
    module: Module = None,
    pin_stdin: PinStdin = False,
    json: Json = False,
) -> None:
    """Initialise a blank token, set its PINs, and make a key on it that never leaves it.

    Asks for the security officer's PIN, then for the user's. PINs that tokens are delivered with are refused. A token
    in use is never overwritten.

    [bold]Examples[/bold]

      vaxseal token init --label "Tram Y te xa Binh An" --key rsa

      vaxseal token init --label test --pin-stdin --json < pins.txt
    """
    from hsm.modules import find_module
    from hsm.pins import check_new_pin
    from hsm.provisioning import generate_key, init_token
    from vaxseal.token_reports import info_dict

    with sentences(json=json):
        place = find_module(module)
        so_pin = check_new_pin(pin_source("New PIN of the security officer", from_stdin=pin_stdin, new=True)())
        pin = check_new_pin(pin_source("New PIN of the user", from_stdin=pin_stdin, new=True)())
        made = init_token(place, label=label, so_pin=so_pin, pin=pin)
        made_key = generate_key(
            place, selector(made.serial, None), lambda: pin, "EC" if key is Kind.EC else "RSA", label=label
        )
    if json:
        emit_json({**info_dict(made), "key": {"kind": made_key.kind, "id": made_key.id.hex()}})
        return
    out.print(f"Token {made.serial} ({made.label}) has a new {made_key.kind} key.", markup=False)
    out.print(f"Next: vaxseal token csr --token {made.serial} ...", markup=False)


@app.command("key")
def key_(
    kind: Annotated[Kind, typer.Option("--key", help="Kind of key to make.")] = Kind.EC,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    json: Json = False,
) -> None:
    """Make a key on a token that its vendor initialised, or another key. It never leaves the token.

    A PIN that the token was delivered with is refused: change it first.

    [bold]Examples[/bold]

      vaxseal token key --key rsa --token 2ce04548cefe3974
    """
    from hsm.modules import find_module
    from hsm.pins import check_own_pin
    from hsm.provisioning import generate_key

    ask = pin_source("PIN of the token", from_stdin=pin_stdin)
    with sentences(json=json):
        made = generate_key(
            find_module(module, selector(token, label)),
            selector(token, label),
            lambda: check_own_pin(ask()),
            "EC" if kind is Kind.EC else "RSA",
        )
    if json:
        emit_json({"kind": made.kind, "id": made.id.hex()})
        return
    out.print(f"New {made.kind} key {made.id.hex()}.", markup=False)


@app.command("csr")
def csr(
    organisation: Annotated[str, typer.Option("--organisation", "-O", metavar="NAME", help="Name of the unit.")],
    out_path: Annotated[Path, typer.Option("--out", metavar="PEM", help="Where the request is written.")],
    common_name: Annotated[
        str | None, typer.Option("--common-name", "-N", metavar="NAME", help="Default: the name of the unit.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="CODE", help="Code of the unit.")] = None,
    key_id: Annotated[
        str | None, typer.Option("--key-id", metavar="HEX", help="Which key, where the token holds several.")
    ] = None,
    country: Annotated[str, typer.Option("--country", metavar="COUNTRY", help="Two letters.")] = "VN",
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Write a certificate request (PKCS#10, PEM), signed by the key on the token.

    The subject is a unit, never a person: `vaxseal ca issue` refuses a subject with a person's number.

    [bold]Examples[/bold]

      vaxseal token csr -O "Trạm Y tế xã Bình An" --unit T0101 --out station.csr.pem
    """
    from hsm.keys import open_bare_key
    from hsm.modules import find_module
    from hsm.pins import check_own_pin
    from hsm.requests import RequestSubject, make_csr, request_pem

    check_absent(out_path, json=json)
    try:
        chosen_key = None if key_id is None else bytes.fromhex(key_id)
    except ValueError:
        stop("key-id-form", "--key-id is hexadecimal, as vaxseal token key shows it.", json=json)
    ask = pin_source("PIN of the token", from_stdin=pin_stdin)
    subject = RequestSubject(
        common_name=common_name or organisation, organisation=organisation, unit_code=unit, country=country
    )
    with (
        sentences(json=json),
        open_bare_key(
            find_module(module, selector(token, label)),
            selector(token, label),
            lambda: check_own_pin(ask()),
            key_id=chosen_key,
            allow_final_try=last_try,
        ) as key,
    ):
        request = request_pem(make_csr(key, subject))
        serial, algorithm = key.token.serial, key.algorithm
    write_new(out_path, request.encode("ascii"), json=json)
    if json:
        emit_json({"token": serial, "algorithm": algorithm, "request": str(out_path)})
        return
    out.print(f"{out_path}: request for {organisation}, {algorithm}, signed on token {serial}.", markup=False)


@app.command("import")
def import_(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="PEM or DER.")],
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    json: Json = False,
) -> None:
    """Store a certificate beside its key on the token. A key may carry several.

    Refused: a certificate of another key, one that has ended, and a PIN that the token was delivered with.

    [bold]Examples[/bold]

      vaxseal token import station.pem --token 2ce04548cefe3974
    """
    from hsm.matching import CertificateFacts
    from hsm.modules import find_module
    from hsm.pins import check_own_pin
    from hsm.provisioning import store_certificate

    ask = pin_source("PIN of the token", from_stdin=pin_stdin)
    with sentences(json=json):
        der = read_certificate(certificate)
        facts = CertificateFacts.of(der)
        facts.check_time(max(datetime.now(UTC), facts.not_before))
        meant = selector(token, label)
        fingerprint = store_certificate(find_module(module, meant), meant, lambda: check_own_pin(ask()), der)
    if json:
        emit_json({"fingerprint": fingerprint.hex()})
        return
    out.print(f"Stored: SHA-256 {fingerprint.hex()}.", markup=False)


@app.command("pin")
def pin(
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Change the PIN of a token. The new PIN is asked for first; the old one is tried once.

    [bold]Examples[/bold]

      vaxseal token pin --token 2ce04548cefe3974
    """
    from hsm.modules import find_module
    from hsm.provisioning import change_pin

    with sentences(json=json):
        change_pin(
            find_module(module, selector(token, label)),
            selector(token, label),
            pin_source("PIN of the token until now", from_stdin=pin_stdin),
            pin_source("New PIN", from_stdin=pin_stdin, new=True),
            allow_final_try=last_try,
        )
    if json:
        emit_json({"changed": True})
        return
    out.print("The PIN is changed.", markup=False)
