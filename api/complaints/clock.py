"""The 48 hours of a complaint. Calendar hours from receipt; the clock stands only while the citizen's answer is
awaited, and not for ever.

Marks, in hours that ran: 24 and 44 warn; 48 is the breach, and the unit above takes over; from then on one unit further
up each 24 hours, as long as there is one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

ALLOWED: Final = timedelta(hours=48)  # letter 9458/BYT-CNTT
WARNINGS: Final = (timedelta(hours=24), timedelta(hours=44))
FURTHER_UP: Final = timedelta(hours=24)
BREACH: Final = len(WARNINGS)  # the number of the mark at which time is up
LONGEST_QUESTION: Final = timedelta(hours=72)  # then the clock runs on by itself
LONGEST_PAUSE: Final = timedelta(days=7)  # of all questions of one complaint together
MOST_QUESTIONS: Final = 3
APPEAL_WITHIN: Final = timedelta(days=30)  # of the refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintClock:
    """The time of one complaint.

    Attributes:
        since: receipt, or the appeal's.
        paused: pauses that are over.
        paused_at: since when the citizen's answer is awaited.
    """

    since: datetime
    paused: timedelta = timedelta()
    paused_at: datetime | None = None

    def spent(self, now: datetime) -> timedelta:
        """What has run."""
        return max(timedelta(), (self.paused_at or now) - self.since - self.paused)

    def at(self, ran: timedelta) -> datetime:
        """When so much will have run, should nothing pause it (any more)."""
        return self.since + self.paused + ran

    @property
    def due_at(self) -> datetime:
        """When time is up. While it stands: as it was before the question."""
        return self.at(ALLOWED)

    @property
    def pause_ends(self) -> datetime | None:
        """When the clock runs on, answer or not; None while it runs."""
        if self.paused_at is None:
            return None
        return self.paused_at + min(LONGEST_QUESTION, LONGEST_PAUSE - self.paused)

    @property
    def may_pause(self) -> bool:
        """Whether any time for questions is left."""
        return self.paused_at is None and self.paused < LONGEST_PAUSE

    def pause(self, now: datetime) -> "ComplaintClock":
        return replace(self, paused_at=now)

    def run_on(self, now: datetime) -> "ComplaintClock":
        """The answer came, or the longest pause is over: what was waited beyond that counts as run."""
        if self.paused_at is None or self.pause_ends is None:
            return self
        return replace(self, paused=self.paused + (min(now, self.pause_ends) - self.paused_at), paused_at=None)

    def next_at(self, marks: int) -> datetime:
        """When there is something to do, after so many marks have passed."""
        return self.pause_ends or self.at(mark(marks))


def mark(number: int) -> timedelta:
    """The hours of a mark, counted from 0."""
    if number < BREACH:
        return WARNINGS[number]
    return ALLOWED + (number - BREACH) * FURTHER_UP
