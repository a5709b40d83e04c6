"""What is checked again: a random sample of what each unit closed, drawn by a seed that nobody could choose or know.

The seed of a day is drawn at random and its SHA-256 written to the log before that day begins; it decides after the
day, by HMAC-SHA256 over ids that the service drew as well. So nobody who closes something can tell whether it will be
looked at, nobody can choose another seed afterwards, and with the seed, which is in the log after the draw, everybody
draws the same sample again (ADR 45).
"""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from api.audit import record_act
from api.context import Centre
from api.store.counts import Key, count
from api.store.schema import audit
from api.store.schema_accounts import accounts
from api.store.schema_worklists import sample_draws, work_closings, work_rechecks
from api.store.transactions import writing
from api.worklists.steps import CENTRE
from api.worklists.tree import unit_above
from certificates.records.dates import local_day
from certificates.records.model import instant_to_text

SEED_SIZE: Final = 32
WHOLE: Final = 10_000  # a rate is so many of ten thousand
AHEAD: Final = 1  # days that are committed to beside today
AT_ONCE: Final = 2000
DRAWN: Final = "drawn"
COMMITTED: Final = "sample-committed"  # acts
SAMPLED: Final = "sample-drawn"
_WORKING: Final = frozenset({"clerk", "police", "signer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """``population``: closings of the day (and of days before it that had no seed); ``drawn``: of these."""

    day: str
    population: int
    drawn: int


def commit_seeds(centre: Centre) -> int:
    """Make the seeds of today and tomorrow, where there are none; their hashes go to the log. Returns how many."""
    now = centre.clock()
    settings = centre.settings
    days = [(local_day(now) + timedelta(days=ahead)).isoformat() for ahead in range(AHEAD + 1)]
    with centre.engine.connect() as connection:
        known = set(connection.execute(select(sample_draws.c.day).where(sample_draws.c.day.in_(days))).scalars())
    if known >= set(days):
        return 0
    made = 0
    with writing(centre.engine) as connection:
        _one_at_a_time(connection)
        known = set(connection.execute(select(sample_draws.c.day).where(sample_draws.c.day.in_(days))).scalars())
        for day in days:
            if day in known:
                continue
            seed = secrets.token_bytes(SEED_SIZE)
            rate, single = settings.recheck_percent * WHOLE // 100, settings.recheck_percent_single * WHOLE // 100
            connection.execute(
                insert(sample_draws).values(
                    day=day, seed=seed, rate=rate, single_rate=max(rate, single), committed_at=instant_to_text(now)
                )
            )
            told = f"sha256:{hashlib.sha256(seed).hexdigest()}, rate {rate}, single {max(rate, single)}"
            record_act(connection, at=now, actor=CENTRE, act=COMMITTED, subject=day, reason=told)
            made += 1
    return made


def draw_due(centre: Centre) -> tuple[Draw, ...]:
    """Draw the samples of all days that are over, each once, and put the seeds into the log."""
    today = local_day(centre.clock()).isoformat()
    with centre.engine.connect() as connection:
        due = select(sample_draws.c.day).where(sample_draws.c.day < today, sample_draws.c.drawn_at.is_(None))
        days = list(connection.execute(due.order_by(sample_draws.c.day)).scalars())
    drawn = (_draw(centre, day) for day in days)
    return tuple(one for one in drawn if one is not None)


def is_drawn(seed: bytes, closing_id: str, rate: int) -> bool:
    """The rule: the first eight bytes of HMAC-SHA256 by the seed over the closing's id, against the rate."""
    number = int.from_bytes(hmac.new(seed, closing_id.encode(), hashlib.sha256).digest()[:8])
    return number * WHOLE < rate * 2**64


def find_wrong_draws(connection: Connection) -> dict[str, str]:
    """Draw all samples again, by the seeds in the log; by day, what does not agree: ``seed`` (its hash was another
    one), ``sample`` (something else was drawn). Empty: all agree. At which of the two rates something was drawn it asks
    the sample, as accounts come and go."""
    told: dict[str, dict[str, str]] = {}
    acts = select(audit.c.act, audit.c.subject, audit.c.reason).where(audit.c.act.in_((COMMITTED, SAMPLED)))
    for act, day, reason in connection.execute(acts):
        told.setdefault(day, {})[act] = reason.partition(",")[0].partition(":")[2]
    wrong: dict[str, str] = {}
    last = ("", "~")
    for draw in connection.execute(select(sample_draws).where(sample_draws.c.drawn_at.is_not(None)).order_by("day")):
        hashes = told.get(draw.day, {})
        seed = bytes.fromhex(hashes.get(SAMPLED, ""))
        if hashlib.sha256(seed).hexdigest() != hashes.get(COMMITTED) or seed != draw.seed:
            wrong[draw.day] = "seed"
        elif not _same_sample(connection, draw, last):
            wrong[draw.day] = "sample"
        last = (draw.day, "~")
    return wrong


def _same_sample(connection: Connection, draw: Row[Any], last: tuple[str, str]) -> bool:
    query = select(work_rechecks.c.closing_id, work_rechecks.c.why).where(work_rechecks.c.day == draw.day)
    sampled = {row.closing_id: row.why for row in connection.execute(query)}
    for row in _all_closings(connection, last, draw.day):
        why = sampled.pop(row.closing_id, None)
        if why is None and (row.kind == "settled" or is_drawn(draw.seed, row.closing_id, draw.rate)):
            if unit_above(connection, row.unit) is not None:
                return False
        elif why in ("rate", "single") and not is_drawn(
            draw.seed, row.closing_id, draw.rate if why == "rate" else draw.single_rate
        ):
            return False
    return not sampled


def one_person_units(connection: Connection, units: Sequence[str]) -> frozenset[str]:
    """Of these, the units where at most one person works: nobody there sees what the other one does."""
    here = accounts.c.unit.in_(units) & accounts.c.disabled_at.is_(None)
    people = connection.execute(select(accounts.c.unit, accounts.c.roles).where(here))
    working = Counter(row.unit for row in people if not _WORKING.isdisjoint(row.roles.split()))
    return frozenset(unit for unit in units if working[unit] < 2)


def _draw(centre: Centre, day: str) -> Draw | None:
    now = centre.clock()
    with writing(centre.engine) as connection:
        _one_at_a_time(connection)
        draw = connection.execute(select(sample_draws).where(sample_draws.c.day == day)).one()
        if draw.drawn_at is not None:
            return None
        before = connection.execute(
            select(func.max(sample_draws.c.day)).where(sample_draws.c.drawn_at.is_not(None), sample_draws.c.day < day)
        ).scalar_one()
        people = _People(connection)
        population = drawn = 0
        counted: Counter[Key] = Counter()
        chosen: list[Mapping[str, Any]] = []
        for closing in _all_closings(connection, (before or "", "~"), day):
            population += 1
            row = _chosen(draw, closing, people, at=instant_to_text(now))
            if row is not None:
                drawn += 1
                counted[Key(row["province"], row["unit"], DRAWN)] += 1
                chosen.append(row)
            if len(chosen) == AT_ONCE:
                connection.execute(insert(work_rechecks), chosen)
                chosen.clear()
        if chosen:
            connection.execute(insert(work_rechecks), chosen)
        count(connection, came=counted, gone=Counter(), day=local_day(now).isoformat())
        connection.execute(
            update(sample_draws)
            .where(sample_draws.c.day == day)
            .values(drawn_at=instant_to_text(now), population=population, drawn=drawn)
        )
        told = f"seed:{draw.seed.hex()}, drawn {drawn}, of {population}"
        record_act(connection, at=now, actor=CENTRE, act=SAMPLED, subject=day, reason=told)
    return Draw(day=day, population=population, drawn=drawn)


class _People:
    """Who is above a unit, and whether one person is alone there; each asked once a draw."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[str | None, bool]] = {}

    def of(self, unit: str) -> tuple[str | None, bool]:
        if unit not in self._known:
            above = unit_above(self._connection, unit)
            self._known[unit] = above, bool(one_person_units(self._connection, [unit]))
        return self._known[unit]


def _all_closings(connection: Connection, last: tuple[str, str], day: str) -> Iterator[Row[Any]]:
    """After the last one of a day before, up to this day; read in pages."""
    while page := _closings(connection, last, day):
        yield from page
        last = (page[-1].day, page[-1].closing_id)


def _closings(connection: Connection, last: tuple[str, str], day: str) -> Sequence[Row[Any]]:
    table = work_closings.c
    later = (table.day > last[0]) | ((table.day == last[0]) & (table.closing_id > last[1]))
    query = select(work_closings).where(later, table.day <= day).order_by(table.day, table.closing_id).limit(AT_ONCE)
    return connection.execute(query).all()


def _chosen(draw: Row[Any], closing: Row[Any], people: _People, *, at: str) -> Mapping[str, Any] | None:
    above, alone = people.of(closing.unit)
    if above is None:
        return None  # nobody is above the top of the tree
    if closing.kind == "settled":
        why = "settled"  # a person goes without a certificate: each of these is looked at
    elif is_drawn(draw.seed, closing.closing_id, draw.single_rate if alone else draw.rate):
        why = "single" if alone else "rate"
    else:
        return None
    return {
        "closing_id": closing.closing_id,
        "province": closing.province,
        "day": draw.day,
        "unit": closing.unit,
        "above": above,
        "record_id": closing.record_id,
        "version": closing.version,
        "kind": closing.kind,
        "work_class": closing.work_class,
        "closed_by": closing.account,
        "why": why,
        "drawn_at": at,
    }


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1986082822)")
