"""Signing a list with the token of a police unit: shown first, signed as it lies on the disk."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vaxseal.console import EXIT_NO, emit_json, err, now, out, plain, stop
from vaxseal.files import check_absent, write_new
from vaxseal.sentences import sentence_of, sentences
from vaxseal.tokens import open_signing_key
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from api.identity.list_file import FilledList


def sign_list(
    file: Path,
    *,
    account: str,
    output: Path | None,
    module: Path | None,
    serial: str | None,
    label: str | None,
    yes: bool,
    json: bool,
    pin_stdin: bool,
    last_try: bool,
) -> None:
    """The detached signature beside the list. Nothing but a list for comparison is signed."""
    from api.identity.list_file import read_list
    from certificates.errors import CertificateError
    from certificates.signed_file import sign_file
    from hsm.errors import TokenError

    place = output or file.with_name(file.name + ".p7s")
    check_absent(place, json=json)
    with sentences(json=json):
        content = file.read_bytes()
        try:
            filled = read_list(content)
            counts = _conclusions(filled)
        except CertificateError as error:
            stop(error.code, sentence_of(error), vietnamese=_vietnamese(error.code), json=json)
        if not json:
            err.print(
                f"List {plain(filled.list_id)} of unit {plain(filled.head[2])}, made {plain(filled.head[3])}; for the"
                f" doses: {plain(filled.head[4])}.",
                markup=False,
            )
            for name, count in sorted(counts.items()):
                err.print(f"{count:>8}  {name}", markup=False)
        if not yes and not typer.confirm("Ký danh sách này? / Sign this list?", err=True):
            stop("declined", "Nothing was signed.", vietnamese="Chưa ký gì.", json=json, exit_code=EXIT_NO)
        at = now()
        try:
            with open_signing_key(
                module, serial, label, "police unit", at, pin_stdin=pin_stdin, last_try=last_try
            ) as key:
                signed = sign_file(content, key, account=account, at=at)
        except (CertificateError, TokenError) as error:
            stop(error.code, sentence_of(error), vietnamese=_vietnamese(error.code), json=json)
        write_new(place, signed, json=json)
    if json:
        emit_json({"list": filled.list_id, "signature": str(place), "rows": len(filled.rows), "conclusions": counts})
    else:
        out.print(f"{place}: hand it back together with {file}.", markup=False)


def _conclusions(filled: "FilledList") -> dict[str, int]:
    """How many rows say what. Raises RecordError ``conclusion-unknown``, naming the row."""
    from api.identity.conclusions import LABELS, read_conclusion
    from certificates.errors import RecordError

    counts: Counter[str] = Counter()
    for row in filled.rows:
        try:
            conclusion = read_conclusion(row.conclusion)
        except RecordError as error:
            raise RecordError(error.code, f"row {row.number}: {error.detail} ({', '.join(LABELS.values())})") from error
        counts["-" if conclusion is None else LABELS[conclusion]] += 1
    return dict(counts)


def _vietnamese(code: str) -> str:
    from api.identity.row_words import words_of

    known = words_of(code)[0]
    return vietnamese_of(code) or (known if known != code else "")
