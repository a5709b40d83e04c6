"""What the clock does for work lists; whichever process looks first does it, and a second look finds nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from api.context import Centre
from api.store.counts import fold
from api.store.transactions import again, writing
from api.worklists.asides import return_due
from api.worklists.escalation import raise_old
from api.worklists.sampling import commit_seeds, draw_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """``back``: records whose time aside was over; ``raised``: shown a level higher for their age; ``drawn``: closings
    drawn to be checked again; ``folded``: rows of counts that were added up."""

    committed: int
    back: int
    raised: int
    drawn: int
    folded: int

    def __bool__(self) -> bool:
        return bool(self.committed or self.back or self.raised or self.drawn)


@again
def keep_worklists(centre: Centre) -> Kept:
    """Make the seeds, draw what is due, bring back what was aside, raise what is old, add up the counts: all of it."""
    committed = commit_seeds(centre)
    drawn = sum(draw.drawn for draw in draw_due(centre))
    back = _until_nothing(return_due, centre)
    raised = _until_nothing(raise_old, centre)
    return Kept(committed=committed, back=back, raised=raised, drawn=drawn, folded=_until_nothing(_fold, centre))


def _fold(centre: Centre) -> int:
    with writing(centre.engine) as connection:
        return fold(connection)


def _until_nothing(doing: Callable[[Centre], int], centre: Centre) -> int:
    done = 0
    while some := doing(centre):
        done += some
    return done
