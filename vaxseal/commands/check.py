"""`vaxseal check`: is this certificate valid, and if not, why not."""

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from certificates.issuer_country import IssuerRule
from vaxseal.console import EXIT_NO, EXIT_YES, emit_json, now, stop, write

if TYPE_CHECKING:
    from datetime import datetime

    from certificates.checking import CheckedCertificate
    from certificates.errors import CheckError
    from certificates.grounds import Acceptance, Grounds
    from certificates.rules import RuleSet
    from vaxseal.travel import TravelDocument

_STDIN = "-"
_OF_BUNDLE = "bundle"
_MAX_INPUT = 64 * 1024 * 1024  # bytes of one picture, PDF or text
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le"}  # as Windows writes text files
_SHOWN = 60  # characters of a text that stands for itself in the answer


def check(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT", help="A picture, a PDF or a text file, '-' for standard input, or HC1:..."),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Trusted signers: a file or folder of PEM or DER certificates, or with --root a signed list.",
        ),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Trusted signers, revocations and rules: the folder of a signed bundle, with --root."
        ),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(metavar="PEM", help="The pinned root of signed lists; two while the root changes."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where versions of lists are remembered. Default: the user's state folder."),
    ] = None,
    max_age: Annotated[int, typer.Option(min=1, metavar="DAYS", help="Refuse signed lists older than this.")] = 7,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Check for this time (RFC 3339) instead of now.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="FILE", help="Check every line of a JSON Lines file ('-': standard input).")
    ] = None,
    issuer: Annotated[
        IssuerRule,
        typer.Option(help="The country named as issuer: the signer's or of its territories, exactly its, or any."),
    ] = IssuerRule.COUNTRY,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=61, metavar="N", help="Processes for a batch. Default: all processors, from 4 MB on."),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Acceptance rules too: a JSON file or folder, 'default' (Vietnam's) or 'bundle'."
        ),
    ] = None,
    country: Annotated[str, typer.Option(metavar="CC", help="The country whose rules apply.")] = "VN",
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="The occasion, where rules tell them apart: border, venue.")
    ] = None,
    mrz: Annotated[
        str | None,
        typer.Option(
            metavar="LINES", help="The traveller's document too: its machine-readable lines, or '-' to read them in."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Check health certificates offline: signature, signer, dates and content.

    INPUT is an existing file (a picture, a PDF or a text), '-' for standard
    input, or the text of a QR code. CA certificates in PATH are never signers.

    A line of a batch is {"id", "text", "certificates", "at"}. "certificates"
    (a list of base64 DER, instead of PATH) and "at" (RFC 3339, instead of now)
    may be left out. Each line gets one JSON line, in the same order, whatever the
    number of processes. With one process (standard input, unless N says
    otherwise) every answer leaves at once.

    Signed lists are read by the clock, whatever --at says. They are reported
    when older than 24 hours; what is expired, too old, older than a version seen
    before or not signed below the root makes every verdict TRUST. With a bundle
    every verdict says how old it is, and --policy alone means the bundle's rules.
    `vaxseal lists fetch` brings the newest one.

    LINES are two lines of 36 or 44 characters, or three of 30, in quotes; blanks
    and line ends between them do not matter. With '-' a document reader types
    them, and no name stands in the shell's history. Names and date of birth are
    compared: match, near match (look yourself) or no match. The certificate's
    verdict stays its own; no match makes the exit code 1.

    Exit codes: 0 all valid, 1 one is invalid or another person's, 2 wrong use
    or set-up (a batch: 0 when every line was answered).

    [bold]Examples[/bold]

      vaxseal check passport.png --trust var/demo/trust

      vaxseal check certificate.pdf --trust dsc.pem --at 2022-03-01T08:00:00+07:00

      vaxseal check passport.png --trust var/demo/trust --rules default --policy border

      vaxseal check passport.png --bundle lists --root root.pem --policy venue

      vaxseal check passport.png --trust trust-list.cbor --root root.pem

      vaxseal check passport.png --trust var/demo/trust --mrz -

      vaxseal check --batch codes.jsonl --trust var/demo/trust > verdicts.jsonl
    """
    if (batch is None) == (not inputs):
        stop("check-input", "Give either INPUT or --batch FILE.", json=json)
    if mrz is not None and (batch is not None or (mrz == _STDIN and _STDIN in (inputs or []))):
        stop("mrz-input", "--mrz needs INPUT, and only one of them can be standard input ('-').", json=json)
    if jobs is not None and batch is None:
        stop("jobs-input", "--jobs needs --batch FILE.", json=json)
    moment = _moment(at, json=json)
    grounds = _grounds(trust, bundle, root or [], state, max_age, rules, country, policy, json=json)
    grounds = replace(grounds, issuer=issuer)
    if batch is not None:
        _check_batch(batch, grounds, moment, jobs, json=json)
        return
    if trust is None and bundle is None:
        stop("trust-missing", "Say whom to trust: --trust PATH (certificates of signers, PEM or DER).", json=json)
    document = _document(mrz, moment, json=json) if mrz is not None else None
    data = [_read(given, json=json) for given in inputs or []]
    verdicts = [_verdict(item, grounds, moment) for item in data]
    if json:
        answers = [
            {"input": item.name, **grounds.answer(verdict), **(document.answer(verdict) if document else {})}
            for item, verdict in zip(data, verdicts, strict=True)
        ]
        emit_json(answers[0] if len(answers) == 1 else answers)
    else:
        from vaxseal.verdicts import show, show_grounds

        for item, verdict in zip(data, verdicts, strict=True):
            show(verdict, item.name if len(data) > 1 else None)
            show_grounds(grounds, verdict)
            if document is not None:
                document.show(verdict)
    denied = document is not None and any(map(document.denies, verdicts))
    raise SystemExit(EXIT_NO if denied or any(isinstance(verdict, Exception) for verdict in verdicts) else EXIT_YES)


def _grounds(
    trust: Path | None,
    bundle: Path | None,
    roots: list[Path],
    state: Path | None,
    max_age: int,
    rules: str | None,
    country: str,
    policy: str | None,
    *,
    json: bool,
) -> "Grounds":
    """What the verdicts rest on, from the options; wrong ones end the command."""
    from datetime import timedelta

    from certificates.errors import CheckError
    from certificates.grounds import Grounds, ListsAge
    from certificates.signed_list import AgeLimits
    from certificates.trust import TrustStore
    from vaxseal.trusting import open_lists, open_trust

    if trust is not None and bundle is not None:
        stop("trust-twice", "Give either --trust or --bundle.", json=json)
    if roots and trust is None and bundle is None:
        stop("trust-missing", "--root needs --bundle DIR or --trust FILE, the signed list.", json=json)
    if policy is not None and rules is None and bundle is None:
        stop("rules-missing", "--policy needs --rules PATH or --bundle DIR.", json=json)
    if bundle is None:
        if rules == _OF_BUNDLE:
            stop("bundle-missing", "--rules bundle needs --bundle DIR.", json=json)
        acceptance = _acceptance(rules, country, policy, None, json=json) if rules is not None else None
        nobody = TrustStore.of(())
        store = open_trust(trust, roots, state=state, max_age=max_age, json=json) if trust else nobody
        return Grounds(trust=store, acceptance=acceptance)
    if not roots:
        stop("root-missing", "--bundle is signed: pin its root with --root PEM.", json=json)
    limits = AgeLimits(refuse=timedelta(days=max_age))
    found = open_lists(bundle, roots, state=state, limits=limits, json=json)
    if isinstance(found, CheckError):
        return Grounds(trust=found)
    wanted = rules or (policy and _OF_BUNDLE)
    return Grounds(
        trust=found.trust,
        revocation=found.revocation,
        acceptance=_acceptance(wanted, country, policy, found.rules, json=json) if wanted else None,
        lists=ListsAge.of(found, now(), limits),
    )


class _Input:
    """What was given: bytes of a file or of standard input, or a text; with a name for the answer."""

    def __init__(self, name: str, content: bytes | str) -> None:
        self.name = name
        self.content = content


def _moment(at: str | None, *, json: bool) -> "datetime":
    from datetime import UTC, datetime

    from certificates.cwt import parse_rfc3339

    if at is None:
        return datetime.now(UTC)
    try:
        return parse_rfc3339(at)
    except ValueError:
        stop("at-form", "--at is a time with its offset, such as 2022-03-01T08:00:00+07:00.", json=json)


def _acceptance(
    rules: str, country: str, policy: str | None, of_bundle: "RuleSet | None", *, json: bool
) -> "Acceptance":
    from vaxseal.acceptance import choose_rules, open_rules

    if rules != _OF_BUNDLE:
        return open_rules(rules, country, policy, json=json)
    if of_bundle is None:
        stop("rules-none", "The bundle holds no rules: name some with --rules PATH.", json=json)
    return choose_rules(of_bundle, country, policy, json=json)


def _document(mrz: str, at: "datetime", *, json: bool) -> "TravelDocument":
    from vaxseal.travel import open_document

    return open_document(mrz, at, json=json)


def _read(given: str, *, json: bool) -> _Input:
    path = Path(given)
    try:
        is_path = bool(given) and path.exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL inside: a text then
        is_path = False
    if not is_path and given != _STDIN:
        from certificates.other_codes import identify

        shown = given if len(given) <= _SHOWN else given[:_SHOWN] + "..."
        return _Input(shown if identify(given) is None else "(text)", given)  # a card's code is full of personal data
    try:
        if is_path:
            with path.open("rb") as file:
                content = file.read(_MAX_INPUT + 1)
        else:
            content = _standard_input().read(_MAX_INPUT + 1)
    except OSError as error:
        stop("input-unreadable", f"{given} cannot be read: {error.strerror}.", json=json)
    if len(content) > _MAX_INPUT:
        stop("input-too-large", f"{given} is larger than 64 MB.", json=json)
    return _Input(given, content)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # closed by whoever started the program
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer


def _verdict(item: _Input, grounds: "Grounds", at: "datetime") -> "CheckedCertificate | CheckError":
    from certificates.errors import CheckError

    try:
        return _checked(item.content, grounds, at)
    except CheckError as error:
        return error


def _checked(content: bytes | str, grounds: "Grounds", at: "datetime") -> "CheckedCertificate":
    from certificates.errors import CheckError, CheckReason
    from certificates.hc1 import PREFIX
    from certificates.other_codes import identify

    if isinstance(content, str):
        if not content.startswith(PREFIX) and identify(content) is None:
            raise CheckError(CheckReason.CONTEXT, "it is no file, and no text that starts with HC1:")
        return grounds.check_text(content, at)
    if b"%PDF-" in content[:1024]:
        from certificates.pdf.checking import check_pdf

        return grounds.settle(check_pdf(content, grounds.signers(), at, issuer=grounds.issuer), at)
    return grounds.check_text(_text_of(content), at)


def _text_of(content: bytes) -> str:
    """A text as it is, without its last line end; anything else is taken for a picture, which is never UTF-8: PNG and
    JPEG start with bytes that it does not have."""
    from certificates.hc1 import PREFIX

    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace").rstrip("\r\n")
    if content.startswith(PREFIX.encode()):
        return content.decode("utf-8", "replace").rstrip("\r\n")
    try:
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        from certificates.qr import read_qr

        return read_qr(content)


def _check_batch(name: str, grounds: "Grounds", at: "datetime", jobs: int | None, *, json: bool) -> None:
    from vaxseal.batch_processes import answer_lines

    try:
        lines = _standard_input() if name == _STDIN else Path(name).open("rb")  # noqa: SIM115 - closed below
        size = 0 if name == _STDIN else Path(name).stat().st_size
    except OSError as error:
        stop("batch-unreadable", f"{name} cannot be read: {error.strerror}.", json=json)
    with lines:
        try:
            for text in answer_lines(lines, grounds, at, jobs=jobs, size=size):
                write(text)
        except OSError as error:
            stop("batch-unreadable", f"{name} cannot be read: {error.strerror}.", json=json)
