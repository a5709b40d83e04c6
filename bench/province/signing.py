"""The tokens' hours: all stations at once over HTTP, a quota, a token that is stopped, the ministry, the gate."""

import statistics
from contextlib import ExitStack
from datetime import UTC, date, datetime
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import func, select

from api.accounts.staff import Staff
from api.reconciliation.deliveries import import_deliveries
from api.reconciliation.report import ALARMS, reconcile
from api.revocation.criteria import Criteria
from api.revocation.proposals import approve, propose
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.revocation.states import OrderState
from api.signing.enrolment import suspend_token
from api.signing.quotas import read_alarms, set_quota
from api.store.schema import passports, records
from bench.crowd import Signed, let_work, start_agents
from bench.province.day import Day, overseer
from bench.province.over_http import complain_over_http, fetch_passports
from bench.province.setting import write_deliveries
from bench.service import free_port, serve
from certificates.pki import SigningCertificate
from hsm.keys import open_key
from hsm.tokens import TokenSelector
from signer.agent import SigningAgent
from signer.batch import JobOutcome
from signer.client import CentreClient
from signer.journal_folder import JournalFolder
from signer.units import DailyCount, EnrolledUnits

QUOTA: Final = 3  # of the station with most records, for the day
OWN_QUOTA: Final = 4  # of the third, on the ministry's own list
BATCH: Final = 50  # of the ministry
PATIENCE: Final = 3600.0  # seconds
_LARGE: Final = "1000000000"


def sign(day: Day, *, workers: int, issue: int) -> None:
    """Everything that runs over HTTP. The clock is the real one from here on."""
    day.clock.now = datetime.now(UTC).replace(microsecond=0)
    settings = {
        "VAXSEAL_DATABASE_URL": day.database.replace("+psycopg", ""),
        "VAXSEAL_REQUESTS_PER_MINUTE": _LARGE,
        "VAXSEAL_STATION_DAILY_QUOTA": _LARGE,
        "VAXSEAL_SIGNER_DAILY_QUOTA": _LARGE,
        "VAXSEAL_LIST_ROOTS": str(day.folder / "roots.pem"),
        "VAXSEAL_PUBLICATION_HOURS": "0",
        "VAXSEAL_WORKERS": str(workers),
    }
    limited = _busiest(day)
    set_quota(day.engine, unit=limited, daily=QUOTA, per_signer=None, by="hoa.syt", at=day.clock(), reason="bench")
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(serve(day.folder / "data", port, settings))
        _stations(day, stack, port, limited)
        _ministry(day, port, issue)
        _gate(day)
        complain_over_http(day, port)
        fetch_passports(day, port)
    _revoke(day)


def _stations(day: Day, stack: ExitStack, port: int, limited: str) -> None:
    with day.stage("stations log in, all at once") as stage:
        pipes = start_agents(stack, day.tokens, port, day.stations, day.folder / "agents")
        stage.came = stage.went = len(day.stations)
    with day.stage("stations confirm, a batch each") as stage:
        stage.came = _count(day, records, state="ready")
        first = let_work(pipes, PATIENCE, 1)
        stage.went = sum(one.accepted for one in first.values())
        stage.why["not their turn yet"] += stage.came - stage.went
    lost = day.stations[0]
    with day.stage("a token is suspended: its word is taken back") as stage:
        fingerprint = SigningCertificate.from_der(lost.certificate).fingerprint
        day.clock.now = datetime.now(UTC).replace(microsecond=0)
        stage.came = first[lost.unit].accepted
        stage.went = suspend_token(day.engine, fingerprint, by="hoa.syt", at=day.clock(), reason="lost")
    with day.stage("stations confirm, the rest") as stage:
        stage.came = _count(day, records, state="ready")
        rest = let_work(pipes, PATIENCE)
        stage.went = sum(one.accepted for one in rest.values())
        stage.why["the token is suspended"] += _count(day, records, state="ready", unit=lost.unit)
        stage.why["the unit's quota is reached"] += _count(day, records, state="ready", unit=limited)
    day.figures["refusals_to_agents"] = [
        f"{unit}: {reason}" for done in (first, rest) for unit, one in done.items() for reason in one.refused
    ]
    _fairness(day, first, rest)
    alarms = read_alarms(day.engine, since="2020-01-01")
    day.figures["quota_alarms"] = [f"{one.kind} {one.unit} {one.records}/{one.quota}" for one in alarms]


def _busiest(day: Day) -> str:
    """Of the stations that nothing else happens to, the one with most records that are ready."""
    ready = select(records.c.unit, func.count()).where(records.c.state == "ready").group_by(records.c.unit)
    with day.engine.connect() as connection:
        counts: dict[str, int] = dict(connection.execute(ready).tuples().all())
    others = [day.stations[1], *day.stations[3:-1]]
    return max(others, key=lambda station: counts.get(station.unit, 0)).unit


