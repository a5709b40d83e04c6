"""Verdicts on JSON Lines: one line in, one answer out, in order, with flat memory."""

import base64
import functools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, Any, Final

from certificates.cwt import parse_rfc3339
from certificates.errors import CheckError, CheckReason, IssuanceError
from certificates.grounds import Grounds
from certificates.trust import TrustStore
from certificates.verdicts import answer

Line = bytes | None  # None: too long

MAX_LINE: Final = 4 * 1024 * 1024  # bytes: a text and some hundred certificates
_KEPT_CERTIFICATES: Final = 65_536  # characters: about eighty certificates


def check_lines(lines: IO[bytes], grounds: Grounds, at: datetime | None) -> Iterator[dict[str, Any]]:
    """Answer every line. Nothing in a line stops the batch.

    Args:
        lines: JSON objects ``{"id", "text", "certificates": [base64 DER], "at": RFC 3339}``, the last two optional.
        grounds: what the verdicts rest on; a line's own certificates stand in the place of ``trust``.
        at: for lines without a time of their own; None means now.
    """
    for line in read_lines(lines):
        yield check_line(line, grounds, at)


def read_lines(lines: IO[bytes]) -> Iterator[Line]:
    """The lines one by one; None for one that is too long."""
    while line := lines.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := lines.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line


def check_line(line: Line, grounds: Grounds, at: datetime | None) -> dict[str, Any]:
    """Answer one line: the fields of `Grounds.answer` after its ``id``."""
    if line is None:
        return _unreadable(None, "the line is too long")
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return _unreadable(None, "the line is not JSON")
    if not isinstance(given, dict) or type(given.get("id")) not in (str, int):
        return _unreadable(None, "the line is not an object with an id")
    name = given["id"]
    text, moment, certificates = given.get("text"), given.get("at"), given.get("certificates")
    if not isinstance(text, str):
        return _unreadable(name, "text is not a string")
    try:
        if moment is not None:
            at = _instant(moment)
        if certificates is not None:
            grounds = replace(grounds, trust=_trust_of(certificates))
    except (ValueError, TypeError) as error:
        return _unreadable(name, str(error))
    try:
        return {"id": name, **grounds.answer(grounds.check_text(text, at or datetime.now(UTC)))}
    except CheckError as error:
        return {"id": name, **grounds.answer(error)}


def to_json(answer: dict[str, Any]) -> str:
    """An answer as its line: ASCII, with the line end."""
    return json.dumps(answer) + "\n"


def _instant(text: object) -> datetime:
    """Machines often leave out the offset of UTC (the EU's test set does): here, not for people, UTC is then meant."""
    if not isinstance(text, str):
        raise TypeError("at is not a string")
    for candidate in (text, text + "Z"):
        try:
            return parse_rfc3339(candidate)
        except ValueError:
            continue
    raise ValueError("at is not an RFC 3339 time")


def _trust_of(certificates: object) -> TrustStore:
    if not isinstance(certificates, list) or not all(isinstance(text, str) for text in certificates):
        raise TypeError("certificates is not a list of strings")
    read = _trust_again if sum(map(len, certificates)) <= _KEPT_CERTIFICATES else _trust
    try:
        return read(tuple(certificates))
    except (ValueError, IssuanceError) as error:  # binascii.Error is a ValueError
        raise ValueError("certificates holds something that is no base64 DER certificate") from error


def _trust(certificates: tuple[str, ...]) -> TrustStore:
    return TrustStore.of([base64.b64decode(text, validate=True) for text in certificates])


# Lines of one batch mostly come with the same few certificates. Only short lists are kept, so that memory stays flat.
_trust_again = functools.lru_cache(maxsize=256)(_trust)


def _unreadable(name: str | int | None, detail: str) -> dict[str, Any]:
    return {"id": name, **answer(CheckError(CheckReason.CONTEXT, detail))}
