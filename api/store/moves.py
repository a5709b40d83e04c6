"""The one place where a record comes to stand somewhere: its state, its place on a work list, and the counts, at once.

Whoever moves records calls `move` (or, with a new version, `api.store.records.write_versions`, which calls `note`). A
test holds the rest of the service off the state of ``records``.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, Update, bindparam, delete, insert, select, update

from api.states import RecordState, WorkClass, class_of
from api.store.arrays import one_of, one_of_named
from api.store.bulk import insert_rows
from api.store.counts import Key, count
from api.store.schema import records
from api.store.schema_worklists import work_asides, work_closings, work_items, work_raised
from certificates.act_chain import unit_of
from certificates.records.dates import local_day
from certificates.records.model import instant_from_text, instant_to_text

Desk = Literal["clerk", "police"]
AT_ONCE: Final = 1000
TAKEN_IN: Final = "taken-in"  # all records of a unit
IN_HAND: Final = "in-hand"  # of those to be mended: somebody has worked on it
ASIDE: Final = "aside"
RAISED: Final = "raised"  # shown to a unit above, for its age
CLOSED: Final = "closed"  # by a person; adds up
TOP: Final = 100  # added to the level of an item that the top of its tree has seen: it climbs no higher
_WAITS: Final = frozenset({RecordState.AWAITING_MATCH, RecordState.DISPUTED})  # the work is not over
_MENDED: Final = frozenset(
    {
        RecordState.READY,
        RecordState.CONFIRMED,
        RecordState.SIGNED,
        RecordState.ISSUED,
        RecordState.EXPIRING,
        RecordState.RENEWED,
    }
)
_One = TypeVar("_One")


class Standing(NamedTuple):
    """Where a record stands."""

    record_id: str
    province: str
    version: int
    unit: str
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A row of ``work_items``: what is to be mended, and on whose list it is."""

    record_id: str
    province: str
    unit: str
    desk: Desk
    work_class: str
    since: str
    status: Literal["open", "waiting", "aside"] = "open"
    level: int = 0
    touched: int = 0
    last_by: str | None = None
    before_state: str | None = None
    before_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a record shall stand. It stays where it is unless it is of this ``version`` and in ``only_from``."""

    record_id: str
    state: str
    reason: str | None = None
    version: int | None = None
    only_from: str | None = None


def move(
    connection: Connection,
    moves: Iterable[Move],
    *,
    at: datetime,
    by: str | None = None,
    before: Mapping[str, Standing] | None = None,
) -> dict[str, Standing]:
    """Move records; returns where those stand that moved, by their ids.

    They are locked here, if the caller has not done so; SQLite has one writer.

    Args:
        by: the person whose work it was, where it was one's.
        before: where they stand, from the statement of this transaction that locked them; None: read here.
    """
    moved: dict[str, Standing] = {}
    known = before
    for some in _some(list(moves)):
        before = read_standings(connection, [one.record_id for one in some]) if known is None else known
        steps = [
            (there, Standing(there.record_id, there.province, there.version, there.unit, one.state, one.reason))
            for one in some
            if (there := before.get(one.record_id)) is not None
            and one.version in (None, there.version)
            and one.only_from in (None, there.state)
        ]
        if not steps:
            continue
        to: defaultdict[tuple[str, str, str | None], list[str]] = defaultdict(list)
        for _, after in steps:
            to[after.province, after.state, after.reason].append(after.record_id)
        for (province, state, reason), ids in to.items():  # mostly one place for all
            given = {"ids": ids, "its_province": province, "state": state, "reason": reason}
            connection.execute(_set_state(connection.dialect.name), {**given, "updated_at": instant_to_text(at)})
        note(connection, steps, at=at, by=by)
        moved.update((after.record_id, after) for _, after in steps)
    return moved


def read_standings(connection: Connection, record_ids: Sequence[str]) -> dict[str, Standing]:
    """Where these records stand; they are kept until the transaction ends."""
    query = _standings(connection.dialect.name)
    return {row.record_id: Standing._make(row) for row in connection.execute(query, {"ids": list(record_ids)}).all()}


@cache
def _standings(dialect: str) -> Select[Any]:
    return (
        select(*(records.c[name] for name in Standing._fields))
        .where(one_of_named(dialect, records.c.record_id, "ids"))
        .order_by(records.c.record_id)
        .with_for_update(key_share=True)
    )


@cache
def _set_state(dialect: str) -> Update:
    return (
        update(records)
        .where(one_of_named(dialect, records.c.record_id, "ids"), records.c.province == bindparam("its_province"))
        .values({name: bindparam(name) for name in ("state", "reason", "updated_at")})
    )


def read_items(connection: Connection, record_ids: Sequence[str]) -> dict[str, Item]:
    """What is to be mended of these records."""
    if not record_ids:
        return {}
    query = select(work_items).where(one_of(connection, work_items.c.record_id, record_ids))
    return {row.record_id: Item(**row._mapping) for row in connection.execute(query)}


def note(
    connection: Connection, steps: Sequence[tuple[Standing | None, Standing]], *, at: datetime, by: str | None = None
) -> None:
    """Keep work lists and counts beside records that were just written: where each stood (None: nowhere) and stands."""
    items: dict[str, Item] = {}
    for some in _some([before.record_id for before, _ in steps if before is not None and _may_have_item(before)]):
        items |= read_items(connection, some)
    change = _Change()
    plain: Counter[tuple[Any, ...]] = Counter()
    for before, after in steps:
        item = items.get(after.record_id)
        new = _next_item(before, after, item, at=at, by=by)
        if item is None and new is None:  # most of all: nothing but its place to count
            plain[before and before[1:], after[1:]] += 1
            continue
        change.add(keys_of(before, item), keys_of(after, new))
        change.items(item, new)
        closer = by or (item.last_by if item is not None else None)
        if item is not None and new is None and closer is not None and after.state in _MENDED:
            change.closings.append(_closing(after, item, kind="mended", by=closer, at=at))
    for (before, after), number in plain.items():
        change.add(keys_of(before and Standing("", *before), None), keys_of(Standing("", *after), None), number)
    change.write(connection, at=at)


def change_item(connection: Connection, standing: Standing, item: Item, new: Item | None, *, at: datetime) -> None:
    """Write a change of an item whose record stays where it is; None ends it. The caller has the record's lock."""
    change = _Change()
    change.add(keys_of(standing, item), keys_of(standing, new))
    change.items(item, new)
    change.write(connection, at=at)