def _fairness(day: Day, *rounds: dict[str, Signed]) -> None:
    """How long stations waited for their first batch and for their last one, and the rate of all."""
    seconds = [sum(done[unit].seconds for done in rounds) for unit in rounds[0]]
    accepted = [sum(done[unit].accepted for done in rounds) for unit in rounds[0]]
    rates = sorted(count / time for count, time in zip(accepted, seconds, strict=True) if count > 2)
    confirming = sum(stage.seconds for stage in day.stages if stage.name.startswith("stations confirm"))
    day.figures["confirmations_a_second"] = round(sum(accepted) / confirming, 1)
    if rates:
        day.figures["station_rates"] = {
            "stations": len(rates),
            "slowest_of_median": round(rates[0] / statistics.median(rates), 2),
            "median_a_minute": round(60 * statistics.median(rates), 1),
        }
    for name, times in (
        ("first_batch_seconds", [one.seconds for one in rounds[0].values()]),
        ("done_seconds", seconds),
    ):
        worked = sorted(time for time in times if time)
        day.figures[name] = {"median": round(statistics.median(worked), 1), "last": round(worked[-1], 1)}


def _ministry(day: Day, port: int, issue: int) -> None:
    units = EnrolledUnits()
    for station in day.stations:
        quota = OWN_QUOTA if station is day.stations[2] else 1000
        units = units.add(station.certificate, unit=station.unit, daily_quota=quota)
    units = units.suspend(day.stations[0].unit)
    certificate = day.tokens.certificates["EC"]
    selector = TokenSelector(label="bench-EC")
    agent = SigningAgent(
        client=CentreClient(f"http://127.0.0.1:{port}"),
        key=open_key(day.tokens.module, selector, lambda: day.tokens.pin, certificate_der=certificate),
        role="ministry",
        account="minh.byt",
        journal=JournalFolder(day.folder / "ministry"),
        units=units,
        count=DailyCount(day.folder / "count.json"),
    )
    with day.stage("the ministry signs passport and PDF") as stage:
        stage.came = _count(day, records, state="confirmed")
        agent.log_in()
        outcomes = list[JobOutcome]()
        signed = 0
        while signed < issue and len(batch := agent.next_batch(min(BATCH, issue - signed))):
            agent.sign_and_send(agent.approve(batch))
            outcomes += agent.take_outcomes()
            signed = sum(outcome.outcome == "accepted" for outcome in outcomes)
        agent.finish()
        outcomes += agent.take_outcomes()
        stage.went = signed
        stage.why.update(str(outcome.reason) for outcome in outcomes if outcome.outcome != "accepted")
        if left := stage.came - signed - stage.why.total():
            stage.why["left for another day"] += left
    day.figures["passports_a_second"] = round(stage.went / stage.seconds, 1)
    day.figures["ministry_seconds"] = {name: round(seconds, 1) for name, seconds in agent.seconds.items()}


def _gate(day: Day) -> None:
    """The service builds every PDF again, reads it back, and releases it."""
    with day.stage("the gate: built again, read back, issued") as stage:
        ends = monotonic() + PATIENCE
        while _count(day, passports, state="signed") and monotonic() < ends:
            sleep(0.2)
        stage.came = _count(day, passports)
        stage.went = _count(day, passports, state="issued")
        stage.why["held"] += _count(day, passports, state="held")


def _revoke(day: Day) -> None:
    """All that one station vouched for: proposed by the province, approved by the ministry."""
    unit = day.stations[-1].unit
    criteria = Criteria(unit=unit)
    day.clock.now = datetime.now(UTC).replace(microsecond=0)
    settings, at = day.centre.settings, day.clock()
    ministry = Staff(account="minh.byt", unit="BYT", roles=frozenset({"ministry"}))
    with day.stage("a station's passports revoked, by two people") as stage:
        made = propose(day.engine, settings, criteria, RevocationReason.FRAUD, staff=overseer(), at=at)
        stage.came = made.passports
        if made.state is OrderState.PROPOSED and made.order_id:
            approve(day.engine, settings, made.order_id, staff=ministry, at=at)
        stage.went = run_orders(day.engine, at=at).revoked
    day.figures["revoked_unit"] = unit


def reconcile_doses(day: Day) -> None:
    """Doses on records and passports against deliveries, lot by lot."""
    delivered = import_deliveries(day.engine, write_deliveries(day), by="kho", at=day.clock())
    assert not delivered.faults, delivered.faults
    with day.stage("lots reconciled with deliveries") as stage:
        report = reconcile(day.engine, since=date(2021, 9, 1), until=date(2022, 8, 31))
        stage.came = len(report.lots)
        for lot in report.lots:
            alarms = sorted(flag.value for flag in lot.flags if flag in ALARMS)
            if alarms:
                stage.why[alarms[0]] += 1
            else:
                stage.went += 1


def _count(day: Day, table: Any, **values: str) -> int:
    query = select(func.count()).select_from(table)
    for name, value in values.items():
        query = query.where(table.c[name] == value)
    with day.engine.connect() as connection:
        return connection.execute(query).scalar_one()
