"""What the commands about tokens share: PINs, typed or read, and which token is meant."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from vaxseal.console import stop
from vaxseal.vietnamese import vietnamese_of

if TYPE_CHECKING:
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


def selector(serial: str | None, label: str | None) -> "TokenSelector":
    from hsm.tokens import TokenSelector

    return TokenSelector(serial=serial, label=label)
