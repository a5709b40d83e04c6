"""Interleaved measurement: ours, then the other, round after round, so that a noisy moment hits both."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from rich.console import Console
from rich.table import Table

Unit = Literal["seconds", "bytes"]
Run = Callable[[int], float]  # do n rounds, return the seconds they took


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Seconds for one piece of work, or bytes: ours and the other's; ``ratio`` is how many times less ours are."""

    stage: str
    against: str
    ours: tuple[float, float]  # minimum, median
    other: tuple[float, float]
    must: float | None
    stretch: float | None
    unit: Unit = "seconds"

    @property
    def ratio(self) -> float:
        return self.other[0] / self.ours[0]

    def to_dict(self) -> dict[str, object]:
        return {
            "stage": self.stage,
            "against": self.against,
            f"ours_{self.unit}": {"minimum": self.ours[0], "median": self.ours[1]},
            f"other_{self.unit}": {"minimum": self.other[0], "median": self.other[1]},
            "ratio": self.ratio,
            "ratio_of_medians": self.other[1] / self.ours[1],
            "must": self.must,
            "stretch": self.stretch,
        }


def race(
    stage: str,
    ours: Run,
    against: str,
    other: Run,
    *,
    rounds: tuple[int, int],
    must: float | None,
    stretch: float | None = None,
    repeats: int = 15,
) -> Result:
    """Measure both, ``repeats`` times in turn. ``rounds`` is how much work one repeat holds: (ours, the other's)."""
    ours(max(1, rounds[0] // 10)), other(max(1, rounds[1] // 10))  # warm: imports, caches, sessions
    ours_times, other_times = [], []
    for _ in range(repeats):
        ours_times.append(ours(rounds[0]) / rounds[0])
        other_times.append(other(rounds[1]) / rounds[1])
    return Result(
        stage=stage,
        against=against,
        ours=(min(ours_times), statistics.median(ours_times)),
        other=(min(other_times), statistics.median(other_times)),
        must=must,
        stretch=stretch,
    )


def sizes(
    stage: str, ours: float, against: str, other: float, *, must: float | None, stretch: float | None = None
) -> Result:
    """Compare bytes."""
    return Result(
        stage=stage,
        against=against,
        ours=(ours, ours),
        other=(other, other),
        must=must,
        stretch=stretch,
        unit="bytes",
    )


def each(function: Callable[[int], object]) -> Run:
    """A Run that calls ``function`` with an ever rising number, so that no two calls see the same data."""
    position = 0

    def run(rounds: int) -> float:
        nonlocal position
        numbers = range(position, position + rounds)
        position += rounds
        start = perf_counter()
        for number in numbers:
            function(number)
        return perf_counter() - start

    return run


def show(results: Iterable[Result]) -> None:
    """Print the table."""
    table = Table(title="vaxseal: one piece of work, minimum / median", title_justify="left")
    for column, side in (("stage", "left"), ("ours", "right"), ("against", "left"), ("theirs", "right")):
        table.add_column(column, justify="right" if side == "right" else "left")
    for column in ("ratio", "must", "stretch"):
        table.add_column(column, justify="right")
    for result in results:
        mark = "  short" if result.must is not None and result.ratio < result.must else ""
        table.add_row(
            result.stage,
            _figures(result.ours, result.unit),
            result.against,
            _figures(result.other, result.unit),
            f"{result.ratio:.2f}{mark}",
            "" if result.must is None else f"{result.must:.3g}",
            "" if result.stretch is None else f"{result.stretch:.3g}",
        )
    Console(width=150).print(table)


def _figures(pair: tuple[float, float], unit: Unit) -> str:
    if unit == "bytes":
        return f"{pair[0] / 1e6:,.2f} MB"
    return " / ".join(
        f"{seconds * 1e6:,.{0 if seconds > 1e-5 else 1}f} us" if seconds < 0.01 else f"{seconds * 1e3:,.1f} ms"
        for seconds in pair
    )
