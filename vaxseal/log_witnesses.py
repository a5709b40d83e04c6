"""Heads of the log that stations, the ministry and mirrors kept: read from their files, and what they say in words."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certificates.records.model import instant_to_text
from signer.errors import AgentError
from signer.head_file import read_heads

if TYPE_CHECKING:
    from api.auditing.witnesses import Statement
    from certificates.log_heads import SeenHead


def read_witnesses(paths: Iterable[Path]) -> "dict[str, tuple[SeenHead, ...]]":
    """What each file holds, by its name; of a folder every .txt in it.

    Raises AgentError ``file-not-read``, ``witness-form``, ``witness-twice`` (two files of one name).
    """
    found: dict[str, tuple[SeenHead, ...]] = {}
    for path in paths:
        for file in sorted(path.glob("*.txt")) if path.is_dir() else (path,):
            if file.name in found:
                raise AgentError("witness-twice", f"Two files of witnesses are named {file.name}: name them apart.")
            found[file.name] = read_heads(file)
    return found


def verdict_of(heard: "Sequence[Statement]") -> str | None:
    """The code of the worst that they say, what is proven first, the oldest row first; None: the log bears it all."""
    from api.auditing.witnesses import UNPROVEN

    against = [(code == UNPROVEN, seen.given.head.sequence, code) for one in heard for code, seen in one.against]
    return min(against)[2] if against else None


def sentences_of(heard: "Sequence[Statement]", end: int) -> tuple[str, ...]:
    """A sentence for each witness who says something against the log, about the oldest row that they name."""
    from api.auditing.witnesses import CUT, UNPROVEN

    told = []
    for one in heard:
        if not one.against:
            continue
        code, seen = min(one.against, key=lambda said: (said[0] == UNPROVEN, said[1].given.head.sequence))
        row, at = seen.given.head.sequence, instant_to_text(seen.seen_at)
        if code == UNPROVEN:
            told.append(f"{one.witness} names a row {row} of {at} without this centre's seal: that proves nothing.")
        elif code == CUT:
            told.append(f"{one.witness} was given row {row} at {at}; the log ends with row {end}: it was cut.")
        else:
            told.append(
                f"{one.witness} was given another row {row} at {at}: the log was written anew from there or before."
            )
    return tuple(told)


def to_dict(one: "Statement") -> dict[str, Any]:
    """For machines."""
    return {
        "witness": one.witness,
        "confirmed": one.confirmed,
        "newest": one.newest,
        "against": [
            {"code": code, "row": seen.given.head.sequence, "seen_at": instant_to_text(seen.seen_at)}
            for code, seen in one.against
        ],
    }
