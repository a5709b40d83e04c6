"""The engine of `make fuzz`: makes mutants, gives them to the code that must stand them, and keeps account.

Every mutant is made from a seed, its family and its number alone, so each can be made again.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

LIMIT = 0.050  # seconds of the processor's time for one answer
READ_ONCE = 0.500  # the same for lists, rules and imports, which may be large
ROUND = 200  # mutants of a family in a row, before the next family's turn
WARM = 0.1  # the part of the run after which memory must no longer grow
_SHOWN = 6000  # characters of a find
_AGAIN = 3  # times that a slow answer is measured again: the machine, not the mutant, may have been slow


class FalseAcceptError(AssertionError):
    """Something was accepted that differs in meaning from what was signed."""


@dataclass(frozen=True)
class Family:
    """One kind of mutants.

    ``make`` gives a mutant; ``run`` gives it to the code and says whether it was accepted. ``run`` swallows the one
    exception type that the code may raise; whatever else comes out of it is a crash. ``weight`` is the family's share,
    ``limit`` the processor's seconds that one may take: more for what is read once than for what each traveller shows.
    """

    name: str
    weight: int
    make: Callable[[Random], Any]
    run: Callable[[Any], bool]
    limit: float = LIMIT


@dataclass
class Tally:
    """What became of one family's mutants. Each find is the mutant's number and what happened."""

    count: int = 0
    accepted: int = 0
    slowest: float = 0.0  # seconds
    slowest_number: int = 0
    crashes: list[tuple[int, str]] = field(default_factory=list)
    false_accepts: list[tuple[int, str]] = field(default_factory=list)
    slow: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Report:
    """A whole run. Memory is the process's, in bytes; 0 where the system does not tell."""

    seed: int
    tallies: dict[str, Tally]
    seconds: float = 0.0
    memory_before: int = 0
    memory_after: int = 0

    @property
    def count(self) -> int:
        return sum(tally.count for tally in self.tallies.values())

    @property
    def grown(self) -> int:
        """Bytes that memory grew by once the run was warm."""
        return self.memory_after - self.memory_before if self.memory_before else 0

    def finds(self) -> list[str]:
        """Everything that must not be."""
        return [
            f"{name} {number}: {kind}: {what}"
            for name, tally in self.tallies.items()
            for kind, found in (
                ("crash", tally.crashes),
                ("false accept", tally.false_accepts),
                ("slow", tally.slow),
            )
            for number, what in found
        ]


def fuzz(families: Sequence[Family], *, count: int, seed: int, seconds: float = float("inf")) -> Report:
    """Run about ``count`` mutants, or as many as the time allows, the families in turn."""
    report = Report(seed=seed, tallies={family.name: Tally() for family in families})
    start = time.monotonic()
    for family, numbers in _turns(families, count):
        if time.monotonic() - start > seconds:
            break
        if not report.memory_before and report.count >= count * WARM:
            report.memory_before = memory()
        for number in numbers:
            try_one(family, number, seed, report.tallies[family.name])
    report.memory_after = memory()
    report.seconds = time.monotonic() - start
    return report


def _turns(families: Sequence[Family], count: int) -> Iterator[tuple[Family, range]]:
    whole = sum(family.weight for family in families)
    left = {family.name: max(1, count * family.weight // whole) for family in families}
    done = dict.fromkeys(left, 0)
    while any(left.values()):
        for family in families:
            size = min(ROUND * family.weight, left[family.name])
            if size:
                yield family, range(done[family.name], done[family.name] + size)
                done[family.name] += size
                left[family.name] -= size


def mutant(family: Family, number: int, seed: int) -> Any:
    """The mutant with this number."""
    return family.make(Random(f"{seed} {family.name} {number}"))


def try_one(family: Family, number: int, seed: int, tally: Tally) -> None:
    """Make one mutant, run it, and write down what happened."""
    made = mutant(family, number, seed)
    tally.count += 1
    start = time.process_time()
    try:
        tally.accepted += family.run(made)
    except FalseAcceptError as error:
        tally.false_accepts.append((number, f"{error}: {_shown(made)}"))
        return
    except Exception as error:
        tally.crashes.append((number, f"{error!r}: {_shown(made)}"))
        return
    spent = time.process_time() - start
    if spent > family.limit:
        spent = min(_measure(family, made) for _ in range(_AGAIN))
        if spent > family.limit:
            tally.slow.append((number, f"{spent * 1000:.0f} ms: {_shown(made)}"))
    if spent > tally.slowest:
        tally.slowest, tally.slowest_number = spent, number


def _shown(made: Any) -> str:
    """A find as it is: keys of our own codes are new in every run, so the numbers alone do not bring it back."""
    text = repr(made)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"


def _measure(family: Family, made: Any) -> float:
    start = time.process_time()
    family.run(made)
    return time.process_time() - start


def memory() -> int:
    """What the process holds in memory, in bytes; 0 where the system does not tell."""
    gc.collect()
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
