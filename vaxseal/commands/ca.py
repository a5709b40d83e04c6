"""Commands of `vaxseal ca`: the country's own CA for health passports."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certificates.crl_reasons import Reason
from vaxseal.ceremony import plan
from vaxseal.commands.token import Kind
from vaxseal.console import emit_json, now, out, stop
from vaxseal.files import check_absent, read_certificate, write_new
from vaxseal.options import Json, Label, LastTry, Module, PinStdin, Serial
from vaxseal.sentences import sentences
from vaxseal.tokens import pin_source, selector

if TYPE_CHECKING:
    from vaxseal.ceremony.record import Act

app = typer.Typer(
    no_args_is_help=True, help="Found the country's CA, and issue and revoke document signer certificates."
)

# Clocks differ: a certificate that begins a little in the past is valid everywhere from the first moment.
_CLOCK_MARGIN = timedelta(minutes=5)
Out = Annotated[Path, typer.Option("--out", metavar="PEM", help="Where the certificate is written.")]


@app.command("init")
def init(
    context: typer.Context,
    organisation: Annotated[str, typer.Option("--organisation", "-O", metavar="NAME", help="The issuing authority.")],
    out_path: Out,
    common_name: Annotated[str, typer.Option("--common-name", "-N", metavar="NAME")] = "CSCA Health",
    country: Annotated[str, typer.Option("--country", metavar="COUNTRY", help="Two letters.")] = "VN",
    label: Annotated[str, typer.Option("--label", metavar="LABEL", help="Name of the new token.")] = "CSCA",
    key: Annotated[Kind, typer.Option("--key", help="Kind of key.")] = Kind.EC,
    specimen: Annotated[bool, typer.Option("--specimen", help="For development: the subject says SPECIMEN.")] = False,
    ceremony: plan.File = None,
    witness: plan.Witness = None,
    place: plan.Place = None,
    module: Module = None,
    pin_stdin: PinStdin = False,
    json: Json = False,
) -> None:
    """Make the CSCA: initialise a blank token, make its key on it, and sign its own certificate (4 years).

    Asks for the security officer's PIN, then for the user's.

    [bold]Examples[/bold]

      vaxseal ca init -O "Bộ Y tế" --out csca.pem

      vaxseal ca init -O "Bộ Y tế" --out csca.pem --ceremony csca.pdf --place "Hà Nội" --witness "An" --witness "Bình"

      vaxseal ca init -O "Bộ Y tế" --specimen --out csca.pem --pin-stdin --json < pins.txt
    """
    from certificates.profiles import Subject, issue_csca, to_pem
    from hsm.keys import open_bare_key
    from hsm.modules import find_module
    from hsm.pins import check_new_pin
    from hsm.provisioning import generate_key, init_token, store_certificate

    check_absent(out_path, json=json)
    record = plan.Plan.of(context, ceremony, witness, place, json=json)
    moment = now()
    with sentences(json=json):
        driver = find_module(module)
        subject = Subject(common_name=common_name, organisation=organisation, country=country).checked()
        so_pin = check_new_pin(pin_source("New PIN of the security officer", from_stdin=pin_stdin, new=True)())
        pin = check_new_pin(pin_source("New PIN of the user", from_stdin=pin_stdin, new=True)())
        token = init_token(driver, label=label, so_pin=so_pin, pin=pin)
        chosen = selector(token.serial, None)
        generate_key(driver, chosen, lambda: pin, "EC" if key is Kind.EC else "RSA", label=label)
        with open_bare_key(driver, chosen, lambda: pin) as signer:
            der = issue_csca(
                signer,
                public_key_der=signer.public_key_der,
                subject=subject,
                not_before=moment - _CLOCK_MARGIN,
                specimen=specimen,
            )
        fingerprint = store_certificate(driver, chosen, lambda: pin, der)
        write_new(out_path, to_pem(der).encode("ascii"), json=json)
        if record is not None:
            from vaxseal.ceremony.record import certificate_section, token_section

            title = ("Chứng thư của cơ quan chứng thực", "Certificate of the authority")
            sections = (token_section(token, driver), certificate_section(der, title))
            record.write("init", sections, mark=fingerprint, at=moment, json=json)
    if json:
        emit_json({"token": token.serial, "certificate": str(out_path), "fingerprint": fingerprint.hex()})
        return
    out.print(f"{out_path}: {common_name}, its key on token {token.serial}.", markup=False)


@app.command("issue")
def issue(
    context: typer.Context,
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
    ceremony: plan.File = None,
    witness: plan.Witness = None,
    place: plan.Place = None,
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
    from certificates.pki import fingerprint, key_identifier
    from certificates.profiles import DscProfile, issue_dsc, issue_list_signer, request_der, to_pem
    from hsm.keys import open_key
    from hsm.modules import find_module

    if list_signer and any_use:
        stop("usage", "--list-signer and --any-use exclude each other.", json=json)
    check_absent(out_path, json=json)
    record = plan.Plan.of(context, ceremony, witness, place, json=json)
    profile = DscProfile(specimen=specimen, vaccination_only=not any_use, country=country)
    moment = now()
    with sentences(json=json):
        csr, driver = request_der(request.read_bytes()), find_module(module, selector(token, label))
        with open_key(
            driver,
            selector(token, label),
            pin_source("PIN of the CSCA's token", from_stdin=pin_stdin),
            at=moment,
            allow_final_try=last_try,
        ) as csca:
            issue_one = issue_list_signer if list_signer else issue_dsc
            der = issue_one(csr, csca, csca.certificate_der, profile, not_before=moment - _CLOCK_MARGIN)
            used = csca.token
        write_new(out_path, to_pem(der).encode("ascii"), json=json)
        if record is not None:
            from vaxseal.ceremony.record import certificate_section, request_section, token_section

            made = certificate_section(der, ("Chứng thư được cấp", "Certificate issued"))
            sections = (token_section(used, driver), request_section(csr), made)
            act: Act = "list-signer" if list_signer else "issue"
            record.write(act, sections, mark=fingerprint(der), at=moment, json=json)
    if json:
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


@app.command("revoke")
def revoke(
    context: typer.Context,
    csca: Annotated[Path, typer.Option("--csca", metavar="CERTIFICATE", help="The CSCA's certificate, PEM or DER.")],
    out_path: Annotated[Path, typer.Option("--out", metavar="CRL", help="Where the new list is written (PEM).")],
    certificates: Annotated[
        list[Path] | None, typer.Argument(metavar="[CERTIFICATE]...", help="What is revoked: PEM or DER. None: renew.")
    ] = None,
    reason: Annotated[Reason, typer.Option("--reason", help="Why, as the list says it.")] = "unspecified",
    after: Annotated[
        Path | None, typer.Option("--after", metavar="CRL", help="The last list. Left out for the first one only.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Until the next list is due.")] = 90,
    ceremony: plan.File = None,
    witness: plan.Witness = None,
    place: plan.Place = None,
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Revoke certificates of the CSCA: sign its next revocation list (CRL), with the CSCA's token.

    Then, at once: vaxseal lists build --without FINGERPRINT, so that checkers drop the signer; vaxseal admin suspend.

    Refused: a certificate that this CSCA did not issue, one that is revoked already, and a list that does not follow
    the last one.

    [bold]Examples[/bold]

      vaxseal ca revoke station.pem --csca csca.pem --reason key-compromise --out csca-1.crl --label CSCA

      vaxseal ca revoke station-2.pem --csca csca.pem --after csca-1.crl --out csca-2.crl --label CSCA

      vaxseal ca revoke --csca csca.pem --after csca-2.crl --out csca-3.crl --label CSCA
    """
    from certificates.crl import crl_pem, read_csca_crl, revoke_certificates
    from certificates.pki import fingerprint
    from certificates.records.model import instant_to_text
    from hsm.keys import open_key
    from hsm.modules import find_module

    check_absent(out_path, json=json)
    record = plan.Plan.of(context, ceremony, witness, place, json=json)
    moment = now()
    with sentences(json=json):
        csca_der = read_certificate(csca)
        ders = [read_certificate(path) for path in certificates or ()]
        last = None if after is None else read_csca_crl(after.read_bytes(), csca_der)
        driver = find_module(module, selector(token, label))
        with open_key(
            driver,
            selector(token, label),
            pin_source("PIN of the CSCA's token", from_stdin=pin_stdin),
            certificate_der=csca_der,
            at=moment,
            allow_final_try=last_try,
        ) as key:
            made = revoke_certificates(key, csca_der, ders, reason=reason, at=moment, after=last, days=days)
            used = key.token
        write_new(out_path, crl_pem(made.der).encode("ascii"), json=json)
        if record is not None:
            from vaxseal.ceremony.record import revocation_sections, token_section

            sections = (token_section(used, driver), *revocation_sections(made, ders))
            record.write("revoke", sections, mark=fingerprint(made.der), at=moment, json=json)
    if json:
        emit_json(
            {
                "crl": str(out_path),
                "number": made.number,
                "revoked": [fingerprint(der).hex() for der in ders],
                "entries": len(made.entries),
                "next_update": instant_to_text(made.next_update),
            }
        )
        return
    out.print(
        f"{out_path}: list {made.number} with {len(made.entries)} certificates; the next is due by"
        f" {made.next_update:%d/%m/%Y}.",
        markup=False,
    )
    for der in ders:
        out.print(f"Next: vaxseal lists build --without {fingerprint(der).hex()} ...", markup=False)
