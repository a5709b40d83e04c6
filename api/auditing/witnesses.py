"""What others saw of the log, held against it as it stands: so a cut behind the last checkpoint shows as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, select

from api.store.arrays import one_of
from api.store.schema import audit
from certificates.act_chain import LogHead
from certificates.log_heads import SeenHead, is_ours

CUT: Final = "audit-cut"
REWRITTEN: Final = "audit-rewritten"
UNPROVEN: Final = "witness-unproven"
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one witness says. ``confirmed``: so many heads of theirs stand in the log, up to row ``newest`` (0: none).

    Attributes:
        against: heads that the log does not contain, the oldest row first: `CUT` or `REWRITTEN` where this centre
            sealed them, which proves it, else `UNPROVEN`: the witness may have made them up.
    """

    witness: str
    confirmed: int
    newest: int
    against: tuple[tuple[str, SeenHead], ...]


def hear_witnesses(
    engine: Engine, head: LogHead, witnesses: Mapping[str, Sequence[SeenHead]], secret: bytes | None
) -> tuple[Statement, ...]:
    """What each witness says of a log that was verified.

    Args:
        head: what `api.audit.verify_log` gave.
        witnesses: what each kept, by the name that people know the witness by.
        secret: of the centre; without it nothing is proven.
    """
    asked = {one.given.head.sequence for seen in witnesses.values() for one in seen}
    hashes = _hashes(engine, [sequence for sequence in asked if sequence <= head.sequence])
    return tuple(_hear(name, seen, hashes, head.sequence, secret) for name, seen in witnesses.items())


def _hear(
    name: str, seen: Sequence[SeenHead], hashes: Mapping[int, bytes], end: int, secret: bytes | None
) -> Statement:
    confirmed, newest = 0, 0
    against: list[tuple[str, SeenHead]] = []
    for one in sorted(seen, key=lambda seen: seen.given.head.sequence):
        told = one.given.head
        if hashes.get(told.sequence) == told.hash:
            confirmed, newest = confirmed + 1, told.sequence
        elif secret is None or not is_ours(secret, one.given):
            against.append((UNPROVEN, one))
        else:
            against.append((CUT if told.sequence > end else REWRITTEN, one))
    return Statement(witness=name, confirmed=confirmed, newest=newest, against=tuple(against))


def _hashes(engine: Engine, sequences: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    with engine.connect() as connection:
        for start in range(0, len(sequences), _AT_ONCE):
            some = one_of(connection, audit.c.sequence, sequences[start : start + _AT_ONCE])
            rows = connection.execute(select(audit.c.sequence, audit.c.hash).where(some))
            found.update((row.sequence, row.hash) for row in rows)
    return found
