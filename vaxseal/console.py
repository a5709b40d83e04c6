"""What every command shares: answers for people or machines, and the three exit codes."""

import json as json_module
import sys
from typing import Any, NoReturn

from rich.console import Console

EXIT_YES = 0
EXIT_NO = 1  # a clear no: an invalid certificate, a refused record
EXIT_USE = 2  # wrong use or set-up

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def emit_json(answer: Any) -> None:
    """One JSON document on standard output, letters as they are."""
    sys.stdout.write(json_module.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def stop(code: str, sentence: str, *, json: bool = False, exit_code: int = EXIT_USE) -> NoReturn:
    """End the command with one sentence that its reader can act on (``--json``: an object with code and sentence)."""
    if json:
        emit_json({"error": code, "detail": sentence})
    else:
        err.print(sentence, markup=False)
    raise SystemExit(exit_code)
