"""`vaxseal token list`, `info` and `doctor`: they look at tokens and change nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vaxseal.console import EXIT_NO, emit_json, err, now, out, plain
from vaxseal.options import Json, Label, LastTry, Module, PinStdin, Serial
from vaxseal.sentences import sentence_of, sentences
from vaxseal.tokens import pin_source, selector
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from hsm.discovery import DriverReport, SeenToken
    from hsm.drivers import Driver
    from hsm.inside import KeyFacts
    from hsm.tokens import TokenSelector
    from vaxseal.doctor import Finding

LogIn = Annotated[
    bool, typer.Option("--log-in", help="Ask for the PIN, and look at the keys as well. Nothing is signed.")
]


def list_(module: Module = None, json: Json = False) -> None:
    """List the tokens that are plugged in, over all drivers that are installed. No PIN is needed.

    Each driver is asked in a process of its own: one that hangs or crashes is named, and the others still answer.

    [bold]Examples[/bold]

      vaxseal token list

      vaxseal token list --module /usr/lib/softhsm/libsofthsm2.so --json
    """
    from vaxseal.token_reports import certificate_reports, token_dict, token_line

    with sentences(json=json):
        reports = _survey(module)
    at = now()
    tokens = [token for report in reports for token in report.tokens]
    if json:
        drivers = [driver_dict(report) for report in reports]
        emit_json({"drivers": drivers, "tokens": [token_dict(token, at) for token in tokens]})
        return
    for report in reports:
        if report.error is not None:
            err.print(plain(f"{report.driver.name} ({report.driver.path}): {sentence_of(report.error)}"), markup=False)
    if not tokens:
        out.print("No token is plugged in. vaxseal token doctor says what to do.", markup=False)
    for token in tokens:
        out.print(plain(f"{token_line(token.info)}  [{token.driver.name}]"), markup=False)
        for one in certificate_reports(token, at):
            if one.certificate is not None and not one.is_authority:
                text = f"  {one.certificate.subject}, until {one.certificate.not_after:%d/%m/%Y}"
                out.print(plain(text), markup=False)


def info(
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    log_in: LogIn = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Show one token: its driver, how it signs, its certificates and what each may be used for.

    No PIN is needed. With --log-in also its keys, and whether they want the PIN for each signature.

    [bold]Examples[/bold]

      vaxseal token info

      vaxseal token info --token 2ce04548cefe3974 --json

      vaxseal token info --log-in
    """
    from hsm.discovery import only_token
    from vaxseal.token_reports import ALGORITHMS, certificate_reports, key_dict, token_dict, token_line, use_lines
    from vaxseal.token_reports import way_to_sign as way

    keys: tuple[KeyFacts, ...] | None = None
    with sentences(json=json):
        found = only_token(_survey(module), selector(token, label))
        if log_in:
            keys = _keys(found, pin_stdin=pin_stdin, last_try=last_try)
    at = now()
    if json:
        emit_json({**token_dict(found, at), "keys": None if keys is None else [key_dict(key) for key in keys]})
        return
    out.print(plain(token_line(found.info)), markup=False)
    out.print(f"  driver {found.driver.name}: {found.driver.path}", markup=False)
    ways = (f"{algorithm} {way(found, algorithm) or 'no'}" for algorithm in ALGORITHMS)
    out.print(f"  signs {', '.join(ways)}", markup=False)
    if found.certificates is None:
        out.print("  the driver does not show certificates before the PIN", markup=False)
    elif not found.certificates:
        out.print("  no certificate", markup=False)
    for report in certificate_reports(found, at):
        one = report.to_dict()
        out.print(plain(f"  {one['subject']}"), markup=False)
        out.print(f"    valid {one['not_before']} to {one['not_after']}", markup=False)
        out.print(f"    SHA-256 {one['fingerprint']}", markup=False)
        out.print(f"    key usage {', '.join(one['key_usage'] or ()) or 'not said'}", markup=False)
        for line in use_lines(report):
            out.print(f"    {line}", markup=False)
    for key in keys or ():
        kind = f"{'RSA' if key.is_rsa else 'EC'} {key.bits or '?'}"
        asks = "wants the PIN for each signature" if key.always_authenticate else "wants the PIN once"
        out.print(plain(f"  key {key.id.hex()} {key.label}: {kind} bits, {asks}"), markup=False)