def close_item(connection: Connection, standing: Standing, item: Item, *, kind: str, by: str, at: datetime) -> None:
    """End an item whose record stays where it is, as the work of this person."""
    change = _Change()
    change.add(keys_of(standing, item), keys_of(standing, None))
    change.items(item, None)
    change.closings.append(_closing(standing, item, kind=kind, by=by, at=at))
    change.write(connection, at=at)


def keys_of(standing: Standing | None, item: Item | None) -> Iterator[Key]:
    """All that a record is counted under."""
    if standing is None:
        return
    place = (standing.province, standing.unit)
    yield Key(*place, TAKEN_IN)
    if item is None:
        yield Key(*place, class_of(standing.state, standing.reason) or standing.state)
        return
    since = local_day(instant_from_text(item.since)).isoformat()
    measure = standing.state if item.status == "waiting" else item.work_class
    yield Key(*place, measure, item.desk, since)
    if item.touched:
        yield Key(*place, IN_HAND, item.desk)
    if item.status == "aside":
        yield Key(*place, ASIDE, item.desk)
    if item.level % TOP:
        yield Key(*place, RAISED, item.desk)


def _closing(standing: Standing, item: Item, *, kind: str, by: str, at: datetime) -> dict[str, Any]:
    """A row of ``work_closings``. Its id is drawn here, not chosen by whoever closes. The work is of the person's unit
    (police have one of their own), or where none is named of the record's."""
    return {
        "closing_id": secrets.token_hex(8),
        "province": standing.province,
        "kind": kind,
        "record_id": standing.record_id,
        "version": standing.version,
        "unit": unit_of(by) or standing.unit,
        "work_class": item.work_class,
        "opened_at": item.since,
        "closed_at": instant_to_text(at),
        "day": local_day(at).isoformat(),
        "account": by,
    }


