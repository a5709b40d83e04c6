"""The stages that a record stands in on its way, in order: every record that was taken in stands in exactly one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from api.states import RecordState, WorkClass
from api.store.areas import CLASSES, mending
from api.store.moves import ASIDE, IN_HAND, RAISED, TAKEN_IN


class Stage(StrEnum):
    STATION = "station"  # the station is to mend it
    POLICE = "police"  # police are
    ANSWER = "answer"  # the register is asked, or asked again after a correction
    DISPUTED = "disputed"  # somebody complained about its content
    READY = "ready"  # the station is to sign it
    MINISTRY = "ministry"  # confirmed: the ministry is to sign it, and the gate to release it
    ISSUED = "issued"
    ENDED = "ended"  # without a certificate: settled by police, joined to another record
    REVOKED = "revoked"


OPEN: Final = (Stage.STATION, Stage.POLICE, Stage.ANSWER, Stage.DISPUTED, Stage.READY, Stage.MINISTRY)
STATES: Final[Mapping[str, Stage]] = {
    RecordState.AWAITING_MATCH: Stage.ANSWER,
    RecordState.DISPUTED: Stage.DISPUTED,
    RecordState.READY: Stage.READY,
    RecordState.LEASED: Stage.READY,
    RecordState.CONFIRMED: Stage.MINISTRY,
    RecordState.SIGNED: Stage.MINISTRY,
    RecordState.ISSUED: Stage.ISSUED,
    RecordState.EXPIRING: Stage.ISSUED,
    RecordState.RENEWED: Stage.ISSUED,
    RecordState.JOINED: Stage.ENDED,
    RecordState.REVOKED: Stage.REVOKED,
}
_MENDING: Final = {mending("clerk"): Stage.STATION, mending("police"): Stage.POLICE, mending(""): Stage.ENDED}
MEASURES: Final = (*STATES, *_MENDING, TAKEN_IN, IN_HAND, ASIDE, RAISED)  # all that stages are made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the records of an area stand.

    Attributes:
        stages: how many stand in each, all of them named.
        classes: of those that are to be mended, by class of what is wrong.
        in_hand, aside, raised: of the same, those that somebody has worked on, put aside, shown above for their age.
    """

    taken_in: int
    stages: Mapping[Stage, int]
    classes: Mapping[str, int]
    in_hand: int
    aside: int
    raised: int
    counts: Mapping[tuple[str, str], int] = field(repr=False)

    @property
    def left(self) -> int:
        """Records whose certificate is awaited."""
        return sum(self.stages[stage] for stage in OPEN)

    @property
    def to_mend(self) -> int:
        return self.stages[Stage.STATION] + self.stages[Stage.POLICE]

    @property
    def stuck(self) -> Stage | None:
        """The stage where most of them are; None: nothing is left."""
        fullest = max(OPEN, key=lambda stage: self.stages[stage])
        return fullest if self.stages[fullest] else None

    def number(self, measure: str) -> int:
        """Of any measure, of all desks."""
        return sum(number for (name, _), number in self.counts.items() if name == measure)


def standing_of(counts: Mapping[tuple[str, str], int]) -> Standing:
    """Put in order what is counted by measure and desk."""
    stages = dict.fromkeys(Stage, 0)
    classes = dict.fromkeys((one.value for one in WorkClass), 0)
    for measure, desk, number in _rows(counts):
        if measure in _MENDING:
            stages[_MENDING[measure]] += number
        elif measure in CLASSES:
            classes[measure] += number if desk else 0
        elif measure in STATES:
            stages[STATES[measure]] += number
    totals = dict.fromkeys((TAKEN_IN, IN_HAND, ASIDE, RAISED), 0)
    for measure, _, number in _rows(counts):
        if measure in totals:
            totals[measure] += number
    return Standing(
        taken_in=totals[TAKEN_IN],
        stages=stages,
        classes=classes,
        in_hand=totals[IN_HAND],
        aside=totals[ASIDE],
        raised=totals[RAISED],
        counts=counts,
    )


def _rows(counts: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, int]]:
    for (measure, desk), number in counts.items():
        yield measure, desk, number
