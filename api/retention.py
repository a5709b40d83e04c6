"""How long what is kept: one rule a kind. What no rule names stays. The page docs/operating.md shows this table.

The log of acts stays whole: it names nobody. The notes that people wrote beside it go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, func, select, tuple_, update

from api.audit import record_act
from api.complaints.kinds import CLOSED
from api.store.schema import audit, challenges, import_rows, imports, rate_windows, sessions
from api.store.schema_accounts import exports, login_tries, staff_sessions
from api.store.schema_audit import audit_notes
from api.store.schema_citizens import app_requests, citizen_counts, citizen_sessions, citizen_tickets
from api.store.schema_complaints import complaint_events, complaint_photos, complaints
from api.store.schema_identity import outbox, register_queries, register_quotas
from api.store.schema_intake import entered_doses, platform_requests, session_people, vaccination_sessions
from api.store.transactions import writing
from certificates.records.model import instant_to_text

_AT_ONCE: Final = 5000  # rows of one transaction
_EMPTY: Final = "[]"
_NOTHING: Final = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of data. ``over(limit)``: the rows whose time ended before ``limit``, which lies ``days`` back.

    ``emptied``: columns that are emptied where the row itself stays.
    """

    kind: str
    table: Table
    days: int
    since: str
    over: Callable[[str], ColumnElement[bool]]
    emptied: tuple[tuple[str, str | bytes | None], ...] = ()


def _complete(limit: str) -> ColumnElement[bool]:
    done = select(imports.c.import_id).where(imports.c.completed_at < limit)
    return import_rows.c.import_id.in_(done) & (import_rows.c.cells != _EMPTY)


def _closed(limit: str) -> ColumnElement[bool]:
    closed_at = func.coalesce(complaints.c.decided_at, complaints.c.received_at)
    return complaints.c.state.in_(CLOSED) & (closed_at < limit)


def _held(limit: str) -> ColumnElement[bool]:
    over = select(vaccination_sessions.c.session_id).where(vaccination_sessions.c.day < limit[:10])
    return session_people.c.session_id.in_(over)


def _noted(limit: str) -> ColumnElement[bool]:
    return audit_notes.c.sequence.in_(select(audit.c.sequence).where(audit.c.at < limit))


