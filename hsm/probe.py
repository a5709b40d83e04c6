"""Looks at one driver. A program of its own: a driver that hangs or crashes takes only this process with it.

It writes one JSON object a line, and each as soon as it is known: what was found before a driver hung is not lost.
Run by `hsm.discovery`, which reads it.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hsm.errors import TokenError
from hsm.readers import look_at_readers
from hsm.sessions import load, public_session
from hsm.tokens import TokenInfo, certificates_on

READERS = "--readers"

Tell = Callable[[dict[str, Any]], None]


def look(path: Path, tell: Tell) -> None:
    """Tell of slots, of tokens with their mechanisms, and last of certificates: some drivers hang when objects are
    listed before a log-in."""
    module = load(path)
    tell({"slots": [slot.slot_description for slot in module.slots()]})
    tokens = module.tokens()
    for token in tokens:
        info = TokenInfo.of(token)
        mechanisms = sorted(module.signing_mechanisms(token)) if info.initialised else []
        tell({"token": dataclasses.asdict(info), "mechanisms": mechanisms})
    for token in tokens:
        info = TokenInfo.of(token)
        if info.initialised:
            with public_session(module, token) as session:
                stored = certificates_on(session)
            certificates = [{"der": one.der.hex(), "id": one.id.hex(), "label": one.label} for one in stored]
            tell({"slot": info.slot, "certificates": certificates})


def main(argument: str) -> None:
    """Drivers print what they like: their output goes where errors go, and ours keeps the pipe for itself."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def tell(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    try:
        if argument == READERS:
            tell(dataclasses.asdict(look_at_readers()))
        else:
            look(Path(argument), tell)
        tell({"done": True})
    except TokenError as error:
        tell({"error": error.code, "detail": error.detail})
    os._exit(0)  # some drivers lock up when a process ends


if __name__ == "__main__":
    main(sys.argv[1])
