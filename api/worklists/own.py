"""What a person's own list holds, by class; and one record of it, with all that whoever mends it needs to see."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.accounts.reading import Purpose, read_record
from api.accounts.staff import Staff
from api.context import Centre
from api.errors import CentreError
from api.states import WorkClass
from api.store.counts import Key, read_counts
from api.store.moves import ASIDE, Desk, read_items
from api.store.records import StoredRecord
from api.worklists.attempts import attempts_made, check_attempts
from api.worklists.history import Event, look_up_history
from api.worklists.listing import ListedItem, find_item, own_units
from api.worklists.summary import ClassAge, class_ages
from certificates.records.dates import local_day

_MEASURES: Final = (*(one.value for one in WorkClass), ASIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnList:
    """Counts of a desk: ``classes`` with those that are aside among them, the oldest class first."""

    classes: tuple[ClassAge, ...]
    aside: int

    @property
    def records(self) -> int:
        return sum(one.records for one in self.classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How often the station tried to reach the person, and what police still need of it: attempts, ways, hours.

    ``may_from``: when one more attempt makes it enough; None unless nothing but hours is missing.
    """

    attempts: int
    missing: tuple[str, ...]
    may_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedWork:
    """A record that was opened from a list. ``item`` is None where nothing is to be mended in it any more."""

    stored: StoredRecord
    item: ListedItem | None
    events: Sequence[Event]
    tried: Tried


def count_own(centre: Centre, staff: Staff, *, desk: Desk) -> OwnList:
    """What waits on one's own list, from counts alone: of a unit, or of all that its police answer for."""
    today = local_day(centre.clock())
    with centre.engine.connect() as connection:
        counts = read_counts(connection, units=own_units(connection, staff), measures=_MEASURES)
    mine: Counter[Key] = Counter({key: number for key, number in counts.items() if key.desk == desk})
    classes = sorted(class_ages(mine, today), key=lambda one: (-one.oldest_days, one.work_class))
    return OwnList(classes=tuple(classes), aside=sum(number for key, number in mine.items() if key.measure == ASIDE))


def open_work(centre: Centre, staff: Staff, record_id: str, *, purpose: Purpose) -> OpenedWork:
    """A record with its history and what is to be mended in it. The log keeps both looks, and what for.

    Raises CentreError ``role``, ``place``, ``record-unknown``.
    """
    stored = read_record(centre, staff, record_id, purpose)
    events = look_up_history(centre, staff, record_id, purpose)
    now = centre.clock()
    with centre.engine.connect() as connection:
        item = find_item(connection, record_id)
        row = read_items(connection, [record_id]).get(record_id)
        attempts = attempts_made(connection, row) if row is not None else ()
    missing: tuple[str, ...] = ()
    may_from = None
    try:
        check_attempts(attempts, centre.settings, at=now)
    except CentreError as error:
        missing, may_from = error.fields, error.may_from
    tried = Tried(attempts=len(attempts), missing=missing, may_from=may_from)
    return OpenedWork(stored=stored, item=item, events=events, tried=tried)