RULES: Final = (
    Rule(
        kind="challenges of log-ins",
        table=challenges,
        days=1,
        since="they ended",
        over=lambda limit: challenges.c.expires_at < limit,
    ),
    Rule(
        kind="sessions of tokens",
        table=sessions,
        days=1,
        since="they ended",
        over=lambda limit: sessions.c.expires_at < limit,
    ),
    Rule(
        kind="sessions of the staff",
        table=staff_sessions,
        days=1,
        since="they ended",
        over=lambda limit: staff_sessions.c.expires_at < limit,
    ),
    Rule(
        kind="sessions of citizens",
        table=citizen_sessions,
        days=1,
        since="they ended",
        over=lambda limit: citizen_sessions.c.expires_at < limit,
    ),
    Rule(
        kind="one-time codes of citizens",
        table=citizen_tickets,
        days=1,
        since="they ended",
        over=lambda limit: citizen_tickets.c.expires_at < limit,
    ),
    Rule(
        kind="counts of what networks, persons and clerks asked for",
        table=citizen_counts,
        days=2,
        since="their day",
        over=lambda limit: citizen_counts.c.day < limit[:10],
    ),
    Rule(
        kind="answers to citizen apps",
        table=app_requests,
        days=2,
        since="the request was received",
        over=lambda limit: app_requests.c.received_at < limit,
    ),
    Rule(
        kind="tries to log in",
        table=login_tries,
        days=30,
        since="the next one was allowed",
        over=lambda limit: login_tries.c.not_before < limit,
    ),
    Rule(
        kind="calls of networks on open routes",
        table=rate_windows,
        days=1,
        since="their minute",
        over=lambda limit: rate_windows.c.minute < int(datetime.fromisoformat(limit).timestamp()) // 60,
    ),
    Rule(
        kind="photos of complaints",
        table=complaint_photos,
        days=0,
        since="their time ended, which begins when the complaint is closed",
        over=lambda limit: complaint_photos.c.delete_after < limit,
    ),
    Rule(
        kind="what was said in complaints",
        table=complaint_events,
        days=730,
        since="the complaint was decided, or taken back; what happened when stays",
        over=lambda limit: (
            complaint_events.c.sealed.is_not(None)
            & complaint_events.c.complaint_id.in_(select(complaints.c.complaint_id).where(_closed(limit)))
        ),
        emptied=(("sealed", None),),
    ),
    Rule(
        kind="statements and contacts of complaints",
        table=complaints,
        days=730,
        since="the complaint was decided, or taken back; kind, units, times and reason stay",
        over=lambda limit: _closed(limit) & (complaints.c.sealed != b""),
        emptied=(("sealed", b""),),
    ),
    Rule(
        kind="cells of imported rows",
        table=import_rows,
        days=90,
        since="the import was complete; outcome and reason of each row stay",
        over=_complete,
        emptied=(("cells", _EMPTY),),
    ),
    Rule(
        kind="doses as the platform entered them",
        table=entered_doses,
        days=90,
        since="they were received; outcome and reason of each stay",
        over=lambda limit: and_(entered_doses.c.received_at < limit, entered_doses.c.document != _NOTHING),
        emptied=(("document", _NOTHING),),
    ),
    Rule(
        kind="answers to the platform",
        table=platform_requests,
        days=30,
        since="the request was received",
        over=lambda limit: platform_requests.c.received_at < limit,
    ),
    Rule(
        kind="people who were expected at a session",
        table=session_people,
        days=90,
        since="the day of the session",
        over=_held,
    ),
    Rule(
        kind="corrections that were delivered",
        table=outbox,
        days=180,
        since="they were delivered or set aside",
        over=lambda limit: and_(outbox.c.closed_at < limit, outbox.c.state.in_(("delivered", "set-aside"))),
    ),
    Rule(
        kind="questions to the register",
        table=register_queries,
        days=730,
        since="they were asked",
        over=lambda limit: register_queries.c.asked_at < limit,
    ),
    Rule(
        kind="counts of questions to the register",
        table=register_quotas,
        days=2,
        since="their day began",
        over=lambda limit: register_quotas.c.day < limit[:10],
    ),
    Rule(
        kind="requests for exports",
        table=exports,
        days=730,
        since="they were asked for",
        over=lambda limit: exports.c.asked_at < limit,
    ),
    Rule(
        kind="notes beside the log of acts",
        table=audit_notes,
        days=1825,
        since="the act",
        over=_noted,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one rule found: ``rows`` whose time has ended."""

    rule: Rule
    rows: int


def look(engine: Engine, *, at: datetime) -> tuple[Kept, ...]:
    """How many rows each rule would take now."""
    with engine.connect() as connection:
        return tuple(Kept(rule=rule, rows=_count(connection, rule, at)) for rule in RULES)


def run(engine: Engine, *, by: str, at: datetime) -> tuple[Kept, ...]:
    """Delete, or empty, what has had its time; some thousand rows a transaction, so that nobody waits long."""
    return tuple(Kept(rule=rule, rows=_apply(engine, rule, by, at)) for rule in RULES)


def _count(connection: Connection, rule: Rule, at: datetime) -> int:
    count: int = connection.execute(select(func.count()).select_from(rule.table).where(_over(rule, at))).scalar_one()
    return count


def _over(rule: Rule, at: datetime) -> ColumnElement[bool]:
    return rule.over(instant_to_text(at - timedelta(days=rule.days)))


def _apply(engine: Engine, rule: Rule, by: str, at: datetime) -> int:
    key, taken = tuple(rule.table.primary_key), 0
    while True:
        some = select(*key).where(_over(rule, at)).limit(_AT_ONCE).with_for_update(skip_locked=True)
        with writing(engine) as connection:
            mine = [tuple(row) for row in connection.execute(some)]
            if not mine:
                return taken
            these = tuple_(*key).in_(mine)
            values = dict(rule.emptied)
            statement = update(rule.table).where(these).values(values) if values else delete(rule.table).where(these)
            connection.execute(statement)
            taken += len(mine)
            told = f"rows {len(mine)}"
            record_act(connection, at=at, actor=by, act="retention", subject=rule.table.name, reason=told)
