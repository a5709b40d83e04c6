"""What the commands about tokens share: their options, PINs typed or read, and errors as sentences."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaxseal.console import stop

if TYPE_CHECKING:
    from hsm.tokens import TokenSelector

Module = Annotated[
    Path | None,
    typer.Option("--module", envvar="VAXSEAL_PKCS11_MODULE", help="The token's PKCS#11 driver. Default: search."),
]
Serial = Annotated[str | None, typer.Option("--token", metavar="SERIAL", help="Which token, by its serial number.")]
Label = Annotated[str | None, typer.Option("--label", metavar="LABEL", help="Which token, by its label.")]
PinStdin = Annotated[
    bool, typer.Option("--pin-stdin", help="Read PINs from standard input, one a line, in the order of the prompts.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
LastTry = Annotated[bool, typer.Option("--last-try", help="Use the last try of the PIN before the token locks.")]


def pin_source(what: str, *, from_stdin: bool, new: bool = False) -> Callable[[], str]:
    """A callback that asks once: a hidden prompt (a new PIN is typed twice), or a line of standard input."""

    def ask() -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        answer: str = typer.prompt(what, hide_input=True, confirmation_prompt=new, err=True)
        return answer

    return ask


def selector(serial: str | None, label: str | None) -> "TokenSelector":
    from hsm.tokens import TokenSelector

    return TokenSelector(serial=serial, label=label)


@contextmanager
def sentences(*, json: bool) -> Iterator[None]:
    """Errors about tokens and certificates end the command with their sentence and exit code 2. Nothing is retried."""
    from certificates.errors import CertificateError
    from hsm.errors import TokenError

    try:
        yield
    except TokenError as error:
        stop(error.code, _sentence(str(error)), json=json)
    except CertificateError as error:
        stop(error.code, _sentence(error.detail or error.code), json=json)
    except OSError as error:
        stop("file", f"{error.filename or 'The file'}: {error.strerror}.", json=json)


def _sentence(text: str) -> str:
    """Capital letter and full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "…")) else ".")


def write_new(path: Path, content: bytes, *, json: bool) -> None:
    """Write a file that must not exist yet."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        stop("file-exists", f"{path} exists already: it is not overwritten.", json=json)


def check_absent(path: Path, *, json: bool) -> None:
    """Before a token is touched: the answer must have a place."""
    if path.exists():
        stop("file-exists", f"{path} exists already: it is not overwritten.", json=json)
    if not path.parent.is_dir():
        stop("folder-missing", f"There is no folder {path.parent}.", json=json)
