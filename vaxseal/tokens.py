"""What the commands about tokens share: PINs, typed or read, and which token is meant."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vaxseal.console import stop
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
    from hsm.keys import TokenKey
    from hsm.tokens import TokenSelector


def pin_source(what: str, *, from_stdin: bool, new: bool = False) -> Callable[[], str]:
    """A callback that asks once: a hidden prompt (a new PIN is typed twice), or a line of standard input."""

    def ask() -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        try:
            answer: str = typer.prompt(what, hide_input=True, confirmation_prompt=new, err=True)
        except typer.Abort:  # typer would end with 1, which is an answer
            stop("pin-none", "No PIN was typed.", vietnamese=vietnamese_of("pin-none"))
        return answer

    return ask


def person_source(account: str, *, from_stdin: bool) -> Callable[[], tuple[str, str]]:
    """Asks for password and six digits of an account, as `pin_source` does."""
    password = pin_source(f"Password of {account}", from_stdin=from_stdin)
    code = pin_source("Six digits of the telephone", from_stdin=from_stdin)
    return lambda: (password(), code())


def selector(serial: str | None, label: str | None) -> "TokenSelector":
    from hsm.tokens import TokenSelector

    return TokenSelector(serial=serial, label=label)


def open_signing_key(
    module: Path | None,
    token: str | None,
    label: str | None,
    whose: str,
    at: datetime,
    *,
    pin_stdin: bool,
    last_try: bool,
) -> "TokenKey":
    """The key of the only certificate on the token that is meant; ``whose`` stands in the question for its PIN."""
    from hsm.keys import open_key
    from hsm.modules import find_module

    pin = pin_source(f"PIN of the {whose}'s token", from_stdin=pin_stdin)
    meant = selector(token, label)
    return open_key(find_module(module, meant), meant, pin, at=at, allow_final_try=last_try)
