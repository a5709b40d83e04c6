"""What every command shares: answers for people or machines, and the three exit codes."""

import io
import json as json_module
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from rich.console import Console

EXIT_YES = 0
EXIT_NO = 1  # a clear no: an invalid certificate, a refused record
EXIT_USE = 2  # wrong use or set-up

# No emoji: ":ID:" in a certificate code is not a picture.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def speak_utf8() -> None:
    """Write UTF-8 wherever output goes: names and sentences are Vietnamese, and JSON is UTF-8 by definition.

    What is no text at all (in a file's name) is written as its escape in JSON and Python.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def write(text: str) -> None:
    """Write to standard output at once. Where that fails, the command ends with 2: 1 would be an answer."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else what is left fails again at the end
        if not isinstance(error, BrokenPipeError):  # a reader that has seen enough needs no sentence
            err.print(f"The answer cannot be written: {error.strerror}.", markup=False)
        raise SystemExit(EXIT_USE) from error


def now() -> datetime:
    """This moment in UTC, in whole seconds: the program's clock is read here and handed down."""
    return datetime.now(UTC).replace(microsecond=0)


def plain(text: str) -> str:
    """Text from elsewhere for a terminal: what would move its cursor or turn lines around is shown as a box."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def emit_json(answer: Any) -> None:
    """One JSON document on standard output, letters as they are."""
    write(json_module.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def stop(
    code: str,
    sentence: str,
    *,
    vietnamese: str = "",
    json: bool = False,
    exit_code: int = EXIT_USE,
    more: Mapping[str, Any] | None = None,
) -> NoReturn:
    """End the command with one sentence that its reader can act on (``--json``: an object with code and sentence).

    ``vietnamese``: the same for a reader at a station; it comes first. ``more``: further members of the object.
    """
    if json:
        translated = {"detail_vi": vietnamese} if vietnamese else {}
        emit_json({"error": code, "detail": sentence} | translated | dict(more or {}))
    else:
        for text in filter(None, (vietnamese, sentence)):
            err.print(text, markup=False)
    raise SystemExit(exit_code)