def doctor(
    module: Module = None,
    token: Serial = None,
    label: Label = None,
    log_in: LogIn = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    json: Json = False,
) -> None:
    """Say why a token does not sign, and what to do, in Vietnamese and English.

    Looks at the machine (driver, reader, clock), the token, its PIN and its certificates. No PIN is needed; with
    --log-in also whether the keys are there. Exit code: 0 all is well, 1 a problem was found, 2 wrong use.

    [bold]Examples[/bold]

      vaxseal token doctor

      vaxseal token doctor --token 2ce04548cefe3974 --log-in

      vaxseal token doctor --json
    """
    from vaxseal.doctor import unique
    from vaxseal.token_reports import token_dict, token_line

    meant, at = selector(token, label), now()
    with sentences(json=json):
        findings, _, tokens = examine_machine(module, meant, at)
    for one in tokens:
        if not json:
            out.print(plain(token_line(one.info)), markup=False)
        if log_in and one.info.initialised:
            findings += _inside(one, at, pin_stdin=pin_stdin, last_try=last_try)
    _answer(unique(findings), [token_dict(one, at) for one in tokens], json=json)


def examine_machine(
    module: Path | None, meant: "TokenSelector", at: datetime
) -> "tuple[list[Finding], tuple[DriverReport, ...], tuple[SeenToken, ...]]":
    """What is wrong, what each driver answered, and the tokens that are meant. No PIN is needed. Raises TokenError."""
    from hsm.discovery import find_readers, survey
    from vaxseal.doctor import Finding, Seen, chosen_tokens, examine

    if "PKCS11SPY" in os.environ:  # with it, no driver is loaded
        return [Finding(code="spy-set")], (), ()
    reports = survey(_drivers(module))
    tokens = chosen_tokens(reports, meant)
    readers = None if tokens else find_readers()
    seen = Seen(reports=reports, readers=readers, at=at, written_at=_written_at())
    return list(examine(seen, meant)), reports, tokens


def _answer(findings: "tuple[Finding, ...]", tokens: list[dict[str, Any]], *, json: bool) -> None:
    """The findings, or that all is well; leaves with 1 where there is a problem."""
    from vaxseal.token_sentences import HEALTHY

    healthy = all(finding.severity != "problem" for finding in findings)
    if json:
        emit_json({"healthy": healthy, "findings": [finding.to_dict() for finding in findings], "tokens": tokens})
    else:
        for finding in findings:
            out.print(plain(f"- {finding.vietnamese}"), markup=False)
            out.print(plain(f"  {finding.english}"), markup=False)
        if healthy:
            out.print(f"{HEALTHY[1]}\n{HEALTHY[0]}", markup=False)
    if not healthy:
        raise SystemExit(EXIT_NO)


def _inside(token: "SeenToken", at: datetime, *, pin_stdin: bool, last_try: bool) -> "list[Finding]":
    from hsm.errors import TokenError
    from vaxseal.doctor import Finding, examine_inside

    try:
        keys = _keys(token, pin_stdin=pin_stdin, last_try=last_try)
    except TokenError as error:
        values = {"detail": sentence_of(error), "detail_vi": vietnamese_of(error.code)}
        return [Finding(code="log-in-failed", about=token.info.serial, values=values)]
    return list(examine_inside(token, keys, at))


def _keys(token: "SeenToken", *, pin_stdin: bool, last_try: bool) -> "tuple[KeyFacts, ...]":
    from hsm.inside import keys_inside

    ask = pin_source(f"PIN of {plain(token.info.label)}", from_stdin=pin_stdin)
    return keys_inside(token.driver.path, selector(token.info.serial, token.info.label), ask, allow_final_try=last_try)


def _survey(module: Path | None) -> "tuple[DriverReport, ...]":
    """Of the named driver, else of all that are installed. Raises ModuleNotFound where there is none."""
    from hsm.discovery import survey
    from hsm.errors import ModuleNotFound

    drivers = _drivers(module)
    if not drivers:
        raise ModuleNotFound("no driver for tokens is installed: vaxseal token doctor says what to do")
    return survey(drivers)


def _drivers(module: Path | None) -> "tuple[Driver, ...]":
    from hsm.drivers import Driver, installed_drivers
    from hsm.modules import named_module

    named = named_module(module)
    if named is None:
        return installed_drivers()
    known = [driver for driver in installed_drivers() if driver.path.resolve() == named.resolve()]
    return tuple(known) or (Driver(name=named.stem, path=named),)


def driver_dict(report: "DriverReport") -> dict[str, Any]:
    return {
        "name": report.driver.name,
        "module": str(report.driver.path),
        "readers": list(report.slots),
        "error": None if report.error is None else report.error.code,
        "detail": None if report.error is None else sentence_of(report.error),
    }


def _written_at() -> datetime:
    """When this program was put on this machine."""
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
