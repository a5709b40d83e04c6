"""Complaints are counted as they move: open and late ones where they are worked on, events by their unit."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.complaints.clock import BREACH
from api.complaints.events import Event
from api.complaints.kinds import UNDECIDED
from api.store.counts import Key, count
from api.store.coverage import COMPLAINTS
from certificates.records.dates import local_day

OPEN: Final = f"{COMPLAINTS}open"
LATE: Final = f"{COMPLAINTS}late"  # open, and its 48 hours are over
COUNTED: Final = frozenset({Event.RECEIVED, Event.BREACHED, Event.CONFIRMED, Event.REFUSED, Event.APPEALED})
_Standing = tuple[str, str, str, int]  # province, unit, state, marks


def keys_of_complaint(standing: _Standing | None) -> Iterator[Key]:
    """All that a complaint is counted under where it stands."""
    if standing is None or standing[2] not in UNDECIDED:
        return
    yield Key(standing[0], standing[1], OPEN)
    if standing[3] > BREACH:
        yield Key(standing[0], standing[1], LATE)


def count_moved(connection: Connection, before: _Standing | None, after: _Standing, *, at: datetime) -> None:
    """Count a complaint where it is now, and no longer where it was."""
    old, new = set(keys_of_complaint(before)), set(keys_of_complaint(after))
    count(connection, came=Counter(new - old), gone=Counter(old - new), day=local_day(at).isoformat())


def count_event(connection: Connection, province: str, unit: str, event: Event, *, at: datetime) -> None:
    """Count what happened, where somebody asks for it."""
    if event in COUNTED:
        came = Counter({Key(province, unit, f"{COMPLAINTS}{event.value}"): 1})
        count(connection, came=came, gone=Counter(), day=local_day(at).isoformat())