def _may_have_item(standing: Standing) -> bool:
    return standing.state in _WAITS or class_of(standing.state, standing.reason) is not None


def _next_item(
    before: Standing | None, after: Standing, item: Item | None, *, at: datetime, by: str | None
) -> Item | None:
    work_class = class_of(after.state, after.reason)
    if work_class is None:
        if item is None or after.state not in _WAITS:
            return None
        return replace(item, status="waiting", unit=after.unit, last_by=by or item.last_by)
    police = work_class is WorkClass.REGISTER_DISPUTED
    if item is not None:
        return replace(
            item,
            unit=after.unit,
            desk="police" if police else item.desk,
            status="open" if item.status == "waiting" else item.status,
            work_class=work_class.value,
            last_by=by or item.last_by,
        )
    if before is not None and class_of(before.state, before.reason) is work_class:
        return None  # it was settled: the same answer once more opens nothing
    return Item(
        record_id=after.record_id,
        province=after.province,
        unit=after.unit,
        desk="police" if police else "clerk",
        work_class=work_class.value,
        since=instant_to_text(at),
    )


@dataclass(slots=True)
class _Change:
    """What a transaction does to work lists and counts, gathered."""

    came: Counter[Key] = field(default_factory=Counter)
    gone: Counter[Key] = field(default_factory=Counter)
    made: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)
    ended: list[Item] = field(default_factory=list)
    back: list[Item] = field(default_factory=list)
    closings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, before: Iterable[Key], after: Iterable[Key], number: int = 1) -> None:
        old, new = set(before), set(after)
        for key in old - new:
            self.gone[key] += number
        for key in new - old:
            self.came[key] += number

    def items(self, item: Item | None, new: Item | None) -> None:
        if item is None and new is not None:
            self.made.append(new)
        elif item is not None and new is None:
            self.ended.append(item)
        elif new is not None and new != item:
            self.changed.append(new)
        if item is not None and item.status == "aside" and (new is None or new.status != "aside"):
            self.back.append(item)

    def write(self, connection: Connection, *, at: datetime) -> None:
        day = local_day(at).isoformat()
        if self.made:
            insert_rows(
                connection, work_items, _COLUMNS, [[getattr(one, name) for name in _COLUMNS] for one in self.made]
            )
        to: defaultdict[tuple[Any, ...], list[str]] = defaultdict(list)
        for item in self.changed:
            to[tuple(getattr(item, name) for name in _CHANGING)].append(item.record_id)
        for values, ids in to.items():  # mostly one change for all
            connection.execute(
                update(work_items)
                .where(one_of(connection, work_items.c.record_id, ids))
                .values(dict(zip(_CHANGING, values, strict=True)))
            )
        for table, items, why in (
            (work_asides, self.back, None),
            (work_raised, self.back, "aside"),
            (work_items, self.ended, None),
            (work_raised, self.ended, None),
        ):
            for some in _some(items):
                query = delete(table).where(one_of(connection, table.c.record_id, [item.record_id for item in some]))
                connection.execute(query if why is None else query.where(work_raised.c.why == why))
        if self.closings:
            connection.execute(insert(work_closings), self.closings)
            self.came.update(Key(row["province"], row["unit"], CLOSED) for row in self.closings)
        count(connection, came=self.came, gone=self.gone, day=day)


_COLUMNS: Final = tuple(one.name for one in fields(Item))
_CHANGING: Final = (
    "unit",
    "desk",
    "status",
    "work_class",
    "level",
    "touched",
    "last_by",
    "before_state",
    "before_reason",
)


def _some(many: Sequence[_One]) -> Iterator[Sequence[_One]]:
    """As many at a time as a statement takes."""
    for begin in range(0, len(many), AT_ONCE):
        yield many[begin : begin + AT_ONCE]
