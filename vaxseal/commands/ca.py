"""Commands of `vaxseal ca`: the country's own CA for health passports."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from vaxseal.commands.token import Kind
from vaxseal.console import emit_json, out, stop
from vaxseal.files import check_absent, write_new
from vaxseal.options import Json, Label, LastTry, Module, PinStdin, Serial
from vaxseal.sentences import sentences
from vaxseal.tokens import pin_source, selector

app = typer.Typer(no_args_is_help=True, help="Found the country's CA, and issue document signer certificates.")

# Clocks differ: a certificate that begins a little in the past is valid everywhere from the first moment.
_CLOCK_MARGIN = timedelta(minutes=5)
Out = Annotated[Path, typer.Option("--out", metavar="PEM", help="Where the certificate is written.")]


@app.command("init")
def init(
    organisation: Annotated[str, typer.Option("--organisation", "-O", metavar="NAME", help="The issuing authority.")],
    out_path: Out,
    common_name: Annotated[str, typer.Option("--common-name", "-N", metavar="NAME")] = "CSCA Health",
    country: Annotated[str, typer.Option("--country", metavar="COUNTRY", help="Two letters.")] = "VN",
    label: Annotated[str, typer.Option("--label", metavar="LABEL", help="Name of the new token.")] = "CSCA",
    key: Annotated[Kind, typer.Option("--key", help="Kind of key.")] = Kind.EC,
    specimen: Annotated[bool, typer.Option("--specimen", help="For development: the subject says SPECIMEN.")] = False,
    module: Module = None,
    pin_stdin: PinStdin = False,
    json: Json = False,
) -> None:
    """Make the CSCA: initialise a blank token, make its key on it, and sign its own certificate (4 years).

    Asks for the security officer's PIN, then for the user's.

    [bold]Examples[/bold]

      vaxseal ca init -O "Bộ Y tế" --out csca.pem

      vaxseal ca init -O "Bộ Y tế" --specimen --out csca.pem --pin-stdin --json < pins.txt
    """
    from certificates.profiles import Subject, issue_csca, to_pem
    from hsm.keys import open_bare_key
    from hsm.modules import find_module
    from hsm.pins import check_new_pin
    from hsm.provisioning import generate_key, init_token, store_certificate

    check_absent(out_path, json=json)
    with sentences(json=json):
        place = find_module(module)
        subject = Subject(common_name=common_name, organisation=organisation, country=country).checked()
        so_pin = check_new_pin(pin_source("New PIN of the security officer", from_stdin=pin_stdin, new=True)())
        pin = check_new_pin(pin_source("New PIN of the user", from_stdin=pin_stdin, new=True)())
        token = init_token(place, label=label, so_pin=so_pin, pin=pin)
        chosen = selector(token.serial, None)
        generate_key(place, chosen, lambda: pin, "EC" if key is Kind.EC else "RSA", label=label)
        with open_bare_key(place, chosen, lambda: pin) as signer:
            der = issue_csca(
                signer,
                public_key_der=signer.public_key_der,
                subject=subject,
                not_before=datetime.now(UTC) - _CLOCK_MARGIN,
                specimen=specimen,
            )
        fingerprint = store_certificate(place, chosen, lambda: pin, der)
        write_new(out_path, to_pem(der).encode("ascii"), json=json)
    if json:
        emit_json({"token": token.serial, "certificate": str(out_path), "fingerprint": fingerprint.hex()})
        return
    out.print(f"{out_path}: the CSCA, its key on token {token.serial}.", markup=False)


@app.command("issue")
def issue(
    request: Annotated[Path, typer.Argument(metavar="CSR", help="The request: PEM or DER.")],
    out_path: Out,
    any_use: Annotated[
        bool, typer.Option("--any-use", help="Leave the EKU out: the key may also sign test and recovery certificates.")
    ] = False,
    list_signer: Annotated[
        bool, typer.Option("--list-signer", help="A certificate for signing trust lists, which signs no passports.")
    ] = False,
    country: Annotated[
        str, typer.Option("--country", metavar="COUNTRY", help="The request must be for this country.")
    ] = "VN",
    specimen: Annotated[bool, typer.Option("--specimen", help="For development; the CSCA must be a specimen.")] = False,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Issue a document signer certificate (2 years) for a request, with the CSCA's token; or one for signing lists.

    The root of trust lists is made as a CSCA is, in a token of its own that stays offline (vaxseal ca init).

    Refused: a request that its own key did not sign, a key that passports cannot use, a subject that names a person by
    number, and a specimen under a real CSCA.

    [bold]Examples[/bold]

      vaxseal ca issue station.csr.pem --out station.pem --label CSCA

      vaxseal ca issue lists.csr.pem --list-signer --out lists.pem --label "List root"
    """
    from certificates.profiles import DscProfile, issue_dsc, issue_list_signer, request_der, to_pem
    from hsm.keys import open_key
    from hsm.modules import find_module

    if list_signer and any_use:
        stop("usage", "--list-signer and --any-use exclude each other.", json=json)
    check_absent(out_path, json=json)
    profile = DscProfile(specimen=specimen, vaccination_only=not any_use, country=country)
    now = datetime.now(UTC)
    with sentences(json=json):
        csr = request_der(request.read_bytes())
        with open_key(
            find_module(module),
            selector(token, label),
            pin_source("PIN of the CSCA's token", from_stdin=pin_stdin),
            at=now,
            allow_final_try=last_try,
        ) as csca:
            issue_one = issue_list_signer if list_signer else issue_dsc
            der = issue_one(csr, csca, csca.certificate_der, profile, not_before=now - _CLOCK_MARGIN)
        write_new(out_path, to_pem(der).encode("ascii"), json=json)
    if json:
        from certificates.pki import fingerprint, key_identifier

        emit_json(
            {
                "certificate": str(out_path),
                "fingerprint": fingerprint(der).hex(),
                "kid": key_identifier(der).hex(),
            }
        )
        return
    what = "list-signing" if list_signer else "document signer"
    out.print(f"{out_path}: {what} certificate, valid for two years.", markup=False)
