"""Figures for Prometheus: what this process counts, and what the database says when it is asked. Nobody's data.

Labels come from closed sets: routes as they are written in the program, states, methods. Several processes count into
files of one folder (PROMETHEUS_MULTIPROC_DIR), which the one that watches them adds up.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from api.checkers.published import list_age
from api.complaints.kinds import UNDECIDED, ComplaintState
from api.context import Centre
from api.identity.outbox import OPEN
from api.store.schema import audit, jobs, leases
from api.store.schema_audit import audit_checkpoints
from api.store.schema_complaints import complaints
from api.store.schema_identity import outbox, partners
from api.store.schema_quotas import alarms
from api.store.schema_worklists import unit_counts
from certificates.records.dates import local_day
from certificates.records.model import instant_from_text, instant_to_text

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_log = structlog.get_logger(__name__)

counted: Final = CollectorRegistry()
_requests: Final = Counter("vaxseal_requests", "Requests answered", ["method", "route", "status"], registry=counted)
_seconds: Final = Histogram(
    "vaxseal_request_seconds", "From the first byte to the last", ["route"], buckets=_SECONDS, registry=counted
)
_signatures: Final = Counter(
    "vaxseal_signatures", "Signatures and refusals taken in", ["task", "outcome"], registry=counted
)
_busy: Final = Counter("vaxseal_busy", "Signing requests that were told to come again", ["lane"], registry=counted)


def count_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """One request. ``route``: the path as the program writes it; None where there is no such route."""
    named = route or "none"
    _requests.labels(method if method in _METHODS else "other", named, str(status)).inc()
    _seconds.labels(named).observe(seconds)


def count_signature(task: str, outcome: str) -> None:
    """One job that an agent sent: ``accepted``, ``already`` or ``rejected``."""
    _signatures.labels(task, outcome).inc()


def count_busy(lane: str) -> None:
    """One signing request for which there was no room: ``lease-confirm``, ``submit-issue`` and their kin."""
    _busy.labels(lane).inc()


class FromDatabase:
    """What is asked of the database at each look. One that does not answer gives ``vaxseal_database_up 0``."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def collect(self) -> Iterator[Metric]:
        now = self._centre.clock()
        up = GaugeMetricFamily("vaxseal_database_up", "Whether the database answers")
        try:
            with self._centre.engine.connect() as connection:
                found = [*_work(connection, now), *_log_of_acts(connection, now), *_partners(connection)]
                found += [*_complaints(connection, now), *_alarms(connection, now)]
            age = list_age(self._centre.engine, at=now)
        except SQLAlchemyError as error:
            _log.error("metrics", kind=type(error).__name__)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found
        if age is not None:
            yield _gauge("vaxseal_list_age_seconds", "Age of the newest lists for checkers", age.total_seconds())


def _work(connection: Connection, now: datetime) -> Iterator[Metric]:
    standing = GaugeMetricFamily("vaxseal_records", "Records by where they stand, as last added up", labels=["measure"])
    for measure, count in connection.execute(
        select(unit_counts.c.measure, func.sum(unit_counts.c.records)).group_by(unit_counts.c.measure)
    ):
        standing.add_metric([measure], float(count))
    yield standing
    leased = select(func.count()).select_from(jobs).where(jobs.c.state == "leased")
    yield _gauge("vaxseal_jobs_leased", "Records that are with agents", connection.execute(leased).scalar_one())
    open_leases = select(func.count()).select_from(leases).where(leases.c.deadline > instant_to_text(now))
    recent = open_leases.where(leases.c.lease_id.in_(select(jobs.c.lease_id).where(jobs.c.state == "leased")))
    yield _gauge("vaxseal_leases_open", "Leases with work left", connection.execute(recent).scalar_one())


def _alarms(connection: Connection, now: datetime) -> Iterator[Metric]:
    raised = GaugeMetricFamily("vaxseal_quota_alarms", "Alarms about quotas, of today", labels=["kind"])
    today = select(alarms.c.kind, func.count()).where(alarms.c.day == local_day(now).isoformat())
    for kind, count in connection.execute(today.group_by(alarms.c.kind)):
        raised.add_metric([kind], count)
    yield raised


def _log_of_acts(connection: Connection, now: datetime) -> Iterator[Metric]:
    head = connection.execute(
        select(audit.c.sequence, audit.c.at).order_by(audit.c.sequence.desc()).limit(1)
    ).one_or_none()
    newest = connection.execute(
        select(audit_checkpoints.c.sequence, audit_checkpoints.c.received_at)
        .order_by(audit_checkpoints.c.sequence.desc())
        .limit(1)
    ).one_or_none()
    covered = newest.sequence if newest else 0
    if newest is not None:
        age = (now - instant_from_text(newest.received_at)).total_seconds()
        yield _gauge("vaxseal_log_checkpoint_age_seconds", "Since the last checkpoint", age)
    if head is not None:
        age = (now - instant_from_text(head.at)).total_seconds()
        yield _gauge("vaxseal_log_rows", "Rows of the log of acts", head.sequence)
        yield _gauge("vaxseal_log_head_age_seconds", "Since the last act", age)
        yield _gauge("vaxseal_log_uncovered_rows", "Acts since the last checkpoint", head.sequence - covered)


def _partners(connection: Connection) -> Iterator[Metric]:
    failing = GaugeMetricFamily("vaxseal_partner_failures", "Calls in a row that failed", labels=["partner"])
    for name, failures in connection.execute(select(partners.c.name, partners.c.failures)):
        failing.add_metric([name], failures)
    yield failing
    waiting = GaugeMetricFamily("vaxseal_outbox", "Corrections not acknowledged yet", labels=["target", "state"])
    for target, state, messages in connection.execute(
        select(outbox.c.target, outbox.c.state, func.count())
        .where(outbox.c.state.in_(OPEN))
        .group_by(outbox.c.target, outbox.c.state)
    ):
        waiting.add_metric([target, state], messages)
    yield waiting


def _complaints(connection: Connection, now: datetime) -> Iterator[Metric]:
    undecided = complaints.c.state.in_(UNDECIDED)
    by_state = select(complaints.c.state, func.count()).where(undecided).group_by(complaints.c.state)
    standing = GaugeMetricFamily("vaxseal_complaints", "Complaints that are not decided", labels=["state"])
    for state, count in connection.execute(by_state):
        standing.add_metric([state], count)
    yield standing
    late = (complaints.c.state == ComplaintState.OPEN.value) & (complaints.c.due_at < instant_to_text(now))
    overdue = connection.execute(select(func.count()).select_from(complaints).where(late)).scalar_one()
    yield _gauge("vaxseal_complaints_overdue", "Complaints whose 48 hours are over", overdue)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=float(value))


def listen(centre: Centre, *, host: str, port: int) -> None:
    """Answer Prometheus on a listener of its own, in a thread: the service's port shows nothing of this."""
    registry = CollectorRegistry()
    if FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Counted())
    registry.register(FromDatabase(centre))
    start_http_server(port, addr=host, registry=registry)


class _Counted:
    """What this process counts, within another registry."""

    def collect(self) -> Iterator[Metric]:
        yield from counted.collect()
