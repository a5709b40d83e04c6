"""Pictures of numbers: lines of days. Each says nothing that the table behind it does not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.oversight.overview import PACE

WIDTH: Final = 320
HEIGHT: Final = 72
_EDGE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``points`` is an SVG's, in a box of `WIDTH` by `HEIGHT`; ``base`` the height of nought in it."""

    values: tuple[int, ...]
    points: str
    base: float

    @property
    def last(self) -> int:
        return self.values[-1]

    @property
    def pace(self) -> float:
        """The mean of the last `PACE` whole days: the last value is today's."""
        return sum(self.values[-PACE - 1 : -1]) / PACE

    @property
    def highest(self) -> int:
        return max(self.values)


def line_of(values: Sequence[int]) -> Line:
    """A line of these values, one a day, from nought or the lowest to the highest."""
    low, high = min(0, *values), max(1, *values)
    across = (WIDTH - 2 * _EDGE) / max(1, len(values) - 1)

    def up(value: float) -> float:
        return round(HEIGHT - _EDGE - (value - low) / (high - low) * (HEIGHT - 2 * _EDGE), 1)

    points = " ".join(f"{round(_EDGE + at * across, 1)},{up(value)}" for at, value in enumerate(values))
    return Line(values=tuple(values), points=points, base=up(0))


def standing_line(now: int, changes: Sequence[int]) -> Line:
    """How many stood so after each day, where ``now`` do and the days changed it so."""
    values = [now]
    for change in reversed(changes[1:]):
        values.append(values[-1] - change)
    return line_of(tuple(reversed(values)))
